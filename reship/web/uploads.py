"""Files that are uploaded: kept on disk while their request lasts, and never more than a list can need."""

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

LARGEST_UPLOAD = 20_000_000
"""In bytes: 100,000 rows of 200."""
LARGEST_IMPORT = 100_000_000
"""In bytes: 100,000 orders of a shop, whose rows have eighty columns."""
_LARGER = {"web:order_imports": LARGEST_IMPORT}


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Writes no more bytes than the address takes; the rest of the request is read and dropped."""

    def new_file(self, *args: object, **options: object) -> None:
        super().new_file(*args, **options)  # type: ignore[arg-type] # Passed through.
        self._written = 0
        self._largest = largest_of(self.request)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._written += len(raw_data)
        if self._written > self._largest:
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)


def largest_of(request: HttpRequest | None) -> int:
    """How large a file may be that is sent there, in bytes."""
    match = request.resolver_match if request else None
    return _LARGER.get(match.view_name, LARGEST_UPLOAD) if match else LARGEST_UPLOAD


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file was given up, by what the request said of its length."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > largest_of(request) and not request.FILES
