"""What keeps somebody from using a page: axe's findings (WCAG 2 A and AA), and a page that is wider than its window."""

from itertools import product
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_COLOURS = ["color-contrast"]
_WIDE: ViewportSize = {"width": 1280, "height": 900}
_NARROW: ViewportSize = {"width": 390, "height": 844}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_RUN_AXE = """async ({only, part}) => {
  const shown = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await shown();
  await Promise.all(document.getAnimations().map((animation) => animation.finished));
  const within = document.querySelector(part || "dialog[open]") ?? document;
  const { violations } = await axe.run(within, { runOnly: only, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} (${node.failureSummary})`));
}"""
_IS_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def barriers(page: Page, *, part: str = "") -> list[str]:
    """Looks at the page as it stands, or at the window that is open in it: light and dark, wide and narrow.

    Or at a `part` of it, by its selector: a menu covers what is below it for as long as it is open.
    """
    if part:
        page.locator(part).wait_for()
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT)
    found = []
    for theme, viewport in product(_THEMES, (_WIDE, _NARROW)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size(viewport)
        where = f"{theme}, {viewport['width']} px"
        # The theme changes colours and nothing else.
        only = {"type": "tag", "values": _TAGS} if theme == "light" else {"type": "rule", "values": _COLOURS}
        found += [f"{where}: {violation}" for violation in page.evaluate(_RUN_AXE, {"only": only, "part": part})]
        if page.evaluate(_IS_TOO_WIDE):
            found.append(f"{where}: the page is wider than its window")
    return found
