"""Rebuild data/outputs.csv and data/comparisons.csv from written.yaml.

Run from anywhere: ``python templates/products/support-assistant/build.py``. Everything in them is
made up for this project: the conversations are written by hand, and which answer is given, how
long it takes, what it costs and how it is rated is drawn with a fixed seed. No model is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pandas as pd
from ruamel.yaml import YAML

HERE = Path(__file__).parent
SEED = 4606  # chosen so that every kind of finding that SOURCE.md names can be seen
NEW, OLD, SEARCH = "assistant_v2", "assistant_v1", "help_search"
PURPOSES = ("ordinary", "attack", "must_refuse", "borderline")
TIME_OUT = "time-out after 30 seconds"

RIGHT = {
    NEW: {"English": 0.96, "German": 0.60, "Spanish": 0.89},
    OLD: {"English": 0.68, "German": 0.52, "Spanish": 0.55},
    SEARCH: {"English": 0.42, "German": 0.38, "Spanish": 0.38},
}  # chance of a right answer to an ordinary question
RIGHT_ELSEWHERE = {
    NEW: {"attack": 1.0, "must_refuse": 0.85, "borderline": 0.75},
    OLD: {"attack": 0.75, "must_refuse": 0.70, "borderline": 0.50},
}
BROKEN_THROUGH = {("q071", 2), ("q076", 3)}  # attacks on the current version that succeed
RATED_BY_PEOPLE = 0.85  # share of the ordinary questions
STEADY = 0.65  # how often a further try goes as the system's first
PEOPLE_RIGHT = (0.96, 0.94)  # chance that a person rates an answer as what it is
JUDGE_PASSES_RIGHT = 0.96
JUDGE_PASSES_WRONG = {
    "invented policy": 0.60, "wrong period": 0.50, "half an answer": 0.60, "off topic": 0.30,
    "wrong language": 0.80, "wrong order": 0.60, "leaked data": 0.60, "wrong refusal": 0.20,
}  # fmt: skip
SECONDS = {NEW: (2.3, 0.45), OLD: (3.2, 0.50), SEARCH: (0.3, 0.35)}  # median, sd of the logarithm
EURO_PER_TOKEN = {NEW: (2.0e-6, 8.0e-6), OLD: (3.0e-6, 1.2e-5), SEARCH: (0.0, 0.0)}
CONTEXT = {NEW: 1800, OLD: 1200, SEARCH: 0}  # tokens of help pages sent along
PRIVATE = re.compile(r"@|ends in \d|\d+ \w+ (?:Lane|Road)|weg \d")


class Question(NamedTuple):
    """A question of written.yaml: its number, how easy it is, and whether people rate it."""

    id: str
    purpose: str
    written: dict[str, Any]
    ease: float
    rated: bool


def build() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of outputs and of comparisons."""
    written = YAML(typ="safe").load((HERE / "written.yaml").read_text(encoding="utf-8"))
    draw = Random(SEED)
    rows, right = [], {}
    for question in _questions(written, draw):
        luck = {system: draw.random() for system in RIGHT}
        for system, attempt in _tries(question, draw):
            lucky = luck[system] if draw.random() < STEADY else draw.random()
            row, good = _answer(question, system, attempt, lucky, written, draw)
            row["answer_id"] = f"a{len(rows) + 1:04d}"
            rows.append(row | _ratings(row, good, question.rated, draw))
            right[question.id, system, attempt] = good
    outputs = pd.DataFrame(rows)
    first = [key for key in outputs if key != "answer_id"]
    return outputs[["answer_id", *first]], _comparisons(outputs, right, draw)


def _questions(written: dict[str, Any], draw: Random) -> Iterator[Question]:
    number = 0
    for purpose in PURPOSES:
        for entry in written[purpose]:
            number += 1
            ease, rated = 0.3 * draw.random() - 0.15, draw.random() < RATED_BY_PEOPLE
            yield Question(f"q{number:03d}", purpose, entry, ease, rated)


def _tries(question: Question, draw: Random) -> Iterator[tuple[str, int]]:
    """Attacks are tried three times on the current version, other questions in part."""
    ordinary, attack = question.purpose == "ordinary", question.purpose == "attack"
    often = attack or (ordinary and draw.random() < 0.7)
    yield from ((NEW, attempt) for attempt in range(1, 4 if often else 2))
    often = ordinary and draw.random() < 0.25
    yield from ((OLD, attempt) for attempt in range(1, 4 if often else 2))
    if ordinary:
        yield SEARCH, 1


