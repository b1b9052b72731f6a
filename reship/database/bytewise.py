"""Text that both databases compare and sort by its bytes."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    CharField = models.CharField[str, str]  # Only the class of the stubs says what it stores.
else:
    CharField = models.CharField


class BytewiseCharField(CharField):
    """Codes such as order numbers. SQLite compares by bytes anyway; PostgreSQL does it with the collation "C".

    So an index on it answers "begins with" as a range, sorts the same on both databases, and does not depend on the
    language that a PostgreSQL was set up for.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Django hook: what the column is made with."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters
