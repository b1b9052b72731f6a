"""Connecting a shop, changing and pausing it, and taking leave of it. Everything is logged in Activity."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django_scopes import scope

from reship import intake, outgoing
from reship.catalog.models import Warehouse
from reship.channels.models import Shop, ShopKind, ShopState
from reship.channels.port import ShopApi
from reship.channels.registry import KINDS
from reship.clients.access import Actor, require
from reship.clients.account_log import Shown, What, changes_between, log
from reship.clients.models import Client
from reship.clients.roles import Right, Role
from reship.clients.vault import seal, unseal
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.fulfilment.items import known_warehouse

MOST_SHOPS = 50
MOST_METHODS = 50
LONGEST_SECRET = 500
_CREDENTIALS = "shop credentials"
_WEBHOOK_SECRET = "shop webhook secret"  # noqa: S105 (names what is sealed)
_SHOPIFY = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,20}", re.ASCII)
_RIGHTS = frozenset({Right.PLACE_ORDER, Right.EDIT_SHIPMENT, Right.CANCEL})


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """What a person sets for a shop, as it was typed. `methods` has one pair a line: `Shop's name = Our name`."""

    name: str
    address: str
    warehouse: str = ""
    number_prefix: str = ""
    method: str = ""
    methods: str = ""
    paid_only: bool = True


@dataclass(frozen=True, slots=True)
class ShopSecrets:
    """What proves who we are to the shop, by the names of its kind, and who the shop is to us.

    Empty keeps what is there. Never shown, never logged.
    """

    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_secret: str = field(default="", repr=False)


def connect_shop(
    kind: str, wanted: ShopSettings, given: ShopSecrets, *, client: Client, actor: Actor, at: datetime, address: str
) -> Shop:
    """From now on orders of this shop come in; what was ordered there before stays there.

    `address` is the network address that the deed came from. Refuses `not_allowed`, `client_not_found`,
    `invalid_shop`, `invalid_text`, `unknown_warehouse`, `shop_exists`, `too_many_shops`.
    """
    require_shops(actor, client)
    if kind not in KINDS:
        raise _invalid("kind", f"{intake.shown(kind)} is no kind of shop; there are {', '.join(KINDS)}.")
    checked = _checked(kind, wanted)
    credentials = _checked_credentials(kind, given.credentials)
    webhook_secret = _checked_secret(given.webhook_secret)
    if not credentials:
        raise _invalid("credentials", "Without these, the shop would not let us in.")
    if not webhook_secret:
        if not KINDS[kind].secret_is_ours:
            raise _invalid("webhook_secret", "Without it, nobody could tell what the shop says from what others say.")
        webhook_secret = secrets.token_urlsafe(32)

    def work() -> Shop:
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        shops = Shop.objects.exclude(state=ShopState.DISCONNECTED)
        if shops.count() >= MOST_SHOPS:
            raise Refusal("too_many_shops", f"A client has at most {MOST_SHOPS} shops.", largest=MOST_SHOPS)
        shop = Shop(
            client=client,
            kind=kind,
            public_id=f"{client.code}-{secrets.token_hex(12)}",
            credentials=_sealed(credentials),
            webhook_secret=seal(webhook_secret, purpose=_WEBHOOK_SECRET),
            state_since=at,
            connected_at=at,
            connected_by=actor.name,
            user_id=actor.user_id,
            synced_until=at,
            polls_at=at,
            looked_at=at,
        )
        _set(shop, checked)
        _save(shop)
        _log(What.SHOP_CONNECTED, shop, client, actor, at, address)
        return shop

    with scope(client=client.pk):
        return one_transaction(work)


def change_shop(
    public_id: str,
    wanted: ShopSettings,
    given: ShopSecrets,
    *,
    client: Client,
    actor: Actor,
    at: datetime,
    address: str,
) -> Shop:
    """Sets all of it; secrets only when they are given. A broken shop that gets new ones is asked again.

    Refuses what `connect_shop` refuses, and `shop_not_found`.
    """
    require_shops(actor, client)

    def work() -> Shop:
        shop = _locked(public_id)
        checked = _checked(shop.kind, wanted)
        credentials = _checked_credentials(shop.kind, given.credentials)
        webhook_secret = _checked_secret(given.webhook_secret)
        before = _told(shop)
        _set(shop, checked)
        after = _told(shop)
        if before["address"] != after["address"] and not credentials:
            # Or whoever may change the address could have our keys sent to a server of their own.
            raise _invalid("credentials", "At a new address, the shop's keys have to be given once more.")
        if credentials:
            shop.credentials = _sealed(credentials)
            before["credentials"], after["credentials"] = "", "new ones"
        if webhook_secret:
            shop.webhook_secret = seal(webhook_secret, purpose=_WEBHOOK_SECRET)
            before["webhook secret"], after["webhook secret"] = "", "a new one"
        if credentials and shop.state == ShopState.BROKEN:
            _enter(shop, ShopState.CONNECTED, at)
        changes = changes_between(before, after)
        if changes:
            _save(shop)
            log(
                What.SHOP_CHANGED,
                actor=actor,
                at=at,
                address=address,
                client=client,
                changes=changes,
                shop=shop.name,
                shop_address=shop.address,
            )
        return shop

    with scope(client=client.pk):
        return one_transaction(work)


def pause_shop(public_id: str, *, client: Client, actor: Actor, at: datetime, address: str) -> Shop:
    """Nothing comes in or goes out until it goes on; what was said meanwhile is asked for then.

    Refuses `not_allowed`, `client_not_found`, `shop_not_found`.
    """
    return _entered(public_id, ShopState.PAUSED, What.SHOP_PAUSED, client, actor, at, address)


def resume_shop(public_id: str, *, client: Client, actor: Actor, at: datetime, address: str) -> Shop:
    """Lets a paused shop go on, and asks a broken one again. Refuses as `pause_shop`."""
    return _entered(public_id, ShopState.CONNECTED, What.SHOP_RESUMED, client, actor, at, address)


def disconnect_shop(public_id: str, *, client: Client, actor: Actor, at: datetime, address: str) -> Shop:
    """For good: its secrets are forgotten. Its orders stay, and get no more news of it. Refuses as `pause_shop`."""
    return _entered(public_id, ShopState.DISCONNECTED, What.SHOP_DISCONNECTED, client, actor, at, address)


def break_shop(shop_id: int, why: str, *, client: Client, at: datetime) -> None:
    """The shop refused our credentials: it is asked no more until somebody gives others."""

    def work() -> None:
        shop = Shop.objects.select_for_update(no_key=True).get(pk=shop_id)
        if shop.state == ShopState.CONNECTED:
            _enter(shop, ShopState.BROKEN, at)
            shop.why = why[:300]
            shop.save(update_fields=["state", "state_since", "why", "polls_at", "tries"])

    with scope(client=client.pk):
        one_transaction(work)


def shop_of(public_id: str, *, client: Client) -> Shop:
    """Refuses `shop_not_found`, also for one that is disconnected."""
    with scope(client=client.pk):
        shop = _known(public_id)
    if shop is None:
        raise _not_found(public_id)
    return shop


def webhook_secret_of(shop: Shop) -> str | None:
    return unseal(shop.webhook_secret, purpose=_WEBHOOK_SECRET)


def api_of(shop: Shop) -> ShopApi | None:
    """The shop as it is asked; None when its credentials cannot be read, because the installation has another key."""
    sealed = unseal(shop.credentials, purpose=_CREDENTIALS)
    return None if sealed is None else KINDS[shop.kind].api(shop.address, json.loads(sealed))


def actor_of(shop: Shop) -> Actor:
    """Who acts when a shop says something: somebody of the client, with the rights that orders take."""
    return Actor(
        name=f"{shop.name} ({KINDS[shop.kind].name})", role=Role.MANAGER, client_id=shop.client_id, within=_RIGHTS
    )


def _entered(
    public_id: str, state: ShopState, what: What, client: Client, actor: Actor, at: datetime, address: str
) -> Shop:
    require_shops(actor, client)

    def work() -> Shop:
        shop = _locked(public_id)
        if shop.state == state:
            return shop
        _enter(shop, state, at)
        if state == ShopState.DISCONNECTED:
            shop.credentials = shop.webhook_secret = ""
        shop.save()
        _log(what, shop, client, actor, at, address)
        return shop

    with scope(client=client.pk):
        return one_transaction(work)


def _enter(shop: Shop, state: ShopState, at: datetime) -> None:
    shop.state, shop.state_since, shop.why = state, at, ""
    shop.polls_at, shop.tries = at, 0


def require_shops(actor: Actor, client: Client) -> None:
    """Refuses `not_allowed`, and `client_not_found` to whoever does not belong to the client."""
    require(actor, Right.SHOPS)
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)


def _known(public_id: str) -> Shop | None:
    if not intake.can_be_stored(public_id):
        return None
    return (
        Shop.objects.exclude(state=ShopState.DISCONNECTED)
        .select_related("warehouse")
        .filter(public_id=public_id)
        .first()
    )


def _locked(public_id: str) -> Shop:
    known = _known(public_id)
    if known is None:
        raise _not_found(public_id)
    shop = Shop.objects.select_for_update(no_key=True).get(pk=known.pk)
    if shop.state == ShopState.DISCONNECTED:
        raise _not_found(public_id)
    return shop


def _not_found(public_id: str) -> Refusal:
    return Refusal("shop_not_found", f"There is no shop {intake.named(public_id)}.", shop=intake.named(public_id))


def _save(shop: Shop) -> None:
    try:
        with transaction.atomic():
            shop.save()
    except IntegrityError as error:
        raise Refusal(
            "shop_exists", f"{shop.address} is connected already.", shop_address=shop.address, field="address"
        ) from error


@dataclass(frozen=True, slots=True)
class _Checked:
    name: str
    address: str
    warehouse: Warehouse | None
    number_prefix: str
    method: str
    methods: dict[str, str]
    paid_only: bool


def _checked(kind: str, wanted: ShopSettings) -> _Checked:
    prefix = wanted.number_prefix.strip()
    if not _PREFIX.fullmatch(prefix):
        raise _invalid("number_prefix", "A prefix has at most 20 letters, digits, dots, dashes and underscores.")
    return _Checked(
        name=intake.text(wanted.name, field="name", longest=100, required=True),
        address=_checked_address(kind, wanted.address),
        warehouse=_warehouse(wanted.warehouse.strip()),
        number_prefix=prefix,
        method=intake.text(wanted.method, field="method", longest=60),
        methods=dict(_pairs(wanted.methods)),
        paid_only=wanted.paid_only,
    )


def _checked_address(kind: str, given: str) -> str:
    """A Shopify shop is known by its permanent name, which never changes; a WooCommerce shop by its site's address.

    Where the installation lets us speak to other networks, a shop may also be a simulated one, at a URL.
    """
    text = intake.text(given, field="address", longest=200, required=True).rstrip("/")
    if kind == ShopKind.SHOPIFY:
        name = text.lower().removeprefix("https://")
        if _SHOPIFY.fullmatch(name):
            return name
        if not (settings.OUTGOING_ALLOWED and "://" in text):
            raise _invalid(
                "address", f"{intake.shown(given)} is no name of a Shopify shop, such as my-shop.myshopify.com."
            )
    else:
        text = text if "://" in text else f"https://{text}"
    try:
        target = outgoing.check_url(text)
    except outgoing.Unreachable as unreachable:
        raise _invalid("address", unreachable.message) from unreachable
    if target.query or target.fragment:
        raise _invalid("address", "The address of a shop has no ? and no #.")
    return text


def _warehouse(code: str) -> Warehouse | None:
    return known_warehouse(code) if code else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_METHODS:
        raise _invalid("methods", f"At most {MOST_METHODS} shipping methods, not {len(lines)}.")
    for line in lines:
        theirs, sign, ours = line.rpartition("=")
        if not sign or not theirs.strip() or not ours.strip():
            raise _invalid("methods", f"{intake.shown(line)} is not like “Shop's name = Our name”.")
        yield (
            intake.text(theirs, field="methods", longest=200),
            intake.text(ours, field="methods", longest=60),
        )


def secret_to_enter(shop: Shop) -> str:
    """What has to be entered at the shop, where the secret is ours; empty where it is the shop's own."""
    return (webhook_secret_of(shop) or "") if KINDS[shop.kind].secret_is_ours else ""


