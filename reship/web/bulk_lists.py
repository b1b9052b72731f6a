"""A list of orders to re-ship that is uploaded instead of ticking."""

from http import HTTPStatus
from pathlib import Path

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from reship.clients.models import Client
from reship.clients.reasons import reasons_of
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.http_status import status_of
from reship.imports.reship_list import TEMPLATE, read_reship_list
from reship.jobs.make_job import make_job
from reship.jobs.models import Job
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.bulk_edit import bulk_window, job_url, rehearsed_a_little, why_held_in_bulk, why_no_add_back_in_bulk
from reship.web.bulk_forms import ReshipListForm, reasons_of_several
from reship.web.chosen_client import chosen_client
from reship.web.order_forms import reason_choices
from reship.web.uploads import LARGEST_UPLOAD, is_too_large
from reship.web.windows import go_to, refused_in_window


@needs(Right.BULK)
@require_safe
def bulk_list_new(request: PortalRequest) -> HttpResponse:
    return _show(request, _form(request))


@needs(Right.BULK)
def bulk_lists(request: PortalRequest) -> HttpResponse:
    """Makes the draft of a job from the list that is posted."""
    if request.method != "POST":
        return redirect("web:bulk_list_new")
    client = client_of(request, request.POST.get("client", "")) if request.user.client is None else request.user.client
    form = _form(request)
    try:
        job = _make(request, form, client)
    except Refusal as refusal:
        form.show(refusal)
        return _show(request, form, refusal)
    return go_to(request, job_url(rehearsed_a_little(job), client))


@needs(Right.BULK)
@require_safe
def bulk_list_template(request: PortalRequest) -> HttpResponse:
    """An empty list, for a spreadsheet."""
    return HttpResponse(
        TEMPLATE,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="reship-orders.csv"'},
    )


def _make(request: PortalRequest, form: ReshipListForm, client: Client) -> Job:
    options = form.options()
    if is_too_large(request):
        raise Refusal(
            "file_too_large",
            f"The file is larger than {LARGEST_UPLOAD // 1_000_000} MB. Split the list into several.",
            largest=LARGEST_UPLOAD,
        )
    file = request.FILES.get("file")
    if not isinstance(file, TemporaryUploadedFile):
        raise Refusal("file_required", "Choose the file with the list.")
    orders = read_reship_list(Path(file.temporary_file_path()), reasons=reasons_of(client), may_be_packed=False)
    selection = f"{len(orders):,} {'request' if len(orders) == 1 else 'requests'} of {file.name}"
    return make_job(orders, options, client=client, actor=request.actor, at=timezone.now(), selection=selection)


def _form(request: PortalRequest) -> ReshipListForm:
    clients, own = clients_seen_by(request), request.user.client
    return ReshipListForm(
        request.POST if request.method == "POST" else None,
        reasons=reason_choices(reasons_of(own)) if own else reasons_of_several(clients),
        clients=clients,
        chosen=chosen_client(request),
    )


def _show(request: PortalRequest, form: ReshipListForm, refusal: Refusal | None = None) -> HttpResponse:
    own = request.user.client
    content = {
        "form": form,
        "hold_locked": why_held_in_bulk(own) if own else "",
        "add_back_locked": why_no_add_back_in_bulk(own, request.actor) if own else "",
        "refused": refused_in_window(refusal, is_placed=bool(form.errors)),
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return bulk_window(request, "web/_bulk_list.html", content, status=status, title="Upload a list")
