"""A state machine drives all verbs with random orders, stocks and people of two clients.

After every step the audit finds nothing, the books agree with a model that was written without the ledger (each deed is
done or refused as the model says), nothing of the other client has changed, no shipment but the one that the deed is
about has changed by a byte, and a refused deed has changed nothing.

A run of the suite takes the same thousands of steps each time. `RESHIP_MACHINE=1000` takes a thousand examples of fifty
steps each, others every time.
"""

import functools
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.rows import prepared_cursor
from reship.errors import Refusal, result_of
from reship.fulfilment.cancel import cancel_shipment
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_shipment import EditRequest, edit_shipment
from reship.fulfilment.hold import HoldRequest, lift_hold, place_hold
from reship.fulfilment.outcome import mark_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.place_order import place_order
from reship.fulfilment.reship import preview_reship, reship_orders
from reship.fulfilment.reship_plan import ReshipRequest
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.fulfilment.stock import Adjustment, Delivery, adjust_stock, receive_stock
from reship.fulfilment.verify import PackScan, scan_to_pack
from reship.fulfilment.wait import allocate_waiting
from reship.inventory.audit import audit
from reship.orders.history import Item
from reship.orders.models import Departure, ShipmentStatus
from tests.databases import KIND, RealDatabase
from tests.machine.model import IN_THE_BUILDING, STEPS, Books, Items, No, Reship
from tests.statements import tenant_tables
from tests.world import NINE, World, make_world, new_order, reship_items, reship_request

PEOPLE = ["dana", "mara", "vic", "wren", "pim", "otto"]
MERCHANTS = ["dana", "mara", "mara", "otto"]
WAREHOUSE = ["pim", "otto"]
SKUS = ["MUG", "CUP", "TEE"]
QUANTITIES = st.integers(1, 3)
ITEMS = st.dictionaries(st.sampled_from(SKUS), QUANTITIES, min_size=1)
OFTEN = ["go_on"] * 5 + ["reship"] * 5 + ["reship_a_batch", "cancel", "edit", "restock"] * 2
DEEDS = [*OFTEN, "place", "receive", "serve", "adjust", "hold", "lift", "step", "scan"]
NEXT = {"OPEN": "PICKING", "PICKING": "PACKED", "PACKED": "DEPARTED", "DEPARTED": "LOST", "LOST": "RETURNED"}


