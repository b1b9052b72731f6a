"""Photos of a reshipment: what is kept of them, who may add them, and every file that is none."""

import struct
import zlib
from io import BytesIO

import pytest
from django_scopes import scope
from PIL import Image

from reship.errors import Refusal
from reship.fulfilment.add_evidence import add_evidence
from reship.fulfilment.photo import LARGEST_FILE, MOST_PIXELS, Upload, clean_photo
from reship.inventory.audit import audit
from reship.orders.models import EvidencePhoto
from tests.pictures import picture
from tests.world import World, refused


@pytest.fixture
def reshipped(world: World) -> World:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.reship("1042", MUG=1)
    return world


def add(world: World, *uploads: Upload, shipment: str = "1042-R1", actor: str = "dana") -> list[EvidencePhoto]:
    who = getattr(world, actor)
    return add_evidence(shipment, uploads, client=world.acme, actor=who, at=world.later())


def kept(world: World) -> list[tuple[int, str, str]]:
    with scope(client=world.acme.pk):
        return list(EvidencePhoto.objects.order_by("position").values_list("position", "name", "added_by"))


def test_photos_are_kept_with_the_reshipment_and_told_in_the_history(reshipped: World) -> None:
    add(reshipped, picture("JPEG"), picture("PNG", colour="blue"))
    add(reshipped, picture("WEBP", colour="green", name="C:\\camera\\IMG 1.WEBP"), actor="otto")
    assert kept(reshipped) == [(1, "photo.jpeg", "Dana"), (2, "photo.png", "Dana"), (3, "IMG 1.WEBP", "Otto")]
    assert reshipped.history("1042")[-3:] == [
        "Photo added to 1042-R1: photo.jpeg.",
        "Photo added to 1042-R1: photo.png.",
        "Photo added to 1042-R1: IMG 1.WEBP.",
    ]
    assert audit() == []


def test_a_photo_that_is_there_already_is_passed_over(reshipped: World) -> None:
    add(reshipped, picture(), picture(name="again.jpg"))
    assert add(reshipped, picture()) == []
    assert kept(reshipped) == [(1, "photo.jpeg", "Dana")]
    assert len(reshipped.history("1042")) == len(set(reshipped.history("1042")))


def test_five_are_enough(reshipped: World) -> None:
    colours = ["red", "green", "blue", "black", "gold", "pink"]
    with refused("too_many_photos", shipment="1042-R1", there=0, asked=6, most=5):
        add(reshipped, *(picture(colour=colour) for colour in colours))
    add(reshipped, *(picture(colour=colour) for colour in colours[:4]))
    with refused("too_many_photos", shipment="1042-R1", there=4, asked=2, most=5):
        add(reshipped, *(picture(colour=colour) for colour in colours[3:]), picture(colour=colours[0]))
    add(reshipped, picture(colour=colours[4]))
    assert len(kept(reshipped)) == 5


def test_who_may_add_photos_and_to_what(reshipped: World) -> None:
    for actor, role in (("vic", "viewer"), ("pim", "packer")):
        with refused("not_allowed", right="reship", role=role):
            add(reshipped, picture(), actor=actor)
    with refused("client_not_found", client="ACME"):
        add(reshipped, picture(), actor="wren")
    with refused("shipment_not_found", shipment="1042-R9"):
        add(reshipped, picture(), shipment="1042-R9")
    with refused("no_reshipment", shipment="1042-1"):
        add(reshipped, picture(), shipment="1042-1")
    with refused("file_required"):
        add(reshipped)
    assert kept(reshipped) == []


def test_only_pixels_are_kept_upright_and_not_too_many() -> None:
    photo = Image.open(BytesIO(clean_photo(picture(size=(3000, 1000), turned=True)).jpeg))
    assert (photo.format, photo.size, dict(photo.getexif())) == ("JPEG", (667, 2000), {})
    assert b"Secret" not in clean_photo(picture()).jpeg
    # Turned upright, what was left is up.
    red, white = photo.getpixel((300, 100)), photo.getpixel((300, 1900))
    assert (red, white) == ((254, 0, 0), (255, 255, 255))


def test_what_is_seen_through_is_white() -> None:
    target = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(target, "PNG")
    cleaned = Image.open(BytesIO(clean_photo(Upload("clear.png", target.getvalue())).jpeg))
    assert cleaned.getpixel((5, 5)) == (255, 255, 255)


def moving(kind: str) -> bytes:
    target = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(target, kind, save_all=True, append_images=frames[1:])
    return target.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


WHOLE = picture(size=(200, 200)).content
HOSTILE = {
    "nothing": Upload("a.jpg", b""),
    "words": Upload("a.jpg", b"not a picture at all"),
    "a page": Upload("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    "cut off": Upload("a.jpg", WHOLE[: len(WHOLE) // 2]),
    "a head alone": Upload("a.jpg", WHOLE[:30]),
    "a bomb": Upload("a.png", huge_png(50_000, 50_000)),
    "a bomb that is small enough for Pillow": Upload("a.png", huge_png(MOST_PIXELS["PNG"] // 100 + 1, 100)),
    "too short for what it claims": Upload("a.png", huge_png(100, 100)),
    "an animation": Upload("a.webp", moving("WEBP")),
    "a moving PNG": Upload("a.png", moving("PNG")),
    "a GIF by another name": Upload("a.png", moving("GIF")),
    "a TIFF by another name": Upload("a.jpg", picture("TIFF").content),
    "a program by its name": Upload("a.exe", WHOLE),
    "two suffixes": Upload("a.jpg.html", WHOLE),
    "no suffix": Upload("photo", WHOLE),
}


@pytest.mark.parametrize("upload", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_photo_is_refused_in_words(upload: Upload) -> None:
    with pytest.raises(Refusal) as refusal:
        clean_photo(upload)
    assert refusal.value.code == "invalid_photo"
    assert refusal.value.message.startswith(f"“{upload.name}” ")


def test_a_file_that_is_too_large_or_has_no_name_is_refused() -> None:
    with refused("file_too_large", largest=LARGEST_FILE):
        clean_photo(Upload("a.jpg", b"\0" * (LARGEST_FILE + 1)))
    for name in ("", "a\0.jpg", "x" * 201 + ".jpg"):
        with pytest.raises(Refusal) as refusal:
            clean_photo(Upload(name, WHOLE))
        assert refusal.value.code == "invalid_text"


def test_a_photo_of_a_phone_with_a_second_picture_behind_it_is_its_first() -> None:
    upload = Upload("IMG_2.jpg", moving("MPO"))
    assert Image.open(BytesIO(upload.content)).format == "MPO"
    assert Image.open(BytesIO(clean_photo(upload).jpeg)).getpixel((4, 4)) == (254, 0, 0)
