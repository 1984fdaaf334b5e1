"""How long a person waits for the form, and what each person costs: measured in real pages.

``python tests/bench_forms.py`` prints the section that ``make bench`` puts into the page.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser import CHROMIUM, WITHOUT_ITS_OWN_TRAFFIC, Server
from formpage import NOTEBOOK, Form, introduce, make_products
from playbook.answers import Answer
from playbook.store import AnswerStore
from playbook.stored import FILE
from playbook.workspace import Workspace
from postgres import PostgresServer, _account, find_binaries

Row = tuple[str, ...]
PROCESSES, THREADS, EDITS, ROWS = 5, 6, 100, 10_000
PARTICIPANTS = 6
TIMES = {"saves": 60, "redraws": 20, "pages": 6}
EDIT = """async ([question, text]) => {
  const root = document.querySelector(`[data-question="${question}"]`);
  const field = root.querySelector("input, textarea");
  const now = () => performance.timeOrigin + performance.now();
  const saved = new Promise((resolve) => {
    const watch = new MutationObserver(() => {
      if (root.dataset.save === "saved") { watch.disconnect(); resolve(now()); }
    });
    watch.observe(root, { attributes: true, attributeFilter: ["data-save"] });
  });
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  const began = now();
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.blur();
  return [began, await saved];
}"""
# The last piece that changes within two seconds of the edit ends the redraw.
REDRAW = """async ([question, index, text]) => {
  const field = document.querySelectorAll(`[data-question="${question}"] input`)[index];
  const began = performance.now();
  let last = began;
  const watch = new MutationObserver(() => { last = performance.now(); });
  document.querySelectorAll(".pb-view").forEach((view) => {
    watch.observe(view, { childList: true, subtree: true });
  });
  if (text === null) field.click();
  else {
    field.focus();
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.blur();
  }
  await new Promise((resolve) => setTimeout(resolve, 2000));
  watch.disconnect();
  return last - began;
}"""


def told(what: str, milliseconds: Sequence[float], goal: str = "") -> Row:
    """A line of the table: median, 95th and 99th percentile."""
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    row = (what, *(f"{cuts[p - 1]:,.{0 if cuts[p - 1] >= 10 else 1}f} ms" for p in (50, 95, 99)))
    print(" | ".join((*row, goal)), flush=True)
    return (*row, goal)


# The store, with thirty people at once


def write(store: AnswerStore, writer: int, pause: float) -> list[float]:
    """Milliseconds of each of a hundred edits, with up to twice `pause` seconds between them."""
    taken = []
    for edit in range(EDITS):
        answer = Answer(
            playbook="workshop", question=f"q{edit % 12}", state="answered", value=[writer, edit]
        )
        time.sleep(random.uniform(0, 2 * pause))
        began = time.perf_counter()
        store.append("p", answer, sheet=f"person:{writer}" if edit % 2 else "team")
        taken.append(1_000 * (time.perf_counter() - began))
    return taken


def write_from_a_process(url: str, pause: float, first: int) -> list[float]:
    with AnswerStore(url) as store, ThreadPoolExecutor(THREADS) as pool:
        writers = range(first, first + THREADS)
        return [t for taken in pool.map(lambda w: write(store, w, pause), writers) for t in taken]


def crowd(url: str, pause: float) -> list[float]:
    """Milliseconds of every save of thirty writers, after none of whose edits was lost."""
    with AnswerStore(url) as store:
        before = store.newest("p")
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
            firsts = range(0, PROCESSES * THREADS, THREADS)
            jobs = [pool.submit(write_from_a_process, url, pause, first) for first in firsts]
            taken = [t for job in jobs for t in job.result()]
        lost = before + len(taken) - store.newest("p")
    if lost or len(taken) != PROCESSES * THREADS * EDITS:
        raise SystemExit(f"{lost} edits of {len(taken)} are lost")
    return taken


def stores(folder: Path) -> list[Row]:
    """Thirty writers on both databases: without any pause, and at ten times people's pace."""
    server = PostgresServer(Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp")), find_binaries(),
                            _account())  # fmt: skip
    rows = []
    try:
        server.start()
        for name, new in {
            "SQLite": lambda pause: f"sqlite:///{folder / f'crowd-{pause}.db'}",
            "PostgreSQL": lambda pause: server.new_database(),
        }.items():
            for pause, how in ((0.1, "an edit each 0.1 s"), (0, "without a pause")):
                what = f"Save with 30 writers, {EDITS} edits each, {how}, {name}"
                rows.append(told(what, crowd(new(pause), pause), "p99 < 1,000 ms, 0 lost"))
    finally:
        server.stop()
    return rows


# Pages


