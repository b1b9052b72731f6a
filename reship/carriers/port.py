"""The port: what Reship asks of a carrier, and what a carrier answers. An adapter is a class with these four methods.

A method is called outside every transaction and may take its time. It answers, or refuses `carrier_unreachable` (no
answer, or none that makes sense: try again later) or `carrier_refused` (the answer is no). It raises nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from reship.errors import Figure, Refusal
from reship.fulfilment.track import Tracked
from reship.orders.addresses import Address

LONGEST_SAID = 300


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is carried: its weight in whole grams, its sides in whole millimetres where they are known."""

    grams: int
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


@dataclass(frozen=True, slots=True)
class Consignment:
    """One parcel from here to there. `reference` is ours and names the label: a carrier may know it by that."""

    reference: str
    shipment: str
    order: str
    sender: Address
    to: Address
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}"


NOTHING = Money(Decimal(0), "")


@dataclass(frozen=True, slots=True)
class Rate:
    """What a carrier would take for a consignment with one of its services. `quote` is what `buy` is called with."""

    service: str
    price: Money
    quote: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """A label that is paid for. `reference` is the adapter's name for it, `carrier` whose label it is, for people.

    Without content, the house prints its own.
    """

    reference: str
    carrier: str
    service: str
    tracking_number: str
    cost: Money
    format: str = ""
    content: bytes = b""


class Carrier(Protocol):
    """A carrier, or somebody who speaks for several."""

    @property
    def code(self) -> str:
        """What stands in `Label.carrier`, and who is asked again about a label."""

    @property
    def name(self) -> str:
        """As people read it."""

    @property
    def sells(self) -> bool:
        """Whether it has rates, and labels that cost something; otherwise somebody types what the label says."""

    @property
    def can_track(self) -> bool:
        """Whether it can be asked where a parcel is."""

    def rates(self, consignment: Consignment) -> Sequence[Rate]:
        """What each service would cost, the cheapest first. Nothing is bought."""

    def buy(self, consignment: Consignment, quote: str) -> BoughtLabel:
        """Buys what was quoted. The same quote again answers with the same label and is not paid again."""

    def void(self, reference: str) -> None:
        """Gives a label back, by its reference or its quote. Nothing to give back is no refusal."""

    def track(self, tracking_number: str) -> Sequence[Tracked]:
        """All that it says of a parcel, in any order; empty when it does not know it yet."""


def carrier_unreachable(carrier: str, what: str, *, problem: str, **figures: Figure) -> Refusal:
    """`what` was tried, such as "buy the label"; `problem` is what went wrong, in the carrier's words or ours."""
    said = _said(problem)
    return Refusal(
        "carrier_unreachable",
        f"{carrier} could not be asked to {what}: {said}. Nothing is lost: please try again.",
        carrier=carrier,
        problem=said,
        **figures,
    )


def carrier_refused(carrier: str, what: str, *, problem: str, **figures: Figure) -> Refusal:
    said = _said(problem)
    return Refusal(
        "carrier_refused",
        f"{carrier} refused to {what}: {said}.",
        carrier=carrier,
        problem=said,
        **figures,
    )


def printable(text: str) -> str:
    """What somebody else's machine said, as it can be stored: printable, in one line, and not long."""
    signs = "".join(sign if sign.isprintable() else " " for sign in text[: 2 * LONGEST_SAID])
    return " ".join(signs.split())[:LONGEST_SAID]


def _said(problem: str) -> str:
    return printable(problem).rstrip(". ") or "no reason was given"
