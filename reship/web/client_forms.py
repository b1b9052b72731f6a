"""Forms of a client's settings. They show what was typed; the verbs judge it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from reship.clients.client_settings import MOST_REASONS, ClientSettings, zones
from reship.clients.reasons import Fault, Reason
from reship.errors import Refusal
from reship.web.activity import LABELS
from reship.web.order_forms import AskingForm, LongSelect

_MORE_ROWS = 3
"""Empty rows below a list of reasons, for new ones."""


def _tick(name: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(label=LABELS[name], required=False, help_text=help_text)


def _number(name: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=LABELS[name], help_text=help_text, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )


class ClientSettingsForm(AskingForm):
    """Everything that the operator sets for a client but its reasons."""

    name = forms.CharField(widget=forms.TextInput(attrs={"maxlength": "200", "autocomplete": "off"}))
    timezone = forms.ChoiceField(
        label=LABELS["timezone"], widget=LongSelect, help_text="In which its people read times and days."
    )
    currency = forms.CharField(
        help_text="Of the fee and of what goods cost: a code such as EUR.",
        widget=forms.TextInput(attrs={"maxlength": "3", "autocomplete": "off", "autocapitalize": "characters"}),
    )
    reship_fee = _number("reship_fee", "What the client is charged for each.")
    most_reships_of_order = _number("most_reships_of_order", "0 for no cap. Cancelled ones do not count.")
    most_reships_a_day = _number("most_reships_a_day", "0 for no cap. All orders of the client together.")
    may_add_back = _tick("may_add_back", "Its managers; the fulfilment company's people always may.")
    reason_required = _tick("reason_required", "Of the client's people, for each reship.")
    hold_every_reship = _tick("hold_every_reship", "An operator hold keeps each one from being picked.")
    second_reship_needs_manager = _tick("second_reship_needs_manager", "When an order was re-shipped before.")
    fields_of_codes = {"invalid_timezone": "timezone"}
    numbers = ("reship_fee", "most_reships_of_order", "most_reships_a_day")
    ticks = ("may_add_back", "reason_required", "hold_every_reship", "second_reship_needs_manager")

    def __init__(self, data: Mapping[str, Any] | None = None, *, settings: ClientSettings) -> None:
        initial = {name: getattr(settings, name) for name in ClientSettings.__dataclass_fields__}
        super().__init__(data, initial=initial)
        zone = self.fields["timezone"]
        assert isinstance(zone, forms.ChoiceField)
        known = zones() if settings.timezone in zones() else (settings.timezone, *zones())
        zone.choices = [(name, name) for name in known]

    @property
    def wanted(self) -> ClientSettings:
        return ClientSettings(
            name=self.typed("name"),
            timezone=self.typed("timezone"),
            currency=self.typed("currency"),
            reship_fee=self.typed("reship_fee"),
            most_reships_of_order=self.typed("most_reships_of_order"),
            most_reships_a_day=self.typed("most_reships_a_day"),
            may_add_back=self.is_ticked("may_add_back"),
            reason_required=self.is_ticked("reason_required"),
            hold_every_reship=self.is_ticked("hold_every_reship"),
            second_reship_needs_manager=self.is_ticked("second_reship_needs_manager"),
        )

    def tick_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.ticks]

    def number_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.numbers]

    def field_of(self, refusal: Refusal) -> str:
        if refusal.code == "invalid_number":
            return str(refusal.figures["field"])
        return super().field_of(refusal)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A row of the list as it is edited; `place` counts from 1."""

    place: int
    reason: Reason
    is_faulty: bool = False


def posted_reasons(data: QueryDict) -> list[Reason]:
    """The rows of the list in their order, without empty ones."""
    columns = (data.getlist(name)[: MOST_REASONS + 10] for name in ("code", "label", "fault"))
    rows = [Reason(code.strip(), label.strip(), fault) for code, label, fault in zip(*columns, strict=False)]
    return [reason for reason in rows if reason.code or reason.label]


def reason_rows(reasons: list[Reason], refusal: Refusal | None = None) -> list[ReasonRow]:
    """With some empty rows below; the one that was refused is marked."""
    faulty = refusal.figures.get("place") if refusal else None
    rows = [ReasonRow(place, reason, place == faulty) for place, reason in enumerate(reasons, start=1)]
    return [*rows, *(ReasonRow(len(rows) + place, Reason("", "")) for place in range(1, _MORE_ROWS + 1))]


FAULTS = [("", "Nobody's in particular"), *((fault.value, fault.value.capitalize()) for fault in Fault)]


class NewClientForm(AskingForm):
    """A merchant who joins."""

    code = forms.CharField(
        help_text="1 to 20 letters, digits, - and _. It stands in addresses and is never changed.",
        widget=forms.TextInput(attrs={"maxlength": "20", "autocomplete": "off", "autofocus": True}),
    )
    name = forms.CharField(widget=forms.TextInput(attrs={"maxlength": "200", "autocomplete": "off"}))
    fields_of_codes = {"client_exists": "code"}


class WarehouseForm(AskingForm):
    """A building of the fulfilment company."""

    code = forms.CharField(
        help_text="1 to 20 letters, digits, - and _; never changed.",
        widget=forms.TextInput(attrs={"maxlength": "20", "autocomplete": "off"}),
    )
    name = forms.CharField(widget=forms.TextInput(attrs={"maxlength": "200", "autocomplete": "off"}))
    fields_of_codes = {"warehouse_exists": "code"}
