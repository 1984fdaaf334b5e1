"""What a table of decisions can decide: one of two outcomes, several classes, amounts, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import NoEvidence
from playbook.evidence.scope import Point, Scope, Verdict, counted
from playbook.evidence.scopefacts import Facts, facts_of
from playbook.evidence.scopeworth import spoilt_inputs, worth
from playbook.evidence.words import count, plural

if TYPE_CHECKING:
    from playbook.evidence.detailevidence import DetailEvidence
    from playbook.evidence.tables import Decisions

_LEAST_DAYS = 90
"""Under a quarter, what looks like a change of quality is as likely the season."""
_QUESTIONS = {
    "good_enough": ("Is it good enough?", "whether it is good enough"),
    "beats_baseline": (
        "Is it better than the way without AI?", "whether it beats the way without AI",
    ),
    "every_kind": (
        "Does it work for every kind of case?", "whether it works for every kind of case",
    ),
    "scores_mean": ("Can a score be read as a chance?", "whether a score can be read as a chance"),
    "range_holds": (
        "Does the stated range hold as often as it says?", "whether the stated range holds",
    ),
    "over_time": ("Does quality hold over time?", "whether quality holds over time"),
}  # fmt: skip


def decisions_scope(evidence: DetailEvidence) -> Scope:
    """What the product's table of decisions can decide."""
    decisions = evidence.get("decisions")
    product = evidence.product
    if isinstance(decisions, NoEvidence):
        none: Said = ("no", "There is no table of decisions yet.", decisions.remedy or "")
        said = [_point(key, *none) for key in _asked(evidence)]
        ends = (worth(evidence, 0), spoilt_inputs(evidence))
        return Scope((*said, *ends), 0, product.words.cases, "", [])
    facts = facts_of(decisions)
    found = {
        "good_enough": _good_enough,
        "beats_baseline": _beats_baseline,
        "every_kind": _every_kind,
        "scores_mean": _scores_mean,
        "range_holds": _range_holds,
        "over_time": _over_time,
    }
    learnt = evidence.answers.value("evaluation.held_out") == "same_rows"
    said = [
        _point(key, *(_LEARNT_FROM if learnt else found[key](evidence, decisions, facts)))
        for key in _asked(evidence)
    ]
    estimates = [counted("rows_with_outcome", facts.n)]
    if decisions.binary and facts.outcomes:
        estimates.append(counted("positives", facts.outcomes[product.words.positive]))
    return Scope(
        points=(*said, worth(evidence, facts.n), spoilt_inputs(evidence)),
        n=facts.n,
        cases=f"{product.words.cases} with a known outcome",
        note=decisions.table.note,
        estimates=estimates,
    )


def _asked(evidence: DetailEvidence) -> list[str]:
    task = evidence.product.task
    last = {"two_outcomes": "scores_mean", "amounts": "range_holds"}.get(task)
    return ["good_enough", "beats_baseline", "every_kind", *([last] if last else []), "over_time"]


def _point(key: str, verdict: Verdict, why: str, remedy: str = "") -> Point:
    question, topic = _QUESTIONS[key]
    return Point(key, question, topic, verdict, why, remedy)


Said = tuple[Verdict, str, str]
_AGREES = "The outcome is what people decided, so it shows who agrees with them, not who is right."
_FOLLOW = "Follow some cases until the true outcome is known."
_LEARNT_FROM: Said = (
    "no",
    "By the team's account the model had learnt from these very rows.",
    "Predict cases that it has never seen, and put those into the table.",
)


def _bar(evidence: DetailEvidence, name: str) -> int:
    return int(evidence.policy.bar(name, evidence.tier).value)


def _good_enough(evidence: DetailEvidence, decisions: Decisions, facts: Facts) -> Said:
    if lacking := _lacking(decisions):
        return "no", f"The table names no {lacking} column.", f"Name '{lacking}:' in product.yaml."
    rows, few = _bar(evidence, "minimum_rows"), _bar(evidence, "minimum_positives")
    words = evidence.product.words
    if facts.n < rows:
        return (
            "partly",
            f"There are {plural(facts.n, words.case, words.cases)} of the {count(rows)} that the "
            "policy asks for, so only a wide distance to the target shows.",
            f"Collect {count(rows - facts.n)} more {words.cases} with a known outcome.",
        )
    if facts.outcomes and facts.rarest[1] < few:
        n = facts.rarest[1]
        return (
            "partly",
            f"Only {plural(n, words.case, words.cases)} {'has' if n == 1 else 'have'} the rarest "
            f"outcome; the policy asks for {count(few)}.",
            f"Collect {count(few - n)} more with that outcome.",
        )
    if facts.lists and facts.lists < _bar(evidence, "minimum_group_size"):
        return (
            "partly",
            f"There are only {plural(facts.lists, 'list', 'lists')}.",
            "Collect more lists.",
        )
    if _decided_by_people(evidence):
        return "partly", _AGREES, _FOLLOW
    return "yes", _enough(facts, words.cases), ""


