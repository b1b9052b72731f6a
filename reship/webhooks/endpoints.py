"""Endpoints: made, changed, disabled, enabled, removed, and their secrets. Everything is logged."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet
from django_scopes import scope

from reship import intake, outgoing
from reship.clients.access import Actor, require
from reship.clients.account_log import What, changes_between, log
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.webhooks.event_types import CHOSEN_FROM
from reship.webhooks.models import WebhookEndpoint
from reship.webhooks.secrets import current_secret, new_secret, sealed

T = TypeVar("T")

MOST_ENDPOINTS = 16
LONGEST_OVERLAP = timedelta(days=7)
DEFAULT_OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class EndpointWish:
    """What an endpoint is to be. No event types means all of them, also those that come later."""

    url: str
    description: str = ""
    event_types: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What is to be different at an endpoint; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    event_types: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class SecretShown:
    """An endpoint and the secret that its receiver verifies with."""

    endpoint: WebhookEndpoint
    secret: str


def make_endpoint(wish: EndpointWish, *, client: Client, actor: Actor, at: datetime, address: str) -> SecretShown:
    """An endpoint that is told what happens from now on.

    Refuses `not_allowed`, `client_not_found`, `invalid_url`, `invalid_text`, `invalid_event_type`,
    `too_many_endpoints`.
    """
    _require(actor, client)
    checked, secret = _checked(wish), new_secret()

    def work() -> SecretShown:
        _lock_client(client)
        there = _kept().count()
        if there >= MOST_ENDPOINTS:
            raise Refusal(
                "too_many_endpoints",
                f"A client has at most {MOST_ENDPOINTS} webhook endpoints. Remove one first.",
                there=there,
                most=MOST_ENDPOINTS,
            )
        endpoint = WebhookEndpoint.objects.create(
            client=client,
            reference=f"we_{secrets.token_hex(8)}",
            url=checked.url,
            description=checked.description,
            event_types=list(checked.event_types),
            secret=sealed(secret),
            made_by=actor.name,
            made_at=at,
        )
        _set_sends_events(client)
        _log(What.WEBHOOK_MADE, endpoint, client, actor, at, address, types=_types_in_words(endpoint))
        return SecretShown(endpoint, secret)

    return _in_client(client, work)


def change_endpoint(
    reference: str, change: EndpointWish | EndpointChange, *, client: Client, actor: Actor, at: datetime, address: str
) -> WebhookEndpoint:
    """What waits for the endpoint goes to its new address.

    Refuses as `make_endpoint` does, and `endpoint_not_found`.
    """
    _require(actor, client)

    def work() -> WebhookEndpoint:
        endpoint = _locked(reference)
        before = _told(endpoint)
        wish = EndpointWish(
            endpoint.url if change.url is None else change.url,
            endpoint.description if change.description is None else change.description,
            endpoint.event_types if change.event_types is None else change.event_types,
        )
        checked = _checked(wish)
        endpoint.url, endpoint.description = checked.url, checked.description
        endpoint.event_types = list(checked.event_types)
        if changes := changes_between(before, _told(endpoint)):
            endpoint.save(update_fields=["url", "description", "event_types"])
            log(
                What.WEBHOOK_CHANGED,
                actor=actor,
                at=at,
                address=address,
                client=client,
                changes=changes,
                webhook=endpoint.reference,
                url=endpoint.url,
            )
        return endpoint

    return _in_client(client, work)


def disable_endpoint(
    reference: str, *, client: Client, actor: Actor, at: datetime, address: str, why: str = ""
) -> WebhookEndpoint:
    """Stops telling it anything: what waits goes on waiting, and what happens meanwhile is not kept for it.

    Refuses `not_allowed`, `endpoint_not_found`.
    """
    _require(actor, client)

    def work() -> WebhookEndpoint:
        _lock_client(client)
        endpoint = _locked(reference)
        if endpoint.disabled_at is not None:
            return endpoint
        endpoint.disabled_at, endpoint.disabled_why = at, why[:300] or f"Disabled by {actor.name}."
        endpoint.save(update_fields=["disabled_at", "disabled_why"])
        _set_sends_events(client)
        _log(What.WEBHOOK_DISABLED, endpoint, client, actor, at, address, why=endpoint.disabled_why)
        return endpoint

    return _in_client(client, work)


def enable_endpoint(reference: str, *, client: Client, actor: Actor, at: datetime, address: str) -> WebhookEndpoint:
    """Tells it again what happens from now on, and what waits for it. Refuses `not_allowed`, `endpoint_not_found`."""
    _require(actor, client)

    def work() -> WebhookEndpoint:
        _lock_client(client)
        endpoint = _locked(reference)
        if endpoint.disabled_at is None:
            return endpoint
        endpoint.disabled_at, endpoint.disabled_why, endpoint.failing_since = None, "", None
        endpoint.save(update_fields=["disabled_at", "disabled_why", "failing_since"])
        _set_sends_events(client)
        _log(What.WEBHOOK_ENABLED, endpoint, client, actor, at, address)
        return endpoint

    return _in_client(client, work)


def remove_endpoint(reference: str, *, client: Client, actor: Actor, at: datetime, address: str) -> WebhookEndpoint:
    """Nothing is sent there any more, and its secrets are forgotten. Refuses `not_allowed`, `endpoint_not_found`."""
    _require(actor, client)

    def work() -> WebhookEndpoint:
        _lock_client(client)
        endpoint = _locked(reference)
        endpoint.removed_at, endpoint.secret, endpoint.old_secret = at, "", ""
        endpoint.save(update_fields=["removed_at", "secret", "old_secret"])
        _set_sends_events(client)
        _log(What.WEBHOOK_REMOVED, endpoint, client, actor, at, address)
        return endpoint

    return _in_client(client, work)


def rotate_secret(
    reference: str, *, overlap: timedelta, client: Client, actor: Actor, at: datetime, address: str
) -> SecretShown:
    """A new secret; for the overlap, 0 to 7 days, each message is signed with the one before as well.

    Refuses `not_allowed`, `endpoint_not_found`, `invalid_time`.
    """
    _require(actor, client)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refusal(
            "invalid_time",
            f"The old secret may sign for 0 to {_hours(LONGEST_OVERLAP)} hours more.",
            largest=_hours(LONGEST_OVERLAP),
        )
    secret = new_secret()

    def work() -> SecretShown:
        endpoint = _locked(reference)
        endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, at + overlap
        endpoint.secret = sealed(secret)
        endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
        _log(What.WEBHOOK_SECRET_ROTATED, endpoint, client, actor, at, address, hours=_hours(overlap))
        return SecretShown(endpoint, secret)

    return _in_client(client, work)


def show_secret(reference: str, *, client: Client, actor: Actor, at: datetime, address: str) -> SecretShown:
    """The secret once more, on purpose and logged.

    Refuses `not_allowed`, `endpoint_not_found`, and `secret_lost` when the installation's secret key has changed.
    """
    _require(actor, client)

    def work() -> SecretShown:
        endpoint = _locked(reference)
        secret = current_secret(endpoint)
        if secret is None:
            raise secret_lost()
        _log(What.WEBHOOK_SECRET_SHOWN, endpoint, client, actor, at, address)
        return SecretShown(endpoint, secret)

    return _in_client(client, work)


def endpoint_not_found(reference: str) -> Refusal:
    name = intake.named(reference)
    return Refusal("endpoint_not_found", f"There is no webhook endpoint {name}.", endpoint=name)


def secret_lost() -> Refusal:
    return Refusal(
        "secret_lost", "This secret cannot be read any more: rotate it, and give the new one to the receiver."
    )


def _in_client(client: Client, work: Callable[[], T]) -> T:
    with scope(client=client.pk):
        return one_transaction(work)


def _require(actor: Actor, client: Client) -> None:
    require(actor, Right.WEBHOOKS)
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)


def _lock_client(client: Client) -> None:
    """Before the endpoint: whether anybody listens is kept with the client, and looks at all its endpoints."""
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)


def _set_sends_events(client: Client) -> None:
    sends = any(endpoint.is_enabled for endpoint in _kept())
    Client.objects.filter(pk=client.pk).exclude(sends_events=sends).update(sends_events=sends)
    client.sends_events = sends


def _kept() -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(removed_at__isnull=True)


def _locked(reference: str) -> WebhookEndpoint:
    known = (
        _kept().select_for_update(no_key=True) if intake.can_be_stored(reference) else WebhookEndpoint.objects.none()
    )
    endpoint = known.filter(reference=reference).first()
    if endpoint is None:
        raise endpoint_not_found(reference)
    return endpoint


def _checked(wish: EndpointWish) -> EndpointWish:
    url = wish.url.strip()
    try:
        outgoing.check_url(url)
    except outgoing.Unreachable as error:
        allowed_by = outgoing.ALLOWED_BY if error.can_be_allowed else None
        raise Refusal(
            "invalid_url", error.message, field="url", failure=error.failure.value, setting=allowed_by
        ) from error
    if not url.isascii() or not url.isprintable():
        raise Refusal("invalid_url", "Write the address in ASCII: names in other letters as xn--….", field="url")
    known = [kind.value for kind in CHOSEN_FROM]
    for given in wish.event_types:
        if given not in known:
            raise Refusal(
                "invalid_event_type", f"{intake.shown(given)} is no type of event.", field="event_types", known=[*known]
            )
    chosen = [kind for kind in known if kind in set(wish.event_types)]
    return EndpointWish(url, intake.text(wish.description, field="description", longest=200), chosen)


def _told(endpoint: WebhookEndpoint) -> dict[str, str | int | bool]:
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "event types": _types_in_words(endpoint),
    }


def _types_in_words(endpoint: WebhookEndpoint) -> str:
    return ", ".join(endpoint.event_types) or "all"


def _log(
    what: What,
    endpoint: WebhookEndpoint,
    client: Client,
    actor: Actor,
    at: datetime,
    address: str,
    **facts: Any,
) -> None:
    told: dict[str, Any] = {"webhook": endpoint.reference, "url": endpoint.url} | facts
    log(what, actor=actor, at=at, address=address, client=client, **told)


def _hours(span: timedelta) -> int:
    return int(span.total_seconds() // 3600)
