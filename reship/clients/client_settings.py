"""A client's settings: its name, its zone, the policies that the operator sets for it, and its reasons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from reship import intake
from reship.clients.access import Actor, not_allowed, require
from reship.clients.account_log import Shown, What, changes_between, log
from reship.clients.models import Client
from reship.clients.reasons import BUILT_IN, Fault, Reason, reasons_of
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal

LARGEST_CAP = 1_000_000
MOST_REASONS = 30
LONGEST_CODE, LONGEST_LABEL = 40, 100
_WHOLE = re.compile(r"[0-9]{1,7}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_REASON_CODE = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What is set for a client, as it was typed. The caps count reshipments; 0 is no cap. The fee is in `currency`."""

    name: str
    timezone: str
    currency: str
    reship_fee: str
    most_reships_of_order: str
    most_reships_a_day: str
    may_add_back: bool
    reason_required: bool
    hold_every_reship: bool
    second_reship_needs_manager: bool


def settings_of(client: Client) -> ClientSettings:
    return ClientSettings(
        name=client.name,
        timezone=client.timezone,
        currency=client.currency,
        reship_fee=f"{client.reship_fee:.2f}",
        most_reships_of_order=str(client.most_reships_of_order),
        most_reships_a_day=str(client.most_reships_a_day),
        may_add_back=client.may_add_back,
        reason_required=client.reason_required,
        hold_every_reship=client.hold_every_reship,
        second_reship_needs_manager=client.second_reship_needs_manager,
    )


@cache
def zones() -> tuple[str, ...]:
    """The names of time zones that this machine knows, as places: `Europe/Berlin`, and UTC."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return ("UTC", *sorted(places))


def change_client_settings(
    client_id: int, wanted: ClientSettings, *, actor: Actor, at: datetime, address: str
) -> Client:
    """Sets all of them; they hold for what is done from now on.

    Refuses `not_allowed`, `invalid_text`, `invalid_timezone` and `invalid_number`, which names its field.
    """
    _require_for(actor, client_id)
    if wanted.timezone not in zones():
        raise Refusal("invalid_timezone", f"{intake.shown(wanted.timezone)} is no time zone.", field="timezone")
    currency = wanted.currency.strip().upper()
    if not _CURRENCY.fullmatch(currency):
        raise Refusal(
            "invalid_text", f"{intake.shown(wanted.currency)} is no ISO 4217 currency code.", field="currency"
        )
    name = intake.text(wanted.name, field="name", longest=200, required=True)
    fee = _amount(wanted.reship_fee)
    caps = {
        field: _cap(getattr(wanted, field), field=field) for field in ("most_reships_of_order", "most_reships_a_day")
    }

    def work() -> Client:
        client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
        before = _told(client)
        client.name, client.timezone, client.currency, client.reship_fee = name, wanted.timezone, currency, fee
        client.most_reships_of_order = caps["most_reships_of_order"]
        client.most_reships_a_day = caps["most_reships_a_day"]
        client.may_add_back = wanted.may_add_back
        client.reason_required = wanted.reason_required
        client.hold_every_reship = wanted.hold_every_reship
        client.second_reship_needs_manager = wanted.second_reship_needs_manager
        if changes := changes_between(before, _told(client)):
            client.save()
            log(What.SETTINGS_CHANGED, actor=actor, at=at, address=address, client=client, changes=changes)
        return client

    return one_transaction(work)


def set_reasons(client_id: int, reasons: Sequence[Reason], *, actor: Actor, at: datetime, address: str) -> Client:
    """The reasons among which the client's people choose, in this order; none means the built-in ones.

    Reshipments keep the reason that they were made with. Refuses `not_allowed`, and `invalid_reasons` with the place of
    the faulty one, counted from 1.
    """
    _require_for(actor, client_id)
    checked = _checked_reasons(reasons)

    def work() -> Client:
        client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
        before = {"reasons": _reasons_in_words(client)}
        client.reasons = [
            {"code": reason.code, "label": reason.label, "fault": str(reason.fault)} for reason in checked
        ]
        if changes := changes_between(before, {"reasons": _reasons_in_words(client)}):
            client.save(update_fields=["reasons"])
            log(What.REASONS_CHANGED, actor=actor, at=at, address=address, client=client, changes=changes)
        return client

    return one_transaction(work)


def _require_for(actor: Actor, client_id: int) -> None:
    require(actor, Right.CHANGE_CLIENT_SETTINGS)
    if not actor.sees(client_id):
        raise not_allowed(actor, Right.CHANGE_CLIENT_SETTINGS)


def _checked_reasons(reasons: Sequence[Reason]) -> list[Reason]:
    if len(reasons) > MOST_REASONS:
        raise Refusal(
            "invalid_reasons", f"A list has at most {MOST_REASONS} reasons, not {len(reasons)}.", largest=MOST_REASONS
        )
    checked: list[Reason] = []
    for place, reason in enumerate(reasons, start=1):
        code = reason.code.strip()
        if not _REASON_CODE.fullmatch(code):
            wrong = f"{intake.shown(code)} is no code" if code else "The code is missing"
            raise _invalid(place, f"{wrong}: 1 to 40 small letters a to z, digits and _.")
        if code in {other.code for other in checked}:
            raise _invalid(place, f"The code {code} stands in the list twice.")
        if reason.fault and reason.fault not in set(Fault):
            raise _invalid(place, f"{intake.shown(reason.fault)} is nobody whose fault it could be.")
        try:
            label = intake.text(reason.label, field="label", longest=LONGEST_LABEL, required=True)
        except Refusal as refusal:
            raise _invalid(place, refusal.message) from refusal
        checked.append(Reason(code, label, reason.fault))
    return [] if tuple(checked) == BUILT_IN else checked


def _invalid(place: int, message: str) -> Refusal:
    return Refusal("invalid_reasons", f"Reason {place}: {message}", place=place)


def _reasons_in_words(client: Client) -> str:
    if not client.reasons:
        return "the built-in ones"
    return "; ".join(
        f"{reason.label} ({reason.code}{f', {reason.fault}' if reason.fault else ''})" for reason in reasons_of(client)
    )


def _told(client: Client) -> dict[str, Shown]:
    settings = settings_of(client)
    return {field: getattr(settings, field) for field in ClientSettings.__dataclass_fields__}


def _cap(given: str, *, field: str) -> int:
    text = given.strip()
    if not _WHOLE.fullmatch(text) or int(text) > LARGEST_CAP:
        raise Refusal(
            "invalid_number",
            f"A cap is a whole number from 0 (no cap) to {LARGEST_CAP:,}, not {intake.shown(given)}.",
            field=field,
            given=intake.shown(given),
            largest=LARGEST_CAP,
        )
    return int(text)


def _amount(given: str) -> Decimal:
    text = given.strip().replace(",", ".")
    if not _AMOUNT.fullmatch(text):
        raise Refusal(
            "invalid_number",
            f"A fee is an amount such as 0 or 4.50, not {intake.shown(given)}.",
            field="reship_fee",
            given=intake.shown(given),
        )
    return Decimal(text).quantize(Decimal("0.01"))
