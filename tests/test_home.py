"""The home: progress and verdicts as they are recorded elsewhere, and products made by form."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from browser import Browse, Server, axe, running
from playbook.answers import Answer
from playbook.catalog import home, playbooks
from playbook.checks.verdict import WORDS
from playbook.forms.home import HomePanel
from playbook.forms.host import PUBLIC_VARIABLE
from playbook.forms.newproduct import NewProduct
from playbook.session.create import TableMapping
from playbook.session.draft import Draft, free_slug
from playbook.session.home import open_home
from playbook.session.incoming import safe_name
from playbook.session.mapping import Profile
from playbook.session.opening import open_playbook
from playbook.session.preview import understood
from playbook.session.record import Record
from playbook.shipped import shipped
from playbook.workspace import Workspace

EXAMPLES = ("mortgage", "churn")
MORTGAGE = shipped("templates/products/mortgage/data/decisions.parquet")


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_LIVE", "1")


def settled(panel: HomePanel) -> BeautifulSoup:
    """What the panel shows once its verdicts are there."""
    panel._heard(panel, {"type": "sync"}, [])
    until = time.monotonic() + 120
    while panel.busy:
        assert time.monotonic() < until
        time.sleep(0.02)
    return BeautifulSoup(panel.html, "html.parser")


def ask(form: NewProduct, message: dict[str, Any], *pieces: bytes) -> dict[str, Any]:
    """Send a message as the browser does; returns the kernel's answer to it."""
    answers: list[dict[str, Any]] = []
    form.send = lambda content, buffers=None: answers.append(content)
    form._heard(form, {**message, "seq": 7}, [memoryview(piece) for piece in pieces])
    assert [answer.pop("seq") for answer in answers] == [7]
    return answers[0]


def upload(form: NewProduct, name: str, data: bytes, piece: int = 1 << 16) -> dict[str, Any]:
    """Transfer a file in pieces and have it looked at."""
    answer = ask(form, {"type": "begin", "name": name, "size": len(data)})
    for offset in range(0, len(data), piece):
        if "fault" in answer:
            return answer
        part = data[offset : offset + piece]
        answer = ask(form, {"type": "piece", "offset": offset}, part)
    return answer if "fault" in answer else ask(form, {"type": "look", "from": "file"})


def left(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.folder / "products").iterdir())


# ---- the panel


@pytest.mark.parametrize("slug", EXAMPLES)
def test_progress_and_verdicts_are_those_of_the_records(
    demo_workspace: Workspace, finished_workspace: Path, live: None, slug: str
) -> None:
    page = settled(open_home(str(demo_workspace.folder), slug).products())
    lines = page.select(".steps li")
    assert len(lines) == len(playbooks())
    for line, playbook in zip(lines, playbooks(), strict=True):
        stored = finished_workspace / f"reports/{slug}/{playbook.name}.json"
        record = Record.model_validate_json(stored.read_text(encoding="utf-8"))
        bar, link = line.select_one("[role=img]"), line.a
        assert bar is not None
        assert link is not None
        assert bar["aria-label"] == f"{record.answered} of {record.asked} answered"
        assert link["href"] == f"{slug}/{playbook.path.name}"
        tag = line.select_one(".tag")
        assert tag is not None
        assert tag.get_text() == WORDS[record.verdict]
        severities = [finding.severity for finding in record.findings]
        for severity in ("blocker", "condition"):
            told = re.search(rf"\b(\d+)\W{severity}", line.get_text())
            assert int(told[1] if told else 0) == severities.count(severity)
    assert page.select_one(".about") is not None
    table = pd.read_parquet(demo_workspace.folder / f"products/{slug}/data/decisions.parquet")
    assert f"{len(table):,} " in page.select(".about")[0].get_text()


