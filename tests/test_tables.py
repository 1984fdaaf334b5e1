from __future__ import annotations

import gc
import glob
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from make_decisions import from_frame, from_text, people, product
from playbook.errors import PlaybookError
from playbook.evidence.labels import normal
from playbook.evidence.tables import MISSING, open_decisions
from playbook.product import load_product

TEMPLATES = Path(__file__).parents[1] / "templates" / "products"


def fails(action: Any, *fragments: str) -> None:
    """One sentence and its remedy, in the words expected and none of the engine's."""
    with pytest.raises(PlaybookError) as caught:
        action()
    message = str(caught.value)
    for fragment in fragments:
        assert fragment in message, message
    assert caught.value.where
    assert caught.value.remedy
    for leak in ("Traceback", "duckdb", "Binder", "Invalid Input", "read_csv", "\n"):
        assert leak not in message


@pytest.mark.parametrize(
    ("slug", "n", "positives"), [("mortgage", 2380, 285), ("churn", 7043, 1869)]
)
def test_the_shipped_examples_open(slug: str, n: int, positives: int) -> None:
    decisions = open_decisions(load_product(TEMPLATES / slug))
    assert (decisions.n, decisions.n_labelled, decisions.unlabelled) == (n, n, 0)
    assert int(decisions.cases["label"].sum().execute()) == positives
    data = decisions.source.files[0].read_bytes()
    assert decisions.fingerprint == f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        (["approved", "denied"], "denied"),
        (["No", " YES "], "yes"),
        ([False, True], "true"),
        ([0, 1], "1"),
        ([0, 1], "1.0"),
        ([0.0, 1.0], "1"),
        ([0, 1], "true"),
        ([False, True], "1"),
        (["n", "y"], "yes"),
    ],
)
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_labels_are_accepted_however_they_are_written(
    tmp_path: Path, values: list[object], positive: str, form: str
) -> None:
    frame = pd.DataFrame({"y": [values[i] for i in (0, 1, 1, 0, 1)], "other": 1.5})
    if form == "csv":
        decisions = from_text(tmp_path, frame.to_csv(index=False), label="y", positive=positive)
    else:
        decisions = from_frame(tmp_path, frame, label="y", positive=positive)
    found = decisions.cases.execute()["label"].tolist()
    assert found == [False, True, True, False, True]
    assert not decisions.has_score
    assert not decisions.has_prediction
    assert decisions.has_label


