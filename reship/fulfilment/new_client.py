"""A new merchant joins: its row, and a building for its goods if there is none yet."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from reship import intake
from reship.catalog.models import Warehouse
from reship.clients.access import Actor, require
from reship.clients.account_log import What, log
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal

MAIN_WAREHOUSE = "MAIN"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}", re.ASCII)


def create_client(code: str, *, name: str, actor: Actor, at: datetime, address: str = "") -> Client:
    """`address` is the network address that the deed came from.

    Refuses `not_allowed`, `invalid_text`, and `client_exists`, also for a code that differs only in its case."""
    require(actor, Right.SETTINGS)
    if not CODE.fullmatch(code):
        raise Refusal(
            "invalid_text",
            f"{intake.shown(code)} cannot be a client's code: 1 to 20 letters, digits, - and _.",
            field="code",
        )
    client = Client(code=code, name=intake.text(name, field="name", longest=200, required=True))

    def work() -> Client:
        if Client.objects.filter(code__iexact=code).exists():
            raise _client_exists(code)
        default_warehouse()
        try:
            with transaction.atomic():
                client.save(force_insert=True)
        except IntegrityError as error:  # Somebody else was quicker.
            raise _client_exists(code) from error
        log(What.CLIENT_MADE, actor=actor, at=at, address=address, client=client)
        return client

    return one_transaction(work)


def default_warehouse() -> Warehouse:
    """Where goods lie when nobody says otherwise: MAIN, or else the oldest building; it is made when there is none."""
    return Warehouse.objects.get_or_create(code=default_warehouse_code(), defaults={"name": "Main warehouse"})[0]


def default_warehouse_code() -> str:
    codes = list(Warehouse.objects.order_by("pk").values_list("code", flat=True))
    return MAIN_WAREHOUSE if MAIN_WAREHOUSE in codes else next(iter(codes), MAIN_WAREHOUSE)


def _client_exists(code: str) -> Refusal:
    return Refusal("client_exists", f"There is a client {code} already.", client=code)
