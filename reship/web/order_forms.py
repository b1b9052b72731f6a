"""The forms of an order's windows. They show what was typed, and a refusal at the field that it concerns.

They judge nothing: what was typed goes to the verb as it is, and the verb's refusal comes back to the form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.utils import ErrorDict, flatatt
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from reship.clients.reasons import Fault, Reason, fault_label
from reship.errors import Refusal
from reship.orders.addresses import ADDRESS_FIELDS, LONGEST, Address
from reship.orders.models import HoldKind
from reship.orders.postal import PostalRules, moved_to, rules_of, wrong_parts
from reship.web.countries import country_choices

FAULTS = [("", "As the reason says"), *((fault.value, fault_label(fault)) for fault in Fault)]


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


def reason_choices(reasons: Sequence[Reason]) -> list[tuple[str, str]]:
    return [(reason.code, reason.label) for reason in reasons]


def offer_reasons(form: forms.Form, choices: Sequence[tuple[str, Any]], *, required: bool) -> None:
    """Puts them into the form's field `reason`, below an empty choice."""
    field = form.fields["reason"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", "Choose a reason"), *choices]
    field.required = required


class LongSelect(forms.Select):
    """A select of hundreds: Django renders a template per option, which for countries took longer than all the rest."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = str(value or "")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((code, mark_safe(" selected") if code == chosen else "", label) for code, label in self.choices),
        )
        attributes = self.build_attrs({"name": name, **self.attrs}, attrs)
        return format_html("<select{}>{}</select>", flatatt(attributes), options)


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
    phone = _text("Phone", LONGEST["phone"], autocomplete="off", inputmode="tel")
    method = _text("Shipping method", 60, autocomplete="off")

    fields_of_codes = {"invalid_address": "country"}

    def __init__(self, data: Mapping[str, Any] | None = None, *, address: Address, method: str) -> None:
        """`address` is shown until another is typed."""
        initial = {name: getattr(address, name) for name in ADDRESS_FIELDS} | {"method": method}
        super().__init__(_moved(data), initial=initial)
        self.shown = address if data is None else Address(**{name: self.typed(name) for name in ADDRESS_FIELDS})
        self.rules = rules_of(self.shown.country)
        self._suit_country()

    def _suit_country(self) -> None:
        """Calls the fields what the country calls them, and lets its regions be chosen where it has a list."""
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = country_choices(self.shown.country)
        country.required = True
        country.widget.attrs |= {
            "hx-post": reverse("web:address_fields"),
            "hx-target": "closest [data-address]",
            "hx-swap": "outerHTML",
            "hx-trigger": "change",
        }
        for part in self.rules.parts:
            self.fields[part.name].label = part.label
            self.fields[part.name].required = part.is_required
        if self.rules.regions:
            self.fields["region"] = _region_field(self.rules, self.shown.region)

    @property
    def address_fields(self) -> list[forms.BoundField]:
        """The country, then its parts as its people order them, then what else holds something."""
        parts = [part.name for part in self.rules.parts]
        others = [name for name in _ADDRESS_ORDER if name not in parts and getattr(self.shown, name)]
        return [self[name] for name in ("country", *parts, *others, "phone")]

    @property
    def unused_address_fields(self) -> list[forms.BoundField]:
        """What the country's addresses do not have, and this one has not: sent along empty."""
        shown = {field.name for field in self.address_fields}
        return [self[name] for name in _ADDRESS_ORDER if name not in shown]

    @property
    def unfit(self) -> tuple[str, ...]:
        """What does not fit the country's rules in an address that may nevertheless stay as it is."""
        is_changed = any(str(self.initial.get(name) or "") != getattr(self.shown, name) for name in ADDRESS_FIELDS)
        return () if is_changed or self.shown == Address() else tuple(wrong_parts(self.shown).values())

    def show(self, refusal: Refusal) -> None:
        parts = refusal.figures.get("parts")
        if refusal.code != "invalid_address" or not isinstance(parts, Mapping):
            super().show(refusal)
            return
        for name, message in parts.items():
            self.add_error(name, str(message))

    def typed_address(self) -> Address | None:
        """None when the form was sent without one of its fields: then the address stays as it is."""
        return self.shown if all(name in self.data for name in ADDRESS_FIELDS) else None

    def typed_method(self) -> str | None:
        return self.typed("method") if "method" in self.data else None


_ADDRESS_ORDER = ("recipient", "company", "street_1", "street_2", "postal_code", "city", "region")


def _moved(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What was typed, without the region of the country for which the form was shown when another was chosen since."""
    if data is None or not data.get("country_shown") or data["country_shown"] == data.get("country"):
        return data
    address = Address(region=str(data.get("region") or ""), country=str(data.get("country") or ""))
    kept = moved_to(address, before=str(data["country_shown"])).region
    return {**{name: data.get(name) for name in data}, "region": kept}


def _region_field(rules: PostalRules, given: str) -> forms.ChoiceField:
    """The regions of a country. One that is written otherwise, as a name for its code, is chosen as it stands."""
    part, chosen = rules.part("region"), rules.region(given)
    assert part is not None, f"{rules.country} has regions"
    choices = [(given if region is chosen else region.value, region.label) for region in rules.regions]
    strangers = [(given, given)] if given and chosen is None else []
    field = forms.ChoiceField(label=part.label, required=part.is_required, widget=LongSelect)
    field.choices = [("", "–"), *strangers, *choices]
    return field


class ReshipForm(AddressedForm):
    """All of the Re-Ship window but its items."""

    reason = forms.ChoiceField(label="Reason", required=False)
    fault = forms.ChoiceField(label="Fault", required=False, choices=FAULTS)
    note = _note()
    send_again_anyway = forms.BooleanField(label="Send again anyway", required=False)
    fields_of_codes = {
        **AddressedForm.fields_of_codes,
        "invalid_reason": "reason",
        "reason_required": "reason",
        "invalid_fault": "fault",
        "note_required": "note",
    }

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        address: Address,
        method: str,
        reasons: Sequence[Reason],
        reason_required: bool,
    ) -> None:
        super().__init__(data, address=address, method=method)
        offer_reasons(self, reason_choices(reasons), required=reason_required)


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
