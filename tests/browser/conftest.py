"""A real browser before a real server before a real database.

- `live_portal`: the portal under `reship serve`, with the demo in a database of this test module's own; `.url`.
- `page`: a Playwright page on it. The test fails when the page wrote an error to its console, threw one, or asked any
  other machine for anything.
- `portal_database`: Django's default connection leads to the portal's database during the test.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.databases import Databases, RealDatabase

RESHIP = Path(sys.executable).parent / "reship"
_PLACES = (
    os.environ.get("CHROMIUM", ""),
    shutil.which("chromium") or "",
    shutil.which("chromium-browser") or "",
    shutil.which("google-chrome") or "",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(frozen=True)
class LivePortal:
    url: str
    database: RealDatabase


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> None:
    # Playwright's synchronous interface runs an event loop in this thread, so Django would refuse to touch a database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(scope="session")
def demo(databases: Databases, template: RealDatabase, tmp_path_factory: pytest.TempPathFactory) -> RealDatabase:
    """The demo's rows, made once per run; only ever copied."""
    database = databases.copy(template)
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run(
        [RESHIP, "demo", "--setup-only"],
        env=database.environment | {"RESHIP_VAR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return database


@pytest.fixture(scope="module")
def live_portal(
    databases: Databases, demo: RealDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LivePortal]:
    database = databases.copy(demo)
    folder = tmp_path_factory.mktemp("portal")
    with (folder / "errors").open("w") as errors:
        server = subprocess.Popen(
            [RESHIP, "serve", "--port", "0"],
            env=database.environment | {"RESHIP_VAR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()  # "Reship is open at URL (…)", once it answers.
        assert "http" in said, (folder / "errors").read_text()
        yield LivePortal(url=said.partition(" at ")[2].split()[0].rstrip("/"), database=database)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        databases.drop(database)
    assert "Traceback" not in (folder / "errors").read_text(), (folder / "errors").read_text()


@pytest.fixture
def portal_database(live_portal: LivePortal, django_db_blocker: DjangoDbBlocker) -> Iterator[RealDatabase]:
    """Lets the test read and write, through models and verbs, what the browser shows."""
    with django_db_blocker.unblock(), live_portal.database.in_use() as database:
        yield database


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)
    launched = playwright.chromium.launch(executable_path=_chromium(playwright), args=flags)
    yield launched
    launched.close()


def _chromium(playwright: Playwright) -> str:
    for place in (*_PLACES, playwright.chromium.executable_path):
        if place and Path(place).exists():
            return place
    message = "NO CHROMIUM FOUND, so what people see is not tested: install one, or say where it is in CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def new_page(browser: Browser, live_portal: LivePortal) -> Iterator[Callable[..., Page]]:
    """Makes pages of one more visitor each; takes what Playwright's `new_context` takes, such as `color_scheme`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=live_portal.url, **options)  # type: ignore[arg-type] # Passed through.
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_console_errors(message)))
        page.on("pageerror", lambda error: complaints.append(f"error in the page: {error}"))
        page.on("request", lambda request: complaints.extend(_requests_elsewhere(request, live_portal.url)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def _console_errors(message: ConsoleMessage) -> list[str]:
    # A refusal is a 4xx answer, which the browser reports although it is shown as it should be.
    is_refusal = message.text.startswith("Failed to load resource: the server responded with a status of 4")
    return [f"console: {message.text}"] if message.type == "error" and not is_refusal else []


def _requests_elsewhere(request: Request, url: str) -> list[str]:
    asked = urlsplit(request.url)
    here = asked.scheme in {"data", "blob", "about"} or asked.netloc == urlsplit(url).netloc
    return [] if here else [f"asked another machine: {request.url}"]
