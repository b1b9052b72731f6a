"""A form that was overtaken: what the other changed meanwhile, and what becomes of what was typed.

What nobody typed into shows the shipment as it is now. What was typed stays, and where the other changed the same, says
so. Whoever has seen it may save it then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from reship.errors import Figure
from reship.fulfilment.facts import ShipmentFacts
from reship.orders.addresses import ADDRESS_FIELDS
from reship.orders.history import edit_in_words
from reship.orders.models import OrderEvent
from reship.web.edit_window import NewItem, OthersEdit, TypedEdit

_FIELDS = {name.replace("_", " "): name for name in (*ADDRESS_FIELDS, "method")}


@dataclass(frozen=True, slots=True)
class Merged:
    """The form after the edits of others.

    `both` tells, at fields and SKUs that both changed, what the other made of them.
    """

    typed: TypedEdit
    fields: Mapping[str, str]
    others: tuple[OthersEdit, ...]
    both: Mapping[str, str]


def merged(
    typed: TypedEdit, fields: Mapping[str, str], of_shipment: ShipmentFacts, edits: Sequence[OrderEvent]
) -> Merged:
    """`fields` are the address and the method as they were typed; `edits` those since the edition of the form."""
    shipment = of_shipment.shipment
    fields_now = {name: str(getattr(shipment, name)) for name in (*ADDRESS_FIELDS, "method")}
    units_now = {line.line.sku: line.line.quantity for line in of_shipment.units}
    fields_before, units_before = dict(fields_now), dict(units_now)
    for change in [change for edit in reversed(edits) for change in reversed(_changes(edit))]:
        what, before = str(change["what"]), change["before"]
        if isinstance(before, int):
            units_before[what] = before
        else:
            fields_before[_FIELDS[what]] = str(before or "")
    actor = edits[-1].actor if edits else ""
    both = {}
    kept = {}
    for name, now in fields_now.items():
        is_typed = name in fields and fields[name] != fields_before[name]
        kept[name] = fields[name] if is_typed else now
        if is_typed and now not in (fields_before[name], fields[name]):
            both[name] = f"{actor} has made it “{now}” meanwhile." if now else f"{actor} has emptied it meanwhile."
    quantities, taken_out, new = {}, set(), list(typed.new)
    for sku in dict.fromkeys((*units_now, *typed.quantities)):
        units_then, units = units_before.get(sku, 0), units_now.get(sku, 0)
        wanted = "0" if sku in typed.taken_out else typed.quantities.get(sku, str(units_then))
        is_typed = wanted.strip() != str(units_then)
        if not units:
            if is_typed and sku not in typed.taken_out:
                new.insert(0, NewItem(sku, wanted))
            continue
        quantities[sku] = typed.quantities.get(sku, str(units)) if is_typed else str(units)
        if is_typed and sku in typed.taken_out:
            taken_out.add(sku)
        if is_typed and units != units_then:
            both[sku] = f"{actor} has made it {units} meanwhile."
    return Merged(
        typed=replace(
            typed, edition=shipment.edition, quantities=quantities, taken_out=frozenset(taken_out), new=tuple(new)
        ),
        fields=kept,
        others=tuple(
            OthersEdit(edit.actor, edit.at, tuple(edit_in_words(change) for change in _changes(edit))) for edit in edits
        ),
        both=both,
    )


def _changes(edit: OrderEvent) -> list[Mapping[str, Figure]]:
    return cast(list[Mapping[str, Figure]], edit.facts["changes"])
