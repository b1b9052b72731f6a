"""The Pack page, as a scanner without a script works it: parcel, goods, parcel."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import cast

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Visitor
from django_scopes import scope

from reship.clients.access import Actor
from reship.floor.models import Label, Scan
from reship.fulfilment.ask import ask_question
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
PACK = "/warehouse/pack/"
ONTO = {"pack_client": "ACME", "parcel": "1042-1"}


@pytest.fixture
def pim(world: World, visit_as: VisitAs) -> Visitor:
    """He picks 1042-1: two mugs and a cup."""
    edit = ProductEdit("MUG", barcode="4006381333931")
    edit_product(edit, client=world.acme, actor=world.otto, at=world.later())
    world.place("1042", MUG=2, CUP=1)
    world.claim("1042-1")
    return visit_as(world.pim)


def scan(visitor: Visitor, code: str, **more: str) -> Page:
    return Page(visitor.post(PACK, {"code": code, **more}))


def said(page: Page) -> list[str]:
    """The tone, and the words."""
    tone = page.one(data_scan_feedback="")["data-tone"]
    return [tone, *(" ".join(element.text.split()) for element in page.all(data_scan_text=""))]


def opened(page: Page) -> str:
    """The parcel into which the next scan goes."""
    return "".join(element["value"] for element in page.all(name="parcel", form="scan-form"))


def test_a_parcel_is_packed_by_scans_only(world: World, pim: Visitor) -> None:
    page = scan(pim, "1042-1")
    assert (said(page), opened(page)) == (["good", "1042-1: 3 to scan", "Acme, order 1042"], "1042-1")
    assert said(scan(pim, "4006381333931", key="1", **ONTO))[:2] == ["good", "MUG: 1 of 2"]
    assert said(scan(pim, "4006381333931", key="1", **ONTO))[:3] == ["good", "MUG: 1 of 2", "That was counted already."]
    assert said(scan(pim, "TEE", **ONTO)) == ["bad", "TEE: wrong item", "It does not belong into 1042-1. Put it back."]
    assert said(scan(pim, "2*MUG", **ONTO)) == [
        *("bad", "2 × MUG: too many"),
        "1 of 2 is in 1042-1 already. Put it back.",
    ]
    assert said(scan(pim, "SPOON", **ONTO)) == ["bad", "SPOON: unknown", "No product of Acme has this code."]
    assert said(scan(pim, "mug", **ONTO))[:2] == ["good", "MUG: 2 of 2"]
    page = scan(pim, "1042-1", **ONTO)
    assert said(page) == ["bad", "1042-1 is not verified: 0 of 1 × CUP scanned."]
    page = scan(pim, "CUP", quantity="1", **ONTO)
    assert said(page)[:2] == ["done", "1042-1 is verified"]
    assert said(scan(pim, "CUP", **ONTO))[:2] == ["bad", "CUP: too many"]
    page = scan(pim, "1042-1", carrier="DHL", tracking_number="T-1", **ONTO)
    assert said(page) == ["done", "1042-1 is packed", "It goes with DHL T-1. Scan the next parcel."]
    assert opened(page) == ""
    shipment = world.shipment("1042-1").shipment
    assert (shipment.status, shipment.carrier, shipment.tracking_number) == ("PACKED", "DHL", "T-1")
    assert world.history("1042")[-1] == "1042-1 packed, tracking number T-1."
    # The answer was lost: sent again, it is told again.
    assert said(scan(pim, "", close="1", **ONTO))[:2] == ["done", "1042-1 is packed"]
    # The carrier of the last parcel is offered for the next.
    world.place("1043", MUG=1)
    world.claim("1043-1")
    verified = scan(pim, "MUG", pack_client="ACME", parcel="1043-1")
    assert verified.one(id="carrier")["value"] == "DHL"
    assert audit() == []


def test_a_tracking_number_that_is_scanned_closes_the_parcel(world: World, pim: Visitor) -> None:
    scan(pim, "2*MUG", **ONTO)
    assert said(scan(pim, "", tracking_number="T-1", **ONTO))[0] == "bad"
    scan(pim, "CUP", **ONTO)
    assert said(scan(pim, "", tracking_number="T-1", **ONTO))[1] == "1042-1 is packed"
    assert world.shipment("1042-1").shipment.tracking_number == "T-1"


def test_another_parcel_takes_the_place_of_the_one_on_the_bench(world: World, pim: Visitor) -> None:
    world.place("1043", MUG=1)
    world.claim("1043-1")
    scan(pim, "MUG", **ONTO)
    page = scan(pim, "1043-1", **ONTO)
    assert said(page)[1:] == ["1043-1: 1 to scan", "1042-1 is not closed: 1 of 3 are in it. Acme, order 1043"]
    assert opened(page) == "1043-1"


@pytest.mark.parametrize(
    ("bring", "words", "button"),
    [
        (lambda world: world.place("1043", MUG=1), "1043-1 is open since", "Pick it now"),
        (lambda world: world.claim("1043-1", actor=world.otto), "Otto has been working on", "Take it over from Otto"),
        (lambda world: world.hold("1043", note="Wait."), "1043-1 is on hold: Client hold by Dana", ""),
        (lambda world: world.cancel("1043-1"), "1043-1 is cancelled since", ""),
        (lambda world: world.ship("1043-1"), "1043-1 is departed since", ""),
        (lambda world: world.ship("1043-1", until=ShipmentStatus.PACKED), "1043-1 is packed since", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_packed_says_why(
    world: World, pim: Visitor, bring: Callable[[World], object], words: str, button: str
) -> None:
    if button != "Pick it now":
        world.place("1043", MUG=1)
    bring(world)
    page = scan(pim, "1043-1")
    assert said(page)[0] == "bad"
    assert said(page)[1].startswith(words)
    buttons = [form.buttons[0].text.strip() for form in page.forms if "/begin/" in form.action]
    assert buttons == ([button] if button else [])
    if button:
        assert page.form("/warehouse/pack/ACME/1043-1/begin/").send(pim).status_code == 303
        assert world.shipment("1043-1").shipment.picked_by == "Pim"
        assert said(scan(pim, "MUG", pack_client="ACME", parcel="1043-1"))[0] == "done"


def test_a_superseded_parcel_names_what_goes_instead_and_leads_to_its_task(world: World, pim: Visitor) -> None:
    world.reship("1042", add_back=True, MUG=1)
    page = scan(pim, "1042-1")
    assert said(page)[1].startswith("1042-1 is superseded by 1042-R1: 1 units were added back to stock")
    assert "/warehouse/pull-tasks/?pull_client=ACME&parcel=1042-1" in [
        element["href"] for element in page.elements if element.tag == "a"
    ]


def test_a_reshipment_says_what_went_wrong_last_time(world: World, pim: Visitor) -> None:
    scan(pim, "TEE", **ONTO)
    scan(pim, "2*MUG", **ONTO)
    scan(pim, "CUP", **ONTO)
    scan(pim, "1042-1", **ONTO)
    world.reship("1042", note="Jane got a tee.", CUP=1)
    world.claim("1042-R1")
    ask_question("1042-R1", "Add a card, please.", client=world.acme, actor=world.dana, at=world.later())
    page = scan(pim, "1042-R1")
    told = " ".join(page.one(role="note").text.split())
    for words in ("Last time, lost", "1042-1", "picked by Pim", "2 × MUG", "1 × TEE (wrong item)", "Jane got a tee."):
        assert words in told
    assert "Add a card, please." in page.text


def test_a_label_is_bought_only_for_what_is_verified(
    world: World, pim: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SANDBOX_CARRIER", True)
    assert said(scan(pim, "", close="1", rate="sandbox/", **ONTO))[0] == "bad"
    with scope(client=world.acme.pk):
        assert not Label.objects.exists()
    scan(pim, "2*MUG", **ONTO)
    page = scan(pim, "CUP", **ONTO)
    assert [element["value"] for element in page.all(name="rate")] == ["", "sandbox/"]
    rates = pim.get("/warehouse/pack/ACME/1042-1/rates/", {"grams": "500"}, headers={"HX-Request": "true"})
    offered = [element["value"] for element in Page(rates).all(name="rate")]
    assert len(offered) > 1
    assert said(scan(pim, "", close="1", rate=offered[0], grams="0", **ONTO))[0] == "bad"
    page = scan(pim, "", close="1", rate=offered[0], grams="500", **ONTO)
    assert said(page)[1] == "1042-1 is packed"
    shipment = world.shipment("1042-1").shipment
    assert shipment.tracking_number
    with scope(client=world.acme.pk):
        label = Label.objects.get()
    papers = cast(HttpResponse, pim.get("/warehouse/pack/ACME/1042-1/label.pdf"))
    assert (label.tracking_number, papers.content) == (shipment.tracking_number, bytes(label.content))


def test_a_parcel_has_its_papers(world: World, pim: Visitor) -> None:
    starts = {}
    for paper in ("packing-slip.pdf", "label.pdf", "label.zpl"):
        answer = cast(HttpResponse, pim.get(f"/warehouse/pack/ACME/1042-1/{paper}"))
        starts[paper] = (answer.status_code, answer.headers["Content-Type"], answer.content[:4])
        assert pim.get(f"/warehouse/pack/ACME/9999-1/{paper}").status_code == 404
    assert starts == {
        "packing-slip.pdf": (200, "application/pdf", b"%PDF"),
        "label.pdf": (200, "application/pdf", b"%PDF"),
        "label.zpl": (200, "application/zpl; charset=utf-8", b"^XA^"),
    }


def test_a_parcel_is_begun_again(world: World, pim: Visitor) -> None:
    page = scan(pim, "2*MUG", **ONTO)
    assert page.form("/warehouse/pack/ACME/1042-1/restart/").send(pim).status_code == 303
    assert said(scan(pim, "MUG", **ONTO))[1] == "MUG: 1 of 2"


def test_two_clients_may_have_parcels_of_one_number(world: World, pim: Visitor) -> None:
    world.place("1042", client=world.other, MUG=1)
    assert said(scan(pim, "1042-1"))[1].startswith("2 clients have a parcel 1042-1")
    pim.post("/client/", {"client": "OTHER"})
    assert said(scan(pim, "1042-1"))[1].startswith("1042-1 is open since")


def test_a_scan_asks_the_same_number_of_statements_whatever_was_scanned_before(
    world: World, pim: Visitor, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    fragment = {"HX-Request": "true"}
    with django_assert_num_queries(36):
        assert said(Page(pim.post(PACK, {"code": "MUG", "key": "1", **ONTO}, headers=fragment)))[0] == "good"
    with scope(client=world.acme.pk):
        one = Scan.objects.get()
        of_parcel = {"client_id": one.client_id, "shipment_id": one.shipment_id, "purpose": one.purpose, "at": one.at}
        Scan.objects.bulk_create(Scan(sequence=2 + n, outcome="UNKNOWN", code="?", **of_parcel) for n in range(50))
    with django_assert_num_queries(36):
        assert said(Page(pim.post(PACK, {"code": "CUP", "key": "2", **ONTO}, headers=fragment)))[0] == "good"
