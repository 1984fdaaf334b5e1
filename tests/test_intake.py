"""What comes in as captured outputs: tables, JSON lines and logs, and what is wrong with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from playbook.batch.preflight import product_faults
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.errortexts import is_error_text
from playbook.evidence.intake import Intake, intake
from playbook.evidence.outputs import Outputs, open_outputs
from playbook.product import load_product
from playbook.workspace import Workspace

LOGS = Path(__file__).resolve().parent / "evallogs"
HEAD = "name: Helper\nowner: Ada\nkind: generative\ntables:\n  outputs:\n"
TABLE = """\
    source: {source}
    columns: {{prompt: q, output: a, error: e}}
    criteria: {{good: {{says: is right, check: ok}}}}
"""


def product(folder: Path, lines: str, *logs: str) -> Path:
    home = folder / "helper"
    home.mkdir(exist_ok=True)
    for log in logs:
        shutil.copy(LOGS / log, home)
    (home / "product.yaml").write_text(HEAD + lines, encoding="utf-8")
    return home


def opened(folder: Path, lines: str, *logs: str) -> Outputs:
    return open_outputs(load_product(product(folder, lines, *logs)))


def of_rows(folder: Path, rows: list[dict[str, object]], ending: str = "csv") -> Intake:
    home = product(folder, TABLE.format(source=f"rows.{ending}"))
    frame = pd.DataFrame(rows)
    if ending == "csv":
        frame.to_csv(home / "rows.csv", index=False)
    else:
        frame.to_json(home / "rows.jsonl", orient="records", lines=True)
    return intake(open_outputs(load_product(home)))


def value(found: Intake, measure: str) -> tuple[float, int]:
    estimate = found.get(measure)
    assert estimate is not None
    return estimate.value, estimate.n


def test_a_run_of_error_messages_is_no_pass(tmp_path: Path) -> None:
    outputs = opened(tmp_path, "    source: refused.json\n", "refused.json")
    assert (outputs.accepted == 1).all()
    found = intake(outputs)
    assert value(found, "error_text_rate") == (1.0, 3)
    assert "Every one of the 3 answers is an error message" in found.untrustworthy[0]
    assert "3 answers that are only an error message or empty count as passes" in " ".join(
        found.untrustworthy
    )
    assert "no pass, whatever the tool says" in found.summary().text


def test_promptfoo_crashes_are_apart_from_failures(tmp_path: Path) -> None:
    outputs = opened(
        tmp_path,
        "    source: promptfoo.json\n    columns: {groups: [level]}\n    current: parrot · plain\n",
        "promptfoo.json",
    )
    assert outputs.systems[0] == "parrot · plain"
    assert set(outputs.frame["group_0"]) == {"easy", "hard"}
    found = intake(outputs)
    assert found.crashed == {"overall": 4, "javascript": 4}
    assert found.unrated == {"overall": 6}
    assert value(found, "answer_error_rate") == (pytest.approx(2 / 24), 24)
    assert value(found, "error_text_rate") == (pytest.approx(2 / 22), 22)
    assert "counted again" in found.table().text
    assert "the totals that the tool states are right" in found.summary().text
    assert "The check 'javascript' crashed on 4 answers" in found.summary().text
    (reason,) = found.untrustworthy
    assert "4 of the 8 answers of breaking · strict are error messages" in reason


def test_several_logs_join_and_copies_are_said(tmp_path: Path) -> None:
    home = product(tmp_path, '    source: "*.eval"\n', "epochs.eval", "again.eval")
    shutil.copy(LOGS / "epochs.eval", home / "zz.eval")
    outputs = open_outputs(load_product(home))
    assert list(outputs.criteria) == ["match"]
    assert outputs.rated("match")["check"].sum() == 10
    found = intake(outputs)
    assert value(found, "rows_excluded") == (6, 18)
    assert "copies of answers" in found.summary().text


def test_product_yaml_may_rename_and_redefine_what_a_log_scores(tmp_path: Path) -> None:
    lines = """\
    source: gaps.json
    criteria:
      right: {says: is right, judge: model_graded_partly}
      lenient: {says: is not wrong, judge: model_graded_partly, passing: [C, P]}
      filled: {says: is filled in, check: gaps, at_least: 0}
