"""Where a request came from, when our own proxies stand in front of the server."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class BehindProxies:
    """Takes the address from X-Forwarded-For, as far from its end as there are proxies of ours.

    Each of them adds whom it was asked by; what stands before that was written by whoever asked, and may be anything.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.PROXIES:
            said = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
            if len(said) >= settings.PROXIES and said[-settings.PROXIES]:
                request.META["REMOTE_ADDR"] = said[-settings.PROXIES][:60]
        return self._get_response(request)