class Machine(RuleBasedStateMachine):
    """One example: deeds in one transaction, which is rolled back at its end."""

    world: ClassVar[World]
    outcomes: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.clients: dict[str, Client] = {"ACME": self.world.acme, "OTHER": self.world.other}
        self.books = {"ACME": Books(frozenset({"Dana", "Mara", "Vic"})), "OTHER": Books(frozenset({"Wren"}))}
        self.books["ACME"].on_hand = {"MUG": 100, "CUP": 100, "TEE": 10}
        self.books["OTHER"].on_hand = {"MUG": 50}
        self.world.now = NINE
        self.rows = stored_rows()
        self.audited: list[Row] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize(data=st.data())
    def begin_with_orders(self, data: st.DataObject) -> None:
        """Scarce goods and an order for each client, so that all deeds have something to work on."""
        for sku, spare in (("MUG", 95), ("CUP", 96), ("TEE", 6)):
            self.do_adjust("ACME", "otto", sku, -spare)
        for code, actor in (("ACME", "dana"), ("OTHER", "wren")):
            self.do_place(code, actor, "1", {"MUG": 3} if code == "OTHER" else data.draw(ITEMS))

    @rule(data=st.data(), deed=st.sampled_from(DEEDS))
    def act(self, data: st.DataObject, deed: str) -> None:
        """One rule draws the deed, because Hypothesis leaves out most rules of many in an example."""
        getattr(self, deed)(data)

    def place(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data)
        self.do_place(code, actor, data.draw(st.sampled_from(["1", "2", "3", "4"])), data.draw(ITEMS))

    def receive(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data, most=WAREHOUSE)
        sku, quantity = data.draw(st.sampled_from(SKUS)), data.draw(QUANTITIES)
        delivery = Delivery(sku, "MAIN", quantity)

        def deed(client: Client, who: Actor) -> object:
            return result_of(receive_stock([delivery], client=client, actor=who, at=self.world.later()))

        about = self.waiting(code)
        self.expect(code, actor, deed, lambda books, name: books.receive(name, sku, quantity), about=about)

    def serve(self, data: st.DataObject) -> None:
        """The worker gives what somebody let go to those who wait."""
        code = data.draw(st.sampled_from(["ACME", "ACME", "OTHER"]), label="client")

        def deed(client: Client, who: Actor) -> object:
            return allocate_waiting(client=client, actor=who, at=self.world.later())

        self.expect(code, "otto", deed, lambda books, name: books.serve(SKUS), about=self.waiting(code))

    def waiting(self, code: str) -> str:
        return " ".join(number for number, parcel in self.books[code].parcels.items() if parcel.waits)

    def adjust(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data, most=["otto"])
        self.do_adjust(code, actor, data.draw(st.sampled_from(SKUS)), data.draw(st.sampled_from([-5, -2, -1, 1])))

    def reship(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data)
        self.do_reship(code, actor, [self.draw_reship(data, code)])

    def reship_a_batch(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data)
        self.do_reship(code, actor, [self.draw_reship(data, code) for _ in range(data.draw(st.integers(2, 3)))])

    def cancel(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data)
        number = self.draw_parcel(data, code, {"OPEN", "PICKING"})

        def deed(client: Client, who: Actor) -> object:
            return cancel_shipment(number, client=client, actor=who, at=self.world.later())

        self.expect(code, actor, deed, lambda books, name: books.cancel(name, number), about=number)

    def edit(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data)
        number, items = self.draw_parcel(data, code, {"OPEN"}), data.draw(ITEMS)
        request = EditRequest(number, items=reship_items(items))

        def deed(client: Client, who: Actor) -> object:
            return edit_shipment(request, client=client, actor=who, at=self.world.later())

        self.expect(code, actor, deed, lambda books, name: books.edit(name, number, items), about=number)

    def hold(self, data: st.DataObject) -> None:
        request, code, actor = self.draw_hold(data)

        def deed(client: Client, who: Actor) -> object:
            return place_hold(request, client=client, actor=who, at=self.world.later())

        def should(books: Books, name: str) -> None:
            books.hold(name, request.order_number, request.shipment or "", request.kind)

        self.expect(code, actor, deed, should)

    def lift(self, data: st.DataObject) -> None:
        request, code, actor = self.draw_hold(data)
        there = self.books[code].holds
        if there and data.draw(st.sampled_from([True, False])):
            order, shipment, kind = data.draw(st.sampled_from(there), label="one that is there")
            request = HoldRequest(order, kind, shipment or None)

        def deed(client: Client, who: Actor) -> object:
            return lift_hold(request, client=client, actor=who, at=self.world.later())

        def should(books: Books, name: str) -> None:
            books.lift(name, request.order_number, request.shipment or "", request.kind)

        self.expect(code, actor, deed, should)

    def go_on(self, data: st.DataObject) -> None:
        """The next steps of a parcel, by those whose work it is: most parcels have to get somewhere."""
        code = data.draw(st.sampled_from(["ACME", "ACME", "OTHER"]), label="client")
        number = self.draw_parcel(data, code, set(NEXT))
        for _ in range(data.draw(st.integers(1, 5), label="steps")):
            parcel = self.books[code].parcels.get(number)
            to = NEXT.get(parcel.status) if parcel else "PICKING"
            who = "pim"
            if parcel and to == "PACKED":
                how = data.draw(st.sampled_from(["by hand", "by hand", "scanned", "scanned", "at once"]), label="how")
                who = "otto" if how == "by hand" else "pim"
                for sku, quantity in parcel.lines.items() if how == "scanned" else ():
                    self.do_scan(code, "pim", number, sku, max(1, quantity))
            if to is None or not self.do_step(code, who, number, to):
                break

    def step(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data, most=WAREHOUSE)
        to = data.draw(st.sampled_from(list(STEPS)), label="to")
        self.do_step(code, actor, self.draw_parcel(data, code, STEPS[to]), to)

    def scan(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data, most=WAREHOUSE)
        number = self.draw_parcel(data, code, {"PICKING"})
        self.do_scan(code, actor, number, data.draw(st.sampled_from(SKUS)), data.draw(st.integers(1, 3)))

    def restock(self, data: st.DataObject) -> None:
        code, actor = self.draw_scene(data, most=WAREHOUSE)
        number, items = self.draw_parcel(data, code, {"RETURNED"}), data.draw(st.one_of(st.just({}), ITEMS))
        request = RestockRequest(number, tuple(Item(sku, quantity) for sku, quantity in items.items()) or None)

        def deed(client: Client, who: Actor) -> object:
            return restock_shipment(request, client=client, actor=who, at=self.world.later())

        self.expect(code, actor, deed, lambda books, name: books.restock(name, number, items), about=number)

    @invariant()
    def the_books_are_right(self) -> None:
        # Where no row has changed, as none does when a deed is refused, the last audit holds.
        if self.rows != self.audited:
            assert audit() == []
            self.audited = self.rows

    @invariant()
    def the_model_agrees(self) -> None:
        stock = {
            (code, sku): (books.on_hand.get(sku, 0), books.allocated.get(sku, 0))
            for code, books in self.books.items()
            for sku in SKUS
        }
        assert {place: balance for place, balance in stored_stock().items() if balance != (0, 0)} == {
            place: balance for place, balance in stock.items() if balance != (0, 0)
        }
        assert stored_lines() == {
            (code, number, sku): (
                parcel.status,
                quantity,
                parcel.came_back.get(sku, 0),
                parcel.sent_again.get(sku, 0),
                parcel.waiting.get(sku, 0),
            )
            for code, books in self.books.items()
            for number, parcel in books.parcels.items()
            for sku, quantity in parcel.lines.items()
        }

    def do_place(self, code: str, actor: str, number: str, items: Items) -> None:
        def deed(client: Client, who: Actor) -> object:
            order = new_order(number, items, placed_at=self.world.now)
            return place_order(order, client=client, actor=who, at=self.world.later())

        self.expect(code, actor, deed, lambda books, name: books.place(name, number, items))

    def do_adjust(self, code: str, actor: str, sku: str, change: int) -> None:
        adjustment = Adjustment(sku, "MAIN", change, "counted")

        def deed(client: Client, who: Actor) -> object:
            return result_of(adjust_stock([adjustment], client=client, actor=who, at=self.world.later()))

        self.expect(code, actor, deed, lambda books, name: books.adjust(name, sku, change))

    def do_step(self, code: str, actor: str, number: str, to: str) -> bool:
        """Whether it was taken."""

        def deed(client: Client, who: Actor) -> object:
            at = self.world.later()
            if to == "PICKING":
                return pick_shipment(number, client=client, actor=who, at=at)
            if to == "PACKED":
                label = PackRequest(number, by_hand=actor == "otto")
                return pack_shipment(label, client=client, actor=who, at=at)
            if to == "DEPARTED":
                return depart_shipment(number, how=Departure.MANIFEST, client=client, actor=who, at=at)
            return mark_shipment(number, ShipmentStatus(to), client=client, actor=who, at=at)

        return self.expect(code, actor, deed, lambda books, name: books.step(name, number, to), about=number) == "done"

    def do_scan(self, code: str, actor: str, number: str, sku: str, quantity: int) -> None:
        def deed(client: Client, who: Actor) -> object:
            return scan_to_pack(PackScan(number, sku, quantity), client=client, actor=who, at=self.world.later())

        self.expect(code, actor, deed, lambda books, name: books.scan(name, number, sku, quantity), about=number)

    def do_reship(self, code: str, actor: str, batch: Sequence[Reship]) -> None:
        """Several in one batch must end as one after the other would; a single one also as its preview says."""
        requests = [as_request(asked) for asked in batch]
        client, who = self.clients[code], getattr(self.world, actor)
        previewed = (
            ""
            if len(batch) > 1 or batch[0].key
            else outcome_of(lambda: preview_reship(requests[0], client=client, actor=who))
        )
        outcomes = reship_orders(requests, client=client, actor=who, at=self.world.later())
        expected = [self.model_says(code, who, self.should_reship(asked)) for asked in batch]
        assert [word_for(outcome) for outcome in outcomes] == expected
        assert previewed in {"", expected[0]}
        self.note("reship" if len(batch) == 1 else "reship_batch", code, expected)

    @staticmethod
    def should_reship(asked: Reship) -> Callable[[Books, str], None]:
        return lambda books, name: books.reship(name, asked)

    def expect(
        self,
        code: str,
        actor: str,
        deed: Callable[[Client, Actor], object],
        should: Callable[[Books, str], None],
        *,
        about: str = "",
    ) -> str:
        """The deed ends as the model says, and changes no shipment but the one that it is `about`, or those few."""
        who: Actor = getattr(self.world, actor)
        outcome = outcome_of(lambda: deed(self.clients[code], who))
        expected = self.model_says(code, who, should)
        assert outcome == expected
        self.note(deed.__qualname__.split(".")[1].removeprefix("do_"), code, [expected], about=about)
        return outcome

    def model_says(self, code: str, who: Actor, should: Callable[[Books, str], None]) -> str:
        try:
            should(self.books[code], who.name)
        except No as no:
            return str(no)
        return "done"

    def note(self, deed: str, code: str, outcomes: Sequence[str], *, about: str = "") -> None:
        """Counts the outcomes, and compares what is stored with what was stored before the deed."""
        self.outcomes.update(f"{deed}: {outcome}" for outcome in outcomes)
        client_id = self.clients[code].pk
        before, after = self.rows, stored_rows()
        assert [row for row in after if row.client_id != client_id] == [
            row for row in before if row.client_id != client_id
        ]
        if "done" not in outcomes:
            assert after == before
        mine = {None, *(f"{client_id}/{number}" for number in about.split())}
        others = {row.shipment for row in before if row.shipment not in mine}
        assert [row for row in after if row.shipment in others] == [row for row in before if row.shipment in others]
        self.rows = after

    def draw_scene(self, data: st.DataObject, *, most: Sequence[str] = MERCHANTS) -> tuple[str, str]:
        """Whose rows, and who acts: mostly somebody whose work it is."""
        code = data.draw(st.sampled_from(["ACME", "ACME", "ACME", "OTHER"]), label="client")
        if code == "OTHER":
            most = ["wren" if name in {"dana", "mara"} else name for name in most]
        anybody = data.draw(st.integers(0, 7), label="anybody when 0") == 0
        return code, data.draw(st.sampled_from(PEOPLE if anybody else most), label="actor")

    def draw_hold(self, data: st.DataObject) -> tuple[HoldRequest, str, str]:
        """A kind of hold on a parcel or on its whole order, whose rows they are, and who acts."""
        code, actor = self.draw_scene(data)
        number = self.draw_parcel(data, code, IN_THE_BUILDING)
        shipment = data.draw(st.sampled_from([None, number]), label="on")
        kind = data.draw(st.sampled_from(["OPERATOR", "CLIENT"]), label="kind")
        return HoldRequest(number.rpartition("-")[0], kind, shipment), code, actor

    def draw_parcel(self, data: st.DataObject, code: str, likely: set[str]) -> str:
        """A parcel's number: mostly in a status that suits, sometimes any, or the other client's, or nobody's."""
        parcels = self.books[code].parcels
        suitable = [number for number, parcel in parcels.items() if parcel.status in likely] or list(parcels)
        everything = [number for books in self.books.values() for number in books.parcels]
        chosen = st.sampled_from(suitable) if data.draw(st.integers(0, 9)) else st.sampled_from([*everything, "9-1"])
        return data.draw(chosen, label="parcel")

    def draw_reship(self, data: st.DataObject, code: str) -> Reship:
        books = self.books[code]
        if books.keys and data.draw(st.integers(0, 7)) == 0:
            return data.draw(st.sampled_from(list(books.keys.values())), label="asked again")
        number = self.draw_parcel(data, code, {"OPEN", "PACKED", "DEPARTED", "LOST", "RETURNED"})
        source = self.books[code].parcels.get(number)
        skus = [*(source.lines if source else SKUS), "MUG"]
        some = st.dictionaries(st.sampled_from(skus), st.sampled_from([1, 1, 1, 2, 2, 3]))
        return data.draw(
            st.builds(
                Reship,
                order=st.just(number.rpartition("-")[0]),
                source=st.sampled_from([number, number, ""]),
                items=st.one_of(st.just({}), some).map(lambda items: tuple(items.items())),
                add_back=st.booleans(),
                hold=st.sampled_from([False, False, False, True]),
                anyway=st.sampled_from([False, False, False, True]),
                key=st.sampled_from(["", "", "", "K1", "K2"]),
                wait=st.sampled_from([False, True]),
            ),
            label="asked",
        )


