"""`/webhook-endpoints`: who is told what happens, and how it arrived."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Body, Query, Router
from pydantic import Field, WithJsonSchema

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.operations import does, reads
from reship.api.schemas import Asked, Moment, PageAsked, PageTold, Told, cursors_of
from reship.clients.roles import Right
from reship.name_paths import NameConverter
from reship.webhooks.endpoints import (
    EndpointChange,
    EndpointWish,
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    make_endpoint,
    remove_endpoint,
    rotate_secret,
    show_secret,
)
from reship.webhooks.event_types import CHOSEN_FROM, WebhookType
from reship.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from reship.webhooks.queries import DeliveryFilter, delivery_of, endpoint_of, endpoints_of, find_deliveries
from reship.webhooks.resend import resend_delivery, resend_failed, send_test_event

router = Router(tags=["Webhooks"])
PATH = "/webhook-endpoints"
OF_ONE = f"{PATH}/{{name:endpoint}}"
DELIVERIES = f"{OF_ONE}/deliveries"
OF_DELIVERY = f"{DELIVERIES}/{{name:message}}"

_TypeAsked = Annotated[str, WithJsonSchema({"type": "string", "enum": [kind.value for kind in CHOSEN_FROM]})]
"""A type of event. The verb checks it, so that each door refuses it alike."""


class EndpointAsked(Asked):
    """An endpoint that is to be."""

    url: str = Field(
        max_length=2_000,
        description="Where messages go: https, and public.",
        examples=["https://shop.example/webhooks"],
    )
    description: str = Field("", json_schema_extra={"maxLength": 200})
    event_types: list[_TypeAsked] = Field(
        default=[],
        max_length=100,
        description="None means all, also those that come later.",
        examples=[["order.reshipped"]],
    )


class EndpointChangeAsked(Asked):
    """What shall be different; what is left out stays as it is."""

    url: str | None = Field(None, max_length=2_000)
    description: str | None = Field(None, json_schema_extra={"maxLength": 200})
    event_types: list[_TypeAsked] | None = Field(None, max_length=100, description="An empty list means all.")
    enabled: bool | None = Field(None, description="False stops sending there; what waits goes on waiting.")


class RotationAsked(Asked):
    """A new secret. The body may be left out."""

    overlap_hours: int = Field(24, ge=0, le=168, description="How long the old secret signs as well.")


_FOR_A_DAY = RotationAsked(overlap_hours=24)


class ResendsAsked(Asked):
    """What to send again: all that was given up since then."""

    since: Moment


class EndpointTold(Told):
    """An address that is told what happens."""

    id: str = Field(examples=["we_0123456789abcdef"])
    url: str
    description: str
    event_types: list[WebhookType] = Field(description="None means all.")
    enabled: bool
    disabled_at: datetime | None
    disabled_why: str
    failing_since: datetime | None = Field(description="Of the first failure since anything last arrived.")
    made_by: str
    made_at: datetime

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "EndpointTold":
        return cls(
            id=endpoint.reference,
            url=endpoint.url,
            description=endpoint.description,
            event_types=[WebhookType(kind) for kind in endpoint.event_types],
            enabled=endpoint.is_enabled,
            disabled_at=endpoint.disabled_at,
            disabled_why=endpoint.disabled_why,
            failing_since=endpoint.failing_since,
            made_by=endpoint.made_by,
            made_at=endpoint.made_at,
        )


class EndpointsTold(Told):
    data: list[EndpointTold]


class SecretTold(Told):
    """What the receiver verifies messages with."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class DeliveriesAsked(PageAsked):
    """Which deliveries."""

    state: DeliveryState | None = Field(None, strict=False)
    type: WebhookType | None = Field(None, strict=False)
    order: str = Field("", max_length=40, description="Number of an order.")


class DeliveryTold(Told):
    """A message on its way to an endpoint."""

    id: str = Field(description="The message's `webhook-id`.", examples=["msg_0123456789abcdef01234567"])
    type: WebhookType
    order: str | None = Field(description="Null for a test.")
    state: DeliveryState
    attempts: int
    last_status: int | None = Field(description="Null when there was no answer.")
    last_failure: str = Field(description="Why it did not arrive the last time; empty when it did.")
    next_at: datetime | None = Field(description="When it is tried next; null also while it waits for its turn.")
    made_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "DeliveryTold":
        return cls(
            id=delivery.message.reference,
            type=WebhookType(delivery.message.type),
            order=delivery.order.number if delivery.order else None,
            state=DeliveryState(delivery.state),
            attempts=delivery.attempts,
            last_status=delivery.last_status or None,
            last_failure=delivery.last_failure,
            next_at=delivery.next_at,
            made_at=delivery.made_at,
            ended_at=delivery.ended_at,
        )


