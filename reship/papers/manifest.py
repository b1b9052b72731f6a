"""The manifest: which parcels the carrier took with it, to be signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reship.papers.blocks import Align, Beside, Block, Gap, Rule, barcode, paragraphs, stacked, words
from reship.papers.sheets import (
    BODY,
    LARGE,
    SMALL,
    TITLE,
    WIDTH,
    Sheets,
    counted,
    moment,
    number,
    table_head,
    table_row,
)


@dataclass(frozen=True, slots=True)
class Parcel:
    shipment: str
    tracking_number: str = ""
    town: str = ""
    postal_code: str = ""
    country: str = ""
    units: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """One client's parcels of one collection. `at` is when they left, printed in the zone that it has."""

    number: str
    client: str
    carrier: str
    warehouse: str
    at: datetime
    parcels: Sequence[Parcel]
    closed_by: str = ""


_COUNT, _SHIPMENT, _TRACKING, _PLACE, _UNITS = 0.0, 30.0, 150.0, 300.0, WIDTH - 40
_SHIPMENT_WIDTH, _TRACKING_WIDTH, _PLACE_WIDTH, _UNITS_WIDTH = 114.0, 144.0, _UNITS - 300 - 6, 40.0


def manifest(manifests: Sequence[Manifest]) -> bytes:
    """As a PDF: each client's manifest with its own number and total, then the total of all and one signature."""
    sheets = Sheets(title="Manifest " + ", ".join(section.number for section in manifests))
    for section in manifests:
        sheets.place(_head(section), gap=8, least_below=60)
        sheets.repeat(
            table_head(
                (
                    (_SHIPMENT, _SHIPMENT_WIDTH, "Shipment"),
                    (_TRACKING, _TRACKING_WIDTH, "Tracking number"),
                    (_PLACE, _PLACE_WIDTH, "Town"),
                    (_UNITS, _UNITS_WIDTH, "Units"),
                ),
                at_right="Units",
            )
        )
        for position, parcel in enumerate(section.parcels, 1):
            sheets.place(_line(position, parcel))
        sheets.repeat(None)
        sheets.place(Gap(5), _total("", section.parcels), gap=22)
    every_parcel = [parcel for section in manifests for parcel in section.parcels]
    if len(manifests) > 1:
        sheets.place(_total(f"All {len(manifests)} manifests: ", every_parcel), gap=10)
    sheets.place(_signature())
    return sheets.pdf()


def _head(section: Manifest) -> Block:
    left = stacked(
        words("Manifest", width=270, size=BODY),
        words(section.number, width=270, size=TITLE, bold=True, smallest=9, most_lines=2),
        words(section.client, width=270, size=LARGE, bold=True, align=Align.LEFT, smallest=8, most_lines=3),
        Gap(4),
        paragraphs(
            [
                f"Carrier: {section.carrier}",
                f"From: {section.warehouse}",
                f"Departed: {moment(section.at)}",
                f"Closed by: {section.closed_by}" if section.closed_by else "",
            ],
            width=270,
            size=BODY,
        ),
    )
    return Beside(((0, left), (280, barcode(section.number, width=WIDTH - 280, height=46, align=Align.RIGHT))))


def _line(position: int, parcel: Parcel) -> Block:
    place = " ".join(part for part in (parcel.postal_code, parcel.town) if part)
    return table_row(
        (
            (_COUNT, words(str(position), width=24, size=SMALL, align=Align.RIGHT)),
            (_SHIPMENT, words(parcel.shipment, width=_SHIPMENT_WIDTH, size=BODY, bold=True, smallest=6, most_lines=3)),
            (_TRACKING, words(parcel.tracking_number, width=_TRACKING_WIDTH, size=BODY, smallest=6, most_lines=4)),
            (
                _PLACE,
                words(
                    ", ".join(part for part in (place, parcel.country) if part),
                    width=_PLACE_WIDTH,
                    size=BODY,
                    smallest=6,
                    most_lines=6,
                ),
            ),
            (_UNITS, number(parcel.units, width=_UNITS_WIDTH, size=BODY)),
        )
    )


def _total(what: str, parcels: Sequence[Parcel]) -> Block:
    units = sum(parcel.units for parcel in parcels)
    text = f"{what}{counted(len(parcels), 'parcel')}, {counted(units, 'unit')}"
    return words(text, width=WIDTH, size=LARGE, bold=True, align=Align.RIGHT)


def _signature() -> Block:
    def to_fill_in(what: str, width: float) -> Block:
        return stacked(Rule(width, 0.7), Gap(2), words(what, width=width, size=SMALL))

    return stacked(
        Gap(44),
        Beside(
            (
                (0, to_fill_in("Collected by (name)", 170)),
                (185, to_fill_in("Signature", 190)),
                (390, to_fill_in("Date and time", WIDTH - 390)),
            )
        ),
    )
