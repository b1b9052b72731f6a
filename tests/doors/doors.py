"""The four doors to a reship: what is asked, asked at each as its people ask it, and what each says when it refuses."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client as Visitor

from reship.jobs.queries import find_jobs
from reship.jobs.work import work_to_the_end
from reship.orders.addresses import ADDRESS_FIELDS, Address
from tests.api.calling import api_of, said
from tests.cli.terminal import reship as command
from tests.web.pages import Page, Posted
from tests.world import World

Told = tuple[str, Mapping[str, Any]]
"""A code and its figures."""


@dataclass(frozen=True)
class Ask:
    """A reship as somebody asks for it; `items` None is all that is left."""

    order: str = "1042"
    source: str = ""
    items: tuple[tuple[str, int], ...] | None = None
    reason: str = "lost"
    fault: str = ""
    note: str = ""
    add_back: bool = False
    address: Address | None = None
    method: str | None = None
    warehouse: str = ""
    send_again_anyway: bool = False
    key: str = ""
    who: str = "mara"


def portal(world: World, ask: Ask) -> Told:
    """The Re-Ship window, filled in and confirmed. All that is left is to tick every item."""
    source = ask.source or f"{ask.order}-1"
    posted: Posted = {"key": ask.key or "k" * 32, "source": source, "shown_source": source, "both_will_go": "on"}
    posted |= {"reason": ask.reason, "fault": ask.fault, "note": ask.note, "warehouse": ask.warehouse}
    posted |= {"add_back": "yes" if ask.add_back else "no"}
    items = ask.items if ask.items is not None else _all_of(world, source)
    posted["item"] = [sku for sku, _ in items]
    posted |= {f"quantity-{sku}": str(quantity) for sku, quantity in items}
    if ask.send_again_anyway:
        posted["send_again_anyway"] = "on"
    if ask.address or ask.method is not None:
        posted |= {"elsewhere": "on"}
        posted |= {"method": ask.method} if ask.method is not None else {}
        posted |= {name: getattr(ask.address, name) for name in ADDRESS_FIELDS} if ask.address else {}
    visitor = Visitor()
    visitor.force_login(world.user_of(getattr(world, ask.who)))
    response = visitor.post(f"/orders/ACME/{ask.order}/reshipments/", posted, headers={"HX-Request": "true"})
    refused = [element for element in Page(response).elements if "data-refusal" in element.attributes]
    assert len(refused) == 1, response.content
    return refused[0]["data-refusal"], json.loads(refused[0]["data-figures"])


def api(world: World, ask: Ask) -> Told:
    """`POST /orders/{number}/reshipments` with a key of that person."""
    asked = _left_out_where_empty(ask) | {"add_back": ask.add_back, "send_again_anyway": ask.send_again_anyway}
    if ask.items is not None:
        asked["items"] = [{"sku": sku, "quantity": quantity} for sku, quantity in ask.items]
    if ask.address is not None:
        asked["address"] = {name: getattr(ask.address, name) for name in ADDRESS_FIELDS}
    if ask.method is not None:
        asked["method"] = ask.method
    return _problem(_key_of(world, ask).post(f"/orders/{ask.order}/reshipments", asked, key=ask.key))


def cli(world: World, ask: Ask) -> Told:
    """`reship reship` on behalf of that person."""
    arguments = [ask.order, "--client", "ACME", "--as", world.user_of(getattr(world, ask.who)).email, "--json"]
    for name, value in _left_out_where_empty(ask).items():
        arguments += [f"--{name}", value]
    arguments += [f"--item={sku}={quantity}" for sku, quantity in ask.items or ()]
    arguments += ["--add-back"] * ask.add_back + ["--send-again-anyway"] * ask.send_again_anyway
    arguments += [f"--method={ask.method}"] if ask.method is not None else []
    arguments += [f"--key={ask.key}"] if ask.key else []
    if ask.address is not None:
        arguments += [f"--address={name}={getattr(ask.address, name)}" for name in ADDRESS_FIELDS]
    ended = command("reship", *arguments)
    assert ended.code == 1, ended
    return ended.json["code"], ended.json["figures"]


def bulk(world: World, ask: Ask) -> Told:
    """An order of `POST /bulk-reshipments`, refused when its turn comes; or at once, what would refuse every order."""
    key = _key_of(world, ask)
    order: dict[str, Any] = {"order": ask.order, "source": ask.source}
    if ask.items is not None:
        order["items"] = [{"sku": sku, "quantity": quantity} for sku, quantity in ask.items]
    asked = {"orders": [order], "reason": ask.reason, "fault": ask.fault, "note": ask.note}
    response = key.post("/bulk-reshipments", asked | {"add_back": "yes" if ask.add_back else "no"}, key=ask.key)
    if response.status_code != 202:
        return _problem(response)
    (job,) = find_jobs(client_ids=[world.acme.pk], limit=1).rows
    work_to_the_end(job, now=world.later)
    (item,) = said(key.get(f"/bulk-reshipments/{job.number}/items"))["data"]
    assert item["state"] == "REFUSED", item
    return item["refusal"]["code"], item["refusal"]["figures"]


DOORS: Mapping[str, Callable[[World, Ask], Told]] = {"portal": portal, "api": api, "cli": cli, "bulk": bulk}


def told_at(door: str, world: World, ask: Ask) -> Told:
    """What this door says. What it wrote, a key or a job, is undone, so that the next finds the same world."""
    with transaction.atomic():
        answer = DOORS[door](world, ask)
        transaction.set_rollback(True)
    return answer


def _key_of(world: World, ask: Ask) -> Any:
    actor = getattr(world, ask.who)
    return api_of(world, actor=world.mara, role=actor.role)


def _problem(response: HttpResponse) -> Told:
    assert response["Content-Type"] == "application/problem+json", response.content
    return said(response)["code"], said(response)["figures"]


def _left_out_where_empty(ask: Ask) -> dict[str, Any]:
    named = {name: getattr(ask, name) for name in ("source", "reason", "fault", "note", "warehouse")}
    return {name: value for name, value in named.items() if value}


def _all_of(world: World, source: str) -> tuple[tuple[str, int], ...]:
    """What a person ticks who wants all of it: what is left, and of a parcel with nothing left, what was sent."""
    of_shipment = world.facts(source.rpartition("-")[0]).shipment(source)
    units = of_shipment.units if of_shipment else []
    left = [(line.line.sku, line.left_to_reship) for line in units if line.left_to_reship]
    return tuple(left) or tuple((line.line.sku, line.line.quantity) for line in units)
