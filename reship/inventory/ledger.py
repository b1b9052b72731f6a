"""The only writer of stock.

Every change of a level is an entry with both balances after it; the level's new balance is written from the same
variable. Levels are locked in id order, after orders and shipments, and read only once they are locked.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from reship.clients.access import Actor
from reship.database.many import insert_columns, update_many
from reship.database.rows import Reader, read_by
from reship.inventory.models import EntryKind, LedgerEntry, StockLevel
from reship.orders.models import Reshipment, ShipmentLine

_LEVELS = Reader(StockLevel, alias="v")


class Place(NamedTuple):
    """One product in one warehouse, by their ids."""

    product_id: int
    warehouse_id: int


class Balance(NamedTuple):
    """Units of a place: physically here, and of these promised to shipments that have not departed."""

    on_hand: int
    allocated: int

    @property
    def available(self) -> int:
        return self.on_hand - self.allocated


class Move(NamedTuple):
    """What a verb did, or would do, to a place."""

    before: Balance
    after: Balance


class Effect(NamedTuple):
    """What one unit of an entry does to the two balances."""

    on_hand: int
    allocated: int


EFFECTS = {
    EntryKind.RECEIVED: Effect(+1, 0),
    EntryKind.ALLOCATED: Effect(0, +1),
    EntryKind.RELEASED: Effect(0, -1),
    EntryKind.SHIPPED: Effect(-1, -1),
    EntryKind.ADDED_BACK: Effect(0, -1),
    EntryKind.ADD_BACK_UNDONE: Effect(0, +1),
    EntryKind.RESTOCKED: Effect(+1, 0),
    EntryKind.ADJUSTED: Effect(+1, 0),
}


class _Entry(NamedTuple):
    """A ledger entry that is still to be written; what it refers to may still be on its way into the database."""

    level_id: int
    sequence: int
    kind: EntryKind
    on_hand_change: int
    allocated_change: int
    on_hand_after: int
    allocated_after: int
    line: ShipmentLine | None
    reshipment: Reshipment | None
    reason: str


class Ledger:
    """The levels that one verb moves, locked, and the entries that it makes of them."""

    locks = True

    def __init__(self, *, client_id: int, actor: Actor, at: datetime) -> None:
        self._client_id = client_id
        self._actor = actor
        self._at = at
        self._levels: dict[Place, StockLevel] = {}
        self._moved: dict[int, StockLevel] = {}
        self._entries: list[_Entry] = []

    def lock(self, places: Iterable[Place]) -> None:
        """Locks the levels of these places in id order; a place where nothing ever lay has a balance of zero."""
        self._levels |= levels_at(self._client_id, places, lock=self.locks)

    def open(self, places: Iterable[Place]) -> None:
        """Makes the levels that are not there yet, then locks.

        An upsert, because an empty result locks nothing; of the missing ones only, because it locks the others too, and
        not in id order.
        """
        wanted = set(places)
        missing = sorted(wanted - levels_at(self._client_id, wanted).keys())
        if missing:
            StockLevel.objects.bulk_create(
                [
                    StockLevel(client_id=self._client_id, product_id=place.product_id, warehouse_id=place.warehouse_id)
                    for place in missing
                ],
                update_conflicts=True,
                unique_fields=["client", "product", "warehouse"],
                update_fields=["product"],
            )
        self.lock(wanted)

    def balance(self, place: Place) -> Balance:
        level = self._levels.get(place)
        return Balance(level.on_hand, level.allocated) if level else Balance(0, 0)

    def record(
        self,
        kind: EntryKind,
        place: Place,
        quantity: int,
        *,
        line: ShipmentLine | None = None,
        reshipment: Reshipment | None = None,
        reason: str = "",
    ) -> None:
        """Moves a locked level by `quantity` units (of either sign for ADJUSTED, else positive).

        The verbs refuse what cannot be; here it is asserted, and the database's constraints stand behind. The line and
        the reshipment may still be on their way into the database; they are there before `write`.
        """
        assert quantity > 0 or (kind is EntryKind.ADJUSTED and quantity), f"{kind} of {quantity} units"
        level = self._levels[place]
        effect = EFFECTS[kind]
        on_hand_change, allocated_change = effect.on_hand * quantity, effect.allocated * quantity
        level.on_hand += on_hand_change
        level.allocated += allocated_change
        level.sequence += 1
        assert 0 <= level.allocated <= level.on_hand, (
            f"{kind} of {quantity} leaves {level.allocated} of {level.on_hand}"
        )
        self._moved[level.pk] = level
        self._entries.append(
            _Entry(
                level.pk,
                level.sequence,
                kind,
                on_hand_change,
                allocated_change,
                level.on_hand,
                level.allocated,
                line,
                reshipment,
                reason,
            )
        )

    def moves(self) -> dict[Place, Move]:
        """The places whose balances change by what was recorded."""
        before: dict[int, Balance] = {}
        for entry in self._entries:
            then = Balance(entry.on_hand_after - entry.on_hand_change, entry.allocated_after - entry.allocated_change)
            before.setdefault(entry.level_id, then)
        return {
            place: Move(before[level.pk], self.balance(place))
            for place, level in self._levels.items()
            if level.pk in before and before[level.pk] != self.balance(place)
        }

    def write(self) -> None:
        """One statement for the entries, one for the levels; none when nothing moved."""
        if not self._entries:
            return
        entries, count = self._entries, len(self._entries)
        insert_columns(
            LedgerEntry,
            self._client_id,
            {
                "client_id": [self._client_id] * count,
                "level_id": [entry.level_id for entry in entries],
                "sequence": [entry.sequence for entry in entries],
                "kind": [entry.kind.value for entry in entries],
                "on_hand_change": [entry.on_hand_change for entry in entries],
                "allocated_change": [entry.allocated_change for entry in entries],
                "on_hand_after": [entry.on_hand_after for entry in entries],
                "allocated_after": [entry.allocated_after for entry in entries],
                "shipment_line_id": [entry.line and entry.line.pk for entry in entries],
                "reshipment_id": [entry.reshipment and entry.reshipment.pk for entry in entries],
                "reason": [entry.reason for entry in entries],
                "actor": [self._actor.name] * count,
                "user_id": [self._actor.user_id] * count,
                "at": [self._at] * count,
            },
        )
        update_many(
            StockLevel,
            self._client_id,
            ["on_hand", "allocated", "sequence"],
            [(level.pk, level.on_hand, level.allocated, level.sequence) for level in self._moved.values()],
        )


Assumed = Callable[[Collection[Place]], Mapping[Place, Balance]]


class PaperLedger(Ledger):
    """A ledger to rehearse a verb with: its levels are read and not locked, and nothing of it is written.

    `assumed` answers which changes of these places are taken for granted, in units.
    """

    locks = False

    def __init__(self, *, client_id: int, actor: Actor, at: datetime, assumed: Assumed) -> None:
        super().__init__(client_id=client_id, actor=actor, at=at)
        self._assumed = assumed

    def lock(self, places: Iterable[Place]) -> None:
        """Reads the levels, and applies what is assumed."""
        wanted = set(places) - self._levels.keys()
        changes = self._assumed(wanted)
        for place, level in levels_at(self._client_id, wanted).items():
            assumed = changes.get(place, Balance(0, 0))
            level.on_hand += assumed.on_hand
            level.allocated += assumed.allocated
            self._levels[place] = level

    def open(self, places: Iterable[Place]) -> None:
        """Reads the levels; those that are not there yet are made on paper."""
        wanted = set(places)
        self.lock(wanted)
        changes = self._assumed(missing := wanted - self._levels.keys())
        for number, place in enumerate(sorted(missing), start=len(self._levels) + 1):
            assumed = changes.get(place, Balance(0, 0))
            self._levels[place] = StockLevel(pk=-number, on_hand=assumed.on_hand, allocated=assumed.allocated)

    def write(self) -> None:
        raise AssertionError("a rehearsal writes nothing")


def levels_at(client_id: int, places: Iterable[Place], *, lock: bool = False) -> dict[Place, StockLevel]:
    """The levels of one client in these places, in one statement; locked in id order, if asked.

    Others of the same products may be among them, when there are several warehouses.
    """
    wanted = set(places)
    if not wanted:
        return {}
    products, warehouses = {place.product_id for place in wanted}, {place.warehouse_id for place in wanted}
    where = f'v."warehouse_id" IN ({", ".join(map(str, sorted(warehouses)))})'
    levels = read_by(_LEVELS, client_id, "product_id", products, where=where, lock=lock)
    return {Place(level.product_id, level.warehouse_id): level for level in levels}
