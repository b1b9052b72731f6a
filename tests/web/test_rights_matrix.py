"""Who gets what at every address of the portal: the whole table, compared with the committed `rights_matrix.txt`.

A new address fails the test until it has its rows. To write the table anew:

    RESHIP_WRITE_MATRIX=1 .venv/bin/python -m pytest tests/web/test_rights_matrix.py

Then read what `git diff` says, and commit it. Each address is asked for by GET, and by POST with nothing in the form,
for things of ACME that exist: see `NAMES`. Where nobody may post there is no row of it. An address with a part of a new
name needs a word there, and the thing in `matrix_world`. What a filled form does is told by the tests of its page.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import transaction
from django.test import Client as Visitor
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django_scopes import scope

from reship.channels.models import Shop
from reship.channels.shops import ShopSecrets, ShopSettings, connect_shop
from reship.clients.api_keys import NewKey, make_key
from reship.clients.invitations import invitation_path
from reship.clients.models import ApiKey
from reship.fulfilment.add_evidence import add_evidence
from reship.fulfilment.manifest import ManifestRequest, depart_on_manifest
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.make_job import make_job
from reship.jobs.models import JobDeed
from reship.jobs.work import work_to_the_end
from reship.orders.models import ShipmentStatus
from reship.web.saved_views import save_view
from tests.pictures import picture
from tests.webhooks.listening import named_delivery
from tests.world import World

TABLE = Path(__file__).with_name("rights_matrix.txt")
VISITORS = {
    "nobody": "",
    "viewer": "vic",
    "agent": "dana",
    "manager": "mara",
    "packer": "pim",
    "operator": "otto",
    "admin": "ada",
    "stranger": "wren",
}
"""The columns: nobody, ACME's people, the company's, and a manager of another client."""
HEAD = f"{' '.join(f'{column:8}' for column in VISITORS)} address\n"
NAMES = {
    "client": "ACME",
    "number": "1042",
    "shipment": "1042-R1",
    "sku": "MUG",
    "warehouse": "MAIN",
    "job": "1",
    "batch": "1",
    "manifest": "1",
    "photo": "1",
    "person": "dana@acme.example",
    "key": "rsk_0123456789",
    "endpoint": "we_0123456789abcdef",
    "message": "msg_0123456789abcdef01234567",
    "shop": "ACME-0123456789",
    "kind": "woocommerce",
    "public_id": "ACME-0123456789",
    "view": "Held",
}
"""What stands for each part of an address."""
SHIPMENT_OF = {
    "web:pull_done": "1045-1",
    "web:return_inspection": "1046-1",
    **dict.fromkeys(("web:packing_slip", "web:label", "web:label_zpl", "web:shipment_label"), "1044-1"),
}
"""The shipment of addresses that are about one in another state than open."""
SHOWN_TO_NOBODY = {
    "web:demo_sign_in",  # Only a demo has it.
    "web:second_step",  # Only between password and code.
    "web:session_ends",  # Without a name there is no session to end.
    "web:sign_out",  # Leads to the sign-in page.
}
SIGN_IN = "/sign-in/"
DENIED = {"in", "403", "404", "405"}


@dataclass(frozen=True)
class Route:
    name: str
    pattern: str
    path: str


@dataclass(frozen=True)
class Row:
    method: str
    route: Route
    answers: dict[str, str]

    def __str__(self) -> str:
        answers = " ".join(f"{answer:8}" for answer in self.answers.values())
        return f"{answers} {self.method:4} /{self.route.pattern}\n"


@pytest.fixture
def matrix_world(world: World) -> World:
    """ACME has one of everything that an address may name."""
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    depart_on_manifest(["1042-1"], ManifestRequest("MAIN"), client=world.acme, actor=world.pim, at=world.later())
    world.reship("1042", MUG=1)
    add_evidence("1042-R1", [picture()], client=world.acme, actor=world.dana, at=world.later())
    for number in ("1043", "1044", "1045", "1046"):
        world.place(number, MUG=1)
    world.claim("1043-1")
    world.ship("1044-1", until=ShipmentStatus.PACKED)
    world.ship("1045-1", until=ShipmentStatus.PACKED)
    world.reship("1045", add_back=True)
    world.ship("1046-1", until=ShipmentStatus.RETURNED)
    orders, options = [JobOrder("1042")], JobOptions(JobDeed.RESHIP, reason="lost")
    work_to_the_end(
        make_job(orders, options, client=world.acme, actor=world.mara, at=world.later()),
        now=world.later,
    )
    made = make_key(NewKey("Shop", ["read"]), client=world.acme, actor=world.mara, at=world.later(), address="")
    ApiKey.objects.filter(pk=made.key.pk).update(prefix=NAMES["key"])
    named_delivery(world, NAMES["endpoint"], NAMES["message"])
    shop = connect_shop(
        "woocommerce",
        ShopSettings("Mugs", "https://mugs.example"),
        ShopSecrets({"key": "ck_1", "secret": "cs_1"}),
        client=world.acme,
        actor=world.mara,
        at=world.later(),
        address="",
    )
    with scope(client=world.acme.pk):
        Shop.objects.filter(pk=shop.pk).update(public_id=NAMES["shop"])
    for person in filter(None, VISITORS.values()):
        save_view(world.user_of(getattr(world, person)), name="Held", query="status=ON_HOLD")
    return world


def test_everybody_gets_at_every_address_what_the_table_says(matrix_world: World) -> None:
    rows = list(asked(matrix_world))
    written = HEAD + "".join(map(str, rows))
    if os.environ.get("RESHIP_WRITE_MATRIX"):
        TABLE.write_text(written)
    assert written.splitlines() == TABLE.read_text().splitlines()
    # The table could be written anew without being read; what follows holds whatever it says.
    assert [str(row) for row in rows if any(answer.startswith("5") for answer in row.answers.values())] == []
    shown = {row.route.name for row in rows if set(row.answers.values()) - DENIED}
    assert {row.route.name for row in rows} - shown == SHOWN_TO_NOBODY


def test_a_stranger_gets_the_same_as_if_there_were_no_such_client(matrix_world: World) -> None:
    ask = Asking(matrix_world)
    answers = [
        [ask(method, path, "stranger") for path in (route.path, unknown(route.path))]
        for route in every_route(matrix_world)
        if "<client>" in route.pattern or "<person>" in route.pattern
        for method in ("GET", "POST")
    ]
    assert [foreign for foreign, made_up in answers if foreign != made_up] == []
    assert {foreign for foreign, _ in answers} <= DENIED | {"302"}


def unknown(path: str) -> str:
    """The address of what does not exist instead."""
    return path.replace("/ACME/", "/NOBODY/").replace("/dana@", "/nobody@")


def asked(world: World) -> Iterator[Row]:
    """Asks for everything as everybody."""
    ask = Asking(world)
    for route in sorted(every_route(world), key=lambda route: route.pattern):
        for method in ("GET", "POST"):
            answers = {column: ask(method, route.path, column) for column in VISITORS}
            if set(answers.values()) - {"in", "403", "405"} or method == "GET":
                yield Row(method, route, answers)


class Asking:
    """Asks on behalf of a column. Each answer's deed is undone, so that all find the same world.

    Through the middleware, but without Django's test client, which copies what every template was given.
    """

    def __init__(self, world: World) -> None:
        self._portal = BaseHandler()
        self._portal.load_middleware()
        self._requests = RequestFactory()
        self._cookies = {"nobody": ""}
        for column, person in VISITORS.items():
            if person:
                visitor = Visitor()
                visitor.force_login(world.user_of(getattr(world, person)))
                self._cookies[column] = visitor.cookies[settings.SESSION_COOKIE_NAME].OutputString()

    def __call__(self, method: str, path: str, column: str) -> str:
        """The status; `in` for the way to the sign-in page. Forms come as htmx sends them: their answer is no page."""
        headers = {"cookie": self._cookies[column]} | ({"hx-request": "true"} if method == "POST" else {})
        request = self._requests.generic(method, path, headers=headers)
        request.__dict__["_dont_enforce_csrf_checks"] = True
        with transaction.atomic():
            response = self._portal.get_response(request)
            transaction.set_rollback(True)
        is_sent_to_sign_in = response.headers.get("Location", "").startswith(SIGN_IN)
        if is_sent_to_sign_in or response.headers.get("HX-Redirect", "").startswith(SIGN_IN):
            return "in"
        return "303" if "HX-Redirect" in response.headers else str(response.status_code)


def every_route(
    world: World, patterns: list[URLPattern | URLResolver] | None = None, namespace: str = "", before: str = ""
) -> Iterator[Route]:
    uid, token = invitation_path(world.user_of(world.vic)).split("/")[-3:-1]
    names = NAMES | {"uid": uid, "token": token}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace == "api":
            continue  # What keys get there stands in tests/api/rights_matrix.txt.
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from every_route(world, pattern.url_patterns, inner, f"{before}{pattern.pattern}")
        else:
            name = f"{namespace}{pattern.name}"
            of_route = names | {"shipment": SHIPMENT_OF.get(name, names["shipment"])}
            if of_route["shipment"] != names["shipment"]:
                of_route["number"] = of_route["shipment"].partition("-")[0]
            parts = {part: of_route[part] for part in pattern.pattern.converters}
            yield Route(name, f"{before}{pattern.pattern}".replace("<name:", "<"), reverse(name, kwargs=parts))
