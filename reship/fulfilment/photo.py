"""A picture that somebody uploads, made safe to keep and to show: a JPEG without the camera's notes."""

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from PIL import Image, ImageOps

from reship import intake
from reship.errors import Refusal

LARGEST_FILE = 10_000_000
"""In bytes."""
MOST_PIXELS = {"JPEG": 60_000_000, "MPO": 60_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""By format: a JPEG is decoded small, the others whole, which takes 100 MB. More is refused before a pixel is read."""
LONGEST_SIDE = 2_000
QUALITY = 85
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_FORMATS = ("JPEG", "PNG", "WEBP")
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    AttributeError,
    ArithmeticError,
    LookupError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for a file that is not what it says."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, with the name that it had."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    jpeg: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


def clean_photo(upload: Upload) -> Photo:
    """The picture upright, at most 2,000 pixels a side, and nothing else that the file held.

    Refuses `invalid_text` for a name that cannot be kept, `file_too_large`, and `invalid_photo` for what is no JPEG,
    PNG or WebP by its name and its content, is damaged, moves, or has too many pixels.
    """
    path = PurePath(upload.name.replace("\\", "/"))
    name = intake.text(path.name, field="name", longest=200, required=True)
    if path.suffix.casefold() not in SUFFIXES:
        raise _invalid(name, "is no photo by its name: it may end in .jpg, .jpeg, .png or .webp")
    if len(upload.content) > LARGEST_FILE:
        raise photo_too_large(name)
    try:
        with Image.open(BytesIO(upload.content), formats=_FORMATS) as opened:
            _check(name, opened)
            # A large JPEG is decoded at an eighth, a quarter or half of its size, as far as enough is left.
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            jpeg = _encoded(_upright(opened))
    except _DAMAGED as error:
        raise _invalid(name, "cannot be read as a photo: it is none, or damaged") from error
    return Photo(name, jpeg)


def thumbnail(jpeg: bytes, *, side: int) -> bytes:
    """A small version of a photo that was cleaned."""
    with Image.open(BytesIO(jpeg), formats=("JPEG",)) as opened:
        opened.draft("RGB", (side, side))
        small = opened.convert("RGB")
        small.thumbnail((side, side))
        return _encoded(small)


def photo_too_large(name: str) -> Refusal:
    return Refusal(
        "file_too_large",
        f"{intake.shown(name)} is larger than {LARGEST_FILE // 1_000_000} MB, which is the most for a photo.",
        largest=LARGEST_FILE,
    )


def _check(name: str, opened: Image.Image) -> None:
    width, height = opened.size
    most = MOST_PIXELS[str(opened.format)]
    if width * height > most:
        raise _invalid(name, f"has {width:,} × {height:,} pixels; at most {most // 1_000_000} million are read")
    # An MPO is what many phones call a JPEG with a second picture behind it; the first is the photo.
    if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
        raise _invalid(name, "moves; only a still picture is kept")


def _upright(opened: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(opened)
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        seen = upright.convert("RGBA")
        seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        paper = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(paper, seen).convert("RGB")
    plain = upright.convert("RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return plain


def _encoded(picture: Image.Image) -> bytes:
    """Of pixels alone: what else the picture carried is not handed on."""
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    target = BytesIO()
    bare.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()


def _invalid(name: str, why: str) -> Refusal:
    return Refusal("invalid_photo", f"{intake.shown(name)} {why}.", name=intake.shown(name))
