"""Logs of Inspect and promptfoo: our totals are theirs, and nothing in them is believed blindly."""

from __future__ import annotations

import copy
import json
import math
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from playbook.errors import NoEvidence, PlaybookError
from playbook.evallogs.archive import Archive
from playbook.evallogs.joining import read_log, read_logs
from playbook.evallogs.log import FAULT, SCORE, Log

HERE = Path(__file__).resolve().parent / "evallogs"
FIXTURES = sorted(p for p in HERE.iterdir() if p.suffix in {".eval", ".json"})
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"


def stated(path: Path) -> dict[str, float]:
    """The totals that stand in a file, read without our readers."""
    if path.suffix == ".eval":
        with Archive(path) as archive:
            document = archive.json("header.json")
    else:
        document = json.loads(path.read_text(encoding="utf-8"))
    results = document.get("results") or {}
    if "stats" in results:
        return {k: results["stats"][k] for k in ("successes", "failures", "errors")}
    found = {}
    for score in results.get("scores", []):
        for metric in score["metrics"].values():
            if metric["name"] in {"accuracy", "mean"}:
                name = score["name"]
                full = name if name == score["scorer"] else f"{score['scorer']}.{name}"
                found[f"{metric['name']} of {full}"] = metric["value"]
    return found


def read(path: Path) -> Log:
    return read_logs([path], str(path))


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return found


