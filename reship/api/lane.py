"""The way of a request to the API: past what only pages need, sessions, cookies, forms and fragments."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls.resolvers import RegexPattern, URLResolver

from reship.api.door import PREFIX


class ApiLane:
    """A middleware: answers what begins with the API's prefix, and lets everything else pass.

    What the middlewares behind it would add is not for programs, and took as much time as to look at the key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._addresses = URLResolver(RegexPattern(f"^/{PREFIX}"), "reship.api.urls")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(f"/{PREFIX}"):
            return self._get_response(request)
        request.resolver_match = match = self._addresses.resolve(request.path_info)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
