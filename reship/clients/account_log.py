"""The log of people and settings: the only writer of account events, and the only wording of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from reship.clients.access import Actor
from reship.clients.models import AccountEvent, Client, User
from reship.database.keyset import Cursor, Keyset, Part

Shown = str | int | bool
"""What a setting was or is, as the log keeps it."""
_NEWEST = Keyset("activity", "at", datetime, is_descending=True)


class What(StrEnum):
    """What happened, in the past tense."""

    PERSON_INVITED = "person_invited"
    PERSON_CHANGED = "person_changed"
    PERSON_DEACTIVATED = "person_deactivated"
    PERSON_REACTIVATED = "person_reactivated"
    LINK_MADE = "link_made"
    PASSWORD_CHOSEN = "password_chosen"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    TWO_STEP_TURNED_ON = "two_step_turned_on"
    TWO_STEP_TURNED_OFF = "two_step_turned_off"
    TWO_STEP_RESET = "two_step_reset"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    SESSIONS_ENDED = "sessions_ended"
    CLIENT_MADE = "client_made"
    SETTINGS_CHANGED = "settings_changed"
    REASONS_CHANGED = "reasons_changed"
    WAREHOUSE_MADE = "warehouse_made"
    WAREHOUSE_RENAMED = "warehouse_renamed"
    KEY_MADE = "key_made"
    KEY_ROLLED = "key_rolled"
    KEY_REVOKED = "key_revoked"
    WEBHOOK_MADE = "webhook_made"
    WEBHOOK_CHANGED = "webhook_changed"
    WEBHOOK_DISABLED = "webhook_disabled"
    WEBHOOK_ENABLED = "webhook_enabled"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_SECRET_ROTATED = "webhook_secret_rotated"  # noqa: S105
    WEBHOOK_SECRET_SHOWN = "webhook_secret_shown"  # noqa: S105
    SHOP_CONNECTED = "shop_connected"
    SHOP_CHANGED = "shop_changed"
    SHOP_PAUSED = "shop_paused"
    SHOP_RESUMED = "shop_resumed"
    SHOP_DISCONNECTED = "shop_disconnected"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that has another value now."""

    what: str
    before: Shown
    after: Shown


def log(
    what: What,
    *,
    actor: Actor,
    at: datetime,
    address: str,
    client: Client | None = None,
    person: User | None = None,
    changes: Sequence[Change] = (),
    **facts: Shown,
) -> AccountEvent:
    """Writes one event, in the transaction of what it tells; `address` is the network address the deed came from."""
    told: dict[str, object] = dict(facts)
    if person is not None:
        told |= {"name": person.name, "email": person.email}
    if changes:
        told["changes"] = [[change.what, change.before, change.after] for change in changes]
    return AccountEvent.objects.create(
        at=at,
        what=what,
        client=client or (person.client if person else None),
        person=person,
        facts=told,
        actor=actor.name,
        user_id=actor.user_id,
        address=address[:60],
    )


def changes_between(before: Mapping[str, Shown], after: Mapping[str, Shown]) -> list[Change]:
    """What is different, in the order of `after`."""
    return [Change(what, before[what], value) for what, value in after.items() if before[what] != value]


def find_events(
    *, client_ids: Sequence[int] | None, person: User | None = None, limit: int, after: Cursor | None = None
) -> Part[AccountEvent]:
    """Events about these clients and their people, newest first; None asks for all, also those of the company.

    One statement; each event has its client and its user at hand. Refuses `invalid_cursor`.
    """
    events: QuerySet[AccountEvent] = AccountEvent.objects.select_related("client", "user")
    if client_ids is not None:
        events = events.filter(client_id__in=sorted(client_ids))
    if person is not None:
        events = events.filter(person=person)
    return _NEWEST.part_of(events, limit=limit, after=after)


def changes_of(event: AccountEvent) -> list[Change]:
    return [Change(*change) for change in event.facts.get("changes", ())]


def wording(event: AccountEvent) -> str:
    """The event as a sentence that follows the name of whoever did it."""
    client = f"{event.client.name} ({event.client.code})" if event.client else ""
    facts = event.facts
    whom = f"{facts.get('name')} ({facts.get('email')})"
    return _WORDS[What(event.what)].format(**facts | {"whom": whom, "client": client})


_WORDS = {
    What.PERSON_INVITED: "invited {whom} as {role}",
    What.PERSON_CHANGED: "changed {whom}",
    What.PERSON_DEACTIVATED: "deactivated {whom}",
    What.PERSON_REACTIVATED: "reactivated {whom}",
    What.LINK_MADE: "made a new invitation link for {whom}",
    What.PASSWORD_CHOSEN: "chose a password behind an invitation link",
    What.PASSWORD_CHANGED: "changed their password",
    What.TWO_STEP_TURNED_ON: "turned two-step sign-in on",
    What.TWO_STEP_TURNED_OFF: "turned two-step sign-in off",
    What.TWO_STEP_RESET: "reset the two-step sign-in of {whom}",
    What.RECOVERY_CODE_USED: "signed in with a recovery code ({left} left)",
    What.RECOVERY_CODES_RENEWED: "made new recovery codes",
    What.SESSIONS_ENDED: "signed out elsewhere (sessions ended: {ended})",
    What.CLIENT_MADE: "made the client {client}",
    What.SETTINGS_CHANGED: "changed the settings of {client}",
    What.REASONS_CHANGED: "changed the reasons of {client}",
    What.WAREHOUSE_MADE: "added the warehouse {code} ({warehouse})",
    What.WAREHOUSE_RENAMED: "renamed the warehouse {code}",
    What.KEY_MADE: "made the API key {name} ({prefix}) for {client}: {role}, {scopes}",
    What.KEY_ROLLED: "rolled the API key {name} ({prefix}) of {client} into {successor}",
    What.KEY_REVOKED: "revoked the API key {name} ({prefix}) of {client}",
    What.WEBHOOK_MADE: "made the webhook endpoint {url} of {client} (events: {types})",
    What.WEBHOOK_CHANGED: "changed the webhook endpoint {url} of {client}",
    What.WEBHOOK_DISABLED: "disabled the webhook endpoint {url} of {client}: {why}",
    What.WEBHOOK_ENABLED: "enabled the webhook endpoint {url} of {client}",
    What.WEBHOOK_REMOVED: "removed the webhook endpoint {url} of {client}",
    What.WEBHOOK_SECRET_ROTATED: "rotated the secret of the webhook endpoint {url} of {client} (overlap: {hours} h)",
    What.WEBHOOK_SECRET_SHOWN: "looked at the secret of the webhook endpoint {url} of {client}",
    What.SHOP_CONNECTED: "connected the shop {shop} ({shop_address}) to {client}",
    What.SHOP_CHANGED: "changed the shop {shop} ({shop_address}) of {client}",
    What.SHOP_PAUSED: "paused the shop {shop} ({shop_address}) of {client}",
    What.SHOP_RESUMED: "let the shop {shop} ({shop_address}) of {client} go on",
    What.SHOP_DISCONNECTED: "disconnected the shop {shop} ({shop_address}) of {client}",
}
