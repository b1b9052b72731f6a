"""Files that are uploaded: kept on disk while their request lasts, and never more than a list can need."""

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

LARGEST_UPLOAD = 20_000_000
"""In bytes: 100,000 rows of 200."""


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Writes no more than `LARGEST_UPLOAD` bytes; the rest of the request is read and dropped."""

    def new_file(self, *args: object, **options: object) -> None:
        super().new_file(*args, **options)  # type: ignore[arg-type] # Passed through.
        self._written = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._written += len(raw_data)
        if self._written > LARGEST_UPLOAD:
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file was given up, by what the request said of its length."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_UPLOAD and not request.FILES
