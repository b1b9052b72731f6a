"""The forms of webhook endpoints: what is told of, and which deliveries are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from reship.errors import Refusal
from reship.web.forms import FILTER_IDS, DayField, SearchField
from reship.web.order_forms import AskingForm
from reship.webhooks.endpoints import EndpointWish
from reship.webhooks.event_types import CHOSEN_FROM, WebhookType
from reship.webhooks.models import DeliveryState, WebhookEndpoint
from reship.webhooks.queries import DeliveryFilter

OVERLAPS = [
    ("0", "Not at all: only the new one signs from now on"),
    ("1", "For an hour"),
    ("24", "For a day"),
    ("168", "For a week"),
]


_OWN_NETWORKS_TOO = (
    "Where your server takes messages. It begins with https:// and can be reached from everywhere, or lies in a "
    "network that this installation allows, where http:// will do."
)


class EndpointForm(AskingForm):
    """What an endpoint is to be, but its types of events, which are boxes of the template."""

    url = forms.CharField(
        label="Address",
        help_text="Where your server takes messages. It begins with https:// and can be reached from everywhere.",
        widget=forms.TextInput(
            attrs={
                "maxlength": "2000",
                "inputmode": "url",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "https://",
                "autofocus": True,
            }
        ),
    )
    description = forms.CharField(
        required=False, help_text="What it is for.", widget=forms.TextInput(attrs={"maxlength": "200"})
    )
    fields_of_codes = {"invalid_url": "url"}

    def __init__(self, data: Mapping[str, Any] | None = None, *, endpoint: WebhookEndpoint | None = None) -> None:
        kept = {"url": endpoint.url, "description": endpoint.description} if endpoint else {}
        super().__init__(data, initial=kept)
        if settings.OUTGOING_ALLOWED:
            self.fields["url"].help_text = _OWN_NETWORKS_TOO
        if isinstance(data, QueryDict):
            ticked = data.getlist("type")[:100]
            # Who ticks types where “All” was shown chosen means them; only where it was not shown so is it a choice.
            self.chooses = data.get("which") == "chosen" or (bool(ticked) and data.get("shown") == "all")
            self.chosen = ticked if self.chooses else []
        else:
            self.chosen = list(endpoint.event_types) if endpoint else []
            self.chooses = bool(self.chosen)
        self.types_error = ""

    def wanted(self) -> EndpointWish:
        """Refuses `invalid_event_type` when types are to be chosen and none is."""
        if self.chooses and not self.chosen:
            raise Refusal("invalid_event_type", "Choose at least one type of event.", field="event_types")
        return EndpointWish(self.typed("url"), self.typed("description"), self.chosen)

    def type_boxes(self) -> list[tuple[str, bool]]:
        """Each type, and whether it is ticked."""
        return [(kind.value, kind.value in self.chosen) for kind in CHOSEN_FROM]

    def show(self, refusal: Refusal) -> None:
        super().show(refusal)
        if refusal.code == "invalid_event_type":
            self.types_error = refusal.message

    def has_place_for(self, refusal: Refusal) -> bool:
        return refusal.code == "invalid_event_type" or bool(self.field_of(refusal))


class RotationForm(AskingForm):
    """How long the old secret signs as well."""

    overlap = forms.ChoiceField(label="The old secret signs as well", choices=OVERLAPS, initial="24")

    @property
    def hours(self) -> int:
        """Refuses `invalid_time` for what was not offered."""
        given = self.typed("overlap")
        if given not in dict(OVERLAPS):
            raise Refusal("invalid_time", "Choose how long the old secret signs as well.")
        return int(given)


class DeliveryListForm(forms.Form):
    """What stands in the address of an endpoint's log."""

    state = forms.ChoiceField(required=False, choices=[("", "Any"), *DeliveryState.choices])
    type = forms.ChoiceField(
        required=False, label="Event", choices=[("", "Any"), *((kind.value, kind.value) for kind in WebhookType)]
    )
    order = SearchField(placeholder="Order number")

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id=FILTER_IDS)

    def wanted(self) -> DeliveryFilter:
        given = self.cleaned_data
        return DeliveryFilter(state=given["state"], type=given["type"], order=given["order"])


class ResendForm(forms.Form):
    """Since when what was given up is sent again."""

    since = DayField(label="Sent again: all that was given up since")

    def moment(self) -> datetime:
        """Refuses `invalid_time` for what is no day."""
        day = self.cleaned_data.get("since") if self.is_valid() else None
        if day is None:
            raise Refusal("invalid_time", "Choose the day from which on messages are sent again.")
        return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
