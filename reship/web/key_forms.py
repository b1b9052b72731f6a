"""The form of a new API key, and what scopes and roles are for. It shows what was typed; the verb judges it."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict

from reship import intake
from reship.clients.api_keys import NewKey, end_of
from reship.clients.models import Client
from reship.clients.roles import OF_SCOPE, RIGHTS, Right, Role, Scope
from reship.errors import Refusal
from reship.web.order_forms import AskingForm

SCOPES = {
    Scope.READ: ("Read", "Look at orders, stock, jobs and reports; and at what things cost, for a manager's key."),
    Scope.ORDERS: ("Orders", "Place orders, re-ship, hold, edit; and add back and cancel, for a manager's key."),
    Scope.STOCK: ("Stock", "Receive and correct stock, for the key of a packer or an operator."),
    Scope.BULK: ("Bulk", "Do one thing to many orders at once, for a manager's key."),
    Scope.WEBHOOKS: ("Webhooks", "Say where to what happens is told, for a manager's key."),
}
"""Each scope as people call it, and what it lets a program do."""
ROLES = {
    Role.VIEWER: "Viewer: only looks",
    Role.AGENT: "Agent: re-ships, holds, edits",
    Role.MANAGER: "Manager: cancels, works in bulk",
    Role.PACKER: "Packer: the warehouse's work",
    Role.OPERATOR: "Operator: all that a key may",
}
"""Without the administrator: what they may do more than an operator, no key may. A phone's list shows 32 letters."""
LEAST = ""
"""In the form: the role that has the fewest rights among those that can use every ticked scope."""
OVERLAPS = [
    ("0", "Not at all: the old key ends now"),
    ("1", "For an hour"),
    ("24", "For a day"),
    ("168", "For a week"),
    ("720", "For 30 days"),
]
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)


class KeyForm(AskingForm):
    """What a key is to be, but its scopes, which are boxes of the template."""

    name = forms.CharField(
        help_text="What the key is for. History shows it: “Help desk (API key)”.",
        widget=forms.TextInput(attrs={"maxlength": "100", "autocomplete": "off", "autofocus": True}),
    )
    role = forms.ChoiceField(
        required=False,
        help_text=(
            "A key may what its role and its scopes include, and never more than you. Only a manager's key adds back, "
            "cancels, sees costs, works in bulk and manages webhooks."
        ),
    )
    expires = forms.CharField(
        label="Last day",
        required=False,
        help_text="Without one it holds until it is revoked.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    fields_of_codes = {"role_does_not_fit": "role", "not_allowed": "role", "invalid_time": "expires"}

    def __init__(self, data: Mapping[str, Any] | None = None, *, roles: Iterable[Role]) -> None:
        super().__init__(data, initial={"role": LEAST})
        offered = self._offered = [role for role in roles if role in ROLES]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(LEAST, "The least that the scopes need"), *((one.value, ROLES[one]) for one in offered)]
        rights = frozenset[Right]().union(*(RIGHTS[one] for one in offered))
        self._useful = [scope for scope in SCOPES if OF_SCOPE[scope] & rights]
        self.chosen_scopes = data.getlist("scope")[:20] if isinstance(data, QueryDict) else [Scope.READ.value]
        self.scopes_error = ""

    def wanted(self, client: Client) -> NewKey:
        """Refuses `invalid_time` for what is no day."""
        return NewKey(
            name=self.typed("name"),
            scopes=self.chosen_scopes,
            role=self.typed("role") or self._least_role(),
            expires_at=_end(self.typed("expires").strip(), client),
        )

    def _least_role(self) -> str:
        """Of what is no scope the verb tells; with it, any role will do."""
        needed = [OF_SCOPE[scope] for scope in SCOPES if scope.value in self.chosen_scopes]
        enough = [role for role in self._offered if all(RIGHTS[role] & rights for rights in needed)]
        return min(enough, key=lambda role: len(RIGHTS[role]), default=self._offered[-1]).value

    def scope_boxes(self) -> list[tuple[str, str, str, bool]]:
        """Value, label, what it is for, and whether it is ticked; none that no role on offer could use."""
        return [(scope.value, *SCOPES[scope], scope.value in self.chosen_scopes) for scope in self._useful]

    def show(self, refusal: Refusal) -> None:
        if refusal.code == "invalid_scope":
            self.scopes_error = refusal.message
        super().show(refusal)

    def has_place_for(self, refusal: Refusal) -> bool:
        return refusal.code == "invalid_scope" or bool(self.field_of(refusal))


class RollForm(AskingForm):
    """How long the old key still holds."""

    overlap = forms.ChoiceField(label="The old key still holds", choices=OVERLAPS, initial="24")

    @property
    def hours(self) -> int:
        """Refuses `invalid_time` for what was not offered."""
        given = self.typed("overlap")
        if given not in dict(OVERLAPS):
            raise Refusal("invalid_time", "Choose how long the old key still holds.", given=intake.shown(given))
        return int(given)


def _end(given: str, client: Client) -> datetime | None:
    if not given:
        return None
    try:
        day = date.fromisoformat(given if _DAY.fullmatch(given) else "")
    except ValueError as error:
        message = f"{intake.shown(given)} is no day such as 2026-12-31."
        raise Refusal("invalid_time", message, given=intake.shown(given)) from error
    return end_of(day, client)
