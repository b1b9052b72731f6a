"""Picking: the queue, claiming from it, and what somebody has claimed, with its pick list."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.errors import Refusal
from reship.floor.batches import (
    InWork,
    ToFetch,
    batch_numbered,
    in_work_of,
    reshipments_among,
    shipments_of,
    to_fetch,
)
from reship.floor.models import PickBatch
from reship.floor.pick_queue import MOST_COUNTED, QueueCounts, QueuePage, QueueRow, count_queue, pick_queue
from reship.fulfilment.claim import (
    MOST_CLAIMED,
    USUAL_BATCH,
    Claimed,
    ClaimRequest,
    claim_batch,
    claim_of_all_clients,
)
from reship.http_status import status_of
from reship.orders.models import Reshipment, Shipment, ShipmentStatus
from reship.papers.pick_list import PickLine, PickList, PickShipment
from reship.papers.pick_list import pick_list as pick_list_paper
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs, zone_of
from reship.web.chosen_client import chosen_client
from reship.web.floor_place import floor_place, has_chosen_building
from reship.web.refusals import FigureInWords, figures_in_words
from reship.web.windows import Paths, go_to

SHIPMENTS_A_PAGE = 50
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Why:
    """Why a reshipment is sent."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A shipment of the queue as it is shown; `value` is what its tick sends."""

    shipment: Shipment
    lines: int
    units: int
    url: str
    value: str
    why: Why | None


@dataclass(frozen=True, slots=True)
class BatchInWork:
    """What somebody is picking together; `url` is empty for what is in no batch."""

    name: str
    client: Client
    url: str
    pdf_url: str
    warehouse: str
    shipments: list[Shipment]


