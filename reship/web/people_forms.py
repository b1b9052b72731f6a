"""Forms about people. They show what was typed; the verbs judge it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from reship.clients.models import Client, User
from reship.clients.people import roles_beside
from reship.clients.roles import CLIENT_ROLES, COMPANY_ROLES, Role
from reship.web.order_forms import AskingForm

COMPANY = "-"
"""What stands for the fulfilment company among the clients: no client's code begins with it."""
ROLE_LABELS = {
    Role.VIEWER: "Viewer: looks, and changes nothing",
    Role.AGENT: "Agent: re-ships, holds and edits",
    Role.MANAGER: "Manager: also adds back, cancels, works in bulk, and invites people",
    Role.PACKER: "Packer: picks, packs, sends off and receives, for all clients",
    Role.OPERATOR: "Operator: runs the warehouse and the clients' settings",
    Role.ADMIN: "Administrator: also the company's people, clients and warehouses",
}


def _role_choices(roles: Iterable[Role]) -> list[tuple[str, str]]:
    return [(role.value, ROLE_LABELS[role]) for role in roles]


class InviteForm(AskingForm):
    """A new person. Whoever may invite for several says for whom."""

    client = forms.ChoiceField(label="Works for")
    email = forms.CharField(
        label="E-mail", widget=forms.EmailInput(attrs={"maxlength": "200", "autocomplete": "off", "autofocus": True})
    )
    name = forms.CharField(widget=forms.TextInput(attrs={"maxlength": "200", "autocomplete": "off"}))
    role = forms.ChoiceField()
    fields_of_codes = {"role_does_not_fit": "role", "user_exists": "email", "client_not_found": "client"}

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        clients: Iterable[Client],
        may_hire: bool,
        chosen: str = "",
    ) -> None:
        """`clients` are none for a client's manager; `may_hire` offers the fulfilment company as well."""
        super().__init__(data, initial={"client": chosen, "role": Role.AGENT.value})
        roles = [role for role in Role if role in CLIENT_ROLES or (may_hire and role in COMPANY_ROLES)]
        self._choices("role", _role_choices(roles))
        choices = [(client.code, client.name) for client in clients]
        if may_hire:
            choices = [*choices, (COMPANY, "The fulfilment company")]
        self._choices("client", choices)
        if not choices:
            del self.fields["client"]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def field_of(self, refusal: Any) -> str:
        return "email" if refusal.figures.get("field") == "e-mail" else super().field_of(refusal)


class PersonForm(AskingForm):
    """Name and role of a person."""

    name = forms.CharField(widget=forms.TextInput(attrs={"maxlength": "200", "autocomplete": "off"}))
    role = forms.ChoiceField()
    fields_of_codes = {"role_does_not_fit": "role", "last_admin": "role"}

    def __init__(self, data: Mapping[str, Any] | None = None, *, person: User) -> None:
        super().__init__(data, initial={"name": person.name, "role": person.role})
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = _role_choices(roles_beside(person))
