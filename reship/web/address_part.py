"""The address of a form for another country: the part of a window that renews itself when a country is chosen."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from reship.clients.roles import Right
from reship.orders.addresses import Address
from reship.web.access import PortalRequest, needs
from reship.web.order_forms import AddressedForm


@needs(Right.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def address_fields(request: PortalRequest) -> HttpResponse:
    """What was typed, in the fields of the country that was chosen. Reads and writes nothing."""
    if request.method != "POST":
        return redirect("web:orders")
    form = AddressedForm(request.POST, address=Address(), method="")
    return render(request, "web/_address.html", {"form": form})
