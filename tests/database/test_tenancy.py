"""The walls between clients: in the models, in the queries, and in the database itself."""

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django_scopes import scope, scopes_disabled
from django_scopes.exceptions import ScopeError

from reship.catalog.models import Product, Warehouse
from reship.clients.models import AccountEvent, ApiKey, ApiKeyUse, Client, RecoveryCode, SecondStep, Session, User
from reship.database.append_only import APPEND_ONLY
from reship.database.tenancy import SameClient, Tenant, TenantForeignKey
from reship.fulfilment.hold import HoldRequest, place_hold
from reship.fulfilment.reship_plan import AddBack, ReshipRequest
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.make_job import make_job
from reship.jobs.models import JobDeed
from reship.jobs.work import work_to_the_end
from reship.orders.models import Order, Shipment, ShipmentLine, ShipmentStatus
from reship.web.models import SavedView
from tests.channels.rows import add_shop_rows
from tests.floor_rows import add_floor_rows
from tests.webhooks.rows import add_webhook_rows
from tests.world import World

REFERENCE = {AccountEvent, ApiKey, Client, User, Warehouse}
LOCAL = {ApiKeyUse, RecoveryCode, SavedView, SecondStep, Session}
RESHIP = JobOptions(JobDeed.RESHIP, reason="lost")


def tenants() -> list[type[Tenant]]:
    return [model for model in apps.get_models() if issubclass(model, Tenant)]


def tenant_keys() -> list[tuple[type[Tenant], TenantForeignKey]]:
    return [
        (model, field)
        for model in tenants()
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]


def test_every_model_of_ours_is_a_tenant_a_known_reference_or_local() -> None:
    ours = {model for model in apps.get_models() if model.__module__.startswith("reship.")}
    assert ours - set(tenants()) == REFERENCE | LOCAL


@pytest.mark.parametrize("model", tenants(), ids=lambda model: model.__name__)
def test_the_keys_and_indexes_of_a_tenant_begin_with_its_client(model: type[Tenant]) -> None:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert constraint.fields[0] == "client", constraint
    for index in model._meta.indexes:
        assert index.fields[0] == "client", index
    assert not [field for field in model._meta.local_fields if isinstance(field, models.OneToOneField)]
    assert not model._meta.local_many_to_many


@pytest.mark.django_db
@pytest.mark.parametrize("model", tenants(), ids=lambda model: model.__name__)
def test_in_the_database_the_client_stands_right_after_the_id(model: type[Tenant]) -> None:
    with connection.cursor() as cursor:
        columns = [
            column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)
        ]
    assert columns[:2] == ["id", "client_id"]


@pytest.mark.parametrize(("model", "field"), tenant_keys(), ids=lambda part: getattr(part, "name", ""))
def test_every_reference_between_tenants_is_constrained_to_the_same_client(model: Any, field: Any) -> None:
    constrained = {constraint.field for constraint in model._meta.constraints if isinstance(constraint, SameClient)}
    assert field.name in constrained


def test_no_tenant_refers_to_another_by_a_plain_foreign_key() -> None:
    plain = [
        field
        for model in tenants()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and not isinstance(field, TenantForeignKey)
    ]
    assert {field.related_model for field in plain} <= REFERENCE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "field"), tenant_keys(), ids=lambda part: getattr(part, "name", part.__class__.__name__)
)
def test_the_database_refuses_a_reference_to_another_clients_row(
    world: World, model: type[Tenant], field: TenantForeignKey
) -> None:
    _one_row_of_everything(world)
    table, column = model._meta.db_table, field.column
    with scopes_disabled():
        row = model._default_manager.filter(client=world.acme).first()
        foreign = field.related_model._default_manager.exclude(client=world.acme).first()
    assert row is not None, f"ACME has no {model.__name__} to try it on"
    assert foreign is not None, f"OTHER has nothing for {field.name}"
    if model._meta.db_table in {protected.table for protected in APPEND_ONLY if not protected.frozen_when}:
        _forget_triggers(table)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [foreign.pk, row.pk])


def test_a_query_outside_a_scope_raises() -> None:
    with pytest.raises(ScopeError):
        Order.objects.count()


@pytest.mark.django_db
def test_a_join_compares_the_clients_of_both_sides(world: World) -> None:
    with scope(client=world.acme.pk):
        sql = str(ShipmentLine.objects.filter(shipment__order__number="1042").query)
    assert '"orders_shipmentline"."client_id" = "orders_shipment"."client_id"' in sql
    assert '"orders_shipment"."client_id" = "orders_order"."client_id"' in sql


@pytest.mark.django_db
def test_following_a_reference_names_the_client(world: World, django_assert_num_queries: Any) -> None:
    world.place("1042", MUG=1)
    with scopes_disabled():
        shipment = Shipment.objects.get(number="1042-1")
        with django_assert_num_queries(1) as queries:
            assert shipment.order.number == "1042"
    assert f'"client_id" = {world.acme.pk}' in queries[0]["sql"]


@pytest.mark.django_db
def test_a_tenants_row_is_saved_within_its_client_only(world: World) -> None:
    with scope(client=world.acme.pk):
        product = Product.objects.get(sku="MUG")
    with scope(client=world.other.pk), pytest.raises(DatabaseError):
        product.save(force_update=True)


def _one_row_of_everything(world: World) -> None:
    """Gives each tenant model a row of ACME and one of OTHER, by deeds."""
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True, hold=True, key="K")
    world.place("77", client=world.other, MUG=2)
    world.ship("77-1", until=ShipmentStatus.PACKED, client=world.other)
    request = ReshipRequest("77", reason="lost", add_back=AddBack.YES, key="K")
    world.send(request, client=world.other)
    at = world.later()
    place_hold(HoldRequest("77", "CLIENT", "77-R1"), client=world.other, actor=world.wren, at=at)
    for client, number, actor in ((world.acme, "1043", world.mara), (world.other, "78", world.wren)):
        world.place(number, client=client, MUG=1)
        job = make_job([JobOrder(number)], RESHIP, client=client, actor=actor, at=world.later())
        work_to_the_end(job, now=world.later)
    assert audit() == []
    add_floor_rows(world, world.acme)
    add_floor_rows(world, world.other)
    add_shop_rows(world, world.acme)
    add_shop_rows(world, world.other)
    add_webhook_rows(world, world.acme)
    add_webhook_rows(world, world.other)


def _forget_triggers(table: str) -> None:
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_no_update{on}")
