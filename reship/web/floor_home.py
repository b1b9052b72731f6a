"""The warehouse's first page: what waits where, and the way to it."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from reship.clients.roles import Right
from reship.floor.models import PullTask
from reship.floor.pick_queue import QueueCounts, count_queue
from reship.web.access import PortalRequest, client_of, needs
from reship.web.chosen_client import chosen_client


@dataclass(frozen=True, slots=True)
class Tile:
    """A way to a page, with what waits there; None where nothing is counted."""

    name: str
    icon: str
    url: str
    number: int | None
    hint: str


@needs(Right.WAREHOUSE_WORK)
@require_safe
def warehouse(request: PortalRequest) -> HttpResponse:
    """Of the client that is chosen in the header, or of all."""
    code = chosen_client(request)
    client_ids = [client_of(request, code).pk] if code else None
    counts = count_queue(client_ids=client_ids, warehouse_id=None)
    with scopes_disabled():
        tasks = PullTask.objects.filter(done_at__isnull=True, voided_at__isnull=True)
        to_pull = (tasks if client_ids is None else tasks.filter(client_id=client_ids[0])).count()
    tiles = [
        _tile("pick_queue", "Pick queue", "clipboard-list", counts.to_pick, _cannot_be_picked(counts)),
        _tile("batches", "My batches", "boxes", None, "What you claimed, with its pick lists"),
        _tile("pack", "Pack", "package-check", counts.picking, "in picking"),
        _tile("manifest", "Manifest", "truck", counts.packed, "packed, to depart"),
        _tile("returns", "Returns", "undo-2", None, "Parcels that came back"),
        _tile("pull_tasks", "Pull tasks", "package-minus", to_pull, "superseded, to be put away"),
        _tile("receive", "Receive", "package-plus", None, "Goods that arrive"),
        _tile("counts", "Counts", "scale", None, "What lies there, counted"),
    ]
    return render(request, "web/warehouse.html", {"tiles": [tile for tile in tiles if tile]})


def _cannot_be_picked(counts: QueueCounts) -> str:
    """In words, why open shipments are not in the queue; empty when all are."""
    reasons = (("held", counts.held), ("waiting for stock", counts.waiting), ("superseded", counts.superseded))
    told = ", ".join(f"{number:,} {reason}" for reason, number in reasons if number)
    more = "; more than 5,000 are open" if counts.has_more else ""
    return f"Not in it: {told}{more}" if told else f"Oldest first{more}"


def _tile(page: str, name: str, icon: str, number: int | None, hint: str) -> Tile | None:
    try:
        return Tile(name, icon, reverse(f"web:{page}"), number, hint)
    except NoReverseMatch:  # A page that is still to come.
        return None
