"""The data card for machines, held against the vocabulary's own library."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlcroissant
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from make_decisions import from_frame, from_text, people, product
from playbook.documents import build
from playbook.documents.croissant import croissant
from playbook.evidence.quality import audit
from playbook.evidence.tables import Decisions, open_decisions
from playbook.session.book import Book
from playbook.workspace import Workspace

# The library speaks to rdflib and pandas in ways that these will not know for ever.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index"),
]
EXAMPLES = ("mortgage", "churn")
FACTS = {"name": "Loans", "description": "Who pays.", "creator": "Ann", "license": ["CC0-1.0"],
         "datePublished": "2027-03-12"}  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


def described(decisions: Decisions, **facts: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(croissant(decisions, audit(decisions), {**FACTS, **facts}))
    return found


def issues(found: dict[str, Any]) -> set[str]:
    """Errors and warnings of the library."""
    said = mlcroissant.Dataset(found).metadata.ctx.issues
    return said.errors | said.warnings


@pytest.fixture(scope="module")
def cards(demo_workspace: Workspace) -> dict[str, dict[str, Any]]:
    """The card of each example, as its playbook makes it."""
    found = {}
    for slug in EXAMPLES:
        book = Book("data_strategy", slug, demo_workspace)
        made = build("data_card", book.case, book.questions, book.assess())
        found[slug] = json.loads(made.attachments["data_card.croissant.json"])
    return found


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_library_finds_nothing_wrong_with_the_examples(
    cards: dict[str, dict[str, Any]], slug: str
) -> None:
    assert issues(cards[slug]) == set()
    assert cards[slug]["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_library_reads_the_file_itself_by_the_card(
    cards: dict[str, dict[str, Any]], demo_workspace: Workspace, tmp_path: Path, slug: str
) -> None:
    folder = tmp_path / slug
    shutil.copytree(demo_workspace.folder / "products" / slug, folder)
    (folder / "card.json").write_text(json.dumps(cards[slug]), encoding="utf-8")
    frame = pd.read_parquet(folder / cards[slug]["distribution"][0]["contentUrl"])
    records = iter(mlcroissant.Dataset(folder / "card.json").records("decisions"))
    for _, row in frame.head(25).iterrows():
        record = next(records)
        assert [plain(value) for value in record.values()] == [plain(value) for value in row]
        assert [key.removeprefix("decisions/") for key in record] == list(frame.columns)


def plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else "none" if pd.isna(value) else value


def test_what_answers_say_stands_under_the_properties_of_responsible_ai(
    cards: dict[str, dict[str, Any]],
) -> None:
    rai = {key for key in cards["mortgage"] if key.startswith("rai:")}
    assert {
        "rai:dataCollection", "rai:dataLimitations", "rai:dataBiases", "rai:dataUseCases",
        "rai:personalSensitiveInformation", "rai:dataReleaseMaintenancePlan",
    } <= rai  # fmt: skip
    read = mlcroissant.Dataset(cards["mortgage"]).metadata
    assert read.data_use_cases == cards["mortgage"]["rai:dataUseCases"]
    assert read.data_biases == cards["mortgage"]["rai:dataBiases"]


def test_every_type_has_its_name(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "y": ["yes", "no"],
            "whole": [1, 2],
            "part": [0.5, None],
            "truth": [True, False],
            "moment": pd.to_datetime(["2026-01-01", "2026-01-02"]),
        }
    )
    table = pa.Table.from_pandas(frame).append_column(
        "day", pa.array([0, 1], pa.int32()).cast(pa.date32())
    )
    pq.write_table(table.append_column("nested", pa.array([[1], [2]])), tmp_path / "t.parquet")
    found = described(open_decisions(product(tmp_path, "t.parquet", label="y")))
    (records,) = found["recordSet"]
    assert {f["name"]: f["dataType"] for f in records["field"]} == {
        "y": "sc:Text", "whole": "sc:Integer", "part": "sc:Float", "truth": "sc:Boolean",
        "moment": "sc:DateTime", "day": "sc:Date",
    }  # fmt: skip
    assert "Left out, being nested or nameless: nested." in records["description"]
    assert issues(found) == set()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=15)
@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4, unique_by=str.casefold), TEXTS)
def test_no_name_of_a_column_and_no_text_breaks_it(names: list[str], text: str) -> None:
    with TemporaryDirectory() as folder:
        columns = {name: [str(i), text] for i, name in enumerate(names) if name != "label"}
        frame = pd.DataFrame({**columns, "label": ["yes", "no"]})
        decisions = from_frame(Path(folder), frame, label="label")
        found = described(
            decisions, **{"description": text, "creator": text or "Ann", "rai:dataBiases": [text]}
        )
        read = mlcroissant.Dataset(found, mapping={"decisions-file": f"{folder}/data.parquet"})
        said = read.metadata.ctx.issues
        assert said.errors | said.warnings == set()
        records = list(read.records("decisions"))
        assert len(records) == 2
        assert [len(r) for r in records] == [len(found["recordSet"][0]["field"])] * 2


def test_a_csv_file_is_read_by_the_card_too(tmp_path: Path) -> None:
    decisions = from_text(tmp_path, people(50).to_csv(index=False), label="denied")
    found = described(decisions)
    assert found["distribution"][0]["encodingFormat"] == "text/csv"
    (tmp_path / "card.json").write_text(json.dumps(found), encoding="utf-8")
    assert len(list(mlcroissant.Dataset(tmp_path / "card.json").records("decisions"))) == 50


def test_a_file_of_json_lines_is_read_by_the_card_too(tmp_path: Path) -> None:
    text = people(50).to_json(orient="records", lines=True)
    decisions = from_text(tmp_path, text, "data.jsonl", label="denied")
    found = described(decisions)
    assert found["distribution"][0]["encodingFormat"] == "application/jsonlines"
    assert issues(found) == set()
    (tmp_path / "card.json").write_text(json.dumps(found), encoding="utf-8")
    assert len(list(mlcroissant.Dataset(tmp_path / "card.json").records("decisions"))) == 50


def test_a_database_is_described_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    secret = tmp_path / "s3cret-place.duckdb"
    with duckdb.connect(str(secret)) as connection:
        connection.execute("CREATE TABLE loans AS SELECT 'yes' AS y, 1 AS x UNION SELECT 'no', 2")
    monkeypatch.setenv("WAREHOUSE", str(secret))
    found = described(
        open_decisions(product(tmp_path, "duckdb://${WAREHOUSE}", table="loans", label="y"))
    )
    text = json.dumps(found)
    assert "distribution" not in found
    assert "s3cret" not in text
    assert "WAREHOUSE" not in text
    assert str(tmp_path) not in text
    assert "its place is left out. Columns: y, x." in found["description"]
    assert issues(found) == set()


def test_a_file_outside_the_product_s_folder_is_named_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    people(50).to_parquet(tmp_path / "far.parquet")
    source = str(tmp_path / "far.parquet")
    found = described(open_decisions(product(tmp_path / "shop", source, label="denied")))
    assert found["distribution"][0]["contentUrl"] == "far.parquet"
    assert str(tmp_path) not in json.dumps(found)


def test_a_licence_that_nobody_stated_is_said_to_be_unknown(own_workspace: Workspace) -> None:
    from playbook.answers import Answer

    taken = Answer(playbook="data_strategy", question="sources", state="open")
    own_workspace.store.append("churn", taken)
    book = Book("data_strategy", "churn", own_workspace)
    made = build("data_card", book.case, book.questions, book.assess())
    found = json.loads(made.attachments["data_card.croissant.json"])
    assert found["license"] == ["Unknown: the team has not stated a licence."]
    assert issues(found) == set()
