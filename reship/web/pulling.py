"""Pull tasks: superseded parcels are found, unpacked and put away, scan by scan.

The first scan is the parcel, the next ones are the units in it; when all of them are put away, scanning the parcel's
label again is how to say that it is done.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.errors import Refusal
from reship.floor.put_away import open_pull_tasks
from reship.fulfilment.pull import Pulled, PullInProgress, finish_pull, pull_in_progress, scan_pulled
from reship.web.access import PortalRequest, client_of, needs
from reship.web.floor_place import Shelf, chosen_ids, parcel_of, shelves
from reship.web.scanner import Feedback, Scanned, Scanner, Tone, show
from reship.web.windows import Paths, go_to

TASKS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class PullLineRow:
    sku: str
    name: str
    bin: str
    quantity: int
    scanned: int

    @property
    def left(self) -> int:
        return self.quantity - self.scanned


@dataclass(frozen=True, slots=True)
class OpenPull:
    """The parcel that is being unpacked."""

    client: Client
    number: str
    order_url: str
    done_url: str
    rows: list[PullLineRow]
    superseded_by: str
    units: int
    left: int


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def pull_tasks(request: PortalRequest) -> HttpResponse:
    """The list, oldest first; and, once a parcel was scanned, its units."""
    given = request.POST if request.method == "POST" else request.GET
    code, number = given.get("pull_client", ""), given.get("parcel", "")
    client = client_of(request, code) if number else None
    if request.method != "POST":
        if client is None:
            return _show(request)
        return _show(request, _open(client, pull_in_progress(number, client=client)))
    scanned = Scanned.of(request.POST)
    if client is None:
        return _begin(request, scanned)
    return _scan(request, client, number, scanned)


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def pull_done(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """The parcel is put away; `rest` says that what is left was never in it."""
    if request.method != "POST":
        return redirect("web:pull_tasks")
    of_client = client_of(request, client)
    try:
        pulled = _finish(request, of_client, shipment, rest="rest" in request.POST)
    except Refusal as refusal:
        return _refused(request, of_client, shipment, refusal)
    messages.success(request, f"{shipment} is put away. {_told(pulled)}")
    return go_to(request, reverse("web:pull_tasks"))


def _begin(request: PortalRequest, scanned: Scanned) -> HttpResponse:
    try:
        shipment = parcel_of(request, scanned.code)
        parcel = pull_in_progress(shipment.number, client=shipment.client)
    except Refusal as refusal:
        return _show(request, refusal=refusal)
    rest = f"{parcel.left} units are to put away: scan each." if parcel.left else _NOTHING_LEFT
    told = Feedback(Tone.GOOD, f"Unpack {shipment.number}", rest)
    return _show(request, _open(shipment.client, parcel), feedback=told)


def _scan(request: PortalRequest, client: Client, number: str, scanned: Scanned) -> HttpResponse:
    """A unit of the open parcel; its own label, when it is done; or the label of another one, which is then open."""
    other = _other_parcel(request, scanned.code)
    if other is not None and other != (client.pk, number):
        return _begin(request, scanned)
    try:
        if other is not None:
            pulled = _finish(request, client, number, rest=False)
            return _show(request, feedback=Feedback(Tone.DONE, f"{number} is put away", _told(pulled)))
        told = scan_pulled(
            number,
            scanned.code,
            quantity=scanned.quantity or 1,
            key=scanned.key or None,
            client=client,
            actor=request.actor,
            at=timezone.now(),
        )
        parcel = pull_in_progress(number, client=client)
    except Refusal as refusal:
        return _refused(request, client, number, refusal)
    shelf = shelves(client, parcel.shipment.warehouse_id, [told.sku]).get(told.sku, Shelf("", ""))
    where = f"into {shelf.bin}" if shelf.bin else "back on its shelf"
    feedback = (
        Feedback(Tone.GOOD, f"{told.sku} {where}", f"{parcel.left} left in {number}.")
        if parcel.left
        else Feedback(Tone.DONE, f"{told.sku} {where}", _NOTHING_LEFT)
    )
    return _show(request, _open(client, parcel), feedback=feedback)


_NOTHING_LEFT = "Nothing is left in it. Scan its label again, or press Done."


def _other_parcel(request: PortalRequest, code: str) -> tuple[int, str] | None:
    """The parcel that a code is the label of; None when it is a product's, or nobody's."""
    try:
        shipment = parcel_of(request, code)
    except Refusal:
        return None
    return shipment.client_id, shipment.number


def _finish(request: PortalRequest, client: Client, number: str, *, rest: bool) -> Pulled:
    return finish_pull(number, rest_was_not_inside=rest, client=client, actor=request.actor, at=timezone.now())


def _refused(request: PortalRequest, client: Client, number: str, refusal: Refusal) -> HttpResponse:
    """The refusal above the parcel, as long as there is something to do with it."""
    try:
        parcel = pull_in_progress(number, client=client)
    except Refusal:
        return _show(request, refusal=refusal)
    return _show(request, _open(client, parcel), refusal=refusal)


def _told(pulled: Pulled) -> str:
    again = ", ".join(f"{item.quantity} × {item.sku}" for item in pulled.available_again)
    missing = ", ".join(f"{item.quantity} × {item.sku}" for item in pulled.not_scanned)
    told = f"Available again: {again}." if again else "Its units were available already."
    return f"{told} Not in it: {missing}." if missing else told


def _open(client: Client, parcel: PullInProgress) -> OpenPull:
    number = parcel.shipment.number
    lies = shelves(client, parcel.shipment.warehouse_id, [line.sku for line in parcel.lines])
    rows = [
        PullLineRow(
            line.sku,
            lies.get(line.sku, Shelf("", "")).name,
            lies.get(line.sku, Shelf("", "")).bin,
            line.quantity,
            line.scanned,
        )
        for line in parcel.lines
    ]
    return OpenPull(
        client=client,
        number=number,
        order_url=Paths(client.code, parcel.order_number).shown(number),
        done_url=reverse("web:pull_done", args=[client.code, number]),
        rows=rows,
        superseded_by=", ".join(parcel.superseded_by),
        units=parcel.units,
        left=parcel.left,
    )


def _show(
    request: PortalRequest,
    opened: OpenPull | None = None,
    *,
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    scanner = Scanner(
        "Pull tasks",
        reverse("web:pull_tasks"),
        "Parcel, then each unit in it",
        hint="Scan the parcel’s label, then every unit that you put away, then the label again.",
        takes_quantity=True,
    )
    context: dict[str, object] = {"opened": opened}
    if opened is None:
        page = request.GET.get("page", "")
        after = Cursor.from_text(page) if page else None
        tasks = open_pull_tasks(client_ids=chosen_ids(request), limit=TASKS_A_PAGE, after=after)
        here = reverse("web:pull_tasks")
        context |= {
            "tasks": tasks.rows,
            "next_url": f"{here}?{urlencode({'page': tasks.next.as_text()})}" if tasks.next else "",
            "shows_clients": chosen_ids(request) is None,
        }
    return show(request, scanner, "web/_pull_tasks.html", context, feedback=feedback, refusal=refusal)