def test_favourable_may_be_either_value(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": ["yes", "no"]})
    for favourable, expected in (("yes", True), ("no", False), (None, None)):
        decisions = from_frame(tmp_path, frame, label="y", favourable=favourable)
        assert decisions.favourable_is_positive is expected


def test_rows_without_a_label_are_counted_and_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": ["yes", None, "no", " ", "no"], "s": [0.1, np.nan, 0.3, 9.0, 1.0]})
    decisions = from_frame(tmp_path, frame, label="y", score="s", threshold=0.3)
    assert (decisions.n, decisions.n_labelled, decisions.unlabelled) == (5, 3, 2)
    assert decisions.cases.execute()["prediction"].tolist() == [False, True, True]


def test_prediction_may_use_other_words_for_yes_and_no(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": ["yes", "no", "no"], "p": [1, 0, 1]})
    decisions = from_frame(tmp_path, frame, label="y", prediction="p")
    assert decisions.cases.execute()["prediction"].tolist() == [True, False, True]


def test_groups_become_text_and_what_is_missing_has_a_name(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "y": [1, 0, 1],
            "level": [1.0, np.nan, 2.5],
            "flag": [True, False, True],
            "word": ["no", "", None],
            "many": [10.0, 200.0, -3.0],
        }
    )
    groups = ["level", "flag", "word", "many"]
    cases = from_frame(tmp_path, frame, label="y", positive="1", groups=groups).cases.execute()
    assert cases["level"].tolist() == ["1", MISSING, "2.5"]
    assert cases["flag"].tolist() == ["true", "false", "true"]
    assert cases["word"].tolist() == ["no", MISSING, MISSING]
    assert cases["many"].tolist() == ["10", "200", "-3"]


def test_csv_text_is_not_guessed_into_booleans(tmp_path: Path) -> None:
    text = "y,insured,mark\n1,yes,#1\n0,no,#2\n0,,x\n"
    cases = from_text(
        tmp_path, text, label="y", positive="1", groups=["insured", "mark"]
    ).cases.execute()
    assert cases["insured"].tolist() == ["yes", "no", MISSING]
    assert cases["mark"].tolist() == ["#1", "#2", "x"]


@pytest.mark.parametrize(
    "name", ['a "b"', '"; DROP TABLE x; --', "Größe\u200b", "select", "a.b", "a b", "'"]
)
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_hostile_column_names_are_only_names(tmp_path: Path, name: str, form: str) -> None:
    frame = pd.DataFrame({f"{name}1": ["yes", "no"], f"{name}2": [0.2, 0.7], name: ["a", "b"]})
    roles: dict[str, Any] = {"label": f"{name}1", "score": f"{name}2", "groups": [name]}
    if form == "csv":
        decisions = from_text(tmp_path, frame.to_csv(index=False), **roles)
    else:
        decisions = from_frame(tmp_path, frame, **roles)
    assert decisions.columns == list(frame.columns)
    assert decisions.cases.execute()[name].tolist() == ["a", "b"]


def test_file_names_are_not_patterns(tmp_path: Path) -> None:
    (tmp_path / "d1.csv").write_text("y\nwrong\n")
    decisions = from_text(tmp_path, "y\nyes\nno\n", name="d[1].csv", label="y")
    assert decisions.n == 2


@pytest.mark.parametrize("source", ["parts", "parts/*.parquet"])
def test_a_folder_or_pattern_of_parquet_is_one_table(tmp_path: Path, source: str) -> None:
    (tmp_path / "parts").mkdir()
    for i in range(3):
        part = pd.DataFrame({"y": ["yes", "no"], "s": [0.1 * i, 0.9]})
        part.to_parquet(tmp_path / "parts" / f"{i}.parquet")
    decisions = open_decisions(product(tmp_path, source, label="y", score="s"))
    assert decisions.n == 6
    assert len(decisions.source.files) == 3
    first = decisions.fingerprint
    changed = pd.DataFrame({"y": ["yes", "no"], "s": [0.5, 0.5]})
    changed.to_parquet(tmp_path / "parts" / "2.parquet")
    again = open_decisions(product(tmp_path, source, label="y", score="s"))
    assert again.fingerprint != first


def test_csv_is_read_as_the_product_says_it_is_written(tmp_path: Path) -> None:
    text = "y;s;ort\nja;0,25;Zürich\nnein;1;Genève\n".encode("cp1252")
    decisions = from_text(
        tmp_path, text, label="y", score="s", groups=["ort"], positive="ja",
        delimiter=";", decimal=",", encoding="cp1252",
    )  # fmt: skip
    cases = decisions.cases.execute()
    assert cases["score"].tolist() == [0.25, 1.0]
    assert cases["ort"].tolist() == ["Zürich", "Genève"]


def test_a_byte_order_mark_and_quoted_line_breaks_are_no_trouble(tmp_path: Path) -> None:
    text = '\ufeffy,note\r\nyes,"two\r\nlines, one ""cell"""\r\nno,x\r\n'
    decisions = from_text(tmp_path, text, label="y", groups=["note"])
    assert decisions.columns == ["y", "note"]
    assert decisions.cases.execute()["note"].tolist()[1] == "x"


def test_sources_stay_inside_the_product_folder_unless_absolute(tmp_path: Path) -> None:
    home = tmp_path / "loans"
    home.mkdir()
    outside = tmp_path / "secret.csv"
    outside.write_text("y\nyes\nno\n")
    (home / "link.csv").symlink_to(outside)
    for source in ("../secret.csv", "../*.csv", "link.csv", "./../secret.csv"):
        fails(
            lambda source=source: open_decisions(product(home, source, label="y")),
            "leads out of the product's folder",
            "absolute path",
        )
    assert open_decisions(product(home, str(outside), label="y")).n == 2


BAD_FILES: dict[str, tuple[str | bytes, dict[str, Any], tuple[str, ...]]] = {
    "0 bytes": (b"", {}, ("data.csv: this file is empty (0 bytes)",)),
    "header alone": ("denied,score\n", {}, ("has column names but no rows", "with its rows")),
    "no header": ("\n\n", {}, ("line 1: the first line of this file has no column names",)),
    "same name twice": (
        "denied,score,score\nyes,1,2\n",
        {},
        ("line 1: two columns are named 'score' (columns 2 and 3)", "Rename or remove"),
    ),
    "same name in capitals": (
        "denied,Score,score\nyes,1,2\n",
        {},
        ("'Score' and 'score' differ only in capitals",),
    ),
    "not UTF-8": (
        "denied,score\nyes,0.1\nné,0.2\n".encode("latin-1"),
        {},
        ("line 3: this file is not UTF-8 text (byte 23)", "write encoding: latin-1"),
    ),
    "UTF-16": ("denied,score\nyes,1\n".encode("utf-16"), {}, ("write encoding: utf-16",)),
    "wrong encoding": (b"denied,score\nyes,\x81\n", {"encoding": "cp1252"}, ("is not cp1252",)),
    "unknown encoding": (b"denied\n", {"encoding": "utf-9"}, ("'utf-9' is not an encoding",)),
    "semicolons": (
        "denied;score\nyes;1\n",
        {},
        ("separated by semicolons, but product.yaml says commas", 'Write delimiter: ";" under'),
    ),
    "semicolons and decimal commas": (
        "denied;score\nyes;0,25\n",
        {},
        ('Write delimiter: ";" and decimal: "," under',),
    ),
    "tabs": ("denied\tscore\nyes\t1\n", {}, ("separated by tabs", 'delimiter: "\\t"')),
    "commas": ("denied,score\nyes,1\n", {"delimiter": ";"}, ("separated by commas",)),
    "decimal commas": (
        "denied;score\nyes;0,25\nno;0,5\n",
        {"delimiter": ";"},
        ("column 'score': the score is text", "in 2 rows", 'Write decimal: ","'),
    ),
    "ragged": (
        "denied,score\nyes,0.1\nno,0.2,7\n",
        {},
        ("line 3: this line has 3 values where the header has 2 columns",),
    ),
    "short line": ("denied,score\nyes,0.1\nno\n", {}, ("line 3: this line has 1 values",)),
    "open quote": ('denied,score\nyes,"0.1\nno,0.2\n', {}, ("line 2", "quotation marks")),
    "text scores": (
        "denied,score\nyes,0.1\nno,n/a\n",
        {},
        ("the score is text, not a number, in 1 row, such as 'n/a'", "leave a missing one empty"),
    ),
    "missing scores": ("denied,score\nyes,\nno,0.2\nno,nan\n", {}, ("missing in 2 rows", "Fill")),
    "scores in per cent": (
        "denied,score\nyes,80\nno,0.2\nno,20\n",
        {},
        ("outside in 2 rows (the worst is 80)", "divide percentages by 100"),
    ),
    "log-odds": ("denied,score\nyes,1.2\nno,-3\n", {}, ("2 rows (the worst is -3)",)),
    "renamed column": (
        "denied,scores\nyes,1\nno,0\n",
        {},
        ("there is no column 'score', which product.yaml names as score", "mean 'scores'?"),
    ),
    "one class": (
        "denied,score\nyes,1\nyes,0\n",
        {},
        ("column 'denied': the label has only one value: 'yes'", "Add rows"),
    ),
    "no label at all": ("denied,score\n,1\n,0\n", {}, ("the label has no value in any row",)),
    "three classes": (
        "denied,score\nyes,1\nno,0\nmaybe,0\n",
        {},
        ("more than two values: 'maybe', 'no', 'yes'",),
    ),
    "unknown positive": (
        "denied,score\nyes,1\nno,0\n",
        {"positive": "yess"},
        ("says 'positive: yess', but the label's values are 'no', 'yes'", "Did you mean 'yes'?"),
    ),
    "unknown favourable": (
        "denied,score\nyes,1\nno,0\n",
        {"favourable": "approved"},
        ("'favourable: approved'", "'no', 'yes'", "Write one of them as 'favourable'"),
    ),
    "strange prediction": (
        "denied,score,p\nyes,1,deny\nno,0,no\n",
        {"prediction": "p"},
        ("column 'p': the prediction has values that the label has not: 'deny'",),
    ),
    "missing prediction": (
        "denied,score,p\nyes,1,\nno,0,no\n",
        {"prediction": "p"},
        ("column 'p': the prediction is missing in 1 row",),
    ),
    "group called prediction": (
        "denied,score,Prediction\nyes,1,a\nno,0,b\n",
        {"groups": ["Prediction"]},
        ("a group column cannot be named 'Prediction'", "Rename"),
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_input_gets_one_clear_sentence(tmp_path: Path, case: str) -> None:
    content, table, fragments = BAD_FILES[case]
    roles: dict[str, Any] = {"label": "denied", "score": "score", **table}
    fails(lambda: from_text(tmp_path, content, **roles), "data.csv", *fragments)


def test_a_fault_deep_in_a_long_csv_is_found(tmp_path: Path) -> None:
    lines = ["denied,score", *("yes,0.5" for _ in range(60_000))]
    for row, fault, fragment in (
        (50_000, b"no,0.5,1", "line 50001: this line has 3 values"),
        (50_000, b"n\xf6,0.5", "line 50001: this file is not UTF-8"),
        (50_000, b"no,high", "the score is text, not a number, in 1 row, such as 'high'"),
    ):
        data = [line.encode() for line in lines]
        data[row] = fault
        fails(
            lambda data=data: from_text(tmp_path, b"\n".join(data), label="denied", score="score"),
            fragment,
        )


@pytest.mark.parametrize(
    ("name", "content", "fragment"),
    [
        ("data.parquet", b"denied,score\nyes,1\n", "this is not a Parquet file"),
        ("data.parquet", b"PAR1 and then nothing", "damaged or cut short"),
        ("data.parquet", b"", "empty (0 bytes)"),
    ],
)
def test_what_is_not_parquet_is_named(
    tmp_path: Path, name: str, content: bytes, fragment: str
) -> None:
    fails(lambda: from_text(tmp_path, content, name=name, label="denied"), name, fragment)


def test_an_empty_parquet_table_is_named(tmp_path: Path) -> None:
    frame = people(10).head(0)
    fails(lambda: from_frame(tmp_path, frame, label="denied"), "column names but no rows")


def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "decisions.csv").write_text("y\n1\n")
    fails(
        lambda: open_decisions(product(tmp_path, "decision.csv", label="y")),
        "decision.csv: there is no such file",
        "Did you mean 'decisions.csv'?",
    )
    (tmp_path / "empty").mkdir()
    fails(lambda: open_decisions(product(tmp_path, "empty", label="y")), "no Parquet file in this")
    fails(lambda: open_decisions(product(tmp_path, "none/*.parquet", label="y")), "no such file")


def test_a_product_without_decisions_is_told_so(tmp_path: Path) -> None:
    bare = product(tmp_path, "x.csv").model_copy(update={"tables": {}})
    fails(lambda: open_decisions(bare), "no table 'decisions'")


def test_predictions_without_labels_can_be_opened(tmp_path: Path) -> None:
    frame = pd.DataFrame({"p": ["deny", "keep", "keep"]})
    decisions = from_frame(tmp_path, frame, prediction="p", positive="deny", favourable="keep")
    assert decisions.cases.execute()["prediction"].tolist() == [True, False, False]
    fails(
        lambda: from_frame(tmp_path, frame, prediction="p", positive="denied"),
        "which of the prediction's values is positive: 'deny', 'keep'",
    )


def test_normal_is_idempotent_on_text() -> None:
    for value in ("Yes", "1.00", " TRUE ", "0", "a.0"):
        once = normal(value)
        assert once is not None
        assert normal(once) == once


def test_the_rewritten_copy_of_a_foreign_encoding_goes_with_the_table(tmp_path: Path) -> None:
    pattern = f"{tempfile.gettempdir()}/playbook-*/utf8.csv"
    before = set(glob.glob(pattern))
    text = "y\nyés\nno\n".encode("latin-1")
    decisions = from_text(tmp_path, text, label="y", positive="yés", encoding="latin-1")
    (copy,) = set(glob.glob(pattern)) - before
    cases = decisions.cases
    del decisions
    gc.collect()
    assert int(cases.count().execute()) == 2
    del cases
    gc.collect()
    assert not Path(copy).exists()
