"""The forms of an order's windows. They show what was typed, and a refusal at the field that it concerns.

They judge nothing: what was typed goes to the verb as it is, and the verb's refusal comes back to the form.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict, flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from reship.clients.reasons import BUILT_IN
from reship.errors import Refusal
from reship.orders.addresses import ADDRESS_FIELDS, LONGEST, Address
from reship.orders.models import HoldKind
from reship.web.countries import country_choices

REASONS = [(reason.code, reason.label) for reason in BUILT_IN]


class AskingForm(forms.Form):
    """A form that asks and does not judge."""

    use_required_attribute = False
    fields_of_codes: Mapping[str, str] = {}
    """Which field a refusal is about, by its code; `invalid_text` names its field itself."""

    def full_clean(self) -> None:
        self._errors = ErrorDict(renderer=self.renderer)
        self.cleaned_data: dict[str, Any] = {}

    def typed(self, name: str) -> str:
        return str(self.data.get(name) or "")

    def is_ticked(self, name: str) -> bool:
        return bool(self.typed(name))

    def field_of(self, refusal: Refusal) -> str:
        """The field that a refusal concerns; empty when it is about none of this form's."""
        if refusal.code == "invalid_text":
            name = str(refusal.figures.get("field", "")).replace(" ", "_")
        else:
            name = self.fields_of_codes.get(refusal.code, "")
        return name if name in self.fields else ""

    def show(self, refusal: Refusal) -> None:
        name = self.field_of(refusal)
        if name:
            self.add_error(name, refusal.message)


class LongSelect(forms.Select):
    """A select of hundreds: Django renders a template per option, which for countries took longer than all the rest."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = str(value or "")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((code, mark_safe(" selected") if code == chosen else "", label) for code, label in self.choices),
        )
        return format_html("<select{}>{}</select>", flatatt(self.build_attrs({"name": name}, attrs)), options)


def _text(label: str, longest: int, *, required: bool = False, **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, widget=forms.TextInput(attrs={"maxlength": str(longest), **attributes})
    )


def _note(help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label="Note",
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": "2", "maxlength": "1000"}),
    )


class AddressedForm(AskingForm):
    """A form with an address and a method."""

    recipient = _text("Recipient", LONGEST["recipient"], autocomplete="off")
    company = _text("Company", LONGEST["company"], autocomplete="off")
    street_1 = _text("Street", LONGEST["street_1"], autocomplete="off")
    street_2 = _text("Street, second line", LONGEST["street_2"], autocomplete="off")
    postal_code = _text("Postal code", LONGEST["postal_code"], autocomplete="off")
    city = _text("City", LONGEST["city"], autocomplete="off")
    region = _text("Region or state", LONGEST["region"], autocomplete="off")
    country = forms.ChoiceField(label="Country", required=False, widget=LongSelect)
    phone = _text("Phone", LONGEST["phone"], autocomplete="off")
    method = _text("Shipping method", 60, autocomplete="off")

    def __init__(self, data: Mapping[str, Any] | None = None, *, address: Address, method: str) -> None:
        initial = {name: getattr(address, name) for name in ADDRESS_FIELDS} | {"method": method}
        super().__init__(data, initial=initial)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = country_choices(self.typed("country") if data is not None else address.country)

    @property
    def address_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in (*_ADDRESS_ORDER, "phone")]

    def typed_address(self) -> Address | None:
        """None when the form was sent without one of its fields: then the address stays as it is."""
        if not all(name in self.data for name in ADDRESS_FIELDS):
            return None
        return Address(**{name: self.typed(name) for name in ADDRESS_FIELDS})

    def typed_method(self) -> str | None:
        return self.typed("method") if "method" in self.data else None


_ADDRESS_ORDER = ("recipient", "company", "street_1", "street_2", "postal_code", "city", "region", "country")


class ReshipForm(AddressedForm):
    """All of the Re-Ship window but its items."""

    reason = forms.ChoiceField(label="Reason", required=False, choices=[("", "Choose a reason"), *REASONS])
    note = _note()
    send_again_anyway = forms.BooleanField(label="Send again anyway", required=False)
    fields_of_codes = {
        "invalid_reason": "reason",
        "reason_required": "reason",
        "note_required": "note",
    }

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        address: Address,
        method: str,
        reason_required: bool,
    ) -> None:
        super().__init__(data, address=address, method=method)
        self.fields["reason"].required = reason_required


class EditForm(AddressedForm):
    """All of the Edit window but its items."""


class HoldForm(AskingForm):
    kind = forms.ChoiceField(label="Kind of hold", choices=HoldKind.choices)
    shipment = forms.ChoiceField(label="What to hold", required=False)
    note = _note("Whoever meets the hold reads it: say what has to happen before it can be lifted.")
    fields_of_codes = {
        "invalid_hold": "kind",
        "already_on_hold": "kind",
        "shipment_not_found": "shipment",
        "wrong_status": "shipment",
        "picking_started": "shipment",
    }

    def __init__(self, data: Mapping[str, Any] | None = None, *, shipments: list[tuple[str, str]], chosen: str) -> None:
        super().__init__(data, initial={"shipment": chosen, "kind": HoldKind.OPERATOR})
        shipment = self.fields["shipment"]
        assert isinstance(shipment, forms.ChoiceField)
        shipment.choices = [("", "The whole order, and every shipment of it that has not left"), *shipments]


class PackForm(AskingForm):
    tracking_number = _text("Tracking number", 80, autocomplete="off")
    carrier = _text("Carrier", 60, autocomplete="off")
