"""An agent's tools: nothing is sent without a preview, and what was previewed is sent once."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from mcp import Client, StdioServerParameters

from reship.agents.portal import Portal
from reship.agents.tools import TOKEN_SECONDS, Previews, agent_server
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.api.calling import api_of
from tests.databases import RealDatabase
from tests.world import World, make_world

Ask = Callable[..., tuple[bool, Any]]


@pytest.fixture
def agents_world(real_database: RealDatabase) -> Iterator[World]:
    world = make_world()
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    yield world
    connections.close_all()


def asking(key: str, previews: Previews | None = None) -> Ask:
    """Calls a tool: whether it went well, and what it said."""
    server = agent_server(Portal(key), previews or Previews())

    def ask(tool: str, **arguments: object) -> tuple[bool, Any]:
        async def call() -> tuple[bool, Any]:
            async with Client(server) as client:
                return _said(await client.call_tool(tool, arguments))

        return asyncio.run(call())

    return ask


def _said(result: Any) -> tuple[bool, Any]:
    if not result.is_error:
        return True, result.structured_content
    return False, result.content[0].text.partition(": ")[2]  # The library says first which tool it was.


def test_an_agent_finds_previews_and_sends_once(agents_world: World) -> None:
    ask = asking(api_of(agents_world, "read", "orders").key)
    assert [row["number"] for row in ask("find_orders", search="jane")[1]["data"]] == ["1042"]
    assert ask("get_order", order="1042")[1]["shipments"][0]["status"] == "LOST"
    _, previewed = ask("preview_reship", order="1042", reason="lost", items=[{"sku": "MUG", "quantity": 1}])
    assert previewed["preview"]["stock"][0]["after"]["available"] == 97
    assert len(ask("read_history", order="1042")[1]["data"]) == 5

    went, done = ask("reship", token=previewed["token"])
    assert (went, done["reshipment"]["items"]) == (True, [{"sku": "MUG", "quantity": 1}])
    assert ask("reship", token=previewed["token"]) == (True, done)
    assert ask("read_history", order="1042")[1]["data"][-1]["actor"] == "helpdesk (API key)"
    assert audit() == []


def test_the_installation_is_asked_by_a_name_that_it_knows(agents_world: World) -> None:
    key = api_of(agents_world, "read").key
    for names in (["portal.example", "localhost"], [".portal.example"], ["*"]):
        with override_settings(ALLOWED_HOSTS=names):
            assert Portal(key).get("/orders/1042")["number"] == "1042"


def test_nothing_is_sent_without_a_preview_or_after_its_time(agents_world: World) -> None:
    now = [0.0]
    ask = asking(api_of(agents_world).key, Previews(clock=lambda: now[0]))
    assert ask("reship", token="made-up")[1].startswith("preview_needed:")
    token = ask("preview_reship", order="1042", reason="lost")[1]["token"]
    now[0] = TOKEN_SECONDS + 1
    assert ask("reship", token=token)[1].startswith("preview_needed:")
    assert len(ask("get_order", order="1042")[1]["shipments"]) == 1


def test_what_changed_since_the_preview_is_refused_with_figures(agents_world: World) -> None:
    ask = asking(api_of(agents_world).key)
    tokens = [ask("preview_reship", order="1042", reason="lost")[1]["token"] for _ in range(2)]
    assert ask("reship", token=tokens[0])[0]
    went, told = ask("reship", token=tokens[1])
    assert (went, told.splitlines()[0].split(":")[0]) == (False, "already_reshipped")
    assert "1042-R1" in told
    assert audit() == []


def test_the_scopes_of_the_key_bind_the_agent(agents_world: World) -> None:
    ask = asking(api_of(agents_world, "read").key)
    went, told = ask("preview_reship", order="1042", reason="lost")
    assert (went, told.split(":")[0]) == (False, "not_allowed")
    assert ask("get_order", order="9999/x ~ ..")[1].startswith("order_not_found:")


def test_the_command_speaks_over_standard_input_and_output(agents_world: World, real_database: RealDatabase) -> None:
    connections.close_all()
    server = StdioServerParameters(
        command=str(Path(sys.executable).parent / "reship"),
        args=["mcp"],
        env={**real_database.environment, "RESHIP_API_KEY": api_of(agents_world).key},
    )

    async def tools() -> tuple[set[str], Any]:
        async with Client(server) as client:
            listed = await client.list_tools()
            return {tool.name for tool in listed.tools}, _said(await client.call_tool("get_order", {"order": "1042"}))

    names, (went, order) = asyncio.run(tools())
    assert names == {"find_orders", "get_order", "read_history", "list_reasons", "preview_reship", "reship"}
    assert (went, json.dumps(order["lines"][0]["sku"])) == (True, '"MUG"')
