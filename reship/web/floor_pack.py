"""Packing by scanner: scan the parcel, scan what goes in, close it; then the field waits for the next parcel.

Once everything is in it, scanning the parcel's number again closes it, so that whoever has a scanner needs no keyboard.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope

from reship.carriers.labels import LabelRequest, Offer, offers, pack_with_label
from reship.carriers.registry import carriers
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.floor.models import ScanOutcome
from reship.fulfilment.claim import ClaimRequest, claim_batch
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.take_over import take_over
from reship.fulfilment.verify import PackScan, Verified, scan_to_pack, start_again
from reship.orders.models import Shipment
from reship.web.access import PortalRequest, client_of, needs
from reship.web.floor_bench import Bench, bench_of
from reship.web.floor_place import parcel_of
from reship.web.refusals import figures_in_words
from reship.web.scanner import Feedback, Scanned, Scanner, Tone, show
from reship.web.windows import go_to

_CARRIER_KEPT_AS = "packing_carrier"
_HOW_TO_CLOSE = "Scan its number again to close it."


@dataclass(frozen=True, slots=True)
class Papers:
    """What is printed for a parcel that is closed."""

    number: str
    client: Client
    slip_url: str
    label_url: str
    zpl_url: str


@dataclass(frozen=True, slots=True)
class CarrierForm:
    """How a verified parcel goes: typed, or with a label to buy from one of the `sellers`, by code and name."""

    carrier: str
    tracking_number: str
    sellers: list[tuple[str, str]]


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: PortalRequest) -> HttpResponse:
    """The page, with the parcel in its address, if there is one; posted, a scan."""
    given = request.POST if request.method == "POST" else request.GET
    bench = None
    if given.get("parcel"):
        bench = bench_of(client_of(request, given.get("pack_client", "")), given["parcel"], actor=request.actor)
    if request.method != "POST":
        return _show(request, bench, feedback=_opened(bench) if bench and bench.problem else None)
    scanned = Scanned.of(request.POST)
    is_to_be_closed = "close" in request.POST or bool(request.POST.get("tracking_number") and not scanned.code)
    try:
        if bench is not None and is_to_be_closed:
            return _close(request, bench)
        if not scanned.code:
            return _show(request, bench)
        return _begin(request, scanned) if bench is None else _scan(request, bench, scanned)
    except Refusal as refusal:
        again = bench and bench_of(bench.client, bench.number, actor=request.actor)
        return _show(request, again, refusal=refusal)


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def pack_restart(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """Everything is taken out of the parcel again."""
    of_client = client_of(request, client)
    if "restart" not in request.POST:
        return _to_bench(of_client, shipment)
    try:
        start_again(shipment, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show(request, bench_of(of_client, shipment, actor=request.actor), refusal=refusal)
    messages.success(request, f"{shipment} is begun again: nothing is in it yet.")
    return go_to(request, _address(of_client, shipment))


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def pack_begin(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """Whoever has the parcel in their hands picks it now: one that nobody has claimed, or that another works on."""
    of_client = client_of(request, client)
    if "begin" not in request.POST:
        return _to_bench(of_client, shipment)
    now, bench = timezone.now(), bench_of(of_client, shipment, actor=request.actor)
    try:
        if bench is not None and bench.can_be_picked:
            warehouse = bench.shipment.warehouse.code
            asked = ClaimRequest(warehouse, shipments=(shipment,))
            claim_batch(asked, client=of_client, actor=request.actor, at=now)
        else:
            take_over(shipment, client=of_client, actor=request.actor, at=now)
    except Refusal as refusal:
        return _show(request, bench, refusal=refusal)
    messages.success(request, f"You are working on {shipment} now.")
    return go_to(request, _address(of_client, shipment))


@needs(Right.WAREHOUSE_WORK)
@require_safe
def pack_rates(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """What carriers would take for the parcel: a part of the page, which whoever comes here otherwise gets."""
    of_client = client_of(request, client)
    if not request.htmx:
        return _to_bench(of_client, shipment)
    found: list[Offer] = []
    refusal = None
    try:
        grams = _grams(request.GET.get("grams", ""))
        found = offers(shipment, grams=grams, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refused_offers:
        refusal = refused_offers
    return render(request, "web/_pack_rates.html", {"offers": found, "refusal": refusal})


def _to_bench(client: Client, shipment: str) -> HttpResponse:
    """Whoever comes to the address of a deed otherwise gets the bench with the parcel, if there is such a one."""
    with scope(client=client.pk):
        if not Shipment.objects.filter(number=shipment).exists():
            raise Http404
    return redirect(_address(client, shipment))


def _begin(request: PortalRequest, scanned: Scanned) -> HttpResponse:
    """The first scan is a parcel."""
    shipment = parcel_of(request, scanned.code)
    bench = bench_of(shipment.client, shipment.number, actor=request.actor)
    return _show(request, bench, feedback=_opened(bench) if bench else None)


def _scan(request: PortalRequest, bench: Bench, scanned: Scanned) -> HttpResponse:
    """Goods for the open parcel; its own number, when it is to be closed; or another parcel, which is then open."""
    if not bench.means(scanned.code):
        other = _other_parcel(request, scanned.code)
        if other is not None and (other.client_id, other.number) != (bench.client.pk, bench.number):
            left = bench_of(other.client, other.number, actor=request.actor)
            return _show(request, left, feedback=_opened(left, before=bench) if left else None)
        if other is not None:
            if bench.problem is not None and not _was_closed_by(request, bench):
                return _show(request, bench, feedback=_opened(bench))
            return _close(request, bench)
    told = scan_to_pack(
        PackScan(bench.number, scanned.code, scanned.quantity or 1, scanned.key or None),
        client=bench.client,
        actor=request.actor,
        at=timezone.now(),
    )
    return _show(request, bench_of(bench.client, bench.number, actor=request.actor), feedback=_told(bench, told))


def _other_parcel(request: PortalRequest, code: str) -> Shipment | None:
    try:
        return parcel_of(request, code)
    except Refusal as refusal:
        if refusal.code == "ambiguous_parcel":
            raise
        return None


def _close(request: PortalRequest, bench: Bench) -> HttpResponse:
    """The label is bought before the parcel is closed, and outside its transaction; asked again, it is the same one."""
    if _was_closed_by(request, bench):
        # The answer was lost on its way.
        return _show_packed(request, bench.client, bench.shipment)
    # A label is paid for, so nothing may be missing from the parcel before it is bought.
    if problem := bench.problem or bench.unverified:
        raise problem
    client, number = bench.client, bench.number
    now, carrier = timezone.now(), request.POST.get("carrier", "").strip()
    tracking_number = request.POST.get("tracking_number", "").strip()
    code, _, service = request.POST.get("rate", "").partition("/")
    if code:
        asked = LabelRequest(number, code, service, _grams(request.POST.get("grams", "")))
        pack_with_label(asked, client=client, actor=request.actor, at=now)
        with scope(client=client.pk):
            return _show_packed(request, client, Shipment.objects.get(number=number))
    label = PackRequest(number, carrier, tracking_number)
    packed = pack_shipment(label, client=client, actor=request.actor, at=now)
    if carrier != request.session.get(_CARRIER_KEPT_AS, ""):
        request.session[_CARRIER_KEPT_AS] = carrier
    return _show_packed(request, client, packed)


def _was_closed_by(request: PortalRequest, bench: Bench) -> bool:
    return bench.is_packed and bench.shipment.picker_id == request.user.pk


def _grams(typed: str) -> int:
    """The verb refuses what no parcel weighs."""
    text = typed.strip()
    if not text:
        return 1_000
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _opened(bench: Bench | None, *, before: Bench | None = None) -> Feedback | None:
    """What is said of a parcel that was scanned; `before` is the one that lay on the bench."""
    if bench is None:
        return None
    left = ""
    if before is not None and before.problem is None and before.verified > 0 and not before.is_packed:
        left = f"{before.number} is not closed: {before.verified} of {before.units} are in it. "
    if bench.problem is not None:
        figures = tuple(figures_in_words(bench.problem)) if bench.problem.code == "on_hold" else ()
        return Feedback(
            Tone.BAD, bench.problem.message, left, figures=figures, url=bench.pull_url, url_text="To its pull task"
        )
    if bench.is_verified:
        return Feedback(Tone.DONE, f"{bench.number} is verified", f"{left}{_HOW_TO_CLOSE}")
    missing = bench.units - bench.verified
    return Feedback(Tone.GOOD, f"{bench.number}: {missing} to scan", f"{left}{bench.client.name}, order {bench.order}")


def _told(bench: Bench, told: Verified) -> Feedback:
    """What became of goods that were scanned."""
    what = told.sku or told.code
    units = f"{told.quantity} × {what}" if told.quantity > 1 else what
    if told.outcome == ScanOutcome.UNKNOWN:
        return Feedback(Tone.BAD, f"{told.code}: unknown", f"No product of {bench.client.name} has this code.")
    if told.outcome == ScanOutcome.WRONG_ITEM:
        return Feedback(Tone.BAD, f"{units}: wrong item", f"It does not belong into {bench.number}. Put it back.")
    line = next(line for line in told.lines if line.sku == told.sku)
    if told.outcome == ScanOutcome.TOO_MANY:
        in_it = f"{line.verified} of {line.expected} {'is' if line.verified == 1 else 'are'} in {bench.number} already."
        return Feedback(Tone.BAD, f"{units}: too many", f"{in_it} Put it back.")
    if told.is_complete:
        return Feedback(
            Tone.DONE, f"{bench.number} is verified", f"{what}: {line.verified} of {line.expected}. {_HOW_TO_CLOSE}"
        )
    return Feedback(
        Tone.GOOD, f"{what}: {line.verified} of {line.expected}", "That was counted already." * told.replayed
    )


def _show_packed(request: PortalRequest, client: Client, shipment: Shipment) -> HttpResponse:
    label = f"{shipment.carrier} {shipment.tracking_number}".strip()
    how = f"with {label}" if label else "without a tracking number"
    feedback = Feedback(Tone.DONE, f"{shipment.number} is packed", f"It goes {how}. Scan the next parcel.")
    return _show(request, None, feedback=feedback, papers=_papers(client, shipment.number))


def _papers(client: Client, number: str) -> Papers:
    arguments = [client.code, number]
    return Papers(
        number=number,
        client=client,
        slip_url=reverse("web:packing_slip", args=arguments),
        label_url=reverse("web:label", args=arguments),
        zpl_url=reverse("web:label_zpl", args=arguments),
    )


def _show(
    request: PortalRequest,
    bench: Bench | None,
    *,
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
    papers: Papers | None = None,
) -> HttpResponse:
    ready = bench is not None and bench.problem is None and bench.is_verified
    carrier = request.POST.get("carrier", request.session.get(_CARRIER_KEPT_AS, ""))
    sellers = [(seller.code, seller.name) for seller in carriers().values() if seller.sells] if ready else []
    context = {
        "bench": bench,
        "papers": _papers(bench.client, bench.number) if bench and bench.is_packed else papers,
        "carrier_form": CarrierForm(carrier, request.POST.get("tracking_number", ""), sellers) if ready else None,
    }
    # The message says all that whoever has the parcel in their hands has to know.
    told = feedback or (Feedback(Tone.BAD, refusal.message) if refusal else None)
    scanner = Scanner(
        title="Pack",
        post_url=reverse("web:pack"),
        label="Parcel, then goods",
        hint="A SKU or barcode counts one unit, 12*SKU counts twelve. The parcel’s number again closes it.",
        takes_quantity=True,
    )
    return show(request, scanner, "web/_pack.html", context, feedback=told, refusal=refusal)


def _address(client: Client, number: str) -> str:
    return f"{reverse('web:pack')}?{urlencode({'pack_client': client.code, 'parcel': number})}"
