"""The walls between clients, in the database itself.

Every row of a tenant table names its client, every query is scoped by it (django-scopes raises outside a scope),
and a reference from one tenant row to another is constrained on `(client_id, x_id) -> (client_id, id)`, so that
no row can ever point at another client's row. These are also the rules under which the tables can be sharded by
client later: see docs/decisions/0002-tenant-keys.md.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.constraints import BaseConstraint
from django_scopes import ScopedManager


class Tenant(models.Model):
    """A row that belongs to one client, for ever."""

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="+", db_index=False)

    objects: ClassVar[models.Manager[Self]] = ScopedManager(client="client_id")

    class Meta:
        abstract = True
        base_manager_name = "objects"


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference from a tenant row to a row of the same client.

    Joins and look-ups carry the client on both sides. The database constraint is a `SameClient` in the model's
    Meta (Django builds single-column constraints only); indexes begin with `client` and are named there too. There is
    no way back from the other side: queries that start there name their client and are written out.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **options: Any) -> None:
        options.setdefault("related_name", "+")
        options["db_constraint"] = False
        options["db_index"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, arguments, options = super().deconstruct()
        del options["db_constraint"]
        del options["db_index"]
        return name, path, arguments, options

    def get_joining_fields(self, reverse_join: bool = False) -> tuple[tuple[Any, Any], ...]:
        """Django hook: the pairs of columns that a JOIN compares."""
        here, there = self.model._meta.get_field("client"), self.related_model._meta.get_field("client")
        clients = (there, here) if reverse_join else (here, there)
        return (clients, *super().get_joining_fields(reverse_join))

    def get_extra_descriptor_filter(self, instance: models.Model) -> dict[str, int]:
        """Django hook: what `shipment.order` adds to its look-up by id."""
        return {"client_id": instance.client_id}  # type: ignore[attr-defined]  # every tenant row has one


class SameClient(BaseConstraint):
    """FOREIGN KEY (client_id, x_id) REFERENCES x (client_id, id), not deferrable."""

    def __init__(self, field: str, *, name: str) -> None:
        self.field = field
        super().__init__(name=name)

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__name__}", (self.field,), {"name": self.name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameClient) and (self.field, self.name) == (other.field, other.name)

    def __hash__(self) -> int:
        return hash((self.field, self.name))

    def validate(self, *args: Any, **options: Any) -> None:
        """Forms do not check it: the database does."""

    def constraint_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert schema_editor is not None
        quote = schema_editor.quote_name
        field = model._meta.get_field(self.field)
        target = field.related_model._meta.db_table
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({quote('client_id')}, {quote(field.column)}) "
            f"REFERENCES {quote(target)} ({quote('client_id')}, {quote('id')})"
        )

    def create_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert schema_editor is not None
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        assert schema_editor is not None
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"


def tenant_constraints(table: str, *references: str) -> list[BaseConstraint]:
    """What every tenant table has: a unique `(client, id)` to be referred to, and its own references.

    `table` is the prefix of the constraints' names, `references` the names of its TenantForeignKey fields.
    """
    return [
        models.UniqueConstraint(fields=["client", "id"], name=f"{table}_client_id"),
        *(SameClient(field, name=f"{table}_{field}_same_client") for field in references),
    ]


class IsWhole(models.Func):
    """True for a stored whole number. SQLite keeps 'abc' and 2.5 in an integer column; PostgreSQL cannot."""

    output_field = models.BooleanField()
    conditional = True
    template = "(%(expressions)s IS NOT NULL)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(typeof(%(expressions)s) = 'integer')", **context)
