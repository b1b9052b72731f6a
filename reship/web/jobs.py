"""Jobs: the list, the page of one from its dry run to its end, and what people do with it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from io import StringIO

from defusedcsv import csv
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.jobs.change_job import cancel_job, choose_parcels, confirm_job, leave_out
from reship.jobs.make_job import retry_refused
from reship.jobs.models import ItemState, Job, JobDeed, JobItem, JobState
from reship.jobs.queries import Shown, every_item, find_jobs, job_not_found, job_numbered
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.bulk_edit import job_url, rehearsed_a_little
from reship.web.chosen_client import chosen_client, list_query
from reship.web.forms import ListForm
from reship.web.job_page import ITEMS_A_PAGE, Wanted, foreseen_of, job_page, live_of, orders_of, told_of
from reship.web.windows import go_to

JOBS_A_PAGE = 50
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class JobListRow:
    job: Job
    url: str


@needs(Right.VIEW)
@require_safe
def jobs(request: PortalRequest) -> HttpResponse:
    """All jobs, or one client's; newest first."""
    clients = clients_seen_by(request)
    form = ListForm(list_query(request), clients=clients, chosen=chosen_client(request))
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    # A client that nobody knows has no jobs.
    client_ids = form.client_ids(request.user) if form.is_valid() else []
    found = find_jobs(client_ids=client_ids, limit=JOBS_A_PAGE, after=after)
    address = ListAddress.of(reverse("web:jobs"), form)
    number = len(found.rows)
    is_all = found.previous is None and found.next is None
    context = {
        "rows": [JobListRow(job, job_url(job, job.client)) for job in found.rows],
        "form": form,
        "is_narrowed": bool(set(address.parameters) - form.kept),
        "shows_clients": form.shows_clients,
        "previous_url": address.having(page=found.previous.as_text()) if found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found.next else "",
        "page_text": f"{number} {'job' if number == 1 else 'jobs'}{'' if is_all else ' on this page'}",
    }
    return render(request, "web/jobs.html", context)


@needs(Right.VIEW)
@require_safe
def job(request: PortalRequest, client: str, job: str) -> HttpResponse:
    """One job. While a dry run is made, the part that shows how far it is asks for itself; later it gets the whole."""
    of_client = client_of(request, client)
    found = job_numbered(of_client, _number(job), actor=request.actor)
    at = timezone.now()
    is_polled = bool(request.htmx) and request.htmx.target == "job-live"
    path, wanted = job_url(found, of_client), Wanted.of(request.GET.dict())
    if is_polled and found.has_work and found.state == JobState.DRAFT:
        live = live_of(found, wanted, path=path, at=at)
        return render(request, "web/_job_live.html", {"live": live, "job": found})
    page = job_page(found, of_client, wanted, path=path, actor=request.actor, at=at)
    template = "web/_job.html" if is_polled else "web/job.html"
    response = render(request, template, {"page": page, "is_polled": is_polled})
    if is_polled:
        response.headers["HX-Retarget"] = "#job"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def _posted(view: Callable[[PortalRequest, Client, int], HttpResponse]) -> Callable[..., HttpResponse]:
    """For addresses that take forms: whoever comes there otherwise gets the job's page."""

    @wraps(view)
    def answer(request: PortalRequest, client: str, job: str) -> HttpResponse:
        of_client, number = client_of(request, client), _number(job)
        if request.method != "POST":
            return redirect("web:job", client, job)
        return view(request, of_client, number)

    return answer


@needs(Right.BULK)
@_posted
def job_confirm(request: PortalRequest, client: Client, number: int) -> HttpResponse:
    """Starts the job with the orders as they are ticked: what was unticked and not applied yet is left out, too."""
    out, back = _exceptions(request)
    confirmed = confirm_job(number, out=out, back=back, client=client, actor=request.actor, at=timezone.now())
    return go_to(request, job_url(confirmed, client))


@needs(Right.BULK)
@_posted
def job_cancel(request: PortalRequest, client: Client, number: int) -> HttpResponse:
    """Cancels a job, or discards a draft: then the orders are where one goes on."""
    cancelled = cancel_job(number, client=client, actor=request.actor, at=timezone.now())
    if cancelled.started_at is None:
        messages.info(request, f"Job {number} was discarded. Nothing was written.")
        return go_to(request, reverse("web:orders"))
    messages.info(request, f"Job {number} was cancelled. {orders_of(cancelled.done)} had been done, and stay done.")
    return go_to(request, job_url(cancelled, client))