def test_progress_shows_before_any_verdict_and_follows_new_answers(
    own_workspace: Workspace, live: None
) -> None:
    panel = open_home(str(own_workspace.folder), "mortgage").products()
    at_once = BeautifulSoup(panel.html, "html.parser")
    assert len(at_once.select(".steps [role=img]")) == len(playbooks())
    assert at_once.select(".steps .tag") == []
    before = settled(panel)
    unknown = Answer(playbook="problem_definition", question="user", state="unknown")
    first = own_workspace.questions("problem_definition").questions[0]
    own_workspace.store.append("mortgage", unknown.model_copy(update={"question": first.id}))
    after = settled(panel)
    bars = [page.select(".steps [role=img]")[0]["aria-label"] for page in (before, after)]
    assert bars == ["22 of 22 answered", "21 of 22 answered"]


def test_another_product_is_chosen_and_a_strange_one_is_not(
    demo_workspace: Workspace, live: None
) -> None:
    panel = open_home(str(demo_workspace.folder), "mortgage").products()
    panel._heard(panel, {"type": "choose", "slug": "../etc"}, [])
    assert panel.chosen == "mortgage"
    panel._heard(panel, {"type": "choose", "slug": "churn"}, [])
    assert panel.chosen == "churn"
    assert "Churn prevention" in settled(panel).get_text()


def test_a_broken_table_is_one_sentence_and_progress_stays(
    own_workspace: Workspace, live: None
) -> None:
    (own_workspace.folder / "products/mortgage/data/decisions.parquet").write_bytes(b"PAR1junk")
    page = settled(open_home(str(own_workspace.folder), "mortgage").products())
    alerts = page.select("[role=alert]")
    assert len(alerts) == 1
    assert "damaged" in alerts[0].get_text()
    assert len(page.select(".steps [role=img]")) == len(playbooks())
    assert "Traceback" not in page.get_text()


def test_hostile_names_are_shown_as_typed(own_workspace: Workspace, live: None) -> None:
    path = own_workspace.folder / "products/mortgage/product.yaml"
    name = "<img src=x onerror=alert(1)>"
    path.write_text(path.read_text("utf-8").replace("Mortgage approval", name), "utf-8")
    page = settled(open_home(str(own_workspace.folder), "mortgage").products())
    assert page.find_all("img") == []
    assert name in page.get_text()


def test_reports_that_lie_there_can_be_opened_and_nothing_else(
    own_workspace: Workspace, live: None
) -> None:
    folder = own_workspace.reports / "mortgage"
    folder.mkdir(parents=True)
    (folder / "evaluation.html").write_text("<p>The report</p>", "utf-8")
    (folder / "secret.html").write_text("no", "utf-8")
    panel = open_home(str(own_workspace.folder), "mortgage").products()
    page = BeautifulSoup(panel.html, "html.parser")
    assert [b["data-report"] for b in page.select("[data-report]")] == ["evaluation"]
    sent: list[dict[str, Any]] = []
    panel.send = sent.append
    for name in ("evaluation", "secret", "../../playbook.db"):
        panel._heard(panel, {"type": "report", "name": name}, [])
    assert [message["type"] for message in sent] == ["page", "fault", "fault"]
    assert sent[0]["html"] == "<p>The report</p>"


# ---- without a browser


def papermill(tmp_path: Path, workspace: Path) -> BeautifulSoup:
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", str(home().path), str(out), "-p", "workspace",
               str(workspace)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    notebook = json.loads(out.read_text("utf-8"))
    assert "widgets" not in notebook["metadata"]
    shown = [o for c in notebook["cells"] for o in c.get("outputs", [])]
    assert all("widget" not in mime for o in shown for mime in o.get("data", {}))
    pages = ["".join(o["data"]["text/html"]) for o in shown if "text/html" in o.get("data", {})]
    return BeautifulSoup("".join(pages), "html.parser")


def test_plain_papermill_shows_everything_at_once(
    demo_workspace: Workspace, tmp_path: Path
) -> None:
    page = papermill(tmp_path, demo_workspace.folder)
    assert len(page.select(".steps li .tag")) == len(playbooks())
    listed = next(table for table in page.select("table") if "All products" in table.get_text())
    names = [name.get_text() for name in listed.select("tbody th")]
    assert names == ["Churn prevention", "Mortgage approval"]


