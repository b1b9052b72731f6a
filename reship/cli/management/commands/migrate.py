"""`reship migrate`: Django's, then the cache's table, the search index, and triggers that a migration may drop."""

from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from reship.database import append_only, search
from reship.errors import Refusal


class Command(DjangoMigrate):
    help = "Brings the database's tables and triggers to this version."

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        call_command("createcachetable", database=options["database"], verbosity=0)
        connection = connections[options["database"]]
        # Not all of them are there while someone migrates step by step.
        tables = set(connection.introspection.table_names())
        if {protected.table for protected in append_only.APPEND_ONLY} <= tables:
            append_only.install(connection)
        if search.TABLE in tables:
            try:
                search.install(connection)
            except Refusal as refusal:
                raise CommandError(refusal.message) from refusal
