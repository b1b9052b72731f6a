"""Orders of a file that wait to be placed, as a job's items keep them: JSON and back, without a loss."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from reship.errors import Figure, Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.orders.addresses import ADDRESS_FIELDS, Address

_TEXTS = ("number", "customer_name", "customer_email", "warehouse", "currency", "method", "hold", "note")


def new_order_as_json(new: NewOrder) -> dict[str, Figure]:
    """What is empty is left away: there are many of them."""
    kept: dict[str, Figure] = {name: getattr(new, name) for name in _TEXTS if getattr(new, name)}
    kept["placed_at"] = new.placed_at.isoformat()
    kept["lines"] = [
        [line.sku, int(line.quantity), str(line.unit_price), line.description, line.parcel] for line in new.lines
    ]
    kept["address"] = {name: part for name in ADDRESS_FIELDS if (part := getattr(new.address, name))}
    if new.departed_at is not None:
        kept["departed_at"] = new.departed_at.isoformat()
    if new.still_here:
        kept["still_here"] = [*new.still_here]
    return kept


def new_order_of(kept: Mapping[str, Any]) -> NewOrder:
    departed_at = kept.get("departed_at")
    return NewOrder(
        **{name: kept.get(name, "") for name in _TEXTS},
        placed_at=datetime.fromisoformat(kept["placed_at"]),
        lines=tuple(
            NewLine(sku, quantity, Decimal(price), description, parcel)
            for sku, quantity, price, description, parcel in kept["lines"]
        ),
        address=Address(**kept["address"]),
        departed_at=datetime.fromisoformat(departed_at) if departed_at else None,
        still_here=tuple(kept.get("still_here", ())),
    )


def refusal_of_json(kept: Mapping[str, Any]) -> Refusal:
    return Refusal(kept["code"], kept["message"], **kept["figures"])