def test_plain_papermill_works_without_any_product(tmp_path: Path) -> None:
    assert "There is no product yet" in papermill(tmp_path, tmp_path / "empty").get_text()


# ---- a new product


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def form(workspace: Workspace) -> Iterator[NewProduct]:
    form = NewProduct(Draft(workspace, lambda slug: None))
    yield form
    form.close()


@pytest.mark.parametrize(
    ("slug", "roles", "sentences"),
    [
        (
            "mortgage",
            {"label": "denied", "positive": "yes", "favourable": "no"},
            ["2,380 cases.", "Of 100, 12 were positive (denied is 'yes').",
             "The model says positive for 11 of 100.", "Good for the person: denied is 'no'.",
             "Groups: race (2), marital_status (2), schooling (2)."],
        ),
        (
            "churn",
            {"label": "churned", "positive": "yes"},
            ["7,043 cases.", "Of 100, 27 were positive (churned is 'yes').",
             "The model says positive for 37 of 100.", "Groups: gender (2), age_group (2)."],
        ),
    ],
)  # fmt: skip
def test_the_examples_tables_are_understood_from_their_suggestions(
    form: NewProduct, slug: str, roles: dict[str, str], sentences: list[str]
) -> None:
    data = shipped(f"templates/products/{slug}/data/decisions.parquet").read_bytes()
    found = upload(form, "decisions.parquet", data)
    suggested = found["suggested"]
    assert roles.items() <= suggested.items()
    assert (suggested["score"], suggested["prediction"]) == ("score", "prediction")
    told = ask(form, {"type": "preview", "from": "file", "roles": suggested})["told"]
    assert set(sentences) <= set(told)
    product = Workspace.open(Path(shipped("templates"))).product(slug)
    table = product.decisions
    assert table is not None
    assert suggested["id"] == table.columns.id
    assert suggested["groups"] == table.columns.groups


