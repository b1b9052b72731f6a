"""A real browser before a real server before a real database: one of each for the whole run.

- `live_portal`: the portal under `reship serve`, in whose database live the people and goods of `tests/world.py`.
- `live_world`: that world. What its verbs do happens now, and the browser shows it; what the browser does, the verbs
  find. Each test places orders of its own, so that it does not matter which other tests ran. Ends with the audit.
- `new_page`: makes a page of one more visitor, signed in as an actor or as nobody. `page` is one of nobody. The test
  fails when a page wrote an error to its console (as it does for what the content security policy forbids), threw one,
  or asked any other machine for anything.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client as DjangoClient
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)
from pytest_django import DjangoDbBlocker

from reship.clients.access import Actor
from reship.clients.models import User
from reship.clients.roles import Role
from reship.inventory.audit import audit
from tests.databases import Databases, RealDatabase
from tests.world import World, make_world

RESHIP = Path(sys.executable).parent / "reship"
_PLACES = (
    os.environ.get("CHROMIUM", ""),
    shutil.which("chromium") or "",
    shutil.which("chromium-browser") or "",
    shutil.which("google-chrome") or "",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Features of the browser. The last such list counts, so what Playwright switches off for tests is repeated. The three
# of the omnibox are pages of the address bar, which nobody sees here: to load them for every visitor takes half a
# second of processor time, as much as a page of ours.
_NOT_NEEDED = (
    *("DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay", "MediaRouter", "OptimizationHints"),
    *("PaintHolding", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup"),
)
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(_NOT_NEEDED)}",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
_PATIENCE = 15_000
"""In milliseconds, for a page to show what is waited for, while everything else runs on the same two cores."""
_MEANT = (
    # A refusal is a 4xx answer, which the browser reports although it is shown as it should be.
    "Failed to load resource: the server responded with a status of 4",
    # A preview that a newer one replaces is aborted, which htmx reports.
    "htmx:afterRequest",
    "htmx:sendAbort",
)


class LiveWorld(World):
    """The world whose deeds happen now, in turn with those of the browser."""

    def later(self) -> datetime:
        self.now = datetime.now(UTC)
        return self.now


@dataclass(frozen=True)
class LivePortal:
    url: str
    database: RealDatabase
    world: LiveWorld


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def live_portal(
    databases: Databases,
    template: RealDatabase,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[LivePortal]:
    database = databases.copy(template)
    with django_db_blocker.unblock(), database.in_use():
        world = LiveWorld(**vars(make_world()))
        world.receive(MUG=10_000, CUP=10_000, TEE=10_000)
        User.objects.create_user("dee@demo.example", name="Dee", role=Role.AGENT, client=world.acme)
    folder = tmp_path_factory.mktemp("portal")
    # The same key as in this process, so that a session which is made here is good there.
    of_portal = {"RESHIP_VAR": str(folder), "RESHIP_SECRET_KEY": settings.SECRET_KEY, "RESHIP_DEMO": "1"}
    with (folder / "errors").open("w") as errors:
        server = subprocess.Popen(
            [RESHIP, "serve", "--port", "0"],
            env=database.environment | of_portal,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()  # "Reship is open at URL (…)", once it answers.
        assert "http" in said, (folder / "errors").read_text()
        yield LivePortal(said.partition(" at ")[2].split()[0].rstrip("/"), database, world)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        databases.drop(database)
    assert "Traceback" not in (folder / "errors").read_text(), (folder / "errors").read_text()


@pytest.fixture
def live_world(live_portal: LivePortal, django_db_blocker: DjangoDbBlocker) -> Iterator[LiveWorld]:
    """The default connection leads to the portal's database during the test."""
    with django_db_blocker.unblock(), live_portal.database.in_use():
        yield live_portal.world
        assert audit() == []


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    # Playwright's synchronous interface runs an event loop in this thread, so Django would refuse to touch a database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=_PATIENCE)
    manager = sync_playwright()
    try:
        started = manager.__enter__()
    except Exception as error:  # noqa: BLE001 (its own process did not start, for a reason that it printed)
        _not_tested(f"Playwright does not run here ({error}); on a bare Debian, install libatomic1")
    yield started
    manager.__exit__(None, None, None)
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)
    launched = playwright.chromium.launch(executable_path=_chromium(playwright), args=flags)
    yield launched
    launched.close()


def _chromium(playwright: Playwright) -> str:
    there = [place for place in (*_PLACES, playwright.chromium.executable_path) if place and Path(place).exists()]
    if not there:
        _not_tested("no Chromium found: install one, or say where it is in CHROMIUM")
    return there[0]


def _not_tested(reason: str) -> NoReturn:
    message = f"WHAT PEOPLE SEE IS NOT TESTED: {reason}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def new_page(browser: Browser, live_portal: LivePortal, live_world: LiveWorld) -> Iterator[Callable[..., Page]]:
    """`new_page(world.dana, color_scheme="dark")`: what follows the actor, Playwright's `new_context` takes."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(actor: Actor | None = None, **options: object) -> Page:
        context = browser.new_context(base_url=live_portal.url, **options)  # type: ignore[arg-type] # Passed through.
        context.set_default_timeout(_PATIENCE)
        contexts.append(context)
        if actor is not None:
            context.add_cookies(
                [{"name": "sessionid", "value": _session_of(live_world.user_of(actor)), "url": live_portal.url}]
            )
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_console_errors(message)))
        page.on("pageerror", lambda error: complaints.append(f"error in {page.url}: {error}"))
        page.on("request", lambda request: complaints.extend(_requests_elsewhere(request, live_portal.url)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def _session_of(user: User) -> str:
    visitor = DjangoClient()
    visitor.force_login(user)
    return visitor.cookies[settings.SESSION_COOKIE_NAME].value


def _console_errors(message: ConsoleMessage) -> list[str]:
    is_meant = message.text.startswith(_MEANT)
    where = message.location["url"]
    return [f"console of {where}: {message.text}"] if message.type == "error" and not is_meant else []


def _requests_elsewhere(request: Request, url: str) -> list[str]:
    asked = urlsplit(request.url)
    here = asked.scheme in {"data", "blob", "about"} or asked.netloc == urlsplit(url).netloc
    return [] if here else [f"asked another machine: {request.url}"]