def methods_as_text(shop: Shop) -> str:
    return "\n".join(f"{theirs} = {ours}" for theirs, ours in shop.methods.items())


def _checked_credentials(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """One whole set of them, or none. Refuses `invalid_shop`."""
    known = {name for names in KINDS[kind].credentials for name in names}
    clean = {name: _checked_secret(value) for name, value in given.items() if name in known and value.strip()}
    if not clean:
        return {}
    for names in KINDS[kind].credentials:
        if all(name in clean for name in names):
            return {name: clean[name] for name in names}
    raise _invalid("credentials", "These go together: give both.")


def _checked_secret(given: str) -> str:
    secret = given.strip()
    if not secret.isascii() or not (secret.isprintable() or not secret) or len(secret) > LONGEST_SECRET:
        raise _invalid("credentials", f"A key or secret has at most {LONGEST_SECRET} plain characters.")
    return secret


def _invalid(name: str, message: str) -> Refusal:
    return Refusal("invalid_shop", message, field=name)


def _sealed(credentials: Mapping[str, str]) -> str:
    return seal(json.dumps(dict(credentials)), purpose=_CREDENTIALS)


def _set(shop: Shop, checked: _Checked) -> None:
    shop.name, shop.address, shop.warehouse = checked.name, checked.address, checked.warehouse
    shop.number_prefix, shop.method, shop.methods = checked.number_prefix, checked.method, checked.methods
    shop.paid_only = checked.paid_only


def _told(shop: Shop) -> dict[str, Shown]:
    """What Activity shows of it; no secrets."""
    return {
        "name": shop.name,
        "address": shop.address,
        "warehouse": shop.warehouse.code if shop.warehouse else "",
        "prefix": shop.number_prefix,
        "method": shop.method,
        "methods": methods_as_text(shop),
        "only when paid": shop.paid_only,
    }


def _log(what: What, shop: Shop, client: Client, actor: Actor, at: datetime, address: str) -> None:
    log(what, actor=actor, at=at, address=address, client=client, shop=shop.name, shop_address=shop.address)