@needs(Right.BULK)
@_posted
def job_exceptions(request: PortalRequest, client: Client, number: int) -> HttpResponse:
    """Leaves out the orders of the page that are not ticked any more, and takes those in again that are."""
    out, back = _exceptions(request)
    changed = leave_out(number, out=out, back=back, client=client, actor=request.actor)
    return _back_to_view(request, rehearsed_a_little(changed), client)


@needs(Right.BULK)
@_posted
def job_parcels(request: PortalRequest, client: Client, number: int) -> HttpResponse:
    all_parcels = request.POST.get("parcels") == "all"
    changed = choose_parcels(number, all_parcels=all_parcels, client=client, actor=request.actor)
    return go_to(request, job_url(rehearsed_a_little(changed), client))


@needs(Right.BULK)
@_posted
def job_retry(request: PortalRequest, client: Client, number: int) -> HttpResponse:
    """A new draft of what this job refused."""
    draft = retry_refused(number, client=client, actor=request.actor, at=timezone.now())
    return go_to(request, job_url(rehearsed_a_little(draft), client))


@needs(Right.VIEW)
@require_safe
def job_results(request: PortalRequest, client: str, job: str) -> HttpResponseBase:
    """What became of each order, as a file that a spreadsheet opens without running anything in it."""
    of_client = client_of(request, client)
    found = job_numbered(of_client, _number(job), actor=request.actor)
    shown = Wanted.of(request.GET.dict()).shown
    name = f"job-{found.number}{'' if shown == Shown.ALL else f'-{shown.value}'}.csv"
    return StreamingHttpResponse(
        _lines(found, shown),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(job: Job, shown: Shown) -> Iterator[str]:
    """The file, some hundred lines at a time."""
    text = StringIO()
    writer = csv.writer(text)
    columns, row_of = (_IMPORTED, _imported) if job.deed == JobDeed.IMPORT else (_COLUMNS, _row)
    writer.writerow(columns)
    for count, item in enumerate(every_item(job, shown=shown), start=1):
        writer.writerow(row_of(item, is_draft=job.state == JobState.DRAFT))
        if count % _LINES_AT_ONCE == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


_COLUMNS = ("order", "shipment", "state", "code", "message", "new_shipment")
_IMPORTED = ("line", "rows", "order", "state", "code", "message")


def _row(item: JobItem, *, is_draft: bool) -> Sequence[object]:
    return [item.order_number, item.source, _STATES[item.state], item.code, told_of(item), item.shipment]


def _imported(item: JobItem, *, is_draft: bool) -> Sequence[object]:
    """Of a draft, what would become of it."""
    asked = item.asked or {}
    code, message = foreseen_of(item) if is_draft else (item.code, told_of(item))
    return [asked.get("line"), asked.get("rows"), item.order_number, _STATES[item.state], code, message]


_LINES_AT_ONCE = 500
# Looked up once: a choice composes its label anew each time.
_STATES = {state.value: str(state.label) for state in ItemState}


def _number(given: str) -> int:
    """Refuses `job_not_found` for what no job's number can be."""
    if not _NUMBER.fullmatch(given):
        raise job_not_found(given)
    return int(given)


def _exceptions(request: PortalRequest) -> tuple[set[int], set[int]]:
    """The positions of the page that are not ticked, and those that are."""
    on_page, ticked = _positions(request, "position"), _positions(request, "keep")
    return on_page - ticked, on_page & ticked


def _positions(request: PortalRequest, name: str) -> set[int]:
    """Of one page: nobody sends more than stand on it."""
    given = request.POST.getlist(name)[: 2 * ITEMS_A_PAGE]
    return {int(position) for position in given if _NUMBER.fullmatch(position)}


def _back_to_view(request: PortalRequest, job: Job, client: Client) -> HttpResponse:
    """The page of the job, as its list was filtered."""
    wanted = Wanted.of(request.POST.dict())
    address = ListAddress(job_url(job, client), wanted.parameters)
    return go_to(request, address.having(page=wanted.page[:1_000]))