def test_columns_are_listed_with_type_examples_and_what_is_missing(form: NewProduct) -> None:
    frame = pd.read_parquet(MORTGAGE)
    frame.loc[: len(frame) // 2 - 1, "race"] = None
    columns = upload(form, "t.csv", frame.to_csv(index=False).encode())["columns"]
    assert [column["name"] for column in columns] == list(frame.columns)
    race = next(column for column in columns if column["name"] == "race")
    assert race["missing"] == pytest.approx(frame["race"].isna().mean())
    assert race["kind"] == "text"
    assert race["values"] == sorted(frame["race"].dropna().unique())
    assert all(len(column["examples"]) <= 3 for column in columns)


def written(frame: pd.DataFrame, **how: Any) -> bytes:
    encoding = how.pop("encoding", "utf-8")
    return frame.to_csv(index=False, **how).encode(encoding)


@pytest.mark.parametrize(
    "how",
    [
        {"sep": ";", "decimal": ","},
        {"sep": "\t", "encoding": "utf-16"},
        {"sep": "|", "encoding": "latin-1"},
    ],
    ids=str,
)
def test_how_a_csv_file_is_written_is_found_out(
    form: NewProduct, workspace: Workspace, how: dict[str, Any]
) -> None:
    frame = pd.read_parquet(MORTGAGE).replace({"Black": "Noiré"})
    found = upload(form, "Décisions 2027.csv", written(frame, **how))
    asked = {"from": "file", "roles": found["suggested"], "name": "A", "slug": "a"}
    assert "2,380 cases." in ask(form, {**asked, "type": "preview"})["told"]
    assert "fault" not in ask(form, {**asked, "type": "create"})
    book = open_playbook("evaluation", "a", str(workspace.folder))
    assert book.case.evidence.decisions.n == 2380


GOOD = written(pd.read_parquet(MORTGAGE).head(400))
FAULTY: dict[str, tuple[bytes, dict[str, Any], str, str]] = {
    "empty": (b"", {}, "file", "empty"),
    "header alone": (b"a,b\n", {}, "file", "no rows"),
    "one row": (b"y,s\nyes,0.5\n", {"label": "y", "positive": "yes"}, "label", "only one value"),
    "two columns of one name": (b"a,a\n1,2\n", {}, "file", "two columns are named 'a'"),
    "a column without a name": (b",a\n1,2\n3,4\n", {}, "file", "column 1 has no name"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)), {}, "file", "neither"),
    "cut short": (MORTGAGE.read_bytes()[:5000], {}, "file", "damaged"),
    "ragged": (b"a,b\n1,2\n1,2,3\n", {}, "file", "line 3"),
    "10,000 columns": (
        (",".join(f"c{i}" for i in range(10_000)) + "\n" + "1," * 9_999 + "1\n").encode(),
        {}, "file", "10,000 columns",
    ),
    "no positive value": (GOOD, {"positive": ""}, "positive", "which value of 'denied'"),
    "a score above 1": (GOOD, {"score": "credit_history"}, "score", "between 0 and 1"),
    "a score of words": (GOOD, {"score": "condominium"}, "score", "text, not a number"),
    "three outcomes": (GOOD, {"label": "credit_history"}, "label", "more than two values"),
    "a value that is not there": (GOOD, {"positive": "maybe"}, "positive", "'maybe' was chosen"),
    "favourable not there": (GOOD, {"favourable": "good"}, "favourable", "'good' was chosen"),
    "words as time": (GOOD, {"time": "condominium"}, "time", "not as date"),
    "two roles": (GOOD, {"groups": ["score"]}, "groups", "two roles"),
    "threshold": (GOOD, {"threshold": "a lot"}, "threshold", "between 0 and 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_table_is_one_sentence_at_its_field_and_leaves_nothing(
    form: NewProduct, workspace: Workspace, name: str
) -> None:
    data, roles, field, sentence = FAULTY[name]
    answer = upload(form, "table.csv", data)
    if "fault" not in answer:
        asked = {"from": "file", "roles": {**answer["suggested"], **roles}}
        answer = ask(form, {**asked, "type": "preview"})
        made = ask(form, {**asked, "type": "create", "name": "A", "slug": "a"})
        assert made["fault"] == answer["fault"]
    assert answer["field"] == field
    assert sentence in answer["fault"]
    for never in ("product.yaml", "Traceback", str(workspace.folder), "\n"):
        assert never not in answer["fault"]
    ask(form, {"type": "discard"})
    assert left(workspace) == []


def test_hostile_names_of_files_and_columns_stay_text(
    form: NewProduct, workspace: Workspace
) -> None:
    label, group = "<img src=x onerror=alert(1)>", "a\"b'; DROP TABLE x; --"
    frame = pd.DataFrame({label: ["yes", "no"] * 20, group: ["=1+1", "b"] * 20})
    found = upload(form, "../../<script>.csv", written(frame))
    assert [column["name"] for column in found["columns"]] == [label, group]
    roles = {"label": label, "positive": "yes", "groups": [group]}
    asked = {"from": "file", "roles": roles, "name": "'; <b>", "slug": "odd"}
    assert f"Groups: {group} (2)." in ask(form, {**asked, "type": "preview"})["told"]
    assert ask(form, {**asked, "type": "create"})["href"].startswith("odd/01_")
    data = workspace.folder / "products/odd/data"
    assert [path.name for path in data.iterdir()] == ["script.csv"]
    assert open_playbook("ethics_review", "odd", str(workspace.folder)).case.evidence.decisions.n


def test_file_names_become_harmless() -> None:
    assert safe_name("/etc/passwd") == "passwd"
    assert safe_name("C:\\data\\Loans [1]*.CSV") == "Loans_1.csv"
    assert safe_name("${HOME}.parquet") == "HOME.parquet"
    assert safe_name("\x00..\u202e") == "table"


def test_an_interrupted_or_overlong_transfer_is_refused(
    form: NewProduct, workspace: Workspace
) -> None:
    ask(form, {"type": "begin", "name": "t.csv", "size": 10})
    assert ask(form, {"type": "piece", "offset": 4}, b"1234")["field"] == "file"
    assert "changed" in ask(form, {"type": "piece", "offset": 0}, b"x" * 11)["fault"]
    huge = ask(form, {"type": "begin", "name": "t.csv", "size": 10**9})
    assert "200 MB" in huge["fault"]
    assert ask(form, {"type": "look", "from": "file"})["field"] == "file"
    assert left(workspace) == []


