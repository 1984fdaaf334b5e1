"""Generative products: are enough answers accepted, steadily, by whose word, and under attack?"""

from __future__ import annotations

from typing import NamedTuple

from playbook.checks import captured, judges
from playbook.checks.case import Case, contradiction, hold, launch_bar, unmeasured, worst_held
from playbook.checks.finding import Finding, identifier, judge
from playbook.evidence import words
from playbook.evidence.bundle import NoEvidence
from playbook.evidence.passrates import PassRates
from playbook.questions import ROLE_NAMES

EVIDENCE = (
    "intake",
    "pass_rates",
    "steadiness",
    "preferences",
    "judge",
    "raters",
    "failures",
    "attacks",
    "running",
)
OWNER = ROLE_NAMES["data_science"]
METRIC = "problem_definition.success_metric_answers"
TARGET = "problem_definition.success_target_answers"
CLAIM = "evaluation.claimed_quality"


def evaluate(case: Case) -> list[Finding]:
    """What was captured, whether it suffices, and whether it holds for everyone and every try."""
    taken = case.evidence.get("intake")
    if isinstance(taken, NoEvidence):
        id = "evaluation.accepted_rate"
        return [unmeasured(case, taken, "accepted_rate", id=id, owner=OWNER)]
    failed = captured.review(case, taken)
    if taken.untrustworthy:
        return failed
    measured = case.evidence.get("pass_rates")
    if isinstance(measured, NoEvidence):
        id = "evaluation.accepted_rate"
        return [*failed, unmeasured(case, measured, "accepted_rate", id=id, owner=OWNER)]
    found = [*_accepted(case, measured), *_preferred(case), *_segment(case, measured)]
    found += [*failed, *_steady(case), *_attacks(case), *judges.review(case)]
    return [*found, *_claim(case, measured)]


def review(case: Case) -> list[Finding]:
    """05: whose answers are worse, and whom an attack could harm."""
    measured = case.evidence.get("pass_rates")
    if isinstance(measured, NoEvidence):
        id = "ethics_review.segment_gap"
        return [unmeasured(case, measured, "segment_gap", id=id, owner=OWNER)]
    found = [*_segment(case, measured), *_attacks(case)]
    playbooks = ("evaluation.", "ethics_review.")
    return [f.model_copy(update={"id": f.id.replace(*playbooks, 1)}) for f in found]


def _accepted(case: Case, measured: PassRates) -> list[Finding]:
    accepted = measured.accepted
    id, topic = "evaluation.accepted_rate", "Answers accepted"
    at_stake = case.bar("accepted_rate").severity
    if accepted is None:
        return [
            judge(
                "inconclusive",
                at_stake,
                id=id,
                statement="No answer was rated by every criterion that it has to meet.",
                remedy="Have two people rate a random part of the answers.",
                owner=OWNER,
                topic=topic,
            )
        ]
    if "judge" in measured.decided_by.values():
        return [
            judge(
                "inconclusive",
                at_stake,
                id=id,
                statement=f"By the word of an automatic judge alone, {words.brief(accepted)} of "
                "the answers are accepted; nobody has rated them beside it.",
                remedy=f"Have two people rate {words.count(case.bar('judge_labels').value)} of "
                "these answers, drawn at random, without seeing what the judge said.",
                owner=OWNER,
                topic=topic,
                evidence=[accepted],
            )
        ]
    target, wins = case.answers.value(TARGET), case.answers.value(METRIC) == "win_rate"
    own = None if target is None or wins else launch_bar(case, TARGET, at_least=float(target) / 100)
    asked = "" if own is None else (
        f"; the team's own target is at least {words.bar_value(float(target) / 100, 'share')}"
    )  # fmt: skip
    return [
        hold(
            case,
            accepted,
            own or "accepted_rate",
            id=id,
            statement=f"{words.capital(words.natural(accepted))} answers meet every demand made "
            "on them"
            f"{asked}",
            remedy="Mend the most common kind of failure first, or ask the owner of the target, in "
            "writing, whether less would do.",
            owner=OWNER,
            topic=topic,
        )
    ]


