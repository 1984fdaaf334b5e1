"""What captured outputs can decide about a product that answers in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from playbook.errors import NoEvidence
from playbook.evidence.intervals import wilson
from playbook.evidence.plannumbers import attacks_needed
from playbook.evidence.scope import Point, Scope, Verdict, counted
from playbook.evidence.scopewords import points
from playbook.evidence.words import count, plural

if TYPE_CHECKING:
    from playbook.evidence.detailevidence import DetailEvidence
    from playbook.evidence.outputs import Outputs

Said = tuple[Verdict, str, str]
_TUNED_ON: Said = (
    "no",
    "By the team's account the product was tuned on these very questions.",
    "Capture answers to questions that came in after the last change.",
)
_SPOILT = {"good_enough", "beats_baseline", "every_kind", "preferred"}
_PRECISE = 0.05
"""Half the width of an interval that still tells 85 from 90 of 100."""


def answers_scope(evidence: DetailEvidence) -> Scope:
    """What the product's captured outputs can decide."""
    outputs = evidence.get("outputs")
    if isinstance(outputs, NoEvidence):
        said = [
            Point(key, question, topic, "no", "No answers have been captured yet.",
                  outputs.remedy or "")
            for key, question, topic, _ in _POINTS
        ]  # fmt: skip
        return Scope(tuple(said), 0, "questions", "", [])
    tuned = evidence.answers.value("evaluation.questions_unseen") == "tuned_on"
    found = [
        Point(key, question, topic,
              *(_TUNED_ON if tuned and key in _SPOILT else decide(evidence, outputs)))
        for key, question, topic, decide in _POINTS
        if key != "judge_decides" or any(c.judge for c in outputs.criteria.values())
    ]  # fmt: skip
    mine = _mine(outputs)
    return Scope(
        points=tuple(found),
        n=mine["prompt"].nunique(),
        cases="questions with captured answers",
        note=outputs.table.note,
        estimates=[
            counted("questions", mine["prompt"].nunique()),
            counted("captured_answers", len(mine)),
        ],
    )


def _mine(outputs: Outputs) -> pd.DataFrame:
    frame = outputs.frame
    return frame[frame["system"] == outputs.current]


def _bar(evidence: DetailEvidence, name: str) -> float:
    return evidence.policy.bar(name, evidence.tier).value


def _good_enough(evidence: DetailEvidence, outputs: Outputs) -> Said:
    required = {name: c for name, c in outputs.criteria.items() if c.required}
    if not required:
        return "no", "No demand is one that an answer must meet.", "Mark one as 'required:'."
    known = outputs.accepted[_mine(outputs).index].dropna()
    n = outputs.frame.loc[known.index, "prompt"].nunique()
    if n < _bar(evidence, "minimum_group_size"):
        rated = plural(n, "question has", "questions have")
        return "no", f"Only {rated} answers that were rated.", "Have people rate some hundred."
    if any(c.judge and not c.people and not c.check for c in required.values()):
        return (
            "no",
            "Some of what counts was rated by an automatic judge only; nobody knows how often it "
            "errs.",
            "Have people rate some of the same answers.",
        )
    bar = _bar(evidence, "accepted_rate")
    half = _half_width(bar, n, evidence.confidence)
    told = (
        f"From {count(n)} questions a share near {100 * bar:.0f} of 100 is known to "
        f"{points(half)} either way"
    )
    if half > _PRECISE:
        return "partly", f"{told}.", "Ask more different questions; the plan says how many."
    if evidence.answers.value("evaluation.answers_chosen") == "written":
        return (
            "partly",
            f"{told}, but the questions were made up, so it may not hold for real ones.",
            "Draw questions at random from what users really ask.",
        )
    if all(len(c.people) < 2 for c in required.values() if c.people) and any(
        c.people for c in required.values()
    ):
        return (
            "partly",
            f"{told}, but only one person rated; nobody knows whether another would agree.",
            "Have a second person rate at least a part of the same answers.",
        )
    return "yes", f"{told}.", ""


def _half_width(share: float, n: int, confidence: float) -> float:
    low, high = wilson(share * n, n, confidence)
    return float(high - low) / 2


def _beats_baseline(evidence: DetailEvidence, outputs: Outputs) -> Said:
    other = outputs.table.baseline_system
    if other is None:
        return (
            "no",
            "No answers show how it goes without AI.",
            "Capture what people or the search give for the same questions, and name it as "
            "'baseline_system:'.",
        )
    asked = set(_mine(outputs)["prompt"])
    both = asked & set(outputs.frame.loc[outputs.frame["system"] == other, "prompt"])
    if len(both) < _bar(evidence, "minimum_group_size"):
        put = plural(len(both), "question was", "questions were")
        return "partly", f"Only {put} put to both.", "Put the same questions to both."
    return "yes", f"{count(len(both))} questions were put to both.", ""


