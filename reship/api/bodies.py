"""How the body of a request is read: whole, as JSON, through the strict gate, or not at all."""

from typing import Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from reship import strict_json
from reship.errors import Refusal

LARGEST_BODY: Final = 1_000_000


def read_body(request: HttpRequest) -> object:
    """What the body says; None when there is none. What was announced must have come: half a request does nothing.

    Refuses `length_required`, `unsupported_media_type`, `body_too_large`, `incomplete_body`, `invalid_json`.
    """
    kind, size = request.content_type or "", request.headers.get("Content-Length", "")
    if "Transfer-Encoding" in request.headers or not (_is_length(size) if size else _has_no_body(request)):
        raise Refusal("length_required", "Say with Content-Length how long the body is, and send it in one piece.")
    if not int(size or 0):
        return None
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refusal("unsupported_media_type", "Send the body as application/json.", given=kind)
    if (coding := request.headers.get("Content-Encoding", "identity")) != "identity":
        raise Refusal("unsupported_media_type", "Send the body as it is, without a Content-Encoding.", given=coding)
    if int(size) > LARGEST_BODY:
        raise _too_large(int(size))
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise _too_large(int(size)) from error
    except UnreadablePostError as error:
        raise _incomplete() from error
    if len(body) != int(size):
        raise _incomplete()
    return strict_json.parse(body, largest=LARGEST_BODY)


def _is_length(size: str) -> bool:
    return size.isdecimal() and len(size) <= 18


def _has_no_body(request: HttpRequest) -> bool:
    """Without a length: HTTP/1 says that there is none, later versions do not."""
    return not request.content_type or str(request.META.get("SERVER_PROTOCOL", "")).startswith("HTTP/1")


def _too_large(size: int) -> Refusal:
    return Refusal("body_too_large", f"At most {LARGEST_BODY:,} bytes are read.", size=size, largest=LARGEST_BODY)


def _incomplete() -> Refusal:
    return Refusal("incomplete_body", "The body ended before it was as long as Content-Length says.")