def as_request(asked: Reship) -> ReshipRequest:
    request = reship_request(
        asked.order,
        dict(asked.items),
        source=asked.source or None,
        add_back=asked.add_back,
        hold=asked.hold,
        note="They insist." if asked.anyway else "",
        key=asked.key or None,
        send_again_anyway=asked.anyway,
    )
    return replace(request, wait_for_stock=asked.wait)


def outcome_of(deed: Callable[[], object]) -> str:
    try:
        deed()
    except Refusal as refusal:
        return refusal.code
    return "done"


def word_for(outcome: object) -> str:
    return outcome.code if isinstance(outcome, Refusal) else "done"


class Row(NamedTuple):
    """A row of a tenant table as text; the rows of a shipment and of its lines say whose they are."""

    table: str
    client_id: int
    id: int
    shipment: str | None
    columns: str


def stored_rows() -> list[Row]:
    """Every row of every tenant table; but for counters and empty levels, which a refused deed may make."""
    with prepared_cursor() as cursor:
        cursor.execute(every_row())
        return [Row(*row) for row in cursor.fetchall()]


@functools.cache
def every_row() -> str:
    """One statement, because PostgreSQL takes longer to answer than to find."""
    tables = sorted(tenant_tables() - {"orders_numbercounter"})
    return " UNION ALL ".join(rows_of(table) for table in tables) + " ORDER BY 1, 2, 3"


