"""The home of a live session lists and opens reports wherever they lie."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from fsspec import get_filesystem_class

from playbook.session.home import open_home
from playbook.views.home import Report, Standing, home_view
from playbook.workspace import Workspace
from s3server import SECRET, S3Server


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "1")


def synced(panel: Any, wanted: Callable[[BeautifulSoup], Any]) -> BeautifulSoup:
    """The panel's page, once it shows what is `wanted`; asked as a browser asks."""
    for _ in range(600):
        panel._heard(panel, {"type": "sync"}, [])
        page = BeautifulSoup(panel.html, "html.parser")
        if wanted(page):
            return page
        time.sleep(0.05)
    raise AssertionError(panel.html)


def test_reports_in_a_store_are_listed_and_opened(
    own_workspace: Workspace, live: None, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_REPORTS", "s3://lake/ours")
    place = Workspace(own_workspace.folder).reports_place
    place.write("mortgage/evaluation.html", "<p>The report ½</p>")
    place.write("mortgage/secret.html", "no")
    panel = open_home(str(own_workspace.folder), "mortgage").products()
    page = synced(panel, lambda page: page.select("[data-report]"))
    assert [button["data-report"] for button in page.select("[data-report]")] == ["evaluation"]
    sent: list[dict[str, Any]] = []
    panel.send = sent.append
    for name in ("evaluation", "secret", "data_strategy", "../../playbook.db"):
        panel._heard(panel, {"type": "report", "name": name}, [])
    assert [message["type"] for message in sent] == ["page", "fault", "fault", "fault"]
    assert sent[0]["html"] == "<p>The report ½</p>"


def test_a_store_that_does_not_answer_keeps_nobody_waiting(
    own_workspace: Workspace, live: None, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PLAYBOOK_REPORTS", "s3://lake/ours")
    get_filesystem_class("s3").clear_instance_cache()
    panel = open_home(str(own_workspace.folder), "mortgage").products()
    page = synced(panel, lambda page: page.select("[role=alert]"))
    told = page.select("[role=alert]")[0].get_text()
    assert told.startswith("The reports cannot be listed. s3://lake/ours/mortgage: ")
    assert SECRET not in told
    assert len(page.select(".steps [role=img]")) > 0


def test_a_report_that_is_written_or_removed_shows_at_the_next_look(
    own_workspace: Workspace, live: None
) -> None:
    panel = open_home(str(own_workspace.folder), "mortgage").products()
    place = own_workspace.reports_place
    place.write("mortgage/evaluation.html", "x")
    synced(panel, lambda page: page.select("[data-report]"))
    place.path("mortgage/evaluation.html").unlink()
    synced(panel, lambda page: not page.select("[data-report]"))


@pytest.mark.parametrize(
    ("given", "href"),
    [("", "../reports/mortgage/evaluation.html"), ("a b", None), ("s3://lake/ours", "")],
)
def test_a_still_home_links_only_to_where_a_browser_can_go(
    own_workspace: Workspace,
    s3: S3Server,
    monkeypatch: pytest.MonkeyPatch,
    given: str,
    href: str | None,
) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "0")
    monkeypatch.setenv("PLAYBOOK_REPORTS", given)
    place = Workspace(own_workspace.folder).reports_place
    place.write("mortgage/evaluation.html", "x")
    shown = open_home(str(own_workspace.folder), "mortgage").products()
    paragraph = BeautifulSoup(shown.html, "html.parser").select(".reports")[0]
    links = [link["href"] for link in paragraph.select("a")]
    if href is None:
        href = place.path("mortgage/evaluation.html").as_uri()
        assert "/a%20b/" in href
    assert links == ([href] if href else [])
    assert "Evaluation" in paragraph.get_text()


def test_why_reports_cannot_be_listed_is_shown_as_text() -> None:
    reports = [Report("a", "<b>", "")]
    shown = home_view(Standing("x", "X", reports=reports, lost="<i>no</i>"))
    assert "<i>" not in shown.html
    assert "<b>" not in shown.html
    assert "<i>no</i>" in shown.text
