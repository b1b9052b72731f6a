"""Rows about the deed itself: in bulk, and one by one."""

from collections.abc import Sequence

from bench.hand_made import Asked
from bench.measure import in_turn
from bench.scene import Scene
from bench.table import Row, duel_row
from reship.errors import Refusal
from reship.fulfilment.reship import reship_order, reship_orders
from reship.fulfilment.reship_plan import ReshipRequest

REASON = "lost"
CHUNK = 250
PER_ORDER = "ms CPU an order"


def bulk_rows(scene: Scene) -> list[Row]:
    """Many orders at once: ours in chunks, each a transaction with its history; hand-made all in one transaction."""
    return [_bulk_row(scene, 10_000, rounds=3), _bulk_row(scene, 1_000, rounds=9)]


def _bulk_row(scene: Scene, size: int, *, rounds: int) -> Row:
    orders = scene.sizes.of(size)
    duel = in_turn(
        lambda: bulk_ours(scene, scene.untouched.take(orders)),
        lambda: scene.hand_made.reship(asked(scene, scene.untouched.take(orders))),
        rounds=scene.sizes.rounds(rounds),
        warm_up=1,
        watches=scene.watches,
        tick=lambda: scene.tick(f"bulk of {size}"),
    )
    return duel_row(f"bulk_{size}", scene.kind, duel, per=orders, unit=PER_ORDER, most_times=4, orders=orders)


def verb_row(scene: Scene) -> Row:
    """One order, one transaction, with a request key."""
    rounds, warm_up = scene.sizes.rounds(200), scene.sizes.rounds(20)
    numbers = scene.untouched.scatter(2 * (rounds + warm_up))
    keys = iter(range(2 * (rounds + warm_up)))
    duel = in_turn(
        lambda: one_ours(scene, next(numbers), key=f"bench-{next(keys)}"),
        lambda: scene.hand_made.reship(asked(scene, [next(numbers)], key=f"bench-{next(keys)}")),
        rounds=rounds,
        warm_up=warm_up,
        watches=scene.watches,
        tick=lambda: scene.tick("reship_verb"),
    )
    return duel_row("reship_verb", scene.kind, duel, unit="ms CPU", most_times=5)


def bulk_ours(scene: Scene, numbers: Sequence[str]) -> None:
    for start in range(0, len(numbers), CHUNK):
        requests = [ReshipRequest(number, reason=REASON) for number in numbers[start : start + CHUNK]]
        outcomes = reship_orders(requests, client=scene.client, actor=scene.actor, at=scene.now)
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
        assert not refused, refused[0]


def one_ours(scene: Scene, number: str, *, key: str) -> None:
    reship_order(ReshipRequest(number, reason=REASON, key=key), client=scene.client, actor=scene.actor, at=scene.now)


def asked(scene: Scene, numbers: Sequence[str], *, key: str = "") -> Asked:
    """The same for the hand-made SQL."""
    actor = scene.actor
    return Asked(scene.client.pk, numbers, REASON, actor.name, actor.user_id, scene.now, key)
