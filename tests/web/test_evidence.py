"""Photos on Order Details: added there, shown small and whole, and to nobody else."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Visitor
from PIL import Image

from reship.clients.access import Actor
from reship.fulfilment.photo import LARGEST_FILE, Upload
from reship.inventory.audit import audit
from reship.web import uploads
from tests.pictures import picture
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
ORDER = "/orders/ACME/1042/"
PHOTOS = f"{ORDER}shipments/1042-R1/photos/"


@pytest.fixture
def reshipped(world: World) -> World:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.reship("1042", MUG=1)
    return world


def posted(*files: Upload) -> dict[str, list[SimpleUploadedFile]]:
    return {"photo": [SimpleUploadedFile(file.name, file.content) for file in files]}


def test_photos_are_added_on_the_order_and_shown(reshipped: World, visit_as: VisitAs) -> None:
    dana = visit_as(reshipped.dana)
    Page(dana.get(ORDER)).form(PHOTOS)
    answer = dana.post(PHOTOS, posted(picture(size=(1200, 600)), picture("PNG", colour="blue")))
    assert (answer.status_code, answer["Location"]) == (303, f"{ORDER}?shown=1042-R1#shipment-R1")
    page = Page(dana.get(answer["Location"]))
    assert "2 photos added to 1042-R1." in page.text
    assert [image["src"] for image in page.all(loading="lazy")] == [f"{PHOTOS}1/?small", f"{PHOTOS}2/?small"]
    for address, width in ((f"{PHOTOS}1/", 1200), (f"{PHOTOS}1/?small", 240)):
        shown = visit_as(reshipped.vic).get(address)
        assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
        assert (shown["Cache-Control"], shown["Content-Disposition"]) == (
            "private, no-store",
            'inline; filename="1042-R1-1.jpg"',
        )
        assert Image.open(BytesIO(shown.content)).width == width
    assert audit() == []


def test_a_file_that_is_no_photo_is_refused_at_the_shipment(
    reshipped: World, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = visit_as(reshipped.dana)
    words = Upload("words.jpg", b"no photo")
    for files, status, code in (
        ([picture(), words], 422, "invalid_photo"),
        ([], 422, "file_required"),
        ([Upload("large.jpg", b"\0" * (LARGEST_FILE + 1))], 422, "file_too_large"),
        (
            [picture(colour=colour) for colour in ("red", "blue", "green", "gold", "pink", "black")],
            409,
            "too_many_photos",
        ),
    ):
        answer = dana.post(PHOTOS, posted(*files))
        assert (answer.status_code, Page(answer).refusal) == (status, code)
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 100)
    assert Page(dana.post(PHOTOS, posted(picture()))).refusal == "file_too_large"
    assert Page(dana.get(ORDER)).all(loading="lazy") == []


def test_nobody_else_sees_or_adds_them(reshipped: World, visit_as: VisitAs) -> None:
    visit_as(reshipped.dana).post(PHOTOS, posted(picture()))
    wren, vic = visit_as(reshipped.wren), visit_as(reshipped.vic)
    for address in (f"{PHOTOS}1/", "/orders/OTHER/1042/shipments/1042-R1/photos/1/"):
        assert wren.get(address).status_code == 404
    assert wren.post(PHOTOS, posted(picture(colour="blue"))).status_code == 404
    assert vic.post(PHOTOS, posted(picture(colour="blue"))).status_code == 403
    assert Page(vic.get(ORDER)).all(action=PHOTOS) == []
    assert Visitor().get(f"{PHOTOS}1/").status_code == 302


@pytest.mark.parametrize("photo", ["0", "2", "6", "1.5", "-1", "x", "99999999999999999999", "١"])
def test_a_photo_that_is_not_there_is_not_found(reshipped: World, visit_as: VisitAs, photo: str) -> None:
    visit_as(reshipped.dana).post(PHOTOS, posted(picture()))
    assert visit_as(reshipped.dana).get(f"{PHOTOS}{photo}/").status_code == 404
    assert visit_as(reshipped.dana).get(f"/orders/ACME/1042/shipments/1042-1/photos/{photo}/").status_code == 404
