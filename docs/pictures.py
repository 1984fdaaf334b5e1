"""Take the README's pictures anew, from the demo itself: ``make pictures``.

Starts the app on a fresh demo workspace, opens its pages in Debian's Chromium as a person would,
and cuts out what the README shows. Reports come from the same workspace.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests"))

from browser import CHROMIUM, WITHOUT_ITS_OWN_TRAFFIC, Server  # noqa: E402
from formpage import Form, introduce  # noqa: E402
from playbook.workspace import Workspace  # noqa: E402

WIDTH, HEIGHT = 1120, 1400
PRODUCT = "mortgage"


def opened(browser: Browser, address: str, height: int = HEIGHT) -> Page:
    """A page of someone who has said before who they are."""
    context = browser.new_context(viewport={"width": WIDTH, "height": height}, locale="en-GB")
    introduce(context, "Ruth Hallinan", "product")
    page = context.new_page()
    page.goto(address)
    return page


def settled(page: Page) -> None:
    """Wait until nothing is being computed any more."""
    expect(page.locator("#verdict")).to_be_visible(timeout=60_000)
    expect(page.locator(".pb-view[aria-busy=true]")).to_have_count(0)


def take(page: Page, name: str, first: Locator | None = None, last: Locator | None = None) -> None:
    """A picture of the page from a little above `first` to a little below `last`."""
    top, bottom = 0.0, page.evaluate("innerHeight")
    if first is not None and last is not None:
        first.evaluate("part => { part.style.scrollMarginTop = '2rem'; part.scrollIntoView(); }")
        page.wait_for_timeout(300)
        here, there = first.bounding_box(), last.bounding_box()
        assert here
        assert there
        top, bottom = max(0, here["y"] - 24), min(bottom, there["y"] + there["height"] + 16)
    page.screenshot(
        path=DOCS / f"{name}.png",
        clip={"x": 0, "y": top, "width": WIDTH, "height": bottom - top},
    )
    print(f"docs/{name}.png")


def pictures(browser: Browser, server: Server) -> None:
    """All pictures, from one running app."""
    home = opened(browser, server.notebook("00_start_here.ipynb"))
    home.get_by_label("Product", exact=True).select_option(label="Mortgage approval")
    steps = home.locator("ol:has(a[href*='05_ethics_review'])").first
    expect(steps).to_contain_text("No-go", timeout=60_000)
    expect(steps).not_to_contain_text("…")
    take(home, "home", home.locator("h1").first, steps)

    page = opened(browser, server.notebook(f"{PRODUCT}/05_ethics_review.ipynb"))
    form = Form(page, page.url).ready()
    settled(page)
    claim = form.question("claims_groups_equal")
    expect(claim).to_contain_text("The data say otherwise")
    claim.locator("summary").click()
    take(page, "form", claim, claim)

    charts, tables = page.locator(".pb-view:has(img)"), page.locator(".pb-view:has(table)")
    take(page, "evidence", charts.first, tables.first)
    take(page, "verdict", page.locator("#verdict"), page.locator(":has(> #flip)").last)

    report = server.workspace.reports / PRODUCT / "ethics_review.html"
    take(opened(browser, report.as_uri(), 1010), "report")


def main() -> None:
    """Make the demo, start the app on it, take the pictures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = [sys.executable, "-m", "playbook.cli", "demo", "--workspace", folder / "demo"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        server = Server("app", Workspace.open(folder / "demo"), folder)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*WITHOUT_ITS_OWN_TRAFFIC, "--hide-scrollbars"]
            )
            try:
                server.start()
                pictures(browser, server)
            finally:
                server.stop()
                browser.close()


if __name__ == "__main__":
    main()
