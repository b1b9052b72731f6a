"""The switch between clients: the fulfilment company's people choose one in the header, and lists are narrowed to it.

The choice lives in the session and is only where a list starts: the list writes it into its own address at once, so
that links, saved filters and bulk deeds say whose orders are meant, whatever is chosen in another tab meanwhile.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.windows import go_to

_KEPT_AS = "chosen_client"


@dataclass(frozen=True, slots=True)
class ClientSwitch:
    """What the window shows; `chosen` is a code, empty for all clients."""

    clients: list[Client]
    chosen: str
    back: str


def chosen_client(request: PortalRequest) -> str:
    """The code of the client chosen in the header; empty for all of them, and for people of a client."""
    if not request.actor.is_of_company:
        return ""
    return str(request.session.get(_KEPT_AS, {}).get("code", ""))


def keep_name(request: PortalRequest, client: Client) -> None:
    """The header shows the name that a client has now, if it is the one that is chosen."""
    if chosen_client(request) == client.code:
        request.session[_KEPT_AS] = {"code": client.code, "name": client.name}


def list_query(request: PortalRequest, asked: QueryDict | None = None) -> QueryDict:
    """What a list is asked for: what stands in its address, and the client chosen in the header unless that says one.

    `asked` is the query of another address than the one of the request.
    """
    asked = request.GET if asked is None else asked
    chosen = chosen_client(request)
    if not chosen or "client" in asked:
        return asked
    query = asked.copy()
    query["client"] = chosen
    return query


@needs(Right.CHOOSE_CLIENT)
@require_http_methods(["GET", "HEAD", "POST"])
def client_switch(request: PortalRequest) -> HttpResponse:
    """The window with all clients; or the choice of one, or of all."""
    if request.method == "POST":
        code = request.POST.get("client", "")
        if code:
            client = client_of(request, code)
            request.session[_KEPT_AS] = {"code": client.code, "name": client.name}
        else:
            request.session.pop(_KEPT_AS, None)
        return go_to(request, _same_list(request.POST.get("next", "")))
    where = request.htmx.current_url_abs_path if request.htmx else request.GET.get("next")
    content = ClientSwitch(clients_seen_by(request), chosen_client(request), back=_safe(where or ""))
    template = "web/_client_switch.html" if request.htmx else "web/client_switch.html"
    return render(request, template, {"window": content})


def _same_list(address: str) -> str:
    """The list where somebody was, from its start and without another client; orders, when it was no list."""
    parts = urlsplit(_safe(address))
    try:
        is_of_client = "client" in resolve(parts.path).kwargs
    except Resolver404:
        is_of_client = True
    if is_of_client or parts.path == reverse("web:client_switch"):
        return reverse("web:orders")
    query = QueryDict(parts.query, mutable=True)
    for name in ("client", "page"):
        query.pop(name, None)
    return f"{parts.path}?{query.urlencode()}" if query else parts.path


def _safe(address: str) -> str:
    """A page of this portal and no other."""
    is_own = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_own else reverse("web:orders")
