"""Orders → Import: a file of orders is uploaded, and becomes the draft of a job."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.http_status import status_of
from reship.imports.import_job import make_import_job
from reship.imports.source import AUTO, ImportRequest
from reship.jobs.asking import MOST_ORDERS
from reship.jobs.models import Job
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.bulk_edit import bulk_window, job_url, rehearsed_a_little
from reship.web.chosen_client import chosen_client
from reship.web.order_forms import AskingForm
from reship.web.uploads import LARGEST_IMPORT, is_too_large
from reship.web.windows import go_to, refused_in_window

FORMATS = [
    (AUTO, "Told by its columns"),
    ("shopify", "Shopify: order export"),
    ("woocommerce", "WooCommerce: WebToffee or Advanced Order Export"),
    ("reship", "Reship: plain CSV"),
    ("online-retail", "Online Retail data set"),
]
_OF_FILES = frozenset(
    {"empty_file", "file_required", "file_too_large", "file_unreadable", "too_many_orders", "duplicate_order"}
)


class OrderImportForm(AskingForm):
    """The file, and what is made of it."""

    client = forms.ChoiceField(label="Client")
    file = forms.FileField(label="File", widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}))
    format = forms.ChoiceField(label="Format", choices=FORMATS, required=False)
    fields_of_codes = {"unknown_format": "format", "wrong_columns": "file", "scattered_orders": "file"}

    def __init__(self, data: Mapping[str, Any] | None = None, *, clients: Iterable[Client], chosen: str = "") -> None:
        """`clients` are those to choose from, none for people of one; `chosen` is the code that is chosen at first."""
        super().__init__(data)
        choices = [(client.code, client.name) for client in clients]
        client = self.fields["client"]
        assert isinstance(client, forms.ChoiceField)
        client.choices = choices
        client.initial = chosen
        if not choices:
            del self.fields["client"]

    @property
    def create_products(self) -> bool:
        """Yes, until somebody says otherwise."""
        return not self.is_bound or self.typed("products") == "make"

    @property
    def as_departed(self) -> bool:
        return self.typed("departed") == "all"

    def field_of(self, refusal: Refusal) -> str:
        is_about_file = "line" in refusal.figures or refusal.code in _OF_FILES
        return "file" if is_about_file else super().field_of(refusal)


@needs(Right.BULK)
@require_safe
def order_import_new(request: PortalRequest) -> HttpResponse:
    return _show(request, _form(request))


@needs(Right.BULK)
def order_imports(request: PortalRequest) -> HttpResponse:
    """Makes the draft of a job from the file that is posted."""
    if request.method != "POST":
        return redirect("web:order_import_new")
    client = client_of(request, request.POST.get("client", "")) if request.user.client is None else request.user.client
    form = _form(request)
    try:
        job = _make(request, form, client)
    except Refusal as refusal:
        form.show(refusal)
        return _show(request, form, refusal)
    return go_to(request, job_url(rehearsed_a_little(job), client))


def _make(request: PortalRequest, form: OrderImportForm, client: Client) -> Job:
    if is_too_large(request):
        raise Refusal(
            "file_too_large",
            f"The file is larger than {LARGEST_IMPORT // 1_000_000} MB. Export fewer orders at once.",
            largest=LARGEST_IMPORT,
        )
    file = request.FILES.get("file")
    if not isinstance(file, TemporaryUploadedFile):
        raise Refusal("file_required", "Choose the file with the orders.")
    wanted = ImportRequest(
        file=Path(file.temporary_file_path()),
        client=client.code,
        format=form.typed("format") or AUTO,
        create_products=form.create_products,
        as_departed=form.as_departed,
    )
    return make_import_job(
        wanted, file_name=file.name or "a file", client=client, actor=request.actor, at=timezone.now()
    )


def _form(request: PortalRequest) -> OrderImportForm:
    data = request.POST if request.method == "POST" else None
    return OrderImportForm(data, clients=clients_seen_by(request), chosen=chosen_client(request))


def _show(request: PortalRequest, form: OrderImportForm, refusal: Refusal | None = None) -> HttpResponse:
    content: dict[str, object] = {
        "form": form,
        "refused": refused_in_window(refusal, is_placed=bool(form.errors)),
        "largest": LARGEST_IMPORT // 1_000_000,
        "most": MOST_ORDERS,
    }
    status = status_of(refusal) if refusal else HTTPStatus.OK
    return bulk_window(request, "web/_order_import.html", content, status=status, title="Import orders")
