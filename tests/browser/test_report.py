"""The report in a browser: charts are drawn from the tables, in the colours of the theme, and nothing needs them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import LiveWorld

pytestmark = pytest.mark.sqlite

REPORT = "/reports/reships/"
DRAWN = "canvas => { const chart = Chart.getChart(canvas); return [chart.data.labels, chart.data.datasets[0].data] }"
COLOUR = "canvas => Chart.getChart(canvas).options.scales.x.ticks.color"


def test_charts_say_what_the_tables_say_in_both_themes(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1")
    live_world.reship(order.number, MUG=1)
    page = new_page(live_world.mara)
    page.goto(REPORT)
    reasons = page.locator("canvas[data-chart-of=reasons]")
    rows = page.locator("#reasons tbody tr")
    table = [[row.locator("th").inner_text(), int(row.locator("td").first.inner_text())] for row in rows.all()]
    labels, figures = reasons.evaluate(DRAWN)
    assert [list(each) for each in zip(labels, figures, strict=True)] == table
    light = reasons.evaluate(COLOUR)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_function(
        f"light => ({COLOUR})(document.querySelector('[data-chart-of=reasons]')) !== light", arg=light
    )


def test_without_a_script_there_are_the_tables(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    page = new_page(live_world.mara, java_script_enabled=False)
    page.goto(REPORT)
    expect(page.get_by_role("table").first).to_be_visible()
    expect(page.locator("canvas").first).to_be_hidden()
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "page")
