"""Balances now and after, written out."""

from dataclasses import dataclass

from reship.inventory.ledger import Balance


@dataclass(frozen=True, slots=True)
class Change:
    """A balance now and after, in units, written out; `kind` is more, less, short (below zero) or empty."""

    now: str
    after: str
    kind: str = ""

    @property
    def is_none(self) -> bool:
        return self.now == self.after


def balance_change(now: Balance, after: Balance) -> tuple[Change, Change, Change]:
    """Of what is on hand, allocated and available; only the last is good or bad news."""
    change = after.available - now.available
    kind = "short" if after.available < 0 else "more" if change > 0 else "less" if change < 0 else ""
    return (
        Change(units(now.on_hand), units(after.on_hand)),
        Change(units(now.allocated), units(after.allocated)),
        Change(units(now.available), units(after.available), kind),
    )


def units(number: int) -> str:
    return f"{number:,}".replace("-", "−")
