"""Results of promptfoo: the JSON that ``promptfoo eval --output results.json`` writes.

Known are versions 2 and 3 of its results. A test repeated with ``--repeat`` gets a new number
there, so that tests are known by their variables and assertions.
"""

from __future__ import annotations

import math
from typing import Any

from playbook.errors import PlaybookError
from playbook.evallogs.assertions import OVERALL, judged_kinds, ratings_of
from playbook.evallogs.jsonfile import canonical, items, mapping, text_of
from playbook.evallogs.log import FAULT, SCORE, Log, Total, facts, frame, positive

TOOL = "promptfoo"
VERSIONS = (2, 3)
_FAILED_AS_TOOL = 2
"""``ResultFailureReason.ERROR``."""
_LABEL = 60


def is_promptfoo(document: object) -> bool:
    """Whether a JSON document holds results of promptfoo."""
    results = mapping(document).get("results")
    return (isinstance(results, dict) and "stats" in results) or "evalId" in mapping(document)


def read(document: dict[str, Any], where: str) -> Log:
    """Read the results of one evaluation.

    Raises
    ------
    PlaybookError
        They are of a version that nobody here knows.
    """
    results = mapping(document.get("results"))
    version = results.get("version")
    if isinstance(version, bool) or version not in VERSIONS:
        raise PlaybookError(
            f"these results of promptfoo are of the format version {str(version)[:20]}, and only "
            f"{VERSIONS[0]} and {VERSIONS[1]} are known here",
            where=where,
            remedy="Export them as a table (CSV or JSON lines) and name its columns in "
            "product.yaml",
        )
    found = [mapping(result) for result in items(results.get("results"))]
    labels = _labels(found)
    tests: dict[str, str] = {}
    tries: dict[tuple[str, str], int] = {}
    rows, cached = [], 0
    for i, result in enumerate(found):
        row = _row(result, labels, tests, i)
        key = (row["prompt"], row["system"])
        tries[key] = tries.get(key, 0) + 1
        rows.append(row | {"repeat": str(tries[key])})
        cached += bool(mapping(result.get("response")).get("cached"))
    run = document.get("evalId") or canonical([results.get("timestamp"), len(rows)])
    note = (
        f"promptfoo took {cached:,} of {len(rows):,} answers from its cache; their time and cost "
        "are left out."
    )
    return Log(
        tool=TOOL,
        where=where,
        run=str(run),
        task=text_of(mapping(document.get("config")).get("description")),
        setup="",
        rows=frame(_aligned(rows)),
        judged=judged_kinds(found),
        totals=_totals(mapping(results.get("stats")), found) if found else (),
        notes=(note,) if cached else (),
        empty="" if found else "it lists no results",
    )


def _row(
    result: dict[str, Any], labels: dict[tuple[str, str], str], tests: dict[str, str], position: int
) -> dict[str, Any]:
    response, case = mapping(result.get("response")), mapping(result.get("testCase"))
    variables = result.get("vars") or case.get("vars")
    question = canonical([variables, case.get("assert"), case.get("description")])
    if not variables and not case:
        question = canonical([result.get("testIdx"), mapping(result.get("prompt")).get("raw")])
    prompt = tests.setdefault(question, text_of(result.get("testIdx", len(tests))))
    answer = text_of(response.get("output"))
    failed = _tool_error(result, response, answer)
    cached = bool(response.get("cached"))
    latency = result.get("latencyMs")
    row = {
        "id": text_of(result.get("id")) or str(position + 1),
        "prompt": prompt,
        "question": question,
        "system": _system(result, labels),
        "error": failed,
        "input": text_of(mapping(result.get("prompt")).get("raw")),
        "output": answer,
        "latency": None if cached else positive(latency) / 1000,
        "cost": None if cached else result.get("cost"),
        "tokens": mapping(response.get("tokenUsage")).get("total"),
        "uid": text_of(result.get("id"))
        or canonical([question, result.get("provider"), result.get("prompt"), answer, latency]),
    }
    for name, (rating, fault) in ratings_of(result, bool(failed)).items():
        row |= {f"{SCORE}{name}": rating, f"{FAULT}{name}": fault}
    return row | facts(variables) | facts(case.get("metadata"))


def _tool_error(result: dict[str, Any], response: dict[str, Any], answer: str) -> str:
    """Why there is no answer; empty where there is one, even if checking it failed."""
    if error := text_of(response.get("error")):
        return error
    if answer:
        return ""
    if result.get("failureReason") == _FAILED_AS_TOOL or not response:
        return text_of(result.get("error")) or "no answer"
    return ""


def _system(result: dict[str, Any], labels: dict[tuple[str, str], str]) -> str:
    prompt = mapping(result.get("prompt"))
    provider = result.get("provider")
    if isinstance(provider, dict):
        provider = provider.get("label") or provider.get("id")
    name = text_of(provider) or "unknown provider"
    shown = labels[text_of(prompt.get("label")), _prompt_id(result)]
    return f"{name} · {shown}" if shown else name


def _labels(results: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """How each prompt is called: by its label, shortened, or by number where two look the same."""
    found: dict[tuple[str, str], str] = {}
    for result in results:
        label = text_of(mapping(result.get("prompt")).get("label"))
        key = (label, _prompt_id(result))
        if key in found:
            continue
        line = " ".join(label.split())
        shown = line if len(line) <= _LABEL else f"{line[: _LABEL - 1]}…"
        found[key] = f"{shown} ({len(found) + 1})" if shown in found.values() else shown
    return found


def _prompt_id(result: dict[str, Any]) -> str:
    # Without an id the label alone tells prompts apart: the raw text differs with each variable.
    return text_of(result.get("promptId"))


def _aligned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that all have every score; one that was not asked for there is simply absent."""
    scores = sorted({c for row in rows for c in row if c.startswith(SCORE)} - {SCORE + OVERALL})
    for row in rows:
        for column in [SCORE + OVERALL, *scores]:
            row.setdefault(column, None)
            row.setdefault(column.replace(SCORE, FAULT, 1), "")
    return rows


def _totals(stats: dict[str, Any], results: list[dict[str, Any]]) -> tuple[Total, ...]:
    passed = sum(r.get("success") is True for r in results)
    errors = sum(
        r.get("success") is not True and r.get("failureReason") == _FAILED_AS_TOOL for r in results
    )
    told = any("failureReason" in r for r in results)
    counts = {"successes": passed, "failures": len(results) - passed - errors, "errors": errors}
    return tuple(
        Total(name, stated, float(n) if told or name == "successes" else None)
        for name, n in counts.items()
        if not math.isnan(stated := positive(stats.get(name)))
    )
