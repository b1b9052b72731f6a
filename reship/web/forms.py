"""Forms: what is kind to a person. What is right is decided by the verbs."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from reship import intake
from reship.clients.models import Client, User
from reship.errors import Refusal
from reship.orders.models import HoldKind, OrderStatus
from reship.orders.queries import LONGEST_SEARCH, OrderFilter, OrderSort

FILTER_IDS = "filter_%s"
"""Ids of a list's filters: a window that opens above them has fields of the same names."""


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        max_length=1_000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class InvitationForm(forms.Form):
    password = forms.CharField(
        label="Password",
        max_length=1_000,
        strip=False,
        help_text="At least 12 characters; three or four unrelated words are good.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=1_000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> None:
        first, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if first and again and first != again:
            self.add_error("again", "The two passwords are not the same.")


class DayField(forms.DateField):
    """A calendar day as a browser sends it, within years that every database can compare."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d"],
            validators=[MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            **options,
        )


class SearchField(forms.CharField):
    """What somebody looks for, clean enough to be compared with what is stored."""

    def __init__(self, *, placeholder: str) -> None:
        super().__init__(
            required=False,
            label="Search",
            widget=forms.TextInput(attrs={"type": "search", "placeholder": placeholder, "data-search": ""}),
        )

    def clean(self, value: Any) -> str:
        try:
            return intake.text(super().clean(value), field="The search", longest=LONGEST_SEARCH)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class ListForm(forms.Form):
    """What stands in the address of a list. People who see all clients may choose one.

    While the list is of the client that is chosen in the header, the filter only keeps it: then the header is where to
    choose another.
    """

    def __init__(self, data: Any, *, clients: Iterable[Client], chosen: str = "") -> None:
        """`clients` are those to choose from, none for people of one; `chosen` is the code chosen in the header."""
        super().__init__(data, auto_id=FILTER_IDS)
        self.clients = list(clients)
        self.keeps_client = bool(self.clients and chosen) and self.data.get("client") == chosen
        if self.clients:
            self.fields["client"] = forms.ChoiceField(
                required=False,
                choices=[("", "All clients"), *((client.code, client.name) for client in self.clients)],
                widget=forms.HiddenInput if self.keeps_client else forms.Select,
            )

    @property
    def kept(self) -> frozenset[str]:
        """The parameters that are no filter of the person's making."""
        return frozenset({"client"} if self.keeps_client else ())

    @property
    def shows_clients(self) -> bool:
        """Whether rows of several clients may stand in the list."""
        return bool(self.clients) and not self.keeps_client

    def client_ids(self, user: User) -> list[int] | None:
        """Whose rows a valid form asks for on behalf of this person; None for those of all clients."""
        if user.client_id is not None:
            return [user.client_id]
        wanted = self.cleaned_data.get("client")
        return [client.pk for client in self.clients if client.code == wanted] if wanted else None


class OrderListForm(ListForm):
    """What stands in the address of Manage Orders."""

    q = SearchField(placeholder="Order number, customer, e-mail, SKU, tracking number")
    status = forms.ChoiceField(required=False, choices=[("", "Any"), *OrderStatus.choices])
    placed_from = DayField(label="Placed from")
    placed_to = DayField(label="Placed to")
    hold = forms.ChoiceField(required=False, choices=[("", "Any"), ("any", "On hold"), *HoldKind.choices])
    reshipped = forms.ChoiceField(
        required=False, label="Re-shipped", choices=[("", "Any"), ("yes", "Re-shipped"), ("no", "Never re-shipped")]
    )
    sort = forms.ChoiceField(
        required=False, choices=[(sort.value, sort.value) for sort in OrderSort], widget=forms.HiddenInput
    )

    @property
    def wanted(self) -> OrderFilter:
        """The filter that a valid form asks for; days are days of the zone that the page is shown in."""
        given = self.cleaned_data
        hold = given["hold"]
        return OrderFilter(
            search=given["q"],
            status=OrderStatus(given["status"]) if given["status"] else None,
            placed_from=_midnight(given["placed_from"]) if given["placed_from"] else None,
            placed_before=_midnight(given["placed_to"] + timedelta(days=1)) if given["placed_to"] else None,
            on_hold=hold == "any",
            hold=HoldKind(hold) if hold in HoldKind.values else None,
            reshipped={"yes": True, "no": False}.get(given["reshipped"]),
            sort=OrderSort(given["sort"]) if given["sort"] else OrderSort.NEWEST,
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