class AttemptTold(Told):
    """A request to the endpoint and its answer."""

    number: int
    at: datetime
    url: str
    status: int | None = Field(description="Null when there was no answer.")
    failure: str
    answer: str = Field(description="The beginning of the answer's body.")
    milliseconds: int

    @classmethod
    def of(cls, attempt: WebhookAttempt) -> "AttemptTold":
        return cls(
            number=attempt.number,
            at=attempt.at,
            url=attempt.url,
            status=attempt.status or None,
            failure=attempt.failure,
            answer=attempt.answer,
            milliseconds=attempt.milliseconds,
        )


class DeliveryInFullTold(DeliveryTold):
    """A delivery with the message as it is signed and sent, and every attempt."""

    body: str
    attempts_made: list[AttemptTold]


class DeliveriesTold(PageTold):
    """A page of deliveries."""

    data: list[DeliveryTold]


class ResendsTold(Told):
    """How many messages are sent again."""

    resent: int


_ID = {"endpoint": "$response.body#/id"}
_LINKS = {
    "get": {"operationId": "get_webhook_endpoint", "parameters": _ID},
    "change": {"operationId": "change_webhook_endpoint", "parameters": _ID},
    "deliveries": {"operationId": "list_webhook_deliveries", "parameters": _ID},
    "test": {"operationId": "send_webhook_test", "parameters": _ID},
}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where it is to be found."}}


@reads(router, PATH, Right.WEBHOOKS, answer=EndpointsTold)
def list_webhook_endpoints(request: ApiRequest) -> EndpointsTold:
    """List webhook endpoints, the newest first."""
    return EndpointsTold(
        data=[EndpointTold.of(row.endpoint) for row in endpoints_of(request.client, actor=request.actor)]
    )


@does(
    router,
    "POST",
    PATH,
    Right.WEBHOOKS,
    answers={201: EndpointTold},
    example={"url": "https://shop.example/webhooks", "event_types": ["order.reshipped"]},
    headers=_LOCATION,
    links={201: _LINKS},
)
def create_webhook_endpoint(request: ApiRequest, asked: EndpointAsked) -> HttpResponse:
    """Add a webhook endpoint, which is told what happens from now on.

    Its secret is not in the answer, which is kept for repeated requests: get it from its own address.
    """
    wish = EndpointWish(asked.url, asked.description, asked.event_types)

    def work() -> Done:
        made = make_endpoint(
            wish, client=request.client, actor=request.actor, at=request.at, address=_address_of(request)
        )
        return Done(EndpointTold.of(made.endpoint), status=201, location=_path(made.endpoint.reference))

    return answer_once(request, work)


@reads(router, OF_ONE, Right.WEBHOOKS, answer=EndpointTold, links={200: _LINKS})
def get_webhook_endpoint(request: ApiRequest, endpoint: str) -> EndpointTold:
    """Get a webhook endpoint."""
    return EndpointTold.of(endpoint_of(endpoint, client=request.client, actor=request.actor))


@does(
    router,
    "PATCH",
    OF_ONE,
    Right.WEBHOOKS,
    answers={200: EndpointTold},
    example={"event_types": ["order.reshipped", "shipment.lost"]},
    links={200: _LINKS},
)
def change_webhook_endpoint(request: ApiRequest, endpoint: str, asked: EndpointChangeAsked) -> HttpResponse:
    """Change a webhook endpoint: its address, its types of events; disable or enable it."""

    def work() -> Done:
        change = EndpointChange(asked.url, asked.description, asked.event_types)
        more: dict[str, Any] = {"client": request.client, "actor": request.actor, "at": request.at}
        more["address"] = _address_of(request)
        if asked.enabled is not None:
            (enable_endpoint if asked.enabled else disable_endpoint)(endpoint, **more)
        return Done(EndpointTold.of(change_endpoint(endpoint, change, **more)))

    return answer_once(request, work)


@does(router, "DELETE", OF_ONE, Right.WEBHOOKS, answers={200: EndpointTold})
def remove_webhook_endpoint(request: ApiRequest, endpoint: str) -> HttpResponse:
    """Remove a webhook endpoint. Nothing is sent there any more, not even what waits."""

    def work() -> Done:
        removed = remove_endpoint(
            endpoint, client=request.client, actor=request.actor, at=request.at, address=_address_of(request)
        )
        return Done(EndpointTold.of(removed))

    return answer_once(request, work)


