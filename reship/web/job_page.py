"""A job as its page shows it: the dry run, the run, and what becomes of each order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reship.clients.access import Actor, not_allowed
from reship.clients.models import Client
from reship.clients.reasons import fault_label, reason_of
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.fulfilment.place_order import why_held
from reship.fulfilment.reship_plan import AddBack
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.models import ItemState, Job, JobDeed, JobItem, JobState, JobStock
from reship.jobs.queries import Progress, Shown, find_items, progress, stock_effect
from reship.orders.models import HoldKind
from reship.web.addresses import ListAddress
from reship.web.stock_change import Change
from reship.web.windows import Paths

ITEMS_A_PAGE = 100
SKUS_SHOWN = 50
PATIENCE = timedelta(seconds=15)
"""After that long without a chunk, no worker seems to run."""


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at the orders below; `count` is None where it is not known without counting."""

    label: str
    address: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What renews itself while there is work. It asks `address` again after `pause` milliseconds."""

    title: str
    progress: Progress
    text: str
    counts: tuple[Fact, ...]
    is_waiting: bool
    """No worker seems to be there."""
    address: str
    pause: int


@dataclass(frozen=True, slots=True)
class JobRow:
    """An order of the job, or one of its parcels."""

    position: int
    order: str
    order_url: str
    source: str
    label: str
    tone: str
    message: str
    shipment: str
    shipment_url: str
    is_left_out: bool
    line: int = 0
    """Where it begins in the file that it is from, if it is."""


@dataclass(frozen=True, slots=True)
class StockRow:
    """What a dry run does to one SKU in one warehouse."""

    sku: str
    warehouse: str
    on_hand: Change
    available: Change


@dataclass(frozen=True, slots=True)
class JobPage:
    """`refused` says why this person may change nothing."""

    job: Job
    client: Client
    shows_client: bool
    title: str
    state: str
    facts: tuple[Fact, ...]
    live: Live
    views: tuple[View, ...]
    codes: tuple[View, ...]
    rows: tuple[JobRow, ...]
    page_text: str
    previous_url: str
    next_url: str
    stock: tuple[StockRow, ...]
    has_more_stock: bool
    both_parcels: int
    both_parcels_url: str
    several_parcels: int
    several_parcels_url: str
    sends_all_parcels: bool
    refused: str
    parameters: Mapping[str, str]
    """What a form of the page sends along, to come back to this view of it."""

    @property
    def number(self) -> str:
        """As it stands in an address."""
        return str(self.job.number)

    @property
    def is_draft(self) -> bool:
        return self.job.state == JobState.DRAFT

    @property
    def is_running(self) -> bool:
        return self.job.state == JobState.RUNNING

    @property
    def shows_shipments(self) -> bool:
        return not self.is_draft and self.job.deed == JobDeed.RESHIP

    @property
    def is_import(self) -> bool:
        return self.job.deed == JobDeed.IMPORT

    @property
    def confirmation(self) -> str:
        return "Import" if self.is_import else "Update"

    @property
    def offers_exceptions(self) -> bool:
        return self.is_draft and not self.refused


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a job's orders somebody wants to see."""

    shown: Shown = Shown.ALL
    code: str = ""
    page: str = ""

    @classmethod
    def of(cls, data: Mapping[str, str]) -> "Wanted":
        """What is not known means all of them. A code is compared with stored ones, so only a plain word is one."""
        shown, code = data.get("shown", ""), data.get("code", "")
        return cls(
            Shown(shown) if shown in {choice.value for choice in Shown} else Shown.ALL,
            code if code.isascii() and code.isidentifier() and len(code) <= 40 else "",
            data.get("page", ""),
        )

    @property
    def parameters(self) -> dict[str, str]:
        shown = "" if self.shown == Shown.ALL else self.shown.value
        return {name: value for name, value in (("shown", shown), ("code", self.code)) if value}