@contextmanager
def watching(file: Path) -> Iterator[list[float]]:
    """Milliseconds since the epoch at which `file` was seen to have changed, within the block."""
    seen: list[float] = []
    stop = threading.Event()

    def watch() -> None:
        connection = sqlite3.connect(file)
        version = None
        while not stop.is_set():
            now = connection.execute("PRAGMA data_version").fetchone()
            if now != version:
                version = now
                seen.append(1_000 * time.time())
            time.sleep(0.0005)
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def opened(browser: Browser, server: Server, product: str) -> tuple[Form, float]:
    """The form in a page of its own, and the milliseconds until it could be filled in."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    introduce(context, "Ann", "product")
    page = context.new_page()
    began = time.perf_counter()
    form = Form(page, server.notebook(f"{product}/{NOTEBOOK}"))
    page.goto(form.address, wait_until="commit")
    expect(form.field("a_text")).to_be_enabled(timeout=60_000)
    return form, 1_000 * (time.perf_counter() - began)


def settled(page: Page) -> None:
    """Wait until everything on the page is drawn."""
    page.locator("#verdict").wait_for(timeout=60_000)
    expect(page.locator(".pb-view[aria-busy=true]")).to_have_count(0)


def saves(page: Page, workspace: Workspace, where: str) -> list[Row]:
    disk, screen = [], []
    with watching(workspace.folder / FILE) as changes:
        for edit in range(TIMES["saves"]):
            began, saved = page.evaluate(EDIT, ["a_text", f"edit {edit}"])
            screen.append(saved - began)
            page.wait_for_timeout(100)  # the watcher has looked again by then
            disk.append(min(at for at in changes if at >= began) - began)
    disk_goal = "p50 < 20 ms, p95 < 50 ms" if where == "Lab" else ""
    screen_goal = "p50 < 65 ms, p95 < 100 ms" if where == "Lab" else ""
    return [told(f"Edit to on disk, {where}", disk, disk_goal),
            told(f"Edit to “Saved” on screen, {where}", screen, screen_goal)]  # fmt: skip


def redraws(page: Page, where: str) -> list[Row]:
    rounds = range(TIMES["redraws"])
    verdict = [page.evaluate(REDRAW, ["a_yes_no", n % 2, None]) for n in rounds]
    money = [page.evaluate(REDRAW, ["volume_per_month", 1, str(160 + 5 * n)]) for n in rounds]
    if 0 in money + verdict:
        raise SystemExit(f"an edit redrew nothing in {where}")
    return [
        told(f"Edit to verdict redrawn, 10,000 rows, {where}", verdict, "< 300 ms"),
        told(f"Edit to money, charts and verdict redrawn, {where}", money, "< 300 ms"),
    ]


def in_pages(browser: Browser, server: Server, where: str, goal: str) -> list[Row]:
    form, cold = opened(browser, server, "bench")
    settled(form.page)
    rows = saves(form.page, server.workspace, where) + redraws(form.page, where)
    form.page.context.close()
    warm = []
    for _ in range(TIMES["pages"]):
        form, taken = opened(browser, server, "bench")
        warm.append(taken)
        settled(form.page)
        form.page.context.close()
    rows.append(
        (f"Page to form, the first after the start, {where}", f"{cold:,.0f} ms", "", "", goal)
    )
    print(" | ".join(rows[-1]), flush=True)
    return [*rows, told(f"Page to form, {where}", warm, goal)]


def memory(browser: Browser, server: Server) -> list[Row]:
    """What six participants take, each with a page that is fully drawn."""
    gone = server.kernels()  # of pages closed without a word: they end when nobody asks for long
    pages = [opened(browser, server, "bench")[0].page for _ in range(PARTICIPANTS)]
    for page in pages:
        settled(page)
    kernels = [kernel for kernel in server.kernels() if kernel not in gone]
    taken = [kernel.memory_full_info().pss / 1e6 for kernel in kernels]
    for page in pages:
        page.context.close()
    what = f"Memory of a participant (PSS), {len(taken)} at once, Voilà"
    row = (
        what,
        f"{statistics.mean(taken):,.0f} MB",
        f"at most {max(taken):,.0f} MB",
        "",
        "< 100 MB",
    )
    print(" | ".join(row), flush=True)
    return [row]


def workspace_of(folder: Path) -> Workspace:
    """The mortgage example with 10,000 rows."""
    workspace = make_products(folder / "workspace", ["bench"])
    table = workspace.folder / "products" / "bench" / "data" / "decisions.parquet"
    rows = pd.read_parquet(table).sample(ROWS, replace=True, random_state=1)
    rows["application_id"] = [f"{n:06}" for n in range(ROWS)]
    rows.to_parquet(table, index=False)
    return workspace


def forms(folder: Path) -> list[Row]:
    """All measurements, as rows of: what, median, 95th and 99th percentile, goal."""
    rows = stores(folder)
    workspace = workspace_of(folder)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_ITS_OWN_TRAFFIC)
        for command, where, goal in (("lab", "Lab", "< 5,000 ms"), ("app", "Voilà", "< 3,000 ms")):
            (folder / command).mkdir()
            server = Server(command, workspace, folder / command)
            try:
                server.start()
                rows += in_pages(browser, server, where, goal)
                rows += memory(browser, server) if command == "app" else []
            finally:
                server.stop()
        browser.close()
    return rows


def section(table: Callable[[Row, list[Row]], str]) -> str:
    """The section of the page; `table` writes a header and rows as Markdown."""
    folder = Path(tempfile.mkdtemp())
    try:
        header = ("What", "Median", "95 %", "99 %", "Goal")
        return f"""## Forms

Real pages in Chromium on the same machine, which so does the server's and the browser's work. An
edit counts from the moment its field is left.

{table(header, forms(folder))}
"""
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    section(lambda header, rows: "")