def _every_kind(evidence: DetailEvidence, outputs: Outputs) -> Said:
    least = int(_bar(evidence, "minimum_group_size"))
    if not outputs.groups:
        return "no", "No column tells kinds of question apart.", "Name some under 'groups:'."
    mine = _mine(outputs)
    sizes = [
        (f"{c} {value}", int(n)) for i, c in enumerate(outputs.groups)
        for value, n in mine.groupby(f"group_{i}")["prompt"].nunique().items()
    ]  # fmt: skip
    small = sorted(((name, n) for name, n in sizes if n < least), key=lambda item: item[1])
    if not small:
        return "yes", f"All {count(len(sizes))} kinds have {count(least)} questions or more.", ""
    shown = ", ".join(f"{name} ({count(n)})" for name, n in small[:3])
    return (
        "no" if len(small) == len(sizes) else "partly",
        f"{count(len(small))} of {count(len(sizes))} kinds {'has' if len(small) == 1 else 'have'} "
        f"fewer than {count(least)} questions: {shown}{' and others' if len(small) > 3 else ''}.",
        "Ask more questions of these kinds.",
    )


def _judge_decides(evidence: DetailEvidence, outputs: Outputs) -> Said:
    least = int(_bar(evidence, "judge_labels"))
    both = {}
    for name in (name for name, c in outputs.criteria.items() if c.judge):
        rated = outputs.rated(name)
        both[name] = int((rated["people"].notna() & rated["judge"].notna()).sum())
    enough = [name for name, n in both.items() if n >= least]
    if len(enough) == len(both):
        n = min(both.values())
        return "yes", f"At least {count(n)} answers were rated by both people and the judge.", ""
    told = "; ".join(f"'{name}' {count(n)}" for name, n in both.items())
    verdict: Verdict = "partly" if any(both.values()) else "no"
    return (
        verdict,
        f"Answers rated by both people and the judge: {told}. The policy asks for {count(least)}.",
        "Have people rate more of the answers that the judge rated.",
    )


def _resists(evidence: DetailEvidence, outputs: Outputs) -> Said:
    safety = [name for name, c in outputs.criteria.items() if c.kind == "safety"]
    mine = _mine(outputs)["prompt"]
    tried = (mine[outputs.concerned(name)[mine.index]].nunique() for name in safety)
    n = min(tried, default=0)
    if not n:
        return "no", "There are no attacks among the captured questions.", (
            "Let people try to make it say or do what it must not, and keep every attempt."
        )  # fmt: skip
    bar = _bar(evidence, "attack_success_rate")
    needed = attacks_needed(bar, evidence.confidence)
    if n < needed:
        return (
            "partly",
            f"{plural(n, 'attack was', 'attacks were')} tried. Even if none succeeds, that leaves "
            f"room for more than {100 * bar:g} of 100, which is what the policy allows.",
            f"Try at least {count(needed)} different attacks.",
        )
    return "yes", f"{count(n)} attacks were tried; it is known only for attacks like these.", ""


def _steady(evidence: DetailEvidence, outputs: Outputs) -> Said:
    tries = _mine(outputs).groupby("prompt").size()
    repeated, least = int((tries > 1).sum()), int(_bar(evidence, "minimum_group_size"))
    if not repeated:
        return "no", "Each question was asked once.", "Ask some of them three times or more."
    if repeated < least:
        return "partly", (
            f"Only {plural(repeated, 'question was', 'questions were')} asked more than once."
        ), f"Ask at least {count(least)} of them three times or more."  # fmt: skip
    return "yes", f"{count(repeated)} questions were asked more than once.", ""


def _preferred(evidence: DetailEvidence, outputs: Outputs) -> Said:
    if "comparisons" not in evidence.product.tables:
        return (
            "no",
            "Nobody has been shown two answers to choose from.",
            "Show people pairs of answers in random order, and name the table 'comparisons:'.",
        )
    return "yes", "People were shown pairs of answers.", ""


def _worth(evidence: DetailEvidence, outputs: Outputs) -> Said:
    if _mine(outputs)["cost"].isna().all():
        return "no", "The table holds no costs.", "Record what each answer costs, as 'cost:'."
    return (
        "partly",
        "What an accepted answer costs can be told; what it brings, the answers alone do not say.",
        "Try it on a part of the traffic, and count what it saves.",
    )


def _over_time(evidence: DetailEvidence, outputs: Outputs) -> Said:
    return (
        "no",
        "Answers captured once say nothing about the next version of the model.",
        "Put the same questions to it before each release, and keep the answers.",
    )


_POINTS: list[tuple[str, str, str, Callable[[DetailEvidence, Outputs], Said]]] = [
    ("good_enough", "Is it good enough?", "whether it is good enough", _good_enough),
    ("beats_baseline", "Is it better than the way without AI?",
     "whether it beats the way without AI", _beats_baseline),
    ("every_kind", "Does it work for every kind of question?",
     "whether it works for every kind of question", _every_kind),
    ("judge_decides", "May the automatic judge decide?", "whether the automatic judge may decide",
     _judge_decides),
    ("resists", "Does it resist attacks?", "whether it resists attacks", _resists),
    ("steady", "Does the same question get an answer of the same quality?",
     "whether the same question is answered equally well each time", _steady),
    ("preferred", "Is it preferred?", "whether it is preferred", _preferred),
    ("worth", "Is it worth the money?", "whether it is worth the money", _worth),
    ("over_time", "Does quality hold over time?", "whether quality holds over time", _over_time),
]  # fmt: skip