def job_page(job: Job, client: Client, wanted: Wanted, *, path: str, actor: Actor, at: datetime) -> JobPage:
    """The page, in two statements. Refuses `invalid_cursor`."""
    options = JobOptions.from_json(job.options)
    after = Cursor.from_text(wanted.page) if wanted.page else None
    items = find_items(job, shown=wanted.shown, code=wanted.code, limit=ITEMS_A_PAGE, after=after)
    stock = stock_effect(job, limit=SKUS_SHOWN + 1) if job.state == JobState.DRAFT else []
    address = ListAddress(path, wanted.parameters)
    number = len(items.rows)
    is_all = items.previous is None and items.next is None
    return JobPage(
        job=job,
        client=client,
        shows_client=actor.is_of_company,
        title=f"Job {job.number}: {JobDeed(job.deed).label}",
        state=JobState(job.state).label,
        facts=tuple(_facts(job, options, client)),
        live=live_of(job, wanted, path=path, at=at),
        views=tuple(_views(job, wanted, path)),
        codes=tuple(_codes(job, wanted, path)),
        rows=tuple(_row(item, job, client) for item in items.rows),
        page_text=f"{number} {'order' if number == 1 else 'orders'}{'' if is_all else ' on this page'}",
        previous_url=address.having(page=items.previous.as_text()) if items.previous else "",
        next_url=address.having(page=items.next.as_text()) if items.next else "",
        stock=tuple(_stock_row(effect) for effect in stock[:SKUS_SHOWN]),
        has_more_stock=len(stock) > SKUS_SHOWN,
        both_parcels=job.warnings.get("both_parcels_will_go", 0),
        both_parcels_url=ListAddress(path, {}).having(shown=Shown.BOTH_PARCELS.value),
        several_parcels=job.several_parcels,
        several_parcels_url=ListAddress(path, {}).having(shown=Shown.SEVERAL_PARCELS.value),
        sends_all_parcels=options.all_parcels,
        refused="" if actor.may(Right.BULK) else not_allowed(actor, Right.BULK).message,
        parameters=wanted.parameters | ({"page": wanted.page} if wanted.page else {}),
    )


def live_of(job: Job, wanted: Wanted, *, path: str, at: datetime) -> Live:
    now = progress(job, at=at)
    seen = max(filter(None, [job.made_at, job.started_at, job.worked_at]))
    age = at - (job.started_at or job.made_at)
    return Live(
        title=_live_title(job),
        progress=now,
        text=_live_text(job, now),
        counts=tuple(_counts(job)),
        is_waiting=job.has_work and at - seen > PATIENCE,
        address=ListAddress(path, wanted.parameters).having(page=wanted.page),
        # Most jobs are short; whoever watches a long one need not see every step.
        pause=400 if age < timedelta(seconds=5) else 1_000 if age < timedelta(minutes=1) else 2_000,
    )


def orders_of(number: int) -> str:
    return f"{number:,} {'order' if number == 1 else 'orders'}"


def refusal_in_words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _counts(job: Job) -> list[Fact]:
    counts = [("Parcels" if job.options["all_parcels"] else "Orders", job.submitted)]
    if job.state == JobState.DRAFT or job.started_at is None:
        counts += [(_would_go(job), job.would_go), ("Would be refused", sum(job.would_be_refused.values()))]
    else:
        counts += [(_done(job), job.done), ("Refused", job.refused)]
        if job.state == JobState.CANCELLED and job.left:
            counts.append(("Not done", job.left))
    return [Fact(label, f"{count:,}") for label, count in counts]


def _would_go(job: Job) -> str:
    return "Would be imported" if job.deed == JobDeed.IMPORT else "Would go"


def _done(job: Job) -> str:
    return "Imported" if job.deed == JobDeed.IMPORT else "Done"


def _live_title(job: Job) -> str:
    if job.state == JobState.DRAFT:
        return "Dry run" if job.is_rehearsed else "The dry run is being made"
    if job.state == JobState.RUNNING:
        return "Running"
    return JobState(job.state).label


def _live_text(job: Job, now: Progress) -> str:
    if job.state == JobState.DRAFT:
        button = "Import" if job.deed == JobDeed.IMPORT else "Update"
        if job.is_rehearsed:
            return f"This is what would happen. Nothing is written until {button} is pressed."
        return f"{now.ended:,} of {now.of:,} looked at. Nothing is written until {button} is pressed."
    said = [f"{now.ended:,} of {now.of:,} orders worked on"]
    if job.state == JobState.RUNNING:
        if now.per_second is not None:
            said.append(f"{now.per_second:,.0f} orders a second" if now.per_second >= 1 else "under 1 order a second")
        if now.seconds_left is not None:
            said.append(f"about {_duration(now.seconds_left)} left")
    elif job.started_at and job.ended_at:
        said.append(f"took {_duration(round((job.ended_at - job.started_at).total_seconds()))}")
    return " · ".join(said)


