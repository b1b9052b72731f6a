"""What stands in the address of a report: whose rows, which days, and in which steps."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from reship.clients.models import Client
from reship.errors import Refusal
from reship.reports.period import Period, Step
from reship.web.access import zone_of
from reship.web.forms import DayField, ListForm

USUAL_PRESET = "30_days"


class ReportForm(ListForm):
    """Days that are entered win over a preset; days are those of the client's zone, or UTC for several clients."""

    made_from = DayField(label="From")
    made_to = DayField(label="To")
    step = forms.ChoiceField(
        required=False,
        label="Steps",
        choices=[("", "As fits"), (Step.DAY, "Days"), (Step.WEEK, "Weeks"), (Step.MONTH, "Months")],
    )
    period = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    asked: Period | None = None
    """The period that a valid form asks for."""
    asked_step: Step | None = None
    asked_client: Client | None = None
    """None stands for all that the person sees."""

    def __init__(
        self, data: Any, *, clients: Iterable[Client], own: Client | None, at: datetime, chosen: str = ""
    ) -> None:
        super().__init__(data, clients=clients, chosen=chosen)
        self._own, self._at = own, at
        period = self.fields["period"]
        assert isinstance(period, forms.ChoiceField)
        period.choices = [("", "")] + [(name, label) for name, (label, _) in _PRESETS.items()]

    def clean(self) -> None:
        given = self.cleaned_data
        if self.errors:
            return
        wanted = given.get("client")
        self.asked_client = self._own or next((client for client in self.clients if client.code == wanted), None)
        self.asked_step = Step(given["step"]) if given["step"] else None
        try:
            self.asked = self._period(given)
            self.asked.cut(self.asked_step or self.asked.usual_step)
        except Refusal as refusal:
            self.add_error("step" if "steps" in refusal.figures else "made_from", refusal.message)
            return
        shown = {"made_from": str(self.asked.first), "made_to": str(self.asked.last)}
        self.data = {name: self.data.get(name, "") for name in self.data} | shown

    def presets(self) -> list[tuple[str, str, bool]]:
        """Name, label, and whether it is what a valid form asks for."""
        return [
            (name, label, self.asked is not None and days(self._today) == (self.asked.first, self.asked.last))
            for name, (label, days) in _PRESETS.items()
        ]

    @property
    def kept_parameters(self) -> dict[str, str]:
        """What stays when another period is chosen."""
        given = {name: str(self.cleaned_data.get(name) or "") for name in ("client", "step")}
        return {name: value for name, value in given.items() if value}

    @property
    def _today(self) -> date:
        return self._at.astimezone(zone_of(self.asked_client)).date()

    def _period(self, given: dict[str, Any]) -> Period:
        zone = zone_of(self.asked_client)
        if not given["made_from"] and not given["made_to"]:
            _, days = _PRESETS[given["period"] or USUAL_PRESET]
            return Period.of(*days(self._today), zone)
        last = given["made_to"] or max(self._today, given["made_from"])
        return Period.of(given["made_from"] or last - timedelta(days=29), last, zone)


def _days_until(number: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - timedelta(days=number - 1), today)


def _twelve_months(today: date) -> tuple[date, date]:
    """This month and the eleven before it."""
    year, month = divmod(today.year * 12 + today.month - 1 - 11, 12)
    return date(year, month + 1, 1), today


def _last_month(today: date) -> tuple[date, date]:
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


_PRESETS: dict[str, tuple[str, Callable[[date], tuple[date, date]]]] = {
    "7_days": ("7 days", _days_until(7)),
    USUAL_PRESET: ("30 days", _days_until(30)),
    "90_days": ("90 days", _days_until(90)),
    "this_month": ("This month", lambda today: (today.replace(day=1), today)),
    "last_month": ("Last month", _last_month),
    "12_months": ("12 months", _twelve_months),
}