"""
    outputs = opened(tmp_path, lines, "gaps.json")
    assert outputs.table.criteria == outputs.criteria
    assert outputs.rated("filled")["check"].sum() == 3
    found = intake(outputs)
    assert found.unrated == {"filled": 2}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("    source: gaps.json\n    columns: {groups: [hard]}\n", "nothing named 'hard'"),
        ("    source: gaps.json\n    columns: {prompt: id}\n", "says itself which column"),
        ("    source: gaps.json\n    criteria: {a: {says: b, check: gap}}\n", "no score 'gap'"),
        ("    source: none.eval\n", "no such file"),
        ("    source: ../x.json\n", "leads out of"),
        ("    source: s3://x/y.json\n", "from files only"),
        ("    source: gaps.json\n    current: gpt\n", "no answer is by the system 'gpt'"),
    ],
)
def test_what_a_log_cannot_be_is_said(lines: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=said):
        opened(tmp_path, lines, "gaps.json")


def test_a_log_without_pass_marks_asks_for_them(tmp_path: Path) -> None:
    data = json.loads((LOGS / "gaps.json").read_text(encoding="utf-8"))
    for number, sample in enumerate(data["samples"]):
        sample["scores"] = {"stars": {"value": number}}
    home = product(tmp_path, "    source: stars.json\n")
    (home / "stars.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(NoEvidence, match="'stars' scores up to 4"):
        open_outputs(load_product(home))


ROWS: list[dict[str, object]] = [
    {"q": f"question {i}", "a": f"A long enough answer to question {i}.", "e": "", "ok": "yes"}
    for i in range(20)
]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_tables_are_looked_through_too(ending: str, tmp_path: Path) -> None:
    rows = [dict(row) for row in ROWS]
    rows[0] |= {"e": "timeout", "a": "", "ok": ""}
    rows[1]["a"] = "Error code: 429 - {'error': {'message': 'Rate limit reached'}}"
    rows[2]["a"] = rows[3]["a"] = "The same words for two questions"
    rows.append(dict(rows[4]))
    found = of_rows(tmp_path, rows, ending)
    assert value(found, "answer_error_rate") == (pytest.approx(1 / 21), 21)
    assert value(found, "error_text_rate") == (pytest.approx(1 / 20), 20)
    assert value(found, "identical_answer_rate") == (pytest.approx(2 / 19), 19)
    assert value(found, "duplicate_answer_rate") == (pytest.approx(1 / 21), 21)
    assert value(found, "rows_excluded") == (0, 21)
    assert found.untrustworthy == [
        "1 answer that is only an error message or empty counts as a pass: the criteria do not "
        "look at what was said."
    ]


def test_the_same_answer_to_everything_is_not_to_be_trusted(tmp_path: Path) -> None:
    rows = [row | {"a": "I am sorry, please ask me something."} for row in ROWS]
    found = of_rows(tmp_path, rows)
    assert "word for word" in found.untrustworthy[0]


def test_a_clean_table_gives_no_reason_for_doubt(tmp_path: Path) -> None:
    found = of_rows(tmp_path, ROWS)
    assert not found.untrustworthy
    assert not found.crashed
    assert found.summary().text == "rows.csv holds 20 answers of 1 system to 20 questions."


@pytest.mark.parametrize(
    "text",
    [
        "", "  \n", "undefined", "None", "[object Object]", "Error: connect ECONNREFUSED",
        "API error: 401 Unauthorized", "Error code: 429 - {'error': 1}",
        "HTTP 503 Service Unavailable",
        "Rate limit exceeded, retry in 20s", "Request timed out.", '{"error": {"code": 500}}',
        "Traceback (most recent call last):\n  File", "TypeError: x is not a function",
        "openai.RateLimitError: Error code: 429", "429 Too Many Requests", "Internal Server Error",
        "<html><head><title>502 Bad Gateway</title>", "You exceeded your current quota",
        "Invalid API key provided",
    ],
)  # fmt: skip
def test_error_messages_are_known(text: str) -> None:
    assert is_error_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "No", "404", "A 401 error means that you are not signed in.", "None of these.",
        "Error messages should say what to do.", "The request timed out because your disk is full.",
        "Nan bread is baked in an oven.", "500 people came.", "Timeouts are set in the settings.",
        "I cannot help with that.", "Failed payments are tried again after three days.",
    ],
)  # fmt: skip
def test_answers_about_errors_are_answers(text: str) -> None:
    assert is_error_text(text) == text.startswith("The request timed out")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"q": "a"}\n{"q":', "line 2: this line is not valid JSON"),
        (b'{"q": "a"}\nplain\n', "line 2: this line is not valid JSON"),
        (b'{"q": "a"}\n[1]\n', "line 2: this line is no JSON object"),
        (b'{"q": "a"}\n{"Q": "b"}\n', "line 2: this line has 'Q', which elsewhere is 'q'"),
        (b'{"q": "a", "a": 1, "e": "", "ok": 1, "q": "b"}\n', "line 1: this line has 'q' twice"),
        (b'\xef\xbb\xbf{"q": "a", "a": 1, "e": "", "ok": 1}\n', "byte order mark"),
        ('{"q": "é"}\n'.encode("latin-1"), "line 1: this line is not valid JSON"),
        (b"\n\n", "no rows"),
        (b"", "empty"),
        (b"[" * 100_000, "line 1: this line is not valid JSON"),
        (b'{"q": "a"}\n', "there is no column"),
    ],
)
def test_faulty_json_lines_are_named(text: bytes, said: str, tmp_path: Path) -> None:
    home = product(tmp_path, TABLE.format(source="rows.jsonl"))
    (home / "rows.jsonl").write_bytes(text)
    with pytest.raises(PlaybookError, match=said):
        open_outputs(load_product(home))


def test_json_lines_may_leave_names_out_and_mix_kinds(tmp_path: Path) -> None:
    home = product(tmp_path, TABLE.format(source="rows.jsonl"))
    lines = ['{"q": 1, "a": "x", "e": null, "ok": true}', '{"q": "1b", "ok": false, "a": null}',
             '{"q": "c", "ok": null, "a": "<b>", "e": "no"}']  # fmt: skip
    (home / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    frame = open_outputs(load_product(home)).frame
    assert frame["prompt"].tolist() == ["1", "1b", "c"]
    assert frame["output"].tolist() == ["x", "", "<b>"]
    assert frame["rating:ok"].tolist()[:2] == [1.0, 0.0]


def test_playbook_check_reports_faults_of_the_outputs(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    products = workspace.folder / "products"
    products.mkdir(exist_ok=True)
    home = product(products, "    source: gaps.json\n", "gaps.json")
    assert not product_faults(workspace, "helper")
    (home / "gaps.json").write_text("{", encoding="utf-8")
    (fault,) = product_faults(workspace, "helper")
    assert "not valid JSON" in str(fault)