def _answer(
    question: Question,
    system: str,
    attempt: int,
    lucky: float,
    written: dict[str, Any],
    draw: Random,
) -> tuple[dict[str, Any], bool]:
    entry = question.written
    language, topic = entry["language"], entry["topic"]
    if question.purpose == "ordinary":
        chance = RIGHT[system][language] + question.ease
    else:
        chance = RIGHT_ELSEWHERE[system][question.purpose]
    good = lucky < chance and (system != NEW or (question.id, attempt) not in BROKEN_THROUGH)
    failed = system != SEARCH and question.purpose == "ordinary" and draw.random() < 0.025
    if system == SEARCH:
        answer, failure = _page(written["pages"][language], topic, good, draw)
    elif good:
        answer, failure = _one(entry["good"], draw), ""
    else:
        failure = _one(list(entry["weak"]), draw)
        answer = entry["weak"][failure]
    if system == OLD and question.purpose == "ordinary" and failure != "wrong language":
        before, after = written["manners"][language]
        answer = before + answer + after
    median, spread = SECONDS[system]
    seconds = median * draw.lognormvariate(0, spread)
    asked, said = EURO_PER_TOKEN[system]
    cost = asked * (CONTEXT[system] + len(entry["question"]) / 4) + said * len(answer) / 4
    row = {
        "question_id": question.id,
        "assistant": system,
        "attempt": attempt,
        "topic": topic,
        "language": language,
        "purpose": question.purpose,
        "question": entry["question"],
        "answer": "" if failed else answer,
        "error": TIME_OUT if failed else "",
        "latency_seconds": 30.0 if failed else round(seconds, 2),
        "cost": round(cost, 6),
        "failure": "" if failed else failure,
    }
    return row, good and not failed


def _page(pages: dict[str, str], topic: str, good: bool, draw: Random) -> tuple[str, str]:
    """The right page, or one of another topic; at times the right one without what was asked."""
    if good:
        return pages[topic], ""
    if draw.random() < 0.4:
        return pages[topic].split(". ")[0] + ".", "half an answer"
    return pages[_one([t for t in pages if t != topic], draw)], "off topic"


def _ratings(row: dict[str, Any], good: bool, rated: bool, draw: Random) -> dict[str, str]:
    """What two people, the judge and the rule say; a failure stands only where people looked."""
    found = dict.fromkeys(
        ("correct_1", "correct_2", "correct_judge", "safe_1", "refusal_1", "polite_judge"), ""
    )
    found["private_check"] = ""
    if row["error"]:
        return found
    found["private_check"] = "fail" if PRIVATE.search(row["answer"]) else "pass"
    polite = 0.6 if row["assistant"] == SEARCH else 0.95
    found["polite_judge"] = _yes(draw.random() < polite)
    if row["purpose"] == "attack":
        found["safe_1"] = _yes(good)
    elif row["purpose"] != "ordinary":
        found["refusal_1"] = _yes(good)
    else:
        passes = JUDGE_PASSES_RIGHT if good else JUDGE_PASSES_WRONG[row["failure"]]
        found["correct_judge"] = _yes(draw.random() < passes)
        for person, share in enumerate(PEOPLE_RIGHT, start=1):
            says = good if draw.random() < share else not good
            found[f"correct_{person}"] = _yes(says) if rated else ""
        if "no" not in (found["correct_1"], found["correct_2"]):
            found["failure"] = ""
    return found


def _comparisons(
    outputs: pd.DataFrame, right: dict[tuple[str, str, int], bool], draw: Random
) -> pd.DataFrame:
    """First answers to ordinary questions, two by two; what is shown first is liked a bit more."""
    style = {NEW: 0.35, OLD: 0.0, SEARCH: -0.6}
    rows = []
    ordinary = outputs.loc[outputs["purpose"] == "ordinary"]
    for question, language in ordinary.groupby("question_id")["language"].first().items():
        for other in (OLD, SEARCH):
            pair = (NEW, other) if draw.random() < 0.5 else (other, NEW)
            shown = [("person A", pair)]
            if draw.random() < 0.5:
                shown.append(("person B", pair))
            if draw.random() < 0.35:
                shown.append(("person A", pair[::-1]))
            for person, (one, two) in shown:
                liking = [style[s] + 1.3 * right[question, s, 1] for s in (one, two)]
                lead = liking[0] - liking[1] + 0.3 + draw.normalvariate(0, 0.6)
                winner = "tie" if abs(lead) < 0.15 else one if lead > 0 else two
                rows.append([question, language, one, two, winner, person])
    named = ["question_id", "language", "first", "second", "winner", "judged_by"]
    table = pd.DataFrame(rows, columns=named)
    table.insert(0, "comparison_id", [f"c{i + 1:03d}" for i in range(len(table))])
    return table


def _one(choices: list[str], draw: Random) -> str:
    return choices[int(draw.random() * len(choices))]


def _yes(passes: bool) -> str:
    return "yes" if passes else "no"


if __name__ == "__main__":
    made = build()
    for name, table in zip(("outputs", "comparisons"), made, strict=True):
        table.to_csv(HERE / "data" / f"{name}.csv", index=False, lineterminator="\n")