@dataclass(frozen=True, slots=True)
class FetchRow:
    """Units of one product for the whole batch, and how many of them go into which parcel."""

    bin: str
    sku: str
    name: str
    units: int
    parcels: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel of a batch, and the way to pack it."""

    shipment: Shipment
    pack_url: str
    why: Why | None


@needs(Right.WAREHOUSE_WORK)
@require_safe
def pick_queue_page(request: PortalRequest) -> HttpResponse:
    """What can be picked in a warehouse, oldest first; and how much cannot, and why."""
    return _queue(request)


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def batches(request: PortalRequest) -> HttpResponse:
    """What whoever asks is picking; posted, the claim."""
    if request.method == "POST":
        return _claim(request)
    in_work = in_work_of(request.user.pk, client_ids=[client.pk for client in _clients(request)])
    return render(request, "web/batches.html", {"batches": _batches(in_work)})


@needs(Right.WAREHOUSE_WORK)
@require_safe
def batch(request: PortalRequest, client: str, batch: str) -> HttpResponse:
    """One batch: its parcels, and what is still to be fetched, in the order of the walk."""
    found = _find(request, client, batch)
    shipments = shipments_of(found)
    picking = [shipment for shipment in shipments if shipment.status == ShipmentStatus.PICKING]
    made_by = reshipments_among(found.client, shipments)
    page = {
        "batch": found,
        "pdf_url": reverse("web:pick_list", args=[client, batch]),
        "rows": _fetch_rows(picking, to_fetch(found.client, picking)),
        "parcels": [
            Parcel(
                shipment,
                _pack_url(found.client, shipment),
                _why(made_by[shipment.pk]) if shipment.pk in made_by else None,
            )
            for shipment in shipments
        ],
        "left": len(picking),
    }
    return render(request, "web/batch.html", page)


@needs(Right.WAREHOUSE_WORK)
@require_safe
def pick_list(request: PortalRequest, client: str, batch: str) -> HttpResponse:
    """The paper of the walk: what is still in picking, parcel by parcel, with barcodes."""
    found = _find(request, client, batch)
    picking = [shipment for shipment in shipments_of(found) if shipment.status == ShipmentStatus.PICKING]
    lines: dict[int, list[PickLine]] = defaultdict(list)
    for fetch in to_fetch(found.client, picking):
        product = fetch.line.product
        line = PickLine(fetch.line.sku, product.name, fetch.line.quantity, fetch.bin, product.barcode)
        lines[fetch.line.shipment_id].append(line)
    made_by = reshipments_among(found.client, picking)
    paper = PickList(
        batch=str(found.number),
        warehouse=found.warehouse.name,
        at=found.claimed_at.astimezone(zone_of(found.client)),
        shipments=[
            PickShipment(
                number=shipment.number,
                lines=lines[shipment.pk],
                is_reshipment=shipment.pk in made_by,
                why=_why(made_by[shipment.pk]).text if shipment.pk in made_by else "",
                method=shipment.method,
            )
            for shipment in picking
        ],
        picker=found.claimed_by,
        client=found.client.name,
    )
    response = HttpResponse(pick_list_paper(paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="pick-list-{found.number}.pdf"'
    return response


def _queue(request: PortalRequest, refusal: Refusal | None = None, *, most: str = "") -> HttpResponse:
    place = floor_place(request)
    given = request.POST if request.method == "POST" else request.GET
    clients = _clients(request)
    client_ids = [client.pk for client in _meant(clients, given)]
    if not (given.get("warehouse") or has_chosen_building(request)):
        # Nobody said yet where they work: where the oldest shipment waits.
        for row in pick_queue(client_ids=client_ids, warehouse_id=None, limit=1).rows:
            place = replace(place, warehouse=row.shipment.warehouse.code)
    warehouse = place.building
    counts, found = QueueCounts(0, 0, 0, 0, 0, 0, has_more=False), QueuePage((), None, None)
    if warehouse is not None:
        after = Cursor.from_text(given["page"]) if given.get("page") else None
        found = pick_queue(client_ids=client_ids, warehouse_id=warehouse.pk, limit=SHIPMENTS_A_PAGE, after=after)
        counts = count_queue(client_ids=client_ids, warehouse_id=warehouse.pk)
    kept = {name: given[name] for name in ("client", "warehouse") if given.get(name)}
    page = {
        "place": place,
        "clients": clients,
        "client": given.get("client", ""),
        "rows": [_queue_line(row) for row in found.rows],
        "counts": counts,
        "most_counted": MOST_COUNTED,
        "left_out": _left_out(counts),
        "previous_url": _address(kept, found.previous),
        "next_url": _address(kept, found.next),
        "page_text": f"{len(found.rows)} on this page",
        "most": most or USUAL_BATCH,
        "most_claimed": MOST_CLAIMED,
        "refusal": refusal,
        "figures": figures_in_words(refusal) if refusal else (),
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return render(request, "web/pick_queue.html", page, status=status)


def _clients(request: PortalRequest) -> list[Client]:
    """The client in the header, or all."""
    code = chosen_client(request)
    return [client_of(request, code)] if code else clients_seen_by(request)


def _meant(clients: list[Client], given: QueryDict) -> list[Client]:
    """Of these the one in the filter, if there is one."""
    code = given.get("client", "")
    meant = [client for client in clients if not code or client.code == code]
    if not meant:
        raise Http404
    return meant


def _claim(request: PortalRequest) -> HttpResponse:
    """The oldest of the queue that was shown, or what was ticked in it: a batch per client."""
    most, ticked = request.POST.get("most", ""), request.POST.getlist("shipment")
    try:
        claimed = _claim_ticked(request, ticked) if "ticked" in request.POST else _claim_oldest(request, most)
    except Refusal as refusal:
        return _queue(request, refusal, most=most)
    done = [outcome for outcome in claimed if isinstance(outcome, Claimed)]
    for not_claimed in _refusals(claimed):
        messages.warning(request, not_claimed.message)
    if not done:
        return go_to(request, reverse("web:pick_queue"))
    number = sum(len(batch.shipments) for batch in done)
    parcels = f"{number} {'shipment' if number == 1 else 'shipments'}"
    names = ", ".join(f"{batch.batch.number} of {batch.client.name}" for batch in done)
    messages.success(request, f"{parcels} claimed in {'batch' if len(done) == 1 else 'batches'} {names}.")
    if len(done) == 1:
        return go_to(request, reverse("web:batch", args=[done[0].client.code, str(done[0].batch.number)]))
    return go_to(request, reverse("web:batches"))


def _claim_oldest(request: PortalRequest, most: str) -> list[Claimed | Refusal]:
    place = floor_place(request)
    asked = ClaimRequest(place.warehouse, most or USUAL_BATCH)
    clients = _meant(_clients(request), request.POST)
    now = timezone.now()
    if len(clients) == 1:
        return [claim_batch(asked, client=clients[0], actor=request.actor, at=now)]
    return claim_of_all_clients(asked, clients=clients, actor=request.actor, at=now)


def _claim_ticked(request: PortalRequest, ticked: Sequence[str]) -> list[Claimed | Refusal]:
    place = floor_place(request)
    numbers: dict[str, list[str]] = defaultdict(list)
    for value in ticked[: MOST_CLAIMED + 1]:
        code, _, number = value.partition("/")
        numbers[code].append(number)
    if not numbers:
        raise Refusal("nothing_selected", "Tick at least one shipment.")
    outcomes: list[Claimed | Refusal] = []
    for code, of_client in numbers.items():
        asked = ClaimRequest(place.warehouse, shipments=tuple(of_client))
        try:
            client = client_of(request, code)
            outcomes.append(claim_batch(asked, client=client, actor=request.actor, at=timezone.now()))
        except Refusal as refusal:
            outcomes.append(refusal)
    if len(outcomes) == 1 and isinstance(outcomes[0], Refusal):
        raise outcomes[0]
    return outcomes


def _refusals(outcomes: Sequence[Claimed | Refusal]) -> list[Refusal]:
    return [
        refusal for outcome in outcomes for refusal in (outcome.refused if isinstance(outcome, Claimed) else (outcome,))
    ]


def _queue_line(row: QueueRow) -> QueueLine:
    shipment = row.shipment
    return QueueLine(
        shipment,
        row.lines,
        row.units,
        Paths(shipment.client.code, shipment.order.number).shown(shipment.number),
        f"{shipment.client.code}/{shipment.number}",
        _why(row.reshipment) if row.reshipment else None,
    )


def _why(reshipment: Reshipment) -> Why:
    fault = f", fault of the {reshipment.fault}" if reshipment.fault else ""
    source = reshipment.source.number if "source" in reshipment._state.fields_cache else ""
    return Why(f"{reshipment.reason_label or reshipment.reason or 'No reason given'}{fault}", source)


def _left_out(counts: QueueCounts) -> list[FigureInWords]:
    """What is open and not in the queue, by reason."""
    reasons = (("On hold", counts.held), ("Waiting for stock", counts.waiting), ("Superseded", counts.superseded))
    return [FigureInWords(label, f"{number:,}") for label, number in reasons if number]


def _address(kept: dict[str, str], cursor: Cursor | None) -> str:
    if cursor is None:
        return ""
    return f"{reverse('web:pick_queue')}?{urlencode({**kept, 'page': cursor.as_text()})}"


def _batches(in_work: Sequence[InWork]) -> list[BatchInWork]:
    def key(work: InWork) -> tuple[str, int]:
        return work.shipment.client.code, work.batch or 0

    found = []
    for (code, number), works in groupby(sorted(in_work, key=key), key=key):
        shipments = [work.shipment for work in works]
        arguments = [code, str(number)]
        found.append(
            BatchInWork(
                f"Batch {number}" if number else "In no batch",
                shipments[0].client,
                reverse("web:batch", args=arguments) if number else "",
                reverse("web:pick_list", args=arguments) if number else "",
                shipments[0].warehouse.code,
                shipments,
            )
        )
    return found


def _fetch_rows(shipments: Sequence[Shipment], fetches: Sequence[ToFetch]) -> list[FetchRow]:
    numbers = {shipment.pk: shipment.number for shipment in shipments}
    rows = []
    for (place, sku), of_sku in groupby(fetches, key=lambda fetch: (fetch.bin, fetch.line.sku)):
        units = list(of_sku)
        parcels = [(numbers[fetch.line.shipment_id], fetch.line.quantity) for fetch in units]
        rows.append(FetchRow(place, sku, units[0].line.product.name, sum(number for _, number in parcels), parcels))
    return rows


def _find(request: PortalRequest, client: str, batch: str) -> PickBatch:
    number = int(batch) if batch.isascii() and batch.isdigit() and len(batch) <= 10 else 0
    if not 1 <= number <= _LARGEST_NUMBER:
        raise Http404
    try:
        return batch_numbered(client_of(request, client), number)
    except PickBatch.DoesNotExist:
        raise Http404 from None


def _pack_url(client: Client, shipment: Shipment) -> str:
    return f"{reverse('web:pack')}?{urlencode({'pack_client': client.code, 'parcel': shipment.number})}"
