"""The buildings of the fulfilment company: adding one, and giving one another name."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from reship import intake
from reship.catalog.models import Warehouse
from reship.clients.access import Actor, require
from reship.clients.account_log import What, changes_between, log
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.fulfilment.new_client import CODE


def all_warehouses() -> Sequence[Warehouse]:
    return list(Warehouse.objects.order_by("name", "pk"))


def add_warehouse(code: str, *, name: str, actor: Actor, at: datetime, address: str) -> Warehouse:
    """Refuses `not_allowed`, `invalid_text`, and `warehouse_exists`, also for a code that differs only in its case."""
    require(actor, Right.SETTINGS)
    if not CODE.fullmatch(code):
        raise Refusal(
            "invalid_text",
            f"{intake.shown(code)} cannot be a warehouse's code: 1 to 20 letters, digits, - and _.",
            field="code",
        )
    checked = intake.text(name, field="name", longest=200, required=True)

    def work() -> Warehouse:
        if Warehouse.objects.filter(code__iexact=code).exists():
            raise _exists(code)
        try:
            with transaction.atomic():
                warehouse = Warehouse.objects.create(code=code, name=checked)
        except IntegrityError as error:  # Somebody else was quicker.
            raise _exists(code) from error
        log(What.WAREHOUSE_MADE, actor=actor, at=at, address=address, code=code, warehouse=checked)
        return warehouse

    return one_transaction(work)


def rename_warehouse(code: str, *, name: str, actor: Actor, at: datetime, address: str) -> Warehouse:
    """Refuses `not_allowed`, `warehouse_not_found`, `invalid_text`."""
    require(actor, Right.SETTINGS)

    def work() -> Warehouse:
        warehouse = Warehouse.objects.select_for_update(no_key=True).filter(code=code).first()
        if warehouse is None:
            raise Refusal("warehouse_not_found", f"There is no warehouse {intake.shown(code)}.", warehouse=code)
        checked = intake.text(name, field="name", longest=200, required=True)
        if changes := changes_between({"name": warehouse.name}, {"name": checked}):
            warehouse.name = checked
            warehouse.save(update_fields=["name"])
            log(What.WAREHOUSE_RENAMED, actor=actor, at=at, address=address, changes=changes, code=code)
        return warehouse

    return one_transaction(work)


def _exists(code: str) -> Refusal:
    return Refusal("warehouse_exists", f"There is a warehouse {code} already.", warehouse=code)
