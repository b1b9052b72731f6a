"""A file of orders as a job: read in one go, looked at as a dry run, and placed in chunks by the worker."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.new_client import default_warehouse_code
from reship.imports.import_orders import opening_stock
from reship.imports.rows import ReadOrder
from reship.imports.shop_order import LEFT_OUT
from reship.imports.source import ImportRequest, Source
from reship.imports.survey import cleaned
from reship.jobs.asking import MOST_ORDERS, JobOptions, JobOrder
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed


def make_import_job(request: ImportRequest, *, file_name: str, client: Client, actor: Actor, at: datetime) -> Job:
    """A draft whose items are the file's orders; those that cannot be read, or are not to be sent, are refused in it.

    The file is read twice from front to back, before the transaction in which the draft is made; 50,000 orders take
    about a quarter of a minute. Refuses `not_allowed`, what `Source` and `make_job` refuse, `empty_file` and
    `too_many_orders`; and for a file that is no shop's, what is wrong with any of its rows.
    """
    require(actor, Right.BULK)
    source = Source(request, _untold, zone=ZoneInfo(client.timezone), may_be_packed=False)
    warehouse = default_warehouse_code()
    orders: list[JobOrder] = []
    left_out: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    rows = 0
    for read in source.orders("Reading"):
        rows += read.rows
        order = _job_order(read, warehouse)
        if order is None or read.order is not None:
            left_out += read.left_out
            noted.update(read.noted.keys())
        if order is not None:
            orders.append(order)
        if len(orders) > MOST_ORDERS:
            raise Refusal(
                "too_many_orders",
                f"The file has more than {MOST_ORDERS:,} orders. Export fewer at once, or let whoever runs this "
                "installation use the command import-orders.",
                most=MOST_ORDERS,
            )
    if not orders:
        raise Refusal("empty_file", "The file has no order in it.")
    options = JobOptions(
        JobDeed.IMPORT,
        warehouse=warehouse,
        opening_stock=opening_stock(intake.shown(file_name)) if source.brings_goods else "",
        create_products=request.create_products,
        layout=source.format.name,
        rows_read=rows,
        rows_left_out=dict(left_out),
        noted=dict(noted),
    )
    return make_job(orders, options, client=client, actor=actor, at=at, selection=intake.named(file_name))


def _job_order(read: ReadOrder, warehouse: str) -> JobOrder | None:
    """None for rows that are no order at all."""
    number = read.number
    try:
        number = intake.text(number, field="order number", longest=40, required=True)
    except Refusal:
        number = f"line {read.line}"
    if read.refusal is not None:
        return JobOrder(number, refused=read.refusal, line=read.line, rows=read.rows)
    if read.order is not None:
        new = replace(cleaned(read, read.order), warehouse=warehouse)
        return JobOrder(new.number, new=new, line=read.line, rows=read.rows)
    if not read.cause:
        return None
    refusal = Refusal(read.cause, LEFT_OUT[read.cause], order=number)
    return JobOrder(number, refused=refusal, line=read.line, rows=read.rows)


def _untold(stage: str, done: int, size: int) -> None:
    """Nobody watches how far the reading is."""
