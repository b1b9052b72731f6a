"""The papers as a printer gives them: what a scanner reads, what a person reads, and that all of it is there."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from reship.papers.manifest import Manifest, Parcel, manifest
from reship.papers.packing_slip import PackingSlip, SlipLine, packing_slip
from reship.papers.pick_list import PickLine, PickList, PickShipment, pick_list
from reship.papers.product_labels import ProductLabel, product_labels
from reship.papers.shipping_label import ShippingLabel, shipping_label
from tests.papers.reading import codes, ink_outside, pictures, words_on

pytestmark = pytest.mark.sqlite  # No database is asked.

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
MUG = PickLine("MUG-BLUE", "Blue mug", 2, bin="A-01-3", barcode="4006381333931")
LOST = PickShipment("1042-R1", [MUG, PickLine("LID", "Lid", 1)], is_reshipment=True, why="Lost in transit")
BATCH = PickList("B-17", "Hamburg", AT, [LOST, PickShipment("1043-1", [MUG])], picker="Dana")
SLIP = PackingSlip(
    shipment="1042-R1",
    order="1042",
    merchant="Acme Mugs",
    recipient=("Jane Doe", "12 Main St", "Springfield IL 62704", "US"),
    lines=[SlipLine("MUG-BLUE", "Blue mug", 2), SlipLine("LID", "Lid", 1)],
    is_replacement=True,
    packed_on=date(2026, 11, 23),
)
LABEL = ShippingLabel(
    shipment="1042-R1",
    order="1042",
    sender=("Acme Mugs", "Lagerstraße 7", "21079 Hamburg"),
    recipient=("Jane Doe", "12 Main St", "Springfield IL 62704", "US"),
    method="Express",
    carrier="DHL",
    tracking_number="00340434161094042557",
)
PARCELS = [
    Parcel("1042-R1", "00340434161094042557", "Hamburg", "20095", "DE", 3),
    Parcel("1043-1", town="東京", units=2),
]
MANIFEST = Manifest("M-2026-7", "Acme", "DHL", "Hamburg", AT, PARCELS)

HOSTILE = [
    "محمد عبد الرحمن الأحمد",
    "דָּוִד בֶּן־גּוּרִיּוֹן (David)",
    "上海市浦东新区世纪大道一百号" * 10,
    "東京都千代田区丸の内（一丁目）",
    "서울특별시 강남구 테헤란로",
    "W" * 300,
    "many words " * 27,
    "😀📦👩‍👩‍👧",
    "^XZ~JA_5E\\&<b>&amp;%s{0}",
    "\x00\x1b\x07\u202e\ud800",
    "",
]


def test_a_pick_list_names_what_to_fetch_and_why_a_parcel_is_sent_again() -> None:
    (text,) = words_on(pick_list(BATCH))

    for words in ("Pick list B-17", "Hamburg", "Dana", "2026-11-23 14:05 UTC", "2 shipments, 5 units", "page 1 of 1"):
        assert words in text
    for words in ("Reshipment: Lost in transit", "A-01-3 MUG-BLUE", "Blue mug", "LID"):
        assert words in text


def test_a_scanner_reads_batch_parcels_and_products_on_a_pick_list() -> None:
    read = codes(*pictures(pick_list(BATCH)))

    assert read == [
        *["Code 128 1042-R1", "Code 128 1043-1", "Code 128 4006381333931", "Code 128 4006381333931"],
        *["Code 128 B-17", "Code 128 LID"],
    ]


def test_sixty_lines_go_over_pages_with_their_head_and_none_is_lost() -> None:
    lines = [PickLine(f"SKU-{number:02}", "Mug", 1) for number in range(60)]
    pages = words_on(pick_list(replace(BATCH, shipments=[replace(LOST, lines=lines)])))

    assert len(pages) > 2
    assert [f"page {page} of {len(pages)}" in text for page, text in enumerate(pages, 1)] == [True] * len(pages)
    assert ["Bin SKU Item Quantity" in text for text in pages] == [True] * len(pages)
    assert ["1042-R1, continued" in text for text in pages] == [False] + [True] * (len(pages) - 1)
    assert [line.sku for line in lines if sum(text.count(line.sku) for text in pages) != 1] == []


def test_a_packing_slip_says_what_it_replaces_and_a_scanner_reads_its_parcel() -> None:
    slip = packing_slip(SLIP)

    (text,) = words_on(slip)
    assert "Acme Mugs Packing slip Replacement for order 1042" in text
    for words in ("Jane Doe", "Springfield IL 62704", "MUG-BLUE Blue mug 2", "LID Lid 1", "3 units in this parcel"):
        assert words in text
    assert codes(*pictures(slip)) == ["Code 128 1042-R1"]


def test_a_packing_slip_of_a_first_parcel_speaks_of_no_replacement() -> None:
    (text,) = words_on(packing_slip(replace(SLIP, shipment="1042-1", is_replacement=False)))

    assert "Order 1042" in text
    assert "Replacement" not in text


@pytest.mark.parametrize(
    ("tracking_number", "read"),
    [("00340434161094042557", ["Code 128 00340434161094042557", "Code 128 1042-R1"]), ("", ["Code 128 1042-R1"])],
)
def test_a_scanner_reads_parcel_and_tracking_number_on_a_label(tracking_number: str, read: list[str]) -> None:
    label = shipping_label(replace(LABEL, tracking_number=tracking_number))

    assert codes(*pictures(label)) == read
    assert [page.size for page in pictures(label)] == [(576, 864)]


def test_a_label_names_sender_recipient_and_method() -> None:
    (text,) = words_on(shipping_label(LABEL))

    for words in (
        "Acme Mugs Lagerstraße 7",
        "DHL Express",
        "Jane Doe 12 Main St Springfield IL 62704 US",
        "Order 1042",
    ):
        assert words in text


@pytest.mark.parametrize("number", ["№1042-R1", "1042-日本-R1", "1042-" + "x" * 55])
def test_a_number_that_no_code_128_holds_becomes_a_qr_code(number: str) -> None:
    assert codes(*pictures(shipping_label(replace(LABEL, shipment=number, tracking_number="")))) == [
        f"QR Code {number}"
    ]


def test_a_manifest_lists_each_client_s_parcels_with_totals_and_a_line_to_sign() -> None:
    other = replace(MANIFEST, number="M-2026-3", client="Wren", parcels=PARCELS[:1])
    paper = manifest([MANIFEST, other])

    (text,) = words_on(paper)
    for words in (
        "Acme Carrier: DHL",
        "Departed: 2026-11-23 14:05 UTC",
        "1042-R1 00340434161094042557 20095 Hamburg, DE",
    ):
        assert words in text
    for words in ("2 parcels, 5 units", "1 parcel, 3 units", "All 2 manifests: 3 parcels, 8 units", "Signature"):
        assert words in text
    assert codes(*pictures(paper)) == ["Code 128 M-2026-3", "Code 128 M-2026-7"]


def test_product_labels_fill_sheets_of_24() -> None:
    sheets = pictures(
        product_labels([ProductLabel("MUG", "Mug", "4006381333931", copies=24), ProductLabel("LID", "Lid")])
    )

    assert codes(sheets[0]) == ["Code 128 4006381333931"] * 24
    assert codes(*sheets[1:]) == ["Code 128 LID"]


def test_hostile_words_are_drawn_on_every_paper_and_none_leaves_the_page() -> None:
    lines = [PickLine(words[:60], words, 1_000_000, words[:40], words[:60]) for words in HOSTILE]
    parcels = [Parcel(words[:60], words[:80], words[:120], words[:20], "DE", 1) for words in HOSTILE]
    papers = [
        pick_list(PickList("B-1", HOSTILE[0], AT, [PickShipment("1-1", lines, is_reshipment=True, why=HOSTILE[2])])),
        packing_slip(replace(SLIP, merchant=HOSTILE[2], recipient=HOSTILE, lines=[SlipLine("A", HOSTILE[5], 1)])),
        manifest([replace(MANIFEST, client=HOSTILE[6], parcels=parcels)]),
        shipping_label(replace(LABEL, sender=HOSTILE, recipient=HOSTILE, method=HOSTILE[6][:60], carrier=HOSTILE[5])),
        product_labels([ProductLabel(words[:60], words, words[:60]) for words in HOSTILE]),
    ]

    assert [page for paper in papers for page in pictures(paper) if ink_outside(page, edge=20)] == []
    # Printed on Letter in true size, an A4 page loses 25 points at either end, and a printer some more.
    assert [page for paper in papers[:3] for page in pictures(paper) if ink_outside(page, edge=2 * 40)] == []


def test_the_longest_latin_address_is_on_a_label_to_the_last_word() -> None:
    recipient = [f"{'Street of many words ' * 9}end{line}" for line in range(4)] + ["DE"]

    (text,) = words_on(shipping_label(replace(LABEL, recipient=recipient)))

    assert [f"end{line}" in text for line in range(4)] == [True] * 4


def test_equal_papers_are_equal_bytes() -> None:
    assert pick_list(BATCH) == pick_list(replace(BATCH))
    assert shipping_label(LABEL) == shipping_label(replace(LABEL))