def written(folder: Path, data: object, name: str = "log.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_totals_are_those_that_stand_in_the_files() -> None:
    found = list(SAMPLES.iterdir()) if SAMPLES.is_dir() else []
    for path in [*FIXTURES, *found]:
        if path.suffix == ".json" and json.loads(path.read_bytes()).get("samples") == []:
            with pytest.raises(NoEvidence, match="holds no answers"):
                read(path)
            continue
        log = read(path)
        counted = {total.name: total.counted for total in log.totals}
        for name, value in stated(path).items():
            assert counted[name] == pytest.approx(value, abs=1e-9), (path.name, name)
        assert all(total.agrees for total in log.totals)


def test_a_tool_error_is_no_answer_and_values_of_a_score_are_criteria_of_their_own() -> None:
    log = read(HERE / "errors.eval")
    failed = log.rows["error"] != ""
    assert failed.sum() == 1
    assert "could not be reached" in log.rows.loc[failed, "error"].item()
    assert set(log.criteria) == {"match", "style.tone", "style.length"}
    assert log.rows.loc[failed, SCORE + "match"].isna().all()
    assert (log.rows[FAULT + "match"] == "").all()
    assert "2 answers between 0 and 1" in " ".join(log.notes)


def test_missing_scores_are_not_failures() -> None:
    log = read(HERE / "gaps.json")
    assert log.rows[FAULT + "gaps"].tolist().count("unscored") == 2
    assert log.rows[SCORE + "gaps"].notna().sum() == 3
    assert log.criteria["model_graded_partly"].judge == "model_graded_partly"
    assert log.criteria["model_graded_partly"].passing == ["C"]
    assert log.criteria["gaps"].check == "gaps"
    assert "1 answer partly correct" in " ".join(log.notes)


def test_a_stopped_run_says_how_much_is_missing() -> None:
    log = read(HERE / "cancelled.json")
    assert len(log.rows) == 2
    (left,) = log.excluded
    assert (left.reason, left.n) == ("cancelled", 4)


def test_a_log_without_samples_has_nothing_to_evaluate(tmp_path: Path) -> None:
    data = document("cancelled.json")
    data["samples"] = []
    with pytest.raises(NoEvidence, match="holds no answers, because the run was cancelled"):
        read(written(tmp_path, data))


def test_copies_of_a_run_count_once_and_second_runs_are_repeats(tmp_path: Path) -> None:
    for name in ("epochs.eval", "again.eval"):
        shutil.copy(HERE / name, tmp_path)
    shutil.copy(HERE / "epochs.eval", tmp_path / "zz-copy.eval")
    log = read_logs(sorted(tmp_path.iterdir()), str(tmp_path))
    assert len(log.rows) == 12
    (left,) = log.excluded
    assert (left.reason, left.n) == ("duplicate", 6)
    assert "zz-copy.eval" in left.sentence
    assert sorted(log.rows.loc[log.rows["prompt"] == "1", "repeat"]) == ["1", "2", "3", "4"]


def test_equal_samples_of_a_run_by_another_name_are_found(tmp_path: Path) -> None:
    one, other = document("gaps.json"), document("gaps.json")
    other["eval"]["eval_id"] = other["eval"]["run_id"] = "another"
    for sample in [*one["samples"], *other["samples"]]:
        del sample["uuid"]
    log = read_logs([written(tmp_path, one), written(tmp_path, other, "other.json")], "both")
    assert len(log.rows) == 5
    assert [(e.reason, e.n) for e in log.excluded] == [("duplicate", 5)]


def test_the_same_id_in_another_task_is_another_question(tmp_path: Path) -> None:
    log = read_logs([HERE / "gaps.json", HERE / "refused.json"], "both")
    assert set(log.rows["prompt"]) >= {"gaps: 1", "refused: 1"}
    assert log.rows["prompt"].nunique() == 8


def test_another_setup_of_the_same_model_is_another_system(tmp_path: Path) -> None:
    other = document("gaps.json")
    other["eval"] |= {"eval_id": "x", "model_generate_config": {"temperature": 1.0}}
    for sample in other["samples"]:
        sample["uuid"] += "x"
    log = read_logs([HERE / "gaps.json", written(tmp_path, other)], "both")
    assert set(log.rows["system"]) == {"mockllm/model", "mockllm/model (setup 2)"}


@pytest.mark.parametrize("version", [3, 99, "2", None, True])
def test_unknown_versions_are_refused(version: object, tmp_path: Path) -> None:
    for name in ("gaps.json", "promptfoo.json"):
        data = document(name)
        (data["results"] if name == "promptfoo.json" else data)["version"] = version
        if name == "promptfoo.json" and version == 3:
            continue
        with pytest.raises(PlaybookError, match="format version"):
            read(written(tmp_path, data))


def test_version_1_of_inspect_had_one_scorer(tmp_path: Path) -> None:
    data = document("refused.json")
    data["version"] = 1
    (score,) = data["results"].pop("scores")
    data["results"] |= {"scorer": {"name": score["name"]}, "metrics": score["metrics"]}
    for sample in data["samples"]:
        sample["score"] = sample.pop("scores")["nonempty"]
    log = read(written(tmp_path, data))
    assert list(log.criteria) == ["nonempty"]
    assert ("accuracy of nonempty", 1.0) in [(t.name, t.counted) for t in log.totals]


def test_changed_totals_are_noticed(tmp_path: Path) -> None:
    data = document("refused.json")
    data["samples"][0]["scores"]["nonempty"]["value"] = "I"
    log = read(written(tmp_path, data))
    assert [t.name for t in log.totals if not t.agrees] == ["accuracy of nonempty"]


def test_assertions_that_crash_are_told_apart() -> None:
    log = read(HERE / "promptfoo.json")
    crashed = log.rows[FAULT + "javascript"] == "crashed"
    assert crashed.sum() == 4
    assert log.rows.loc[crashed, SCORE + "javascript"].isna().all()
    assert (log.rows.loc[crashed, FAULT + "overall"] == "crashed").all()
    assert (log.rows.loc[crashed, SCORE + "contains"] == 1).all()
    assert log.criteria["overall"].required
    assert not log.criteria["contains"].required
    assert "names the city" in log.criteria


def test_a_test_that_checks_nothing_is_no_pass() -> None:
    rows = read(HERE / "promptfoo.json").rows
    unchecked = rows[rows["about:country"] == "Chad"]
    assert len(unchecked) == 6
    assert (unchecked[FAULT + "overall"] == "unscored").all()


def test_repeated_tests_of_promptfoo_are_the_same_question() -> None:
    rows = read(HERE / "promptfoo.json").rows
    assert rows["prompt"].nunique() == 4
    assert set(rows["repeat"]) == {"1", "2"}
    assert set(rows["system"]) == {"breaking · strict", "parrot · plain", "parrot · strict"}
    assert (rows["error"] != "").sum() == 2
    assert rows["latency"].max() < 5


def test_promptfoo_knows_judges_and_takes_no_time_from_its_cache(tmp_path: Path) -> None:
    data = document("promptfoo.json")
    for result in data["results"]["results"]:
        result["response"]["cached"] = True
        for part in (result.get("gradingResult") or {}).get("componentResults") or []:
            part["assertion"]["type"] = "llm-rubric"
    log = read(written(tmp_path, data))
    assert log.criteria["overall"].judge == "overall"
    assert log.criteria["llm-rubric"].judge == "llm-rubric"
    assert log.rows["latency"].isna().all()
    assert "from its cache" in log.notes[0]


def test_scores_without_a_pass_mark_are_said_to_have_none(tmp_path: Path) -> None:
    data = document("gaps.json")
    for number, sample in enumerate(data["samples"]):
        sample["scores"] = {"stars": {"value": number}, "mood": {"value": "fine"}}
    log = read(written(tmp_path, data))
    assert not log.criteria
    assert "'at_least:'" in log.notes[0] + log.notes[1]
    assert "such as 'fine'" in log.notes[0] + log.notes[1]


@pytest.mark.parametrize(
    "text",
    [b"{", b"[]", b"{}", b"\xff\xfe", b"null", b"[" * 100_000, b'{"version": 2, "eval": 3}'],
)
def test_what_is_no_log_is_refused_in_one_sentence(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(text)
    with pytest.raises(PlaybookError, match="JSON"):
        read(path)


@pytest.mark.parametrize(
    "change",
    [
        {"samples": [3]},
        {"samples": {"id": 1}},
        {"results": []},
        {"results": {"scores": [None, {"metrics": {"a": 3}}]}},
        {"eval": {"model": ["x"], "dataset": 3, "config": None}},
    ],
)
def test_odd_shapes_break_nothing(change: dict[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path, document("gaps.json") | change)
    if "samples" not in change:
        assert len(read(path).rows) == 5
        return
    with pytest.raises(PlaybookError, match=r"no id|holds no answers"):
        read(path)


def test_odd_values_in_samples_break_nothing(tmp_path: Path) -> None:
    data = document("gaps.json")
    odd: list[Any] = [None, "x", [1, None], {"a": {"b": 1}}, math.inf, 10**400, True, -3]
    for value in odd:
        spoilt = copy.deepcopy(data)
        sample = spoilt["samples"][0]
        sample["scores"]["gaps"] = {"value": value}
        for part in ("output", "metadata", "error", "model_usage", "total_time", "epoch"):
            sample[part] = value
        assert 4 <= len(read(written(tmp_path, spoilt)).rows) <= 5
        results = document("promptfoo.json")
        for part in ("gradingResult", "response", "provider", "prompt", "vars", "latencyMs"):
            results["results"]["results"][0][part] = value
        assert len(read(written(tmp_path, results, "other.json")).rows) == 24


def test_archives_are_bounded_and_damage_is_named(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.eval"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", b" " * 3_000_000)
    with (
        Archive(bomb, largest=1_000_000) as small,
        pytest.raises(PlaybookError, match="is not read"),
    ):
        small.json("header.json")
    with (
        Archive(HERE / "errors.eval", largest=1000) as small,
        pytest.raises(PlaybookError, match="is not read"),
    ):
        small.json("header.json")
    whole = (HERE / "errors.eval").read_bytes()
    for name, text in {"cut": whole[:4000], "none": b"PK\x03\x04", "text": b"hello"}.items():
        path = tmp_path / f"{name}.eval"
        path.write_bytes(text)
        with pytest.raises(PlaybookError, match="damaged"):
            read_log(path)
    flipped = tmp_path / "flipped.eval"
    flipped.write_bytes(whole[:900] + bytes(b ^ 0xFF for b in whole[900:1400]) + whole[1400:])
    with pytest.raises(PlaybookError, match="damaged"):
        read_log(flipped)


def test_logs_of_different_tools_are_not_joined() -> None:
    with pytest.raises(PlaybookError, match="different tools: Inspect and promptfoo"):
        read_logs([HERE / "gaps.json", HERE / "promptfoo.json"], "both")
