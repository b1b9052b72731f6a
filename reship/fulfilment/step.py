"""What every step of a shipment shares: who may take it, from which status, and what stops it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.orders.models import HoldKind, Shipment, ShipmentStatus

Step = Callable[[Desk, OrderFacts, ShipmentFacts], None]


def take_steps(
    steps: Sequence[tuple[str, Step]], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Takes a warehouse step with each of many shipments of one client, given by number, in one transaction.

    Refuses `shipment_not_found`, `not_allowed`, and what the step refuses.
    """

    def work(desk: Desk) -> list[Shipment | Refusal]:
        desk.open_orders_of(number for number, _ in steps)
        desk.lock_stock()

        def answer(numbered: tuple[str, Step]) -> Shipment:
            number, step = numbered
            facts, of_shipment = desk.shipment(number)
            require(actor, Right.WAREHOUSE_WORK)
            step(desk, facts, of_shipment)
            desk.touch(facts)
            return of_shipment.shipment

        return desk.each(steps, answer)

    return at_desk(work, client=client, actor=actor, at=at)


def require_status(of_shipment: ShipmentFacts, *statuses: ShipmentStatus) -> None:
    """Refuses `wrong_status` with the status it has, since when, and what would be needed."""
    shipment = of_shipment.shipment
    if shipment.status not in statuses:
        needed = " or ".join(_word(status) for status in statuses)
        raise Refusal(
            "wrong_status",
            f"{shipment.number} is {_word(shipment.status)} since {shipment.status_since:%Y-%m-%d %H:%M} UTC; "
            f"for this it must be {needed}.",
            shipment=shipment.number,
            status=shipment.status,
            since=shipment.status_since.isoformat(),
            needed=list(statuses),
        )


def _word(status: str) -> str:
    return "in picking" if status == ShipmentStatus.PICKING else ShipmentStatus(status).label.lower()


def require_free_to_go(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    """Refuses `on_hold`, `units_added_back` when units of it are available again, `waits_for_stock` when some lack."""
    number = of_shipment.shipment.number
    holds = [*of_shipment.holds, *facts.holds]
    if holds:
        names = ", ".join(f"{HoldKind(hold.kind).label} by {hold.placed_by}" for hold in holds)
        raise Refusal(
            "on_hold",
            f"{number} is on hold: {names}.",
            shipment=number,
            holds=[{"kind": hold.kind, "placed_by": hold.placed_by, "note": hold.note} for hold in holds],
        )
    refuse_added_back(of_shipment)
    refuse_waiting(of_shipment)


def refuse_waiting(of_shipment: ShipmentFacts) -> None:
    """Refuses `waits_for_stock` while units of the shipment are not allocated, naming them."""
    waiting = of_shipment.waiting
    if waiting:
        number = of_shipment.shipment.number
        raise Refusal(
            "waits_for_stock",
            f"{number} waits for stock: {', '.join(f'{item.quantity} × {item.sku}' for item in waiting)}.",
            shipment=number,
            waiting=[{"sku": item.sku, "quantity": item.quantity} for item in waiting],
        )


def refuse_added_back(of_shipment: ShipmentFacts) -> None:
    """Refuses `units_added_back`, naming the reshipments that superseded the shipment."""
    if of_shipment.is_superseded:
        units = sum(line.usage.added_back for line in of_shipment.lines)
        number = of_shipment.shipment.number
        names = ", ".join(of_shipment.reshipped_as)
        why = f"is superseded by {names}" if names else "was unpacked and put away"
        raise Refusal(
            "units_added_back",
            f"{number} {why}: {units} units were added back to stock, so it cannot go out.",
            shipment=number,
            added_back=units,
            superseded_by=list(of_shipment.reshipped_as),
        )
