"""Claiming: a packer takes the oldest shipments that can be picked, or chosen ones, as one batch to pick in one round.

The client's counter is locked before anything is looked for, so two who claim at the same instant come one after the
other, and the second finds what the first has left. Whatever is claimed is looked at again under its own lock.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reship import intake
from reship.catalog.models import Warehouse
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.many import insert_many
from reship.errors import Refusal
from reship.floor.models import BatchShipment, PickBatch
from reship.floor.pick_queue import oldest_to_pick, pick_queue
from reship.fulfilment.desk import Desk, at_desk, shipment_not_found
from reship.fulfilment.items import known_warehouse
from reship.fulfilment.pick import check_pick, pick
from reship.orders.models import NumberCounter, Shipment
from reship.orders.numbers import locked_counter

MOST_CLAIMED = 50
USUAL_BATCH = 12


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What to pick in a warehouse (its code): at most so many of the oldest shipments, or those with these numbers."""

    warehouse: str
    most: int | str = USUAL_BATCH
    shipments: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch of one client, what is in it, and why what was chosen besides is not."""

    client: Client
    batch: PickBatch
    shipments: tuple[Shipment, ...]
    refused: tuple[Refusal, ...] = ()


def claim_batch(request: ClaimRequest, *, client: Client, actor: Actor, at: datetime) -> Claimed:
    """Starts picking all of a batch, in one transaction.

    Refuses `not_allowed`, `unknown_warehouse`, `invalid_quantity`, `nothing_selected`, `nothing_to_pick`; and when none
    of the chosen shipments may be picked, why the first may not: `shipment_not_found`, `other_warehouse`,
    `wrong_status`, `on_hold`, `units_added_back`, `waits_for_stock`.
    """
    return at_desk(lambda desk: _claim(desk, request), client=client, actor=actor, at=at)


def claim_of_all_clients(
    request: ClaimRequest, *, clients: Sequence[Client], actor: Actor, at: datetime
) -> list[Claimed | Refusal]:
    """The oldest shipments of these clients, whosever they are: one batch, and one transaction, per client.

    What somebody else claims meanwhile is left out. Refuses as a whole `not_allowed`, `unknown_warehouse`,
    `invalid_quantity`, `nothing_to_pick`.
    """
    require(actor, Right.WAREHOUSE_WORK)
    warehouse, most = known_warehouse(request.warehouse), _most(request.most)
    by_id = {client.pk: client for client in clients}
    first = pick_queue(client_ids=sorted(by_id), warehouse_id=warehouse.pk, limit=most).rows
    numbers: dict[int, list[str]] = defaultdict(list)
    for row in first:
        numbers[row.shipment.client_id].append(row.shipment.number)
    if not numbers:
        raise _nothing_to_pick(warehouse)
    outcomes: list[Claimed | Refusal] = []
    for client_id, of_client in numbers.items():
        chosen = ClaimRequest(request.warehouse, shipments=tuple(of_client))
        try:
            outcomes.append(claim_batch(chosen, client=by_id[client_id], actor=actor, at=at))
        except Refusal as refusal:
            outcomes.append(refusal)
    return outcomes


def _claim(desk: Desk, request: ClaimRequest) -> Claimed:
    require(desk.actor, Right.WAREHOUSE_WORK)
    warehouse, most = known_warehouse(request.warehouse), _most(request.most)
    counter = locked_counter(desk.client.pk)
    if request.shipments is None:
        numbers = oldest_to_pick(desk.client.pk, warehouse_id=warehouse.pk, limit=most)
    else:
        numbers = _chosen(request.shipments)
    desk.open_orders_of(numbers)
    batch = PickBatch(
        client_id=desk.client.pk,
        number=counter.next_batch,
        warehouse=warehouse,
        claimed_by=desk.actor.name,
        user_id=desk.actor.user_id,
        claimed_at=desk.at,
    )

    def take(number: str) -> Shipment:
        facts, of_shipment = desk.shipment(number)
        if of_shipment.shipment.warehouse_id != warehouse.pk:
            raise _other_warehouse(of_shipment.shipment, warehouse)
        check_pick(facts, of_shipment)
        pick(desk, facts, of_shipment, batch=batch.number)
        desk.touch(facts)
        return of_shipment.shipment

    outcomes = desk.each(numbers, take)
    taken = tuple(outcome for outcome in outcomes if isinstance(outcome, Shipment))
    refused = tuple(outcome for outcome in outcomes if isinstance(outcome, Refusal))
    if not taken:
        # Chosen ones say why not; of the oldest, whatever stopped them came in between.
        raise refused[0] if refused and request.shipments is not None else _nothing_to_pick(warehouse)
    NumberCounter.objects.filter(pk=counter.pk).update(next_batch=batch.number + 1)
    insert_many(desk.client.pk, [batch])
    rows = [BatchShipment(client_id=desk.client.pk, batch=batch, shipment=shipment) for shipment in taken]
    insert_many(desk.client.pk, rows)
    return Claimed(desk.client, batch, taken, refused)


def _chosen(numbers: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(numbers))
    if not chosen:
        raise Refusal("nothing_selected", "Select at least one shipment.")
    if len(chosen) > MOST_CLAIMED:
        raise _how_many(len(chosen))
    for number in chosen:
        if not intake.can_be_stored(number):
            raise shipment_not_found(number)
    return chosen


def _most(asked: int | str) -> int:
    most = intake.quantity(asked)
    if most > MOST_CLAIMED:
        raise _how_many(most)
    return most


def _how_many(asked: int) -> Refusal:
    return Refusal(
        "invalid_quantity",
        f"A batch holds at most {MOST_CLAIMED} shipments, not {asked:,}.",
        given=str(asked),
        smallest=1,
        largest=MOST_CLAIMED,
    )


def _other_warehouse(shipment: Shipment, warehouse: Warehouse) -> Refusal:
    text = f"{shipment.number} goes out from another warehouse than {warehouse.code}."
    return Refusal("other_warehouse", text, shipment=shipment.number, needed=warehouse.code)


def _nothing_to_pick(warehouse: Warehouse) -> Refusal:
    return Refusal("nothing_to_pick", f"Nothing is left to pick in {warehouse.name}.", warehouse=warehouse.code)
