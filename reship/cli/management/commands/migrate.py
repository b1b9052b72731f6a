"""`reship migrate`: Django's, then the table of the cache, and the triggers that a migration may have dropped."""

from typing import Any

from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from reship.database import append_only


class Command(DjangoMigrate):
    help = "Brings the database's tables and triggers to this version."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        call_command("createcachetable", database=options["database"], verbosity=0)
        connection = connections[options["database"]]
        # Not all of them are there while someone migrates step by step.
        if {protected.table for protected in append_only.APPEND_ONLY} <= set(connection.introspection.table_names()):
            append_only.install(connection)