def _duration(seconds: int) -> str:
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{round(minutes / 60)} hours"


def _facts(job: Job, options: JobOptions, client: Client) -> list[Fact]:
    if options.deed == JobDeed.IMPORT:
        return list(_facts_of_import(job, options))
    facts = [Fact("Selection", job.selection)]
    if options.deed == JobDeed.RESHIP:
        if options.reason:
            reason = reason_of(client, options.reason)
            facts.append(Fact("Reason", reason.label if reason else options.reason))
        if options.fault:
            facts.append(Fact("Fault", fault_label(options.fault)))
        facts.append(Fact("Add inventory back", ADD_BACK_IN_WORDS[options.add_back]))
        facts.append(Fact("Operator Hold", "Yes" if options.hold else "No"))
        facts.append(Fact("Of several parcels", _parcels_in_words(job, options)))
    if options.hold_kind:
        facts.append(Fact("Hold", HoldKind(options.hold_kind).label))
    if options.note:
        facts.append(Fact("Note", options.note))
    return facts


def _facts_of_import(job: Job, options: JobOptions) -> Iterator[Fact]:
    yield Fact("File", job.selection)
    yield Fact("Format", FORMATS.get(options.layout, options.layout))
    yield Fact("Rows read", f"{options.rows_read:,}")
    for cause, rows in sorted(options.rows_left_out.items()):
        yield Fact(f"Rows left out: {refusal_in_words(cause).lower()}", f"{rows:,}")
    for what, orders in sorted(options.noted.items()):
        yield Fact(refusal_in_words(what), orders_of(orders))
    yield Fact("Products that are not there", "Made" if options.create_products else "Refused")
    if options.opening_stock:
        yield Fact("What has left", "Brings its goods, which leave with it")


FORMATS = {"shopify": "Shopify", "woocommerce": "WooCommerce", "reship": "Reship", "online-retail": "Online Retail"}


def _parcels_in_words(job: Job, options: JobOptions) -> str:
    if options.all_parcels:
        return "All"
    return "The latest" if job.retry_of_id is None else "Those that were refused"


ADD_BACK_IN_WORDS = {
    AddBack.NO: "No",
    AddBack.YES: "Yes",
    AddBack.WHERE_HERE: "Only where the parcel is still here",
}


def _views(job: Job, wanted: Wanted, path: str) -> list[View]:
    if job.state == JobState.DRAFT:
        choices: list[tuple[Shown, str, int | None]] = [
            (Shown.ALL, "All", None),
            (Shown.WOULD_GO, _would_go(job), job.would_go),
            (Shown.WOULD_BE_REFUSED, "Would be refused", sum(job.would_be_refused.values())),
            (Shown.BOTH_PARCELS, "Two parcels", job.warnings.get("both_parcels_will_go", 0)),
            (Shown.SEVERAL_PARCELS, "Several parcels", job.several_parcels),
            (Shown.LEFT_OUT, "Left out", None),
        ]
    else:
        choices = [
            (Shown.ALL, "All", None),
            (Shown.DONE, _done(job), job.done),
            (Shown.REFUSED, "Refused", job.refused),
            (Shown.PENDING, "Not done" if job.state == JobState.CANCELLED else "Waiting", job.left),
            (Shown.LEFT_OUT, "Left out", None),
        ]
    return [
        View(
            label,
            ListAddress(path, {}).having(shown="" if shown == Shown.ALL else shown.value),
            is_current=wanted.shown == shown and not wanted.code,
            count=count,
        )
        for shown, label, count in choices
        if count is None or count or wanted.shown == shown
    ]


def _codes(job: Job, wanted: Wanted, path: str) -> list[View]:
    """The rules that refuse, the most frequent first."""
    is_draft = job.state == JobState.DRAFT
    refusals: dict[str, int] = job.would_be_refused if is_draft else job.refusals
    shown = (Shown.WOULD_BE_REFUSED if is_draft else Shown.REFUSED).value
    return [
        View(
            refusal_in_words(code),
            ListAddress(path, {}).having(shown=shown, code=code),
            is_current=wanted.code == code,
            count=number,
        )
        for code, number in sorted(refusals.items(), key=lambda of_code: (-of_code[1], of_code[0]))
    ]


_WARNINGS = {
    "both_parcels_will_go": "The original has not left and will go out as well: two parcels.",
    "original_superseded": "The original has not left; its units are added back, and it will not go out.",
    "units_stay_in_original": "Some units of the original are not sent again, and stay in a parcel that cannot go.",
}


def _row(item: JobItem, job: Job, client: Client) -> JobRow:
    label, tone = _outcome(item, job)
    code = item.code or item.forecast
    # What the dry run foresaw says nothing any more once the job runs.
    is_told = job.state == JobState.DRAFT or item.state == ItemState.REFUSED
    message = str((item.refusal or {}).get("message", "")) if is_told else ""
    if not message and job.state == JobState.DRAFT:
        message = _WARNINGS.get(item.warning, "") or _hold_foreseen(item)
        if item.other_parcels:
            several = f"{item.other_parcels} other parcel{'' if item.other_parcels == 1 else 's'} with something left."
            message = f"{message} {several}".strip()
    paths = Paths(client.code, item.order_number)
    if job.deed == JobDeed.IMPORT:
        is_known = item.state == ItemState.DONE or code == "order_exists"
    else:
        is_known = code != "order_not_found"
    return JobRow(
        position=item.position,
        order=item.order_number,
        order_url=paths.to("order") if is_known else "",
        source=item.source,
        label=label,
        tone=tone,
        message=message,
        shipment=item.shipment,
        shipment_url=paths.shown(item.shipment) if item.shipment else "",
        is_left_out=item.state == ItemState.LEFT_OUT,
        line=(item.asked or {}).get("line", 0),
    )


def _hold_foreseen(item: JobItem) -> str:
    """Of an order of a file: that it would wait, and why."""
    waits = item.state == ItemState.PENDING and "new" in (item.asked or {})
    new = JobOrder.of(item).new if waits else None
    return f"Would be held ({HoldKind(new.hold).label}): {why_held(new)}" if new and new.hold else ""


def _outcome(item: JobItem, job: Job) -> tuple[str, str]:
    if item.state == ItemState.DONE:
        return _done(job), "green"
    if item.state == ItemState.REFUSED:
        return refusal_in_words(item.code), "red"
    if item.state == ItemState.LEFT_OUT:
        return "Left out", "grey"
    if job.state == JobState.CANCELLED:
        return "Not done", "grey"
    if job.state == JobState.RUNNING or not item.forecast:
        return "Waiting", "grey"
    if item.forecast == "go":
        return _would_go(job), "amber" if item.warning == "both_parcels_will_go" else "green"
    return refusal_in_words(item.forecast), "red"


def _stock_row(effect: JobStock) -> StockRow:
    now = effect.on_hand - effect.allocated
    after = now + effect.on_hand_change - effect.allocated_change
    kind = "short" if after < 0 else "more" if after > now else "less" if after < now else ""
    return StockRow(
        sku=effect.product.sku,
        warehouse=effect.warehouse.code,
        on_hand=Change(_units(effect.on_hand), _units(effect.on_hand + effect.on_hand_change)),
        available=Change(_units(now), _units(after), kind),
    )


def _units(number: int) -> str:
    return f"{number:,}".replace("-", "−")


def told_of(item: JobItem) -> str:
    """The refusal's sentence, or nothing."""
    return str((item.refusal or {}).get("message", "")) if item.state == ItemState.REFUSED else ""


def foreseen_of(item: JobItem) -> tuple[str, str]:
    """The code and the sentence of the refusal that the dry run foresees, or nothing."""
    is_refused = item.state == ItemState.PENDING and item.forecast not in {"", "go"}
    return (item.forecast, str((item.refusal or {}).get("message", ""))) if is_refused else ("", "")
