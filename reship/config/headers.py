"""What every answer tells the browser: nothing from elsewhere, nothing inline, nothing kept."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Images: the style sheet draws ticks and arrows with data: images.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


class StrictHeaders:
    """Adds the headers that no view may forget. Static files are answered before this and may be kept for ever."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
