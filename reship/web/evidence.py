"""Photos of a reshipment: adding some on Order Details, and the pictures themselves."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from django_scopes import scope

from reship import intake
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.add_evidence import add_evidence
from reship.fulfilment.photo import LARGEST_FILE, Upload, photo_too_large, thumbnail
from reship.orders.models import EvidencePhoto, Shipment
from reship.web.access import PortalRequest, client_of, needs
from reship.web.order_details import order_response
from reship.web.uploads import is_too_large
from reship.web.windows import Paths, go_to, posted

THUMBNAIL_SIDE = 240
"""In pixels: twice what a thumbnail takes on the page, for screens with two per point."""
_POSITIONS = frozenset("12345")


@needs(Right.RESHIP)
@posted
def evidence(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """Adds the photos that are posted; a refusal is shown at the shipment."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        if not Shipment.objects.filter(number=shipment, order__number=number).exists():
            raise Http404
    try:
        if is_too_large(request):
            raise photo_too_large("The file")
        uploads = [_upload(file) for file in request.FILES.getlist("photo")]
        added = add_evidence(shipment, uploads, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        if refusal.code == "shipment_not_found":
            raise
        return order_response(request, of_client, number, refusal=refusal, shipment=shipment)
    count = len(added)
    told = f"{count} {'photo' if count == 1 else 'photos'} added to {shipment}."
    messages.success(request, told if added else f"{shipment} had these photos already.")
    return go_to(request, Paths(of_client.code, number).shown(shipment))


@needs(Right.VIEW)
@require_safe
def evidence_photo(request: PortalRequest, client: str, number: str, shipment: str, photo: str) -> HttpResponse:
    """One photo, whole or small. What is served was encoded here: no byte of an uploaded file is."""
    of_client = client_of(request, client)
    if photo not in _POSITIONS or not intake.can_be_stored(number) or not intake.can_be_stored(shipment):
        raise Http404
    with scope(client=of_client.pk):
        found = EvidencePhoto.objects.filter(
            reshipment__shipment__number=shipment, reshipment__order__number=number, position=int(photo)
        ).first()
    if found is None:
        raise Http404
    content = bytes(found.content)
    if "small" in request.GET:
        content = thumbnail(content, side=THUMBNAIL_SIDE)
    name = content_disposition_header(False, f"{shipment}-{photo}.jpg") or "inline"
    return HttpResponse(content, content_type="image/jpeg", headers={"Content-Disposition": name})


def _upload(file: "UploadedFile[bytes]") -> Upload:
    """Read no further than is needed to see that it is too large."""
    return Upload(file.name or "", file.read(LARGEST_FILE + 1))
