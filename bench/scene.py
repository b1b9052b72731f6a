"""What all measurements share: the big client, who acts for it, both connections, and orders nobody has touched yet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils import timezone

from bench.data import PASSWORD, email_of
from bench.hand_made import HandMade
from bench.measure import Stopwatch, backend_of_django
from bench.places import Database
from bench.sql import Plain
from bench.visitor import Visitor, in_this_process
from reship.clients.access import Actor
from reship.clients.models import Client, User

BIGGEST = 1
"""The id of the client with 30 % of all orders."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured. The small sizes only prove that everything runs: their figures mean nothing."""

    is_quick: bool
    orders: int

    def rounds(self, number: int) -> int:
        return 1 if self.is_quick else number


@dataclass(frozen=True)
class Scene:
    database: Database
    kind: str
    sizes: Sizes
    client: Client
    actor: Actor
    plain: Plain
    hand_made: HandMade
    watches: tuple[Stopwatch, Stopwatch]
    untouched: "Untouched"
    tick: Callable[[str], None]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def visitor(self, email: str) -> Visitor:
        """Somebody who has signed in to the portal in this process."""
        if email not in self.visitors:
            self.visitors[email] = Visitor(in_this_process())
            self.visitors[email].sign_in(email, PASSWORD)
        return self.visitors[email]

    @property
    def now(self) -> datetime:
        return timezone.now()


class Untouched:
    """Orders of the biggest client that left and were never sent again, oldest first; each is given away once.

    With a million orders there are as many as all measurements want; with fewer, each gets its share.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.number FROM orders_order o JOIN orders_shipment s ON s.client_id = o.client_id"
                " AND s.order_id = o.id WHERE o.client_id = %s AND o.status = 'FULFILLED' AND o.reshipments_made = 0"
                " AND s.status IN ('DEPARTED', 'DELIVERED') ORDER BY o.id",
                [BIGGEST],
            )
            self._numbers = [number for (number,) in cursor.fetchall()]
        self._next = 0
        self._all = len(self._numbers)

    def share(self, size: int, *, times: int, share: float) -> int:
        """How many orders a deed of `size` may have that is done so many times with this share of all."""
        return max(1, min(size, int(self._all * share / times)))

    def __len__(self) -> int:
        return len(self._numbers) - self._next

    def take(self, number: int) -> list[str]:
        """The next ones, which were placed one after the other: as a merchant picks them by date."""
        taken = self._numbers[self._next : self._next + number]
        assert len(taken) == number, "no orders are left to measure with"
        self._next += number
        return taken

    def scatter(self, number: int) -> Iterator[str]:
        """So many from all over the two years, in no order."""
        step = max(1, len(self) // number)
        chosen = self._numbers[self._next :: step][:number]
        rest = set(chosen)
        self._numbers = [other for other in self._numbers[self._next :] if other not in rest]
        self._next = 0
        return iter(sorted(chosen, key=lambda order: order[::-1]))


@contextmanager
def scene_in(database: Database, kind: str, sizes: Sizes, tick: Callable[[str], None]) -> Iterator[Scene]:
    """Both sides connected to this database."""
    with database.in_use():
        plain = Plain(connection.settings_dict)
        try:
            yield Scene(
                database=database,
                kind=kind,
                sizes=sizes,
                client=Client.objects.get(pk=BIGGEST),
                actor=Actor.of(User.objects.get(email=email_of(BIGGEST, 1))),
                plain=plain,
                hand_made=HandMade(plain),
                watches=(Stopwatch(backend_of_django()), Stopwatch(plain.backend)),
                untouched=Untouched(),
                tick=tick,
            )
        finally:
            plain.close()