def _preferred(case: Case) -> list[Finding]:
    """Where the team wants its answers to be preferred: to those of the way without AI."""
    target = case.answers.value(TARGET)
    if case.answers.value(METRIC) != "win_rate" or target is None:
        return []
    id, found = "evaluation.win_rate", case.evidence.get("preferences")
    if isinstance(found, NoEvidence):
        return [unmeasured(case, found, "accepted_rate", id=id, owner=OWNER)]
    hardest = min(found.against, key=lambda against: against.rate.value)
    rate = hardest.rate
    return [
        hold(
            case,
            rate,
            launch_bar(case, TARGET, at_least=float(target) / 100),
            id=id,
            statement=f"In {words.brief(rate)} of the pairs, its answer is preferred to that of "
            f"“{hardest.other}”; the team's "
            f"own target is at least {words.bar_value(float(target) / 100, 'share')}",
            remedy="Read the pairs it loses, and mend what they have in common.",
            owner=OWNER,
            counted="pairs",
            topic="Answers preferred",
        )
    ]


def _segment(case: Case, measured: PassRates) -> list[Finding]:
    """The segment that is furthest behind all others."""
    compared = [(s, s.gap) for s in measured.segments if s.gap is not None and not s.too_small]
    held = worst_held(case, [gap for _, gap in compared], "segment_gap")
    if held is None:
        return []
    segment = next(s for s, gap in compared if gap is held[0])
    name = words.group(segment.group).replace("_", " ")
    return [
        hold(
            case,
            held[0],
            "segment_gap",
            id="evaluation.segment_gap",
            statement=f"For {name}, {words.brief(segment.estimate)} of the answers "
            f"are accepted, {words.brief(held[0]).removeprefix('+')} fewer than of all others",
            remedy="Read the answers that failed there; add what the product lacks, or leave that "
            "kind of question to people.",
            owner=OWNER,
            topic="Kinds of questions",
            also=[segment.estimate],
        )
    ]


def _steady(case: Case) -> list[Finding]:
    found = case.evidence.get("steadiness")
    if isinstance(found, NoEvidence):
        id = "evaluation.steadiness"
        return [unmeasured(case, found, "steadiness", id=id, owner=OWNER)]
    same = found["same_result_rate"]
    return [
        hold(
            case,
            same,
            "steadiness",
            id="evaluation.steadiness",
            statement=f"Asked again, {words.natural(same)} questions get an answer of the same "
            "quality each time",
            remedy="Let it answer the same question in the same way (less chance, a fixed source), "
            "and try each question several times in every test.",
            owner=OWNER,
            topic="The same question asked again",
            counted="questions",
        )
    ]


def _attacks(case: Case) -> list[Finding]:
    found = case.evidence.get("attacks")
    if isinstance(found, NoEvidence):
        id = "evaluation.attack_success_rate"
        return [unmeasured(case, found, "attack_success_rate", id=id, owner=OWNER)]
    return [
        hold(
            case,
            each.rate,
            _ATTACKS[each.measure].bar,
            id=identifier(f"evaluation.{each.measure}", each.criterion),
            statement=_ATTACKS[each.measure].statement.format(
                words.capital(words.natural(each.rate))
            ),
            remedy=_ATTACKS[each.measure].remedy,
            owner=ROLE_NAMES["engineering"],
            topic=_ATTACKS[each.measure].topic,
        )
        for each in found.criteria
    ]


class _Told(NamedTuple):
    bar: str
    topic: str
    statement: str
    remedy: str


_ATTACKS = {
    "attack_success_rate": _Told(
        "attack_success_rate",
        "Attacks",
        "{} attacks succeeded",
        "Close what they have in common, and let somebody else try again.",
    ),
    "wrong_refusal_rate": _Told(
        "wrong_refusal_rate",
        "Questions turned down",
        "{} questions that it should answer were turned down",
        "Read them, and loosen the rule that they run into.",
    ),
    "wrong_answer_rate": _Told(
        "wrong_refusal_rate",
        "Questions to be turned down",
        "{} questions that it should turn down were answered",
        "Read these answers, and put the line where policy wants it.",
    ),
}


def _claim(case: Case, measured: PassRates) -> list[Finding]:
    """What others were told may not exceed what the interval allows."""
    claimed, accepted = case.answers.value(CLAIM), measured.accepted
    if claimed is None or accepted is None or float(claimed) / 100 <= accepted.high:
        return []
    return [
        contradiction(
            case,
            CLAIM,
            claim=f"others were told that {words.bar_value(float(claimed) / 100, 'share')} of the "
            "answers are good",
            shown=f"{words.natural(accepted)} are accepted",
            remedy="Correct what was said, with the interval, to those who decided on it.",
            evidence=[accepted],
        )
    ]
