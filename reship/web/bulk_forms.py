"""The forms of Bulk Edit. They show what was typed; what is right is decided by the verbs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from reship import intake
from reship.clients.models import Client
from reship.clients.reasons import BUILT_IN, reasons_of
from reship.errors import Refusal
from reship.fulfilment.reship_plan import AddBack
from reship.jobs.asking import JobOptions
from reship.jobs.models import JobDeed
from reship.orders.models import HoldKind
from reship.web.order_forms import FAULTS, AskingForm, offer_reasons, reason_choices


def _note(help_text: str) -> forms.CharField:
    return forms.CharField(
        label="Note",
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": "2", "maxlength": "1000"}),
    )


class BulkReshipForm(AskingForm):
    """How orders are re-shipped."""

    reason = forms.ChoiceField(label="Reason", required=False)
    fault = forms.ChoiceField(label="Fault", required=False, choices=FAULTS)
    note = _note("Stands in the history of every order.")
    fields_of_codes = {"invalid_reason": "reason", "reason_required": "reason", "invalid_fault": "fault"}

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, reasons: Sequence[tuple[str, Any]], reason_required: bool
    ) -> None:
        super().__init__(data)
        offer_reasons(self, reasons, required=reason_required)

    @property
    def add_back(self) -> str:
        return self.typed("add_back") or AddBack.NO.value

    @property
    def hold(self) -> bool:
        return self.is_ticked("hold")

    @property
    def all_parcels(self) -> bool:
        return self.typed("parcels") == "all"

    def options(self) -> JobOptions:
        """Refuses `invalid_add_back`."""
        return JobOptions(
            JobDeed.RESHIP,
            reason=self.typed("reason"),
            fault=self.typed("fault"),
            note=self.typed("note"),
            add_back=_add_back(self.add_back),
            hold=self.hold,
            all_parcels=self.all_parcels,
        )


CAN_DO = tuple(deed.value for deed in JobDeed if deed != JobDeed.IMPORT)
"""What is done to orders that are there."""


class BulkEditForm(BulkReshipForm):
    """All that can be done to many orders."""

    hold_kind = forms.ChoiceField(label="Kind of hold", choices=HoldKind.choices, required=False)
    hold_note = _note("Whoever meets the hold reads it: say what has to happen before it can be lifted.")
    lift_kind = forms.ChoiceField(
        label="Kind of hold to lift",
        choices=HoldKind.choices,
        required=False,
        help_text="Lifted from the whole order and from each of its shipments.",
    )

    @property
    def deed(self) -> str:
        return self.typed("deed") or JobDeed.RESHIP.value

    def options(self) -> JobOptions:
        """Refuses `invalid_deed`, `invalid_add_back`."""
        if self.deed not in CAN_DO:
            raise Refusal(
                "invalid_deed",
                f"{intake.shown(self.deed)} is nothing that Bulk Edit can do.",
                given=intake.shown(self.deed),
                known=list(CAN_DO),
            )
        deed = JobDeed(self.deed)
        if deed == JobDeed.RESHIP:
            return super().options()
        if deed == JobDeed.HOLD:
            return JobOptions(deed, hold_kind=self.typed("hold_kind"), note=self.typed("hold_note"))
        return JobOptions(deed, hold_kind=self.typed("lift_kind") if deed == JobDeed.LIFT else "")

    def field_of(self, refusal: Refusal) -> str:
        name = super().field_of(refusal)
        if refusal.code == "invalid_hold":
            return "lift_kind" if self.deed == JobDeed.LIFT else "hold_kind"
        return "hold_note" if name == "note" and self.deed == JobDeed.HOLD else name


class ReshipListForm(BulkReshipForm):
    """A list that is uploaded, and how its orders are re-shipped where its rows do not say."""

    file = forms.FileField(label="List", widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}))
    client = forms.ChoiceField(label="Client")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        reasons: Sequence[tuple[str, Any]],
        clients: Iterable[Client],
        chosen: str = "",
    ) -> None:
        """`clients` are those to choose from, none for people of one; `chosen` is the code that is chosen at first."""
        # A row may say it, so the list decides whether a reason is needed here.
        super().__init__(data, reasons=reasons, reason_required=False)
        choices = [(client.code, client.name) for client in clients]
        client = self.fields["client"]
        assert isinstance(client, forms.ChoiceField)
        client.choices = choices
        client.initial = chosen
        if not choices:
            del self.fields["client"]

    def field_of(self, refusal: Refusal) -> str:
        # What has a line is about the list, whatever else it is about.
        is_about_list = "line" in refusal.figures or refusal.code in _OF_FILES
        return "file" if is_about_list else super().field_of(refusal)


def reasons_of_several(clients: Sequence[Client]) -> list[tuple[str, Any]]:
    """The reasons of clients among whom somebody has still to choose: under their names, where one has its own."""
    lists = {client.name: reason_choices(reasons_of(client)) for client in clients if client.reasons}
    built_in = reason_choices(BUILT_IN)
    if not lists:
        return [*built_in]
    others = [("Other clients", built_in)] if len(lists) < len(clients) else []
    return [*lists.items(), *others]


_OF_FILES = frozenset(
    {"empty_file", "file_damaged", "file_required", "file_too_large", "file_unreadable", "duplicate_order"}
)


def _add_back(given: str) -> AddBack:
    try:
        return AddBack(given)
    except ValueError as error:
        known = [choice.value for choice in AddBack]
        raise Refusal(
            "invalid_add_back",
            f"Add inventory back can be {', '.join(known)}, not {intake.shown(given)}.",
            given=intake.shown(given),
            known=known,
        ) from error
