"""What should happen, written again from the design in plain dicts, and nothing of the ledger's.

Each deed either raises the code of its refusal and changes nothing, or changes the books here. Texts, numbers and items
are always well-formed: their refusals have tests of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

AGENTS = {"Dana", "Mara", "Wren", "Otto"}
MANAGERS = {"Mara", "Wren", "Otto"}
WAREHOUSE = {"Pim", "Otto"}
COMPANY = {"Pim", "Otto"}
IN_THE_BUILDING = {"OPEN", "PICKING", "PACKED"}
STEPS = {
    "PICKING": {"OPEN"},
    "PACKED": {"PICKING"},
    "DEPARTED": {"PACKED"},
    "DELIVERED": {"DEPARTED", "LOST"},
    "LOST": {"DEPARTED"},
    "RETURNED": {"DEPARTED", "DELIVERED", "LOST"},
}

Items = Mapping[str, int]


class No(Exception):
    """A rule said no."""


@dataclass
class Parcel:
    """Units by SKU: what it holds, what others send again, what came back, what it took from its source, waits for.

    And what was scanned into it by its picker.
    """

    order: str
    lines: dict[str, int]
    status: str = "OPEN"
    source: str = ""
    made_by: str = ""
    anyway: bool = False
    sent_again: dict[str, int] = field(default_factory=dict)
    came_back: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    added_back: dict[str, int] = field(default_factory=dict)
    holds: dict[str, bool] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    picker: str = ""
    scanned: dict[str, int] = field(default_factory=dict)

    def left(self, sku: str) -> int:
        return max(0, self.lines.get(sku, 0) - self.sent_again.get(sku, 0))

    def still_out(self, sku: str) -> int:
        return self.lines[sku] - self.came_back.get(sku, 0)

    def holding(self, sku: str) -> int:
        """Allocated to it while it is in the building."""
        return self.still_out(sku) - self.waiting.get(sku, 0)

    @property
    def waits(self) -> bool:
        return any(self.waiting.values())

    @property
    def is_verified(self) -> bool:
        return all(self.scanned.get(sku, 0) == quantity for sku, quantity in self.lines.items())

    @property
    def has_something_left(self) -> bool:
        return any(self.left(sku) for sku in self.lines)

    @property
    def superseded(self) -> bool:
        return self.status in IN_THE_BUILDING and any(self.came_back.values())


@dataclass(frozen=True)
class Reship:
    """What is asked; without items, all that is left."""

    order: str
    source: str = ""
    items: tuple[tuple[str, int], ...] = ()
    add_back: bool = False
    hold: bool = False
    anyway: bool = False
    key: str = ""
    wait: bool = False


@dataclass
class Books:
    """One client's. `holds` of an order are by kind: whether the company placed them."""

    people: frozenset[str]
    on_hand: dict[str, int] = field(default_factory=dict)
    allocated: dict[str, int] = field(default_factory=dict)
    orders: dict[str, dict[str, bool]] = field(default_factory=dict)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    reshipments: dict[str, int] = field(default_factory=dict)
    keys: dict[str, Reship] = field(default_factory=dict)

    def available(self, sku: str) -> int:
        return self.on_hand.get(sku, 0) - self.allocated.get(sku, 0)

    @property
    def holds(self) -> list[tuple[str, str, str]]:
        """Those that are there: the order, the parcel if it is on one, and the kind."""
        of_orders = [(order, "", kind) for order, kinds in self.orders.items() for kind in kinds]
        return of_orders + [
            (parcel.order, number, kind) for number, parcel in self.parcels.items() for kind in parcel.holds
        ]

    def of_order(self, order: str) -> list[str]:
        return [number for number, parcel in self.parcels.items() if parcel.order == order]

    def receive(self, actor: str, sku: str, quantity: int) -> None:
        self._let_in(actor)
        _require(actor in WAREHOUSE, "not_allowed")
        self.on_hand[sku] = self.on_hand.get(sku, 0) + quantity
        self.serve([sku])

    def serve(self, skus: Sequence[str]) -> None:
        """What is available goes to those who wait, the oldest first."""
        for parcel in self.parcels.values():
            for sku in skus:
                got = min(parcel.waiting.get(sku, 0), self.available(sku))
                if got:
                    parcel.waiting[sku] -= got
                    self.allocated[sku] = self.allocated.get(sku, 0) + got

    def adjust(self, actor: str, sku: str, change: int) -> None:
        self._let_in(actor)
        _require(actor in WAREHOUSE, "not_allowed")
        _require(self.available(sku) + change >= 0, "units_promised")
        self.on_hand[sku] = self.on_hand.get(sku, 0) + change

    def place(self, actor: str, order: str, items: Items) -> None:
        self._let_in(actor)
        _require(actor in AGENTS, "not_allowed")
        _require(order not in self.orders, "order_exists")
        _require(all(self.available(sku) >= quantity for sku, quantity in items.items()), "not_enough_available")
        self.orders[order] = {}
        self._open(f"{order}-1", Parcel(order, dict(items)))

    def reship(self, actor: str, asked: Reship) -> None:
        self._let_in(actor, "order_not_found")
        if asked.key in self.keys:
            _require(self.keys[asked.key] == asked, "request_key_reused")
            return
        _require(asked.order in self.orders, "order_not_found")
        _require(actor in AGENTS, "not_allowed")
        _require(actor in MANAGERS or not (asked.add_back or asked.anyway), "not_allowed")
        source_number = self._source(asked)
        source = self.parcels[source_number]
        items = dict(asked.items) or self._all_that_is_left(source)
        _require(all(source.lines.get(sku) for sku in items), "unknown_item")
        _require(all(quantity <= source.lines[sku] for sku, quantity in items.items()), "more_than_shipped")
        needs_anyway = any(quantity > source.left(sku) for sku, quantity in items.items())
        _require(asked.anyway or not needs_anyway, "already_reshipped")
        if asked.add_back:
            _require(source.status in IN_THE_BUILDING | {"RETURNED"}, "already_left")
            enough = all(quantity <= source.still_out(sku) for sku, quantity in items.items())
            _require(enough, "already_added_back")
        elif not asked.wait:
            enough = all(quantity <= self.available(sku) for sku, quantity in items.items())
            _require(enough, "not_enough_available")
        self._reship(actor, asked, source_number, items, anyway=needs_anyway)

    def _source(self, asked: Reship) -> str:
        numbers = self.of_order(asked.order)
        alive = [number for number in numbers if self.parcels[number].status != "CANCELLED"]
        _require(bool(alive), "order_cancelled")
        if asked.source:
            _require(asked.source in numbers, "shipment_not_found")
            _require(asked.source in alive, "shipment_cancelled")
            _require(not self.parcels[asked.source].waits, "waits_for_stock")
            return asked.source
        gone_or_first = [
            number
            for number in alive
            if not (self.parcels[number].source and self.parcels[number].status in IN_THE_BUILDING)
        ]
        meant = gone_or_first or alive
        chosen = ([number for number in meant if self.parcels[number].has_something_left] or meant)[-1]
        _require(not self.parcels[chosen].waits, "waits_for_stock")
        return chosen

    def _all_that_is_left(self, source: Parcel) -> dict[str, int]:
        left = {sku: source.left(sku) for sku in source.lines if source.left(sku)}
        return left or {sku: quantity for sku, quantity in source.lines.items() if quantity}

    def _reship(self, actor: str, asked: Reship, source_number: str, items: Items, *, anyway: bool) -> None:
        source = self.parcels[source_number]
        for sku, quantity in items.items():
            source.sent_again[sku] = source.sent_again.get(sku, 0) + quantity
            if asked.add_back:
                source.came_back[sku] = source.came_back.get(sku, 0) + quantity
                if source.status == "RETURNED":
                    self.on_hand[sku] += quantity
                else:
                    self.allocated[sku] -= quantity
        self.reshipments[asked.order] = self.reshipments.get(asked.order, 0) + 1
        made = Parcel(asked.order, dict(items), source=source_number, made_by=actor, anyway=anyway)
        made.taken = dict(items)
        made.added_back = dict(items) if asked.add_back else {}
        made.holds = {"OPERATOR": actor in COMPANY} if asked.hold else {}
        made.waiting = {sku: max(0, quantity - self.available(sku)) for sku, quantity in items.items()}
        self._open(f"{asked.order}-R{self.reshipments[asked.order]}", made)
        if asked.key:
            self.keys[asked.key] = asked

    def cancel(self, actor: str, number: str) -> None:
        self._let_in(actor)
        parcel = self._parcel(number)
        _require(actor in MANAGERS or (actor in AGENTS and actor == parcel.made_by), "not_allowed")
        self._refuse_client_once_picking(actor, parcel)
        _require(parcel.status in ({"OPEN"} if parcel.source else {"OPEN", "PICKING"}), "wrong_status")
        source = self.parcels.get(parcel.source)
        if source is not None and source.status != "CANCELLED":
            for sku, quantity in parcel.added_back.items():
                freed = parcel.holding(sku) if sku in parcel.lines else 0
                _require(self.available(sku) + freed >= quantity, "not_enough_available")
        for sku in parcel.lines:
            self.allocated[sku] -= parcel.holding(sku)
        parcel.waiting.clear()
        parcel.status = "CANCELLED"
        parcel.holds.clear()
        if source is not None:
            self._give_back(source, parcel)

    def _give_back(self, source: Parcel, parcel: Parcel) -> None:
        for sku, quantity in parcel.taken.items():
            source.sent_again[sku] -= quantity
        if source.status == "CANCELLED":
            return
        for sku, quantity in parcel.added_back.items():
            source.came_back[sku] -= quantity
            if source.status == "RETURNED":
                self.on_hand[sku] -= quantity
            else:
                self.allocated[sku] += quantity

    def edit(self, actor: str, number: str, items: Items) -> None:
        self._let_in(actor)
        parcel = self._parcel(number)
        _require(actor in AGENTS, "not_allowed")
        self._refuse_client_once_picking(actor, parcel)
        _require(parcel.status == "OPEN", "wrong_status")
        _require(not parcel.superseded, "units_added_back")
        source = self.parcels.get(parcel.source)
        stems = {sku for sku in items if source and self._stems(sku, parcel, source)}
        for sku, quantity in items.items():
            more = quantity - parcel.taken.get(sku, 0)
            if source is not None and sku in stems and more > 0:
                _require(quantity <= source.lines[sku], "more_than_shipped")
                _require(more <= source.left(sku) or parcel.anyway, "already_reshipped")
        for sku, quantity in items.items():
            enough = quantity - parcel.lines.get(sku, 0) <= self.available(sku)
            _require(enough or parcel.waits, "not_enough_available")
        for sku in {*parcel.lines, *items}:
            quantity = items.get(sku, 0)
            more = quantity - parcel.lines.get(sku, 0)
            waiting = parcel.waiting.get(sku, 0)
            waits = max(0, more - self.available(sku)) if more > 0 else -min(-more, waiting)
            parcel.waiting[sku] = waiting + waits
            self.allocated[sku] = self.allocated.get(sku, 0) + more - waits
            if source is not None and (sku in stems or sku in parcel.taken):
                source.sent_again[sku] = source.sent_again.get(sku, 0) + quantity - parcel.taken.get(sku, 0)
                parcel.taken[sku] = quantity
            parcel.lines[sku] = quantity

    @staticmethod
    def _stems(sku: str, parcel: Parcel, source: Parcel) -> bool:
        comes_in = not parcel.lines.get(sku)
        return sku in parcel.taken or bool(comes_in and source.lines.get(sku))

    def hold(self, actor: str, order: str, number: str, kind: str) -> None:
        self._let_in(actor)
        holds, concerned = self._held(order, number)
        _require(actor in AGENTS, "not_allowed")
        if number:
            _require(self.parcels[number].status in IN_THE_BUILDING, "wrong_status")
        for parcel in concerned:
            self._refuse_client_once_picking(actor, parcel)
        _require(kind not in holds, "already_on_hold")
        holds[kind] = actor in COMPANY

    def lift(self, actor: str, order: str, number: str, kind: str) -> None:
        self._let_in(actor)
        holds, _ = self._held(order, number)
        _require(actor in AGENTS, "not_allowed")
        _require(kind in holds, "no_such_hold")
        _require(actor in COMPANY or not holds[kind], "not_allowed")
        del holds[kind]

    def step(self, actor: str, number: str, to: str) -> None:
        self._let_in(actor)
        parcel = self._parcel(number)
        _require(actor in WAREHOUSE, "not_allowed")
        _require(parcel.status in STEPS[to], "wrong_status")
        if parcel.status in IN_THE_BUILDING:
            _require(not parcel.holds and not self.orders[parcel.order], "on_hold")
            _require(not parcel.superseded, "units_added_back")
            _require(not parcel.waits, "waits_for_stock")
        if to == "PICKING":
            parcel.picker = actor
        if to == "PACKED" and actor != "Otto":
            _require(parcel.picker == actor, "working_on_it")
            _require(parcel.is_verified, "not_verified")
        parcel.status = to
        if to == "DELIVERED":
            self._arrives_late(number)
        if to == "DEPARTED":
            for sku, quantity in parcel.lines.items():
                self.on_hand[sku] -= quantity
                self.allocated[sku] -= quantity

    def scan(self, actor: str, number: str, sku: str, quantity: int) -> None:
        self._let_in(actor)
        parcel = self._parcel(number)
        _require(actor in WAREHOUSE, "not_allowed")
        _require(parcel.status == "PICKING", "wrong_status")
        _require(not parcel.holds and not self.orders[parcel.order], "on_hold")
        _require(not parcel.superseded, "units_added_back")
        _require(parcel.picker == actor, "working_on_it")
        after = parcel.scanned.get(sku, 0) + quantity
        if after <= parcel.lines.get(sku, 0):
            parcel.scanned[sku] = after

    def _arrives_late(self, number: str) -> None:
        """What sends it again and has not gone is held by the company; all parcels here were believed lost."""
        for other, parcel in self.parcels.items():
            if parcel.source == number and parcel.status != "CANCELLED":
                if parcel.status in IN_THE_BUILDING:
                    parcel.holds.setdefault("OPERATOR", True)
                self._arrives_late(other)

    def restock(self, actor: str, number: str, items: Items) -> None:
        self._let_in(actor)
        parcel = self._parcel(number)
        _require(actor in WAREHOUSE, "not_allowed")
        _require(parcel.status == "RETURNED", "wrong_status")
        out = {sku: parcel.still_out(sku) for sku, quantity in parcel.lines.items() if quantity}
        _require(any(out.values()), "already_added_back")
        _require(all(sku in out for sku in items), "unknown_item")
        _require(all(quantity <= out[sku] for sku, quantity in items.items()), "already_added_back")
        for sku, quantity in (items or out).items():
            parcel.came_back[sku] = parcel.came_back.get(sku, 0) + quantity
            self.on_hand[sku] += quantity

    def _open(self, number: str, parcel: Parcel) -> None:
        self.parcels[number] = parcel
        for sku, quantity in parcel.lines.items():
            self.allocated[sku] = self.allocated.get(sku, 0) + quantity - parcel.waiting.get(sku, 0)

    def _let_in(self, actor: str, code: str = "client_not_found") -> None:
        _require(actor in self.people or actor in COMPANY, code)

    def _parcel(self, number: str) -> Parcel:
        _require(number in self.parcels, "shipment_not_found")
        return self.parcels[number]

    def _held(self, order: str, number: str) -> tuple[dict[str, bool], Sequence[Parcel]]:
        _require(order in self.orders, "order_not_found")
        of_order = self.of_order(order)
        if not number:
            return self.orders[order], [self.parcels[other] for other in of_order]
        _require(number in of_order, "shipment_not_found")
        return self.parcels[number].holds, [self.parcels[number]]

    def _refuse_client_once_picking(self, actor: str, parcel: Parcel) -> None:
        _require(actor in COMPANY or parcel.status not in {"PICKING", "PACKED"}, "picking_started")


def _require(holds: bool, code: str) -> None:  # It reads as a sentence.
    if not holds:
        raise No(code)
