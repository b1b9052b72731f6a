"""Reports → Reships: the page, and each of its tables as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from io import StringIO

from defusedcsv import csv
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from reship.clients.roles import Right
from reship.errors import Refusal
from reship.reports.period import Span, Step
from reship.reports.reships import Cost, Group, ReshipReport, reship_report
from reship.web.access import PortalRequest, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.chosen_client import chosen_client, list_query
from reship.web.report_form import ReportForm

ROWS_SHOWN = 50
OVER_TIME = "over-time"


@dataclass(frozen=True, slots=True)
class Preset:
    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """A day, week or month as it is shown; `rate_value` is the rate as a chart reads it, empty without one."""

    label: str
    orders: int
    reshipments: int
    cancelled: int
    rate: str
    rate_value: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """A cost as it is shown, each amount with its currency."""

    goods: str
    label: str
    fee: str
    total: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    name: str
    client: str
    reshipments: int
    share: str
    units: int
    costs: tuple[Amounts, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One question's answer. `hidden` rows stand in the file alone; `is_drawn` where there is a chart of it."""

    key: str
    title: str
    head: str
    rows: tuple[GroupRow, ...]
    hidden: int
    csv_url: str
    note: str = ""
    shows_clients: bool = False
    shows_costs: bool = True
    shows_goods_only: bool = False
    is_drawn: bool = False


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`whose` is a client's name, or says that it is about all of them."""

    whose: str
    period: str
    zone: str
    steps_in_words: str
    reshipments: int
    orders: int
    cancelled: int
    rate: str
    costs: tuple[Amounts, ...]
    steps: tuple[StepRow, ...]
    steps_csv_url: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    """A table of the report: its words, and which groups it shows."""

    key: str
    title: str
    head: str
    note: str = ""
    shows_goods_only: bool = False
    is_drawn: bool = False

    def groups(self, report: ReshipReport) -> tuple[Group, ...] | None:
        found: tuple[Group, ...] | None = getattr(report, self.key)
        return found


QUESTIONS = (
    _Question("reasons", "By reason", "Reason", is_drawn=True),
    _Question("faults", "By fault", "Fault"),
    _Question("skus", "By SKU", "SKU", "Goods only: a label and a fee are of a whole parcel.", shows_goods_only=True),
    _Question("carriers", "By carrier", "Carrier", "Who carried the parcel that is sent again."),
    _Question("packers", "By packer", "Packer", "Who picked the parcel that is sent again. Clients do not see this."),
    _Question("clients", "By client", "Client"),
)


@needs(Right.VIEW)
@require_safe
def reports(request: PortalRequest) -> HttpResponse:
    return redirect("web:reships_report")


@needs(Right.VIEW)
@require_safe
def reships_report(request: PortalRequest) -> HttpResponse:
    """The report of the client's own people, or of one client or all for the fulfilment company's."""
    form = _form(request)
    shows_costs = request.actor.may(Right.SEE_COSTS)
    page = _page(form, _report(request, form), shows_costs=shows_costs) if form.is_valid() else None
    address = ListAddress(reverse("web:reships_report"), form.kept_parameters if page else {})
    context = {
        "form": form,
        "page": page,
        "presets": [
            Preset(label, address.having(period=name), is_current) for name, label, is_current in form.presets()
        ],
        "clear_url": address.path,
    }
    status = HTTPStatus.OK if page else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "web/reships_report.html", context, status=status)


@needs(Right.VIEW)
@require_safe
def reships_report_csv(request: PortalRequest) -> HttpResponse:
    """One table of the report, whole, as a file that a spreadsheet opens without running anything in it.

    Refuses `invalid_filter` for what the page could not show.
    """
    form = _form(request)
    key = request.GET.get("table", OVER_TIME)
    if not form.is_valid() or form.asked is None:
        raise Refusal("invalid_filter", "The filter cannot be understood, so there is nothing to download.")
    report = _report(request, form)
    question = next((question for question in QUESTIONS if question.key == key), None)
    groups = question.groups(report) if question else None
    if key != OVER_TIME and groups is None:
        raise Refusal("invalid_filter", "The report has no such table for you.")
    text = StringIO()
    writer = csv.writer(text)
    if question is None or groups is None:
        writer.writerows(_step_lines(report))
    else:
        writer.writerows(_lines(question, report, groups, shows_costs=request.actor.may(Right.SEE_COSTS)))
    name = f"reships-{key}-{form.asked.first}-{form.asked.last}.csv"
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _form(request: PortalRequest) -> ReportForm:
    return ReportForm(
        list_query(request),
        clients=clients_seen_by(request),
        own=request.user.client,
        at=timezone.now(),
        chosen=chosen_client(request),
    )