def test_an_abandoned_upload_goes_with_its_form(workspace: Workspace) -> None:
    draft = Draft(workspace, lambda slug: None)
    draft.begin({"name": "t.csv", "size": 3})
    draft.piece({"offset": 0}, b"a,b")
    assert len(left(workspace)) == 1
    del draft
    assert left(workspace) == []


def test_on_a_network_nobody_points_the_form_at_the_servers_files(
    form: NewProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    refused = ask(form, {"type": "look", "from": "path", "path": str(MORTGAGE)})
    assert refused["field"] == "path"
    assert "open to the network" in refused["fault"]
    assert "Upload the table" in refused["fault"]


def test_a_file_that_lies_on_the_server_is_used_where_it_lies(
    form: NewProduct, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(MORTGAGE, tmp_path / "loans.parquet")
    monkeypatch.setenv("LOANS_HERE", str(tmp_path / "loans.parquet"))
    asked: dict[str, Any] = {"from": "path", "path": "${LOANS_HERE}"}
    found = ask(form, {"type": "look", **asked})
    made = ask(form, {"type": "create", **asked, "roles": found["suggested"], "name": "L",
                      "slug": "loans"})  # fmt: skip
    assert made["title"] == "Problem definition"
    decisions = workspace.product("loans").decisions
    assert decisions is not None
    assert decisions.source == "${LOANS_HERE}"
    gone = ask(form, {"type": "look", "from": "path", "path": str(tmp_path / "loan.parquet")})
    assert (gone["field"], "Did you mean 'loans.parquet'" in gone["fault"]) == ("path", True)


def test_a_product_has_the_stage_owner_currency_and_words_typed(
    form: NewProduct, workspace: Workspace
) -> None:
    found = upload(form, "t.csv", GOOD)
    typed = {"name": "Loans: 2 # x", "slug": "loans", "owner": "Ana", "stage": "live",
             "currency": "eur", "case": "applicant", "cases": "applicants",
             "positive": "denied", "negative": "approved"}  # fmt: skip
    asked = {"from": "file", "roles": found["suggested"], **typed}
    assert "400 applicants." in ask(form, {**asked, "type": "preview"})["told"]
    ask(form, {**asked, "type": "create"})
    made = workspace.product("loans")
    assert (made.name, made.owner, made.stage) == ("Loans: 2 # x", "Ana", "live")
    assert (made.currency, made.words.cases, made.words.positive) == (
        "EUR", "applicants", "denied",
    )  # fmt: skip
    assert left(workspace) == ["loans"]
    assert ask(form, {**asked, "type": "create"})["field"] == "slug"


def test_an_example_takes_the_name_typed_and_keeps_its_answers(
    form: NewProduct, workspace: Workspace
) -> None:
    asked = {"type": "create", "from": "example", "example": "churn", "slug": "mine",
             "name": "My churn", "owner": "Ana", "stage": "idea", "currency": "EUR"}  # fmt: skip
    assert ask(form, {**asked, "name": ""})["field"] == "name"
    assert ask(form, {**asked, "slug": "Not Good"})["field"] == "slug"
    assert ask(form, {**asked, "currency": "euro"})["field"] == "currency"
    assert ask(form, {**asked, "example": "nope"})["field"] == "example"
    assert left(workspace) == []
    assert ask(form, asked)["href"] == "mine/01_problem_definition.ipynb"
    assert (workspace.folder / "playbooks/mine/01_problem_definition.ipynb").is_file()
    made, example = workspace.product("mine"), Workspace.open(shipped("templates"))
    assert (made.name, made.owner, made.stage) == ("My churn", "Ana", "idea")
    assert made.tables == example.product("churn").tables
    assert len(workspace.answers("mine")) > 50


def test_a_score_that_runs_the_other_way_is_noticed(tmp_path: Path) -> None:
    mapping = TableMapping(MORTGAGE, "denied", "score", "prediction", positive="no")
    told, _ = understood(mapping, Profile("x"), tmp_path)
    assert any(line.startswith("Careful: the score is lower") for line in told)


def test_short_names_are_free_and_valid() -> None:
    assert free_slug("Kredit für Müller & Söhne", ["kredit-fur-muller-sohne"]).endswith("-2")
    assert free_slug("!!!", []) == "product"


def test_an_unknown_message_and_a_fault_of_ours_are_answered(form: NewProduct) -> None:
    answer = ask(form, {"type": "no such thing"})
    assert answer["fault"].startswith("This part could not be computed")


# ---- in a browser


@pytest.fixture
def empty_app(workspace: Workspace, tmp_path: Path) -> Iterator[Server]:
    """Pages without code, and no product yet."""
    with running("app", workspace, tmp_path) as server:
        yield server


def test_a_person_makes_products_from_an_example_and_from_a_file(
    empty_app: Server, browse: Browse, tmp_path: Path
) -> None:
    page = browse()
    page.goto(empty_app.notebook("00_start_here.ipynb"))
    form, panel = page.locator(".pb-new"), page.locator(".pb-home")
    expect(panel).to_contain_text("There is no product yet", timeout=120_000)

    form.get_by_label("Full name").fill("Churn, ours")
    expect(form.get_by_label("Short name")).to_have_value("churn-ours")
    form.get_by_label("An example").check()
    form.get_by_label("Churn prevention").check()
    expect(form.get_by_label("Owner")).to_have_value("Head of customer retention")
    form.get_by_role("button", name="Create the product").click()
    expect(form.get_by_role("link", name="Begin with")).to_be_visible(timeout=120_000)
    expect(panel.locator(".name")).to_have_text("Churn, ours")

    table = tmp_path / "loans.csv"
    table.write_bytes(written(pd.read_parquet(MORTGAGE), sep=";", decimal=","))
    form.get_by_role("button", name="Make another product").click()
    form.get_by_label("Full name").fill("Loans <i>ours</i>")
    form.get_by_label("A file on this computer").check()
    form.locator("input[type=file]").set_input_files(table)
    preview = form.locator(".preview")
    expect(preview).to_contain_text("Of 100, 12 were positive", timeout=120_000)
    score = form.get_by_label("The model’s score", exact=True)
    score.select_option("loan_to_value")
    fault = form.locator("[data-field=score] .fault")
    expect(fault).to_contain_text("between 0 and 1")
    expect(score).to_have_attribute("aria-invalid", "true")
    score.select_option("score")
    expect(fault).to_be_hidden()
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    form.get_by_role("button", name="Create the product").press("Enter")
    link = form.get_by_role("link", name="Begin with Problem definition")
    expect(link).to_have_attribute(
        "href", "loans-i-ours-i/01_problem_definition.ipynb", timeout=120_000
    )
    expect(panel.locator(".name")).to_have_text("Loans <i>ours</i>")

    page.reload()  # the product is remembered in this browser
    expect(panel.locator(".name")).to_have_text("Loans <i>ours</i>", timeout=120_000)
    panel.get_by_label("Product").select_option("churn-ours")
    expect(panel.locator(".name")).to_have_text("Churn, ours")

    report = empty_app.workspace.reports / "churn-ours" / "evaluation.html"
    report.parent.mkdir(parents=True)
    report.write_text('<h1>The report</h1><a href="other.html">Other</a><script>x()</script>')
    with page.context.expect_page() as opened:
        panel.get_by_role("button", name="Evaluation").click()
    expect(opened.value.get_by_role("heading", name="The report")).to_be_visible()
    expect(opened.value.get_by_role("link")).to_have_count(0)
    opened.value.close()

    panel.get_by_role("link", name="Data strategy").click()
    expect(page.get_by_role("heading", name="Data strategy", exact=True)).to_be_visible(
        timeout=120_000
    )
