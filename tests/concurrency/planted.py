"""Bugs as people write them, planted into the running code one at a time; see test_planted_bugs.py.

Each belongs to a pair of deeds that must notice it, and `found_as` is a part of what is then said.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from reship.database import many, rows
from reship.database.rows import Reader
from reship.fulfilment import desk, facts, pick, request_keys, reship_plan, step
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import ORDERS, LineFacts, read_orders
from reship.fulfilment.models import RequestKey
from reship.fulfilment.request_keys import RequestKeys, _Taken
from reship.inventory import ledger
from reship.inventory.ledger import Place
from reship.inventory.models import StockLevel
from reship.orders.models import Hold, NumberCounter, Order, Shipment


@dataclass(frozen=True)
class Bug:
    name: str
    pair: str
    found_as: str
    plant: Callable[[], AbstractContextManager[object]]

    def __str__(self) -> str:
        return self.name


def without_lock(*models: type[Model]) -> Callable[[], AbstractContextManager[object]]:
    """These rows are read without FOR NO KEY UPDATE."""
    in_querysets, to_reship = QuerySet.select_for_update, facts._shipments_to_reship

    def select_for_update(found: QuerySet[Any], **options: Any) -> QuerySet[Any]:
        return found.all() if found.model in models else in_querysets(found, **options)

    def read_by(reader: Reader[Any], *arguments: Any, lock: bool = False, **options: Any) -> list[Any]:
        return rows.read_by(reader, *arguments, lock=lock and reader.model not in models, **options)

    def shipments_to_reship(vendor: str, *, lock: bool) -> str:
        return to_reship(vendor, lock=lock and Shipment not in models)

    return lambda: _all_of(
        mock.patch.object(QuerySet, "select_for_update", select_for_update),
        mock.patch.object(facts, "_shipments_to_reship", shipments_to_reship),
        *(mock.patch.object(module, "read_by", read_by) for module in (desk, facts, ledger)),
    )


@contextmanager
def _all_of(*patches: AbstractContextManager[object]) -> Iterator[None]:
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield


def levels_locked_in_no_order() -> AbstractContextManager[object]:
    """With one statement, but not by their ids."""

    def read_by(reader: Reader[Any], *arguments: Any, **options: Any) -> list[Any]:
        return rows.read_by(reader, *arguments, order_by="product_id", **options)

    return mock.patch.object(ledger, "read_by", read_by)


def levels_locked_one_by_one() -> AbstractContextManager[object]:
    """As the lines name them, each with a statement of its own."""
    right = ledger.levels_at

    def levels_at(client_id: int, places: Iterable[Place], *, lock: bool = False) -> dict[Place, StockLevel]:
        levels: dict[Place, StockLevel] = {}
        for place in dict.fromkeys(places):
            levels |= right(client_id, [place], lock=lock)
        return levels

    return mock.patch.object(ledger, "levels_at", levels_at)


def orders_locked_one_by_one() -> AbstractContextManager[object]:
    """As the batch names them."""
    right = Desk.open_orders_to_reship

    def open_orders(at_desk: Desk, wanted: Iterable[tuple[str, str | None]]) -> None:
        for each in wanted:
            right(at_desk, [each])

    return mock.patch.object(Desk, "open_orders_to_reship", open_orders)


@contextmanager
def levels_locked_one_by_one_and_no_retry() -> Iterator[None]:
    def one_transaction(work: Callable[[], object]) -> object:
        with transaction.atomic():
            return work()

    with levels_locked_one_by_one(), mock.patch.object(desk, "one_transaction", one_transaction):
        yield


def orders_read_before_the_lock() -> AbstractContextManager[object]:
    locked, read = Desk._locked, facts.read_orders
    seen = threading.local()

    def look_then_lock(at_desk: Desk, column: str, keys: Any) -> list[Order]:
        seen.facts = read(rows.read_by(ORDERS, at_desk.client.pk, column, keys), lock=False)
        return locked(at_desk, column, keys)

    def as_seen(orders: Sequence[Order], *, lock: bool) -> Any:
        read(orders, lock=lock)
        return seen.facts

    return _all_of(mock.patch.object(Desk, "_locked", look_then_lock), mock.patch.object(desk, "read_orders", as_seen))


def usage_read_before_the_lock() -> AbstractContextManager[object]:
    right = Desk.open_orders_to_reship

    def look_then_lock(at_desk: Desk, wanted: Iterable[tuple[str, str | None]]) -> None:
        asked = list(wanted)
        numbers = {number for number, _ in asked}
        seen = read_orders(rows.read_by(ORDERS, at_desk.client.pk, "number", numbers), lock=False)
        usages = {line.line.pk: line.usage for of in seen.values() for made in of.shipments for line in made.lines}
        right(at_desk, asked)
        for of_order in at_desk.orders.values():
            for of_shipment in of_order.shipments:
                for line in of_shipment.lines:
                    line.usage = usages.get(line.line.pk, line.usage)

    return mock.patch.object(Desk, "open_orders_to_reship", look_then_lock)


def levels_read_before_the_lock() -> AbstractContextManager[object]:
    right = ledger.levels_at

    def look_then_lock(client_id: int, places: Any, *, lock: bool = False) -> dict[Place, StockLevel]:
        places = list(places)
        seen = right(client_id, places)
        right(client_id, places, lock=lock)
        return seen

    return mock.patch.object(ledger, "levels_at", look_then_lock)


@contextmanager
def key_kept_after_the_effect() -> Iterator[None]:
    def look_up(keys: RequestKeys, requests: Any) -> None:
        hashes = {key: request_keys._hashed(text) for key, text in requests}
        keys._rows = {key: _Taken(0, input_hash, "") for key, input_hash in hashes.items()} | {
            row.key: _Taken(row.pk, row.input_hash, row.answer)
            for row in RequestKey.objects.filter(key__in=list(hashes))
        }

    def keep(keys: RequestKeys) -> None:
        for key, answer in keys._answers.items():
            RequestKey.objects.create(
                client_id=keys._client_id,
                key=key,
                input_hash=keys._rows[key].input_hash,
                answer=answer,
                made_at=keys._at,
            )

    with mock.patch.object(RequestKeys, "claim", look_up), mock.patch.object(RequestKeys, "settle", keep):
        yield


def key_inserted_without_waiting_for_a_twin() -> AbstractContextManager[object]:
    right = many.insert_columns

    def insert_columns(*arguments: Any, conflict: str, **options: Any) -> Any:
        return right(*arguments, **options)

    return mock.patch.object(request_keys, "insert_columns", insert_columns)


def split_in_two() -> AbstractContextManager[object]:
    """What was decided is committed, and the locks are gone, before it is written."""
    right = Desk.close

    def close(at_desk: Desk) -> None:
        connection._commit()  # type: ignore[attr-defined] # Django would refuse it inside a transaction.
        right(at_desk)

    return mock.patch.object(Desk, "close", close)


def hold_in_a_transaction_of_its_own() -> AbstractContextManager[object]:
    right = Desk.close

    def close(at_desk: Desk) -> None:
        holds = at_desk._new.pop(Hold, [])
        right(at_desk)
        connection._commit()  # type: ignore[attr-defined] # As above.
        Hold.objects.bulk_create(holds)  # type: ignore[arg-type] # They are Holds.

    return mock.patch.object(Desk, "close", close)


def guard_dropped(module: Any, name: str) -> Callable[[], AbstractContextManager[object]]:
    return lambda: mock.patch.object(module, name, return_value=None)


def every_unit_comes_back_as_often_as_asked() -> AbstractContextManager[object]:
    return mock.patch.object(LineFacts, "left_to_add_back", property(lambda line: line.line.quantity))


LAST_UNITS = "reships of two orders that want the last units of two SKUs"
BUGS = (
    Bug(
        "orders are not locked",
        "reships of two items of one order",
        'duplicate key value violates unique constraint "shipment_client_number"',
        without_lock(Order),
    ),
    Bug("neither orders nor shipments are locked", "hold × pick", "IntegrityError", without_lock(Order, Shipment)),
    Bug("levels are not locked", LAST_UNITS, "IntegrityError", without_lock(StockLevel)),
    Bug(
        "the counter of order numbers is not locked",
        "place × place of the same number",
        "IntegrityError",
        without_lock(NumberCounter),
    ),
    Bug("levels are locked in another order", LAST_UNITS, "locks in no order", levels_locked_in_no_order),
    Bug("levels are locked one by one", LAST_UNITS, "1 deadlocks", levels_locked_one_by_one),
    Bug(
        "orders are locked one by one",
        "two batches that name the same orders in opposite order",
        "1 deadlocks",
        orders_locked_one_by_one,
    ),
    Bug(
        "nothing is tried again after a deadlock",
        LAST_UNITS,
        "OperationalError: deadlock detected",
        levels_locked_one_by_one_and_no_retry,
    ),
    Bug("orders are read before they are locked", "restock × restock", "IntegrityError", orders_read_before_the_lock),
    Bug(
        "usage is counted on from before the lock",
        "reship × reship of the same line",
        "('done', 'done')",
        usage_read_before_the_lock,
    ),
    Bug(
        "levels are read before they are locked",
        "write-off × reship of the last units",
        "IntegrityError",
        levels_read_before_the_lock,
    ),
    Bug(
        "the key is kept after the effect",
        "the same request twice",
        "already_reshipped",
        key_kept_after_the_effect,
    ),
    Bug(
        "the key does not wait for its twin",
        "the same request twice",
        "IntegrityError",
        key_inserted_without_waiting_for_a_twin,
    ),
    Bug("the transaction is split in two", LAST_UNITS, "IntegrityError", split_in_two),
    Bug(
        "the hold comes in a transaction of its own",
        "reship on hold × pick of the new shipment",
        "('done', 'done')",
        hold_in_a_transaction_of_its_own,
    ),
    Bug(
        "added-back units may depart",
        "reship with add-back × depart",
        "('done', 'done')",
        guard_dropped(step, "refuse_added_back"),
    ),
    Bug(
        "units that have left are added back",
        "reship with add-back × depart",
        "AssertionError",
        guard_dropped(reship_plan, "why_not_added_back"),
    ),
    Bug("a held parcel is picked", "hold × pick", "('done', 'done')", guard_dropped(pick, "require_free_to_go")),
    Bug("a cancelled parcel is picked", "cancel × pick", "('done', 'done')", guard_dropped(pick, "require_status")),
    Bug(
        "units come back twice",
        "restock × reship with add-back of a returned parcel",
        "AssertionError",
        every_unit_comes_back_as_often_as_asked,
    ),
)