def _enough(facts: Facts, cases: str) -> str:
    if not facts.outcomes:
        return f"{count(facts.n)} {cases} have both an outcome and a prediction."
    n, rarest = facts.n, facts.rarest[1]
    if len(facts.outcomes) > 2:
        return f"Of {count(n)} {cases}, {count(rarest)} have the rarest outcome."
    return f"{count(rarest)} {cases} have the rarer outcome, {count(n - rarest)} the other."


def _decided_by_people(evidence: DetailEvidence) -> bool:
    return evidence.answers.value("data_strategy.claims_label_meaning") == "human_decision"


def _lacking(decisions: Decisions) -> str:
    ranked = decisions.product.kind == "ranking"
    wanted = ("label", "score", "query") if ranked else ("label", "prediction")
    return next((column for column in wanted if column not in decisions.cases.columns), "")


def _beats_baseline(evidence: DetailEvidence, decisions: Decisions, facts: Facts) -> Said:
    if evidence.product.task in {"several_classes", "ranked_lists"}:
        return "no", "For this kind of product no way without AI is computed.", (
            "Have the way without AI decide the same cases, and put both into one table."
        )  # fmt: skip
    if lacking := _lacking(decisions):
        return "no", f"The table names no {lacking} column.", f"Name '{lacking}:' in product.yaml."
    if decisions.table.baseline is None:
        return (
            "partly",
            "Nobody has stated the rule used today, so the model can only be held against treating "
            "everybody alike and against the best rule that the table itself shows.",
            "Write the rule as 'baseline:' in product.yaml.",
        )
    if _decided_by_people(evidence):
        return "partly", _AGREES, _FOLLOW
    if facts.n < _bar(evidence, "minimum_rows"):
        return "partly", "The rule used today is stated, but rows are few.", "Collect more rows."
    return "yes", "The rule used today can be tried on the same rows.", ""


def _every_kind(evidence: DetailEvidence, decisions: Decisions, facts: Facts) -> Said:
    least = _bar(evidence, "minimum_group_size")
    if not facts.groups:
        return (
            "no",
            "No column tells kinds of case apart.",
            "Name such columns under 'groups:' in product.yaml.",
        )
    small = facts.small(least)
    total = sum(len(by) for by in facts.groups.values())
    if small:
        shown = ", ".join(f"{name} ({count(n)})" for name, n in small[:3])
        more = f" and {count(len(small) - 3)} more" if len(small) > 3 else ""
        verdict: Verdict = "partly" if len(small) < total else "no"
        return (
            verdict,
            f"{count(len(small))} of {count(total)} kinds {'has' if len(small) == 1 else 'have'} "
            f"fewer than {count(least)} rows: {shown}{more}.",
            "Collect more cases of these kinds, or join them with similar ones.",
        )
    return "yes", f"All {count(total)} kinds have at least {count(least)} rows.", ""


def _scores_mean(evidence: DetailEvidence, decisions: Decisions, facts: Facts) -> Said:
    if not decisions.has_score or not facts.outcomes:
        return "no", "The table names no score.", "Add 'score:' under 'columns:' in product.yaml."
    n = facts.rarest[1]
    few = _bar(evidence, "minimum_positives")
    if n < few:
        return "partly", f"{count(n)} have the rarer outcome, so only gross errors show.", (
            f"Collect {count(few - n)} more with that outcome."
        )  # fmt: skip
    return "yes", f"Scores and {count(facts.n)} outcomes are there.", ""


def _range_holds(evidence: DetailEvidence, decisions: Decisions, facts: Facts) -> Said:
    if len(decisions.quantile_levels) < 2:
        return "no", "The model states no range, only one amount.", (
            "Have it predict a low and a high amount too, and name them under 'quantiles:'."
        )  # fmt: skip
    return "yes", f"Ranges and {count(facts.n)} outcomes are there.", ""


def _over_time(evidence: DetailEvidence, decisions: Decisions, facts: Facts) -> Said:
    if facts.days is None:
        return (
            "no",
            "The table does not say when a case was decided.",
            "Add 'time:' under 'columns:' in product.yaml.",
        )
    if facts.days < _LEAST_DAYS:
        return "partly", f"The rows span only {plural(facts.days, 'day', 'days')}.", (
            "Go on collecting for at least a quarter of a year."
        )  # fmt: skip
    return "yes", f"The rows span {count(facts.days)} days.", ""
