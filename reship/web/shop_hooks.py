"""What shops say by themselves: their webhooks, signed with a secret that only the shop and we know.

An unknown shop and a wrong signature are answered alike, and nothing is read before the signature fits. Whatever a shop
may say is answered with 200 from then on: a shop that hears "no" for orders that cannot be placed would stop calling.
"""

from http import HTTPStatus

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from reship import intake, strict_json
from reship.channels.models import Shop, ShopKind
from reship.channels.port import ShopsOrder
from reship.channels.registry import KINDS, Kind, is_signed
from reship.channels.shops import shop_of, webhook_secret_of
from reship.channels.take_order import message_id_of, note_message, take_order
from reship.channels.woocommerce import is_ping
from reship.clients.directory import client_by_code
from reship.clients.models import Client
from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import open_to_everybody

LARGEST_BODY = 2_000_000
"""In bytes; an order of a thousand lines has less."""
log = structlog.get_logger()


@open_to_everybody
@csrf_exempt  # Nobody's browser is behind it: the signature is the proof.
@require_POST
def shop_hook(request: HttpRequest, kind: str, public_id: str) -> HttpResponse:
    """One thing that a shop says of one order."""
    if kind not in KINDS:
        return _not_authorized()
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return JsonResponse({"code": "body_too_large"}, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    headers = KINDS[kind]
    signature = request.headers.get(headers.signature_header, "")
    if kind == ShopKind.WOOCOMMERCE and not signature and is_ping(body):
        # It is not signed and tells nothing; whoever saves a webhook there sees an error without this answer.
        return JsonResponse({"outcome": "ping"})
    client, shop = _found(kind, public_id)
    if not is_signed(body, signature, webhook_secret_of(shop) if shop else None) or client is None or shop is None:
        return _not_authorized()
    return _heard(
        shop,
        client,
        body,
        topic=request.headers.get(headers.topic_header, ""),
        message_id=message_id_of(request.headers.get(headers.id_header, ""), body),
    )


def _heard(shop: Shop, client: Client, body: bytes, *, topic: str, message_id: str) -> HttpResponse:
    kind, at = KINDS[shop.kind], timezone.now()
    try:
        if topic not in kind.topics:
            text = f"News of {intake.shown(topic)} are not for us; send those of orders only."
            note_message(text, shop=shop, client=client, message_id=message_id, topic=topic, code="other_topic", at=at)
            return JsonResponse({"outcome": "LEFT_OUT", "code": "other_topic"})
        said = _read(kind, body)
        taken = take_order(said, shop=shop, client=client, message_id=message_id, topic=topic, at=at)
    except Refusal as refusal:
        # The database is too busy: the shop calls again, or the next poll finds it.
        log.warning("A shop's news could not be taken.", client=client.code, shop=shop.name, refusal=str(refusal))
        return JsonResponse({"code": refusal.code}, status=status_of(refusal))
    return JsonResponse({"outcome": taken.outcome, "code": taken.code, "repeated": taken.is_repeated})


def _read(kind: Kind, body: bytes) -> ShopsOrder | Refusal:
    try:
        return kind.order_from(strict_json.parse(body, largest=LARGEST_BODY))
    except Refusal as refusal:
        return refusal


def _found(kind: str, public_id: str) -> tuple[Client | None, Shop | None]:
    """The id begins with the client's code, so that one client's rows are looked through and no others."""
    try:
        client = client_by_code(public_id.rpartition("-")[0])
        shop = shop_of(public_id, client=client)
    except Refusal:
        return None, None
    return (client, shop) if shop.kind == kind else (None, None)


def _not_authorized() -> HttpResponse:
    return JsonResponse({"code": "not_authorized"}, status=HTTPStatus.UNAUTHORIZED)
