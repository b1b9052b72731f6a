"""The way into the API for whoever has no repository: its address here, and where the rest of it is told."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from reship.clients.roles import Right
from reship.web.access import PortalRequest, needs
from reship.web.key_forms import SCOPES


@needs(Right.VIEW)
@require_safe
def developers(request: PortalRequest) -> HttpResponse:
    scopes = [(scope.value, words) for scope, (_, words) in SCOPES.items()]
    return render(request, "web/developers.html", {"keys_address": _keys_address(request), "scopes": scopes})


def _keys_address(request: PortalRequest) -> str:
    """Where this person makes a key: a client's at once, the company's people by way of a client; or nowhere."""
    if not request.actor.may(Right.KEYS):
        return ""
    client = request.user.client
    return reverse("web:keys", args=[client.code]) if client else reverse("web:clients")