def rows_of(table: str) -> str:
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    columns = "t.*::text" if connection.vendor == "postgresql" else f"json_array({', '.join(f't.{n}' for n in names)})"
    shipment = {
        "orders_shipment": "t.client_id || '/' || t.number",
        "orders_shipmentline": "s.client_id || '/' || s.number",
    }
    joined = "JOIN orders_shipment s ON s.id = t.shipment_id" if table == "orders_shipmentline" else ""
    where = "WHERE t.sequence > 0" if table == "inventory_stocklevel" else ""
    whose = shipment.get(table, "NULL")
    return f"SELECT '{table}', t.client_id, t.id, {whose}, {columns} FROM {table} t {joined} {where}"


def stored_stock() -> dict[tuple[str, str], tuple[int, int]]:
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT c.code, p.sku, l.on_hand, l.allocated FROM inventory_stocklevel l"
            " JOIN catalog_product p ON p.id = l.product_id JOIN clients_client c ON c.id = l.client_id"
        )
        return {(code, sku): (on_hand, allocated) for code, sku, on_hand, allocated in cursor.fetchall()}


def stored_lines() -> dict[tuple[str, str, str], tuple[str, int, int, int, int]]:
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT c.code, s.number, n.sku, s.status, n.quantity, COALESCE(u.added_back, 0), COALESCE(u.reshipped, 0),"
            " COALESCE(u.waiting, 0)"
            " FROM orders_shipmentline n JOIN orders_shipment s ON s.id = n.shipment_id"
            " JOIN clients_client c ON c.id = n.client_id LEFT JOIN orders_lineusage u ON u.line_id = n.id"
        )
        return {(code, number, sku): tuple(rest) for code, number, sku, *rest in cursor.fetchall()}


