"""Orders from a file: checked whole before anything is written, placed in small transactions, accounted for row by row.

The file is read three times from front to back: which orders stand in several parts, whether all of it can be placed,
and for good. So only a chunk of it is in memory, and a file that is not well formed leaves no trace. Each chunk is one
transaction, in which the goods of departed orders are received and leave again: a run that is killed half way has done
whole orders and not received a unit too many, and the next one does the rest.
"""

from dataclasses import replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from reship import intake
from reship.clients.access import Actor
from reship.clients.directory import client_by_code
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.new_client import create_client, default_warehouse
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.stock import NewProduct, add_products
from reship.imports.account import Account
from reship.imports.rows import in_chunks
from reship.imports.source import UTC, ImportRequest, Progress, Source
from reship.imports.survey import Survey, refuse_new_products, survey

ORDERS_IN_A_CHUNK = 100
LINES_IN_A_CHUNK = 1_000
PRODUCTS_IN_A_CHUNK = 1_000


def import_orders(request: ImportRequest, *, actor: Actor, at: datetime, progress: Progress) -> Account:
    """Imports a file and says what became of every row. An order that is there already is left out.

    Refuses, before anything is written: `client_not_found`, what `Source` and `survey` refuse, and `unknown_item` for
    products that are not there and shall not be made. What a rule refuses after that leaves out one order, and so does,
    in a file of a shop, what is wrong with that order.
    """
    client = _client(request)
    source = Source(request, progress, zone=ZoneInfo(client.timezone) if client else UTC)
    found = survey(source, client)
    if not request.create_products:
        refuse_new_products(found)
    is_done_already = not found.account.orders_made and not found.new_products
    if request.dry_run or is_done_already:
        return found.account
    if client is None:
        client = create_client(request.client, name=request.client, actor=actor, at=at)
    _add_products(found, client=client, actor=actor, at=at)
    account = _place(source, client=client, actor=actor, at=at)
    account.products_made = len(found.new_products)
    return account


def opening_stock(file: str) -> str:
    """The reason with which goods come that left with their orders; the file's name as it is shown."""
    return f"Opening stock for import of {file}"


def _client(request: ImportRequest) -> Client | None:
    try:
        return client_by_code(request.client)
    except Refusal:
        if request.create_client:
            return None
        raise


def _add_products(found: Survey, *, client: Client, actor: Actor, at: datetime) -> None:
    products = iter([NewProduct(sku, name or sku) for sku, (name, _) in found.new_products.items()])
    while chunk := list(islice(products, PRODUCTS_IN_A_CHUNK)):
        for outcome in add_products(chunk, client=client, actor=actor, at=at):
            result_of([outcome])


def _place(source: Source, *, client: Client, actor: Actor, at: datetime) -> Account:
    account = Account()
    warehouse = default_warehouse().code
    file = intake.shown(source.request.file.name)
    reason = opening_stock(file) if source.brings_goods else ""
    for chunk in in_chunks(source.orders("Importing"), orders=ORDERS_IN_A_CHUNK, lines=LINES_IN_A_CHUNK):
        account.read(chunk)
        reads = [read for read in chunk if read.order is not None]
        orders = [replace(read.order, warehouse=warehouse) for read in reads if read.order is not None]
        client.hear_of_listeners()
        outcomes = place_orders(
            orders, client=client, actor=actor, at=at, opening_stock=reason, client_lifts_holds=True
        )
        for read, outcome in zip(reads, outcomes, strict=True):
            account.place(read, outcome if isinstance(outcome, Refusal) else None)
    assert account.adds_up, f"{account} does not add up"
    return account