def _report(request: PortalRequest, form: ReportForm) -> ReshipReport:
    assert form.asked is not None, "a valid form has a period"
    clients = [form.asked_client] if form.asked_client else form.clients
    return reship_report(clients, form.asked, step=form.asked_step, names_packers=request.actor.is_of_company)


def _page(form: ReportForm, report: ReshipReport, *, shows_costs: bool) -> ReportPage:
    period = report.period
    parameters = form.kept_parameters | {"made_from": str(period.first), "made_to": str(period.last)}
    address = ListAddress(reverse("web:reships_report_csv"), parameters)
    client = form.asked_client
    tables = []
    for question in QUESTIONS:
        groups = question.groups(report)
        if groups is None or (question.key == "clients" and (client is not None or len(form.clients) < 2)):
            continue
        csv_url = address.having(table=question.key)
        tables.append(_table(question, groups, report, csv_url=csv_url, of_one=bool(client), shows_costs=shows_costs))
    return ReportPage(
        whose=client.name if client else "All clients",
        period=_days_in_words(Span(period.first, period.last)),
        zone=period.zone.key,
        steps_in_words={Step.DAY: "Day", Step.WEEK: "Week", Step.MONTH: "Month"}[report.step],
        reshipments=report.all.reshipments,
        orders=report.orders,
        cancelled=report.cancelled,
        rate=_rate(report.rate),
        costs=_amounts(report.all.costs) if shows_costs else (),
        steps=tuple(
            StepRow(
                _label(report.step, step.span),
                step.orders,
                step.reshipments,
                step.cancelled,
                _rate(step.rate),
                "" if step.rate is None else str(step.rate),
            )
            for step in report.steps
        ),
        steps_csv_url=address.having(table=OVER_TIME),
        tables=tuple(tables),
    )


def _table(
    question: _Question, groups: Sequence[Group], report: ReshipReport, *, csv_url: str, of_one: bool, shows_costs: bool
) -> Table:
    return Table(
        key=question.key,
        title=question.title,
        head=question.head,
        rows=tuple(
            GroupRow(
                group.name,
                group.client,
                group.reshipments,
                _share(group.reshipments, report.all.reshipments),
                group.units,
                _amounts(group.costs) if shows_costs else (),
            )
            for group in groups[:ROWS_SHOWN]
        ),
        hidden=max(0, len(groups) - ROWS_SHOWN),
        csv_url=csv_url,
        note=question.note if shows_costs or not question.shows_goods_only else "",
        shows_clients=question.key == "skus" and not of_one,
        shows_costs=shows_costs,
        shows_goods_only=question.shows_goods_only,
        is_drawn=question.is_drawn,
    )


def _step_lines(report: ReshipReport) -> Iterator[list[object]]:
    yield ["first_day", "last_day", "orders", "reshipments", "cancelled", "reshipments_per_100_orders"]
    for step in report.steps:
        rate = "" if step.rate is None else step.rate
        yield [step.span.first, step.span.last, step.orders, step.reshipments, step.cancelled, rate]


def _lines(
    question: _Question, report: ReshipReport, groups: Sequence[Group], *, shows_costs: bool
) -> Iterator[list[object]]:
    """A column per kind of cost and currency, so that no row stands twice and nothing is added up that cannot be."""
    kinds: list[str] = []
    if shows_costs:
        kinds = ["goods"] if question.shows_goods_only else ["goods", "label", "fee", "total"]
    columns = [f"{kind}_{currency}" for currency in report.currencies for kind in kinds]
    yield [question.head.lower(), "client", "reshipments", "units", *columns]
    for group in groups:
        by_currency = {cost.currency: cost for cost in group.costs}
        amounts = [
            f"{getattr(by_currency[currency], kind) if currency in by_currency else 0:.2f}"
            for currency in report.currencies
            for kind in kinds
        ]
        yield [group.name, group.client, group.reshipments, group.units, *amounts]


def _amounts(costs: Sequence[Cost]) -> tuple[Amounts, ...]:
    def money(amount: Decimal, currency: str) -> str:
        return f"{amount:,.2f} {currency}".replace("-", "−")

    return tuple(
        Amounts(*(money(amount, cost.currency) for amount in (cost.goods, cost.label, cost.fee, cost.total)))
        for cost in costs
    )


def _rate(rate: Decimal | None) -> str:
    return "–" if rate is None else f"{rate:,}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _label(step: Step, span: Span) -> str:
    if step == Step.DAY:
        return f"{span.first:%a %-d %b}"
    return f"{span.first:%b %Y}" if step == Step.MONTH else _days_in_words(span, with_year=False)


def _days_in_words(span: Span, *, with_year: bool = True) -> str:
    year = " %Y" if with_year else ""
    first = f"{span.first:%-d %b}" if span.first.year == span.last.year or not with_year else f"{span.first:%-d %b %Y}"
    last = span.last.strftime(f"%-d %b{year}")
    return last if span.first == span.last else f"{first} – {last}"
