"""The orders that a bulk deed is meant for: those that are ticked, or all that match a filter.

A form carries either the ticked orders, a line each with the client's code, a tab and the number; or the filter, as it
stands in the address of Manage Orders. Ids never leave the server.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from reship import intake
from reship.clients.models import Client
from reship.errors import Refusal
from reship.jobs.asking import MOST_ORDERS, JobOrder, too_many_orders
from reship.orders.queries import OrderFilter, count_orders
from reship.web.access import PortalRequest, client_of, clients_seen_by
from reship.web.forms import OrderListForm

MOST_COUNTED = 10_000
LONGEST_FILTER = 5_000
"""In characters, as an address has it: a search of 200 can be nine times as long there, and more."""
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """Orders of one client: `numbers`, or all that match `wanted`, which `filter` says as an address does."""

    client: Client
    numbers: tuple[str, ...] = ()
    wanted: OrderFilter | None = None
    filter: str = ""
    in_words: str = ""

    @property
    def orders(self) -> list[JobOrder]:
        return [JobOrder(number) for number in self.numbers]

    @property
    def lines(self) -> str:
        """The ticked orders as one field of a form holds them."""
        return "\n".join(ticked_as(self.client.code, number) for number in self.numbers)

    @property
    def counted(self) -> str:
        number = len(self.numbers)
        if self.wanted is not None:
            number = count_orders(self.wanted, client_ids=[self.client.pk], limit=MOST_COUNTED)
        return orders_in_words(number)


def ticked_as(client: str, number: str) -> str:
    """What a tick in Manage Orders sends. Neither codes nor numbers hold a tab."""
    return f"{client}\t{number}"


def selection_of(request: PortalRequest) -> Selection:
    """What a form names. Refuses `nothing_selected`, `too_many_orders`, `several_clients`, `invalid_filter`.

    An unknown client is not found, and another one than their own for a client's people.
    """
    if request.POST.get("all"):
        return _matching(request)
    keys = dict.fromkeys(_keys(request.POST))
    if not keys:
        raise Refusal("nothing_selected", "Select at least one order: tick it in Manage Orders.")
    if len(keys) > MOST_ORDERS:
        raise too_many_orders(len(keys))
    codes = list(dict.fromkeys(code for code, _ in keys))
    if len(codes) > 1:
        raise several_clients(codes)
    numbers = tuple(number for _, number in keys)
    return Selection(client_of(request, codes[0]), numbers, in_words=_named(numbers))


def orders_in_words(number: int) -> str:
    return f"{count_in_words(number)} {'order' if number == 1 else 'orders'}"


def count_in_words(number: int) -> str:
    """`1,234`; above what is counted, `10,000+`."""
    return f"{number:,}" if number <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def several_clients(codes: Sequence[str]) -> Refusal:
    named = [intake.shown(code) for code in codes[:_EXAMPLES]]
    more = f" and {len(codes) - _EXAMPLES} more" if len(codes) > _EXAMPLES else ""
    return Refusal(
        "several_clients",
        f"Orders of several clients are selected: {', '.join(named)}{more}. A bulk deed is done to the orders of one "
        "client: choose the client in the filter, and select again.",
        clients=list(codes[:100]),
    )


def _matching(request: PortalRequest) -> Selection:
    given = request.POST.get("filter", "")
    query = QueryDict(given[:LONGEST_FILTER])
    clients = clients_seen_by(request)
    form = OrderListForm(query, clients=clients)
    # What is cut off could only have narrowed it.
    if not form.is_valid() or len(given) > LONGEST_FILTER:
        raise Refusal("invalid_filter", "The filter cannot be understood, so no order is selected.")
    client = request.user.client
    if client is None:
        chosen = form.cleaned_data["client"]
        fitting = [of_company for of_company in clients if chosen in ("", of_company.code)]
        if len(fitting) != 1:
            raise several_clients([of_company.code for of_company in fitting])
        client = fitting[0]
    return Selection(client, wanted=form.wanted, filter=query.urlencode(), in_words=_filter_in_words(form))


def _keys(data: QueryDict) -> list[tuple[str, str]]:
    lines = [*data.get("orders", "").split("\n"), *data.getlist("order")]
    keys = [line.rstrip("\r").partition("\t") for line in lines]
    return [(code, number) for code, separator, number in keys if separator and code and number]


def _named(numbers: Sequence[str]) -> str:
    more = f" and {len(numbers) - _EXAMPLES:,} more" if len(numbers) > _EXAMPLES else ""
    return f"{', '.join(numbers[:_EXAMPLES])}{more}"


def _filter_in_words(form: OrderListForm) -> str:
    said = []
    for name, value in form.cleaned_data.items():
        if not value or name in {"sort", "client"}:
            continue
        choices = dict(getattr(form.fields[name], "choices", ()))
        said.append(f"{form.fields[name].label or name.capitalize()}: {choices.get(value, value)}")
    return f"All that match {'; '.join(said)}" if said else "All orders"