def machine_settings() -> settings:
    examples = os.environ.get("RESHIP_MACHINE", "")
    return settings(
        max_examples=int(examples or {"sqlite": 70, "postgresql": 45}[KIND]),
        stateful_step_count=50,
        derandomize=not examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        # Without the explaining phase, which traces every line and takes minutes here.
        phases=[Phase.generate, Phase.shrink],
        print_blob=True,
    )


@pytest.mark.timeout(0)  # As long as it was asked to take; a failure also takes its time to shrink.
def test_all_verbs_keep_the_books_and_the_walls_right(real_database: RealDatabase) -> None:
    Machine.world = make_world()
    Machine.outcomes.clear()
    run_state_machine_as_test(Machine, settings=machine_settings())
    assert sum(Machine.outcomes.values()) > 2_000
    done = {deed for deed, _, outcome in (name.partition(": ") for name in Machine.outcomes) if outcome == "done"}
    assert done == {
        *("place", "receive", "serve", "adjust", "reship", "reship_batch", "cancel", "edit", "hold", "lift", "step"),
        *("restock", "scan"),
    }
    assert Machine.outcomes["step: waits_for_stock"] > 0
    assert Machine.outcomes["step: not_verified"] > 0
    assert Machine.outcomes["scan: done"] > 0
