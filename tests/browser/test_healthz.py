"""The harness itself: a browser reaches the portal."""

from playwright.sync_api import Page


def test_the_portal_answers(page: Page) -> None:
    answer = page.goto("/healthz")
    assert answer is not None
    assert answer.text() == "ok\n"
