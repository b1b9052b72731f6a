"""Saved views: the window that saves a filter of Manage Orders, and the page where views are renamed and deleted."""

from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reship.clients.roles import Right
from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import PortalRequest, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.forms import OrderListForm
from reship.web.saved_views import LONGEST_NAME, delete_view, rename_view, save_view, view_of, views_of
from reship.web.windows import go_to


class ViewForm(forms.Form):
    """A view's name, and the filter that it keeps."""

    name = forms.CharField(
        max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    query = forms.CharField(required=False, widget=forms.HiddenInput)


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A saved view, with the form that gives it another name."""

    name: str
    address: str
    form: ViewForm
    rename_url: str
    delete_url: str


@needs(Right.VIEW)
@require_safe
def view_new(request: PortalRequest) -> HttpResponse:
    """The window in which the list's filter, which stands in the address, gets a name."""
    return _window(request, ViewForm(initial={"query": request.GET.urlencode()}))


@needs(Right.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def views(request: PortalRequest) -> HttpResponse:
    """The person's saved views; or one more of them."""
    if request.method != "POST":
        return _page(request)
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _window(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = OrderListForm(QueryDict(form.cleaned_data["query"]), clients=clients_seen_by(request))
    address = ListAddress.of(reverse("web:orders"), given)
    if not given.is_valid() or not address.parameters:
        form.add_error(None, "There is no filter here that could be saved. Set one in Manage Orders first.")
        return _window(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        saved = save_view(request.user, name=form.cleaned_data["name"], query=str(address).partition("?")[2])
    except Refusal as refusal:
        form.add_error(None if refusal.code == "too_many_views" else "name", refusal.message)
        return _window(request, form, status=status_of(refusal))
    messages.success(request, f"Saved as “{saved.name}”.")
    return go_to(request, str(address))


@needs(Right.VIEW)
@require_POST
def view_name(request: PortalRequest, view: str) -> HttpResponse:
    """Gives a view another name."""
    view_of(request.user, view)
    form = ViewForm(request.POST, prefix=view)
    try:
        if form.is_valid():
            rename_view(request.user, view, name=form.cleaned_data["name"])
            return go_to(request, reverse("web:views"))
    except Refusal as refusal:
        form.add_error("name", refusal.message)
        return _page(request, wrong=(view, form), status=status_of(refusal))
    return _page(request, wrong=(view, form), status=HTTPStatus.UNPROCESSABLE_ENTITY)


@needs(Right.VIEW)
@require_POST
def view_deletion(request: PortalRequest, view: str) -> HttpResponse:
    delete_view(request.user, view)
    messages.success(request, f"The view “{view}” is deleted; its orders are where they were.")
    return go_to(request, reverse("web:views"))


def _window(request: PortalRequest, form: ViewForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    back = form["query"].value() or ""
    context = {"form": form, "action": reverse("web:views"), "back": f"{reverse('web:orders')}?{back}"}
    template = "web/_view.html" if request.htmx else "web/view.html"
    return render(request, template, context, status=status)


def _page(
    request: PortalRequest, *, wrong: tuple[str, ViewForm] | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    """`wrong` is a view's name and the form that was refused for it."""
    rows = []
    for number, saved in enumerate(views_of(request.user), start=1):
        form = ViewForm(initial={"name": saved.name}, prefix=saved.name, auto_id=f"view_{number}_%s")
        form.fields["name"].label = f"Name of {saved.name}"
        del form.fields["name"].widget.attrs["autofocus"]
        if wrong is not None and wrong[0] == saved.name:
            form = wrong[1]
        rows.append(
            ViewRow(
                saved.name,
                f"{reverse('web:orders')}?{saved.query}",
                form,
                reverse("web:view_name", args=[saved.name]),
                reverse("web:view_deletion", args=[saved.name]),
            )
        )
    return render(request, "web/views.html", {"rows": rows}, status=status)
