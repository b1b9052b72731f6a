"""The client's policies on reships: who may send an order again a second time, and how often a day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count

from reship.clients.access import Actor, not_allowed
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.facts import OrderFacts
from reship.orders.models import Reshipment
from reship.orders.numbers import locked_counter


@dataclass(slots=True)
class ReshipsSoFar:
    """How many reshipments that are not cancelled there are: of each order, by its id, and of the client today."""

    of_order: dict[int, int] = field(default_factory=dict)
    today: int = 0

    def add(self, facts: OrderFacts) -> None:
        self.of_order[facts.order.pk] = self.of_order.get(facts.order.pk, 0) + 1
        self.today += 1


def is_bound(client: Client, actor: Actor) -> bool:
    """Whether a policy counts reships: it binds the client's people, not the fulfilment company's."""
    counts = client.second_reship_needs_manager or client.most_reships_of_order or client.most_reships_a_day
    return bool(counts) and not actor.is_of_company


def lock_the_day(client: Client) -> None:
    """Lets nobody else of the client reship meanwhile, so that two at once do not both become the last of the day."""
    if client.most_reships_a_day:
        locked_counter(client.pk)


def reships_so_far(orders: Iterable[OrderFacts], *, client: Client, at: datetime) -> ReshipsSoFar:
    """Counted in the scope of the client, under its locks when a deed asks. A day begins in the client's zone."""
    alive = Reshipment.objects.filter(cancelled_at__isnull=True)
    so_far = ReshipsSoFar()
    if client.second_reship_needs_manager or client.most_reships_of_order:
        ids = [facts.order.pk for facts in orders]
        counted = alive.filter(order_id__in=ids).values_list("order_id").annotate(Count("pk")).order_by("order_id")
        so_far.of_order = dict(counted)
    if client.most_reships_a_day:
        so_far.today = alive.filter(made_at__gte=_start_of_day(client, at)).count()
    return so_far


def check_policy(facts: OrderFacts, so_far: ReshipsSoFar, *, client: Client, actor: Actor) -> None:
    """Refuses `not_allowed` for a second reship that needs a manager, and `too_many_reships` at a cap."""
    of_order = so_far.of_order.get(facts.order.pk, 0)
    if client.second_reship_needs_manager and of_order and not actor.may(Right.RESHIP_AGAIN):
        raise not_allowed(actor, Right.RESHIP_AGAIN)
    if client.most_reships_of_order and of_order >= client.most_reships_of_order:
        raise Refusal(
            "too_many_reships",
            f"Order {facts.order.number} was sent again {_times(of_order)}; {client.name} allows "
            f"{client.most_reships_of_order} of an order.",
            order=facts.order.number,
            made=of_order,
            most=client.most_reships_of_order,
        )
    if client.most_reships_a_day and so_far.today >= client.most_reships_a_day:
        raise Refusal(
            "too_many_reships",
            f"{so_far.today} reshipments were made today; {client.name} allows {client.most_reships_a_day} a day.",
            made=so_far.today,
            most=client.most_reships_a_day,
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _start_of_day(client: Client, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(client.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