@reads(router, f"{OF_ONE}/secret", Right.WEBHOOKS, answer=SecretTold)
def get_webhook_secret(request: ApiRequest, endpoint: str) -> SecretTold:
    """Get the secret of a webhook endpoint. That it was looked at is noted in Activity."""
    shown = show_secret(
        endpoint, client=request.client, actor=request.actor, at=request.at, address=_address_of(request)
    )
    return SecretTold(secret=shown.secret)


@does(
    router,
    "POST",
    f"{OF_ONE}/secret-rotations",
    Right.WEBHOOKS,
    answers={201: EndpointTold},
    example={"overlap_hours": 24},
)
def rotate_webhook_secret(
    request: ApiRequest, endpoint: str, asked: Annotated[RotationAsked, Body()] = _FOR_A_DAY
) -> HttpResponse:
    """Make a new secret for a webhook endpoint. For the overlap each message is signed with both.

    Its secret is not in the answer, which is kept for repeated requests: get it from its own address.
    """

    def work() -> Done:
        rotated = rotate_secret(
            endpoint,
            overlap=timedelta(hours=asked.overlap_hours),
            client=request.client,
            actor=request.actor,
            at=request.at,
            address=_address_of(request),
        )
        return Done(EndpointTold.of(rotated.endpoint), status=201)

    return answer_once(request, work)


@does(router, "POST", f"{OF_ONE}/tests", Right.WEBHOOKS, answers={201: DeliveryTold}, headers=_LOCATION)
def send_webhook_test(request: ApiRequest, endpoint: str) -> HttpResponse:
    """Send a test to a webhook endpoint, whatever types of events it chose."""

    def work() -> Done:
        sent = send_test_event(endpoint, client=request.client, actor=request.actor, at=request.at)
        location = f"{_path(endpoint)}/deliveries/{sent.message.reference}"
        return Done(DeliveryTold.of(sent), status=201, location=location)

    return answer_once(request, work)


@does(
    router,
    "POST",
    f"{OF_ONE}/resends",
    Right.WEBHOOKS,
    answers={200: ResendsTold},
    example={"since": "2026-03-01T00:00:00Z"},
)
def resend_failed_webhooks(request: ApiRequest, endpoint: str, asked: ResendsAsked) -> HttpResponse:
    """Send again all that was given up since then, in its order."""

    def work() -> Done:
        again = resend_failed(endpoint, since=asked.since, client=request.client, actor=request.actor, at=request.at)
        return Done(ResendsTold(resent=again))

    return answer_once(request, work)


@reads(router, DELIVERIES, Right.WEBHOOKS, answer=DeliveriesTold)
def list_webhook_deliveries(
    request: ApiRequest, endpoint: str, asked: Annotated[DeliveriesAsked, Query()]
) -> DeliveriesTold:
    """List what was sent to a webhook endpoint within 30 days, the newest first."""
    found = endpoint_of(endpoint, client=request.client, actor=request.actor)
    wanted = DeliveryFilter(state=asked.state or "", type=asked.type or "", order=asked.order)
    page = find_deliveries(found, wanted, limit=asked.limit, after=asked.after)
    return DeliveriesTold(data=[DeliveryTold.of(delivery) for delivery in page.rows], **cursors_of(page))


@reads(router, OF_DELIVERY, Right.WEBHOOKS, answer=DeliveryInFullTold)
def get_webhook_delivery(request: ApiRequest, endpoint: str, message: str) -> DeliveryInFullTold:
    """Get a delivery: the message, word for word, and each attempt with its answer."""
    shown = delivery_of(endpoint_of(endpoint, client=request.client, actor=request.actor), message)
    return DeliveryInFullTold(
        **DeliveryTold.of(shown.delivery).model_dump(),
        body=shown.delivery.message.body,
        attempts_made=[AttemptTold.of(attempt) for attempt in shown.attempts],
    )


@does(router, "POST", f"{OF_DELIVERY}/resends", Right.WEBHOOKS, answers={200: DeliveryTold})
def resend_webhook_delivery(request: ApiRequest, endpoint: str, message: str) -> HttpResponse:
    """Send a message again, now, with the same id; an earlier message of its order comes first."""

    def work() -> Done:
        again = resend_delivery(endpoint, message, client=request.client, actor=request.actor, at=request.at)
        return Done(DeliveryTold.of(again))

    return answer_once(request, work)


def _path(endpoint: str) -> str:
    return f"/api/v1/webhook-endpoints/{NameConverter().to_url(endpoint)}"


def _address_of(request: ApiRequest) -> str:
    """The network address that a deed came from, as the log of settings keeps it."""
    return str(request.META.get("REMOTE_ADDR", ""))
