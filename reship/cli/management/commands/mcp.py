"""`reship mcp`: tools for agents, over standard input and output (Model Context Protocol)."""

import os
from typing import Any

from django.core.management.base import CommandParser

from reship.agents.portal import Portal
from reship.cli.command import ReshipCommand
from reship.errors import Refusal


class Command(ReshipCommand):
    help = "Serves an agent (an MCP host) with tools to find orders, preview a reship, and carry it out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default=os.environ.get("RESHIP_URL", ""), help="of a portal elsewhere; default: this installation"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from reship.agents.tools import Previews, agent_server
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] not in {"mcp", "mcp_types"}:
                raise
            raise Refusal(
                "not_installed", "The tools for agents need the extra `mcp`; `python3 run.py mcp` installs it."
            ) from error
        key = os.environ.get("RESHIP_API_KEY", "")
        if not key:
            # Not an argument: arguments are seen by everybody on the machine.
            raise Refusal("api_key_required", "Set RESHIP_API_KEY to a key with the scopes read and orders.")
        portal = Portal(key, url=options["url"].rstrip("/"))
        portal.get("/orders", limit=1)  # A wrong key or address is told now, and not by each tool.
        agent_server(portal, Previews()).run("stdio")
