"""Activity: what was done with people and settings, by whom, from where."""

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from reship.clients.access import Actor
from reship.clients.account_log import Change, Shown, changes_of, find_events, wording
from reship.clients.models import AccountEvent
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.web.access import PortalRequest, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.chosen_client import chosen_client, list_query
from reship.web.forms import ListForm

EVENTS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class ChangeInWords:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """An account event as it is shown; `address` is empty for a client's people where the company's acted."""

    event: AccountEvent
    sentence: str
    address: str
    changes: tuple[ChangeInWords, ...]


@needs(Right.PEOPLE)
@require_safe
def activity(request: PortalRequest) -> HttpResponse:
    """All of it, or what is about one client and its people; newest first."""
    form = ListForm(list_query(request), clients=clients_seen_by(request), chosen=chosen_client(request))
    address = ListAddress.of(reverse("web:activity"), form)
    page = request.GET.get("page", "")
    found = find_events(
        client_ids=form.client_ids(request.user) if form.is_valid() else [],
        limit=EVENTS_A_PAGE,
        after=Cursor.from_text(page) if page else None,
    )
    number = len(found.rows)
    is_all = found.previous is None and found.next is None
    context = {
        "form": form,
        "rows": [event_row(event, actor=request.actor) for event in found.rows],
        "is_narrowed": bool(set(address.parameters) - form.kept),
        "previous_url": address.having(page=found.previous.as_text()) if found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found.next else "",
        "page_text": f"{number} {'entry' if number == 1 else 'entries'}{'' if is_all else ' on this page'}",
    }
    return render(request, "web/activity.html", context, status=HTTPStatus.OK)


def event_row(event: AccountEvent, *, actor: Actor) -> EventRow:
    is_own = event.user is not None and event.user.client_id == actor.client_id
    address = event.address if actor.is_of_company or is_own else ""
    return EventRow(event, wording(event), address, tuple(_in_words(change) for change in changes_of(event)))


def _in_words(change: Change) -> ChangeInWords:
    label = LABELS.get(change.what, change.what.replace("_", " ").capitalize())
    return ChangeInWords(label, _value(change.before), _value(change.after))


def _value(value: Shown) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


LABELS = {
    "hold_every_reship": "Hold every reship at first",
    "may_add_back": "May add inventory back",
    "most_reships_a_day": "Most reships a day",
    "most_reships_of_order": "Most reships of an order",
    "reason_required": "A reason is required",
    "reship_fee": "Fee of a reship",
    "second_reship_needs_manager": "A second reship needs a manager",
    "timezone": "Time zone",
}
"""What settings are called on the pages."""
