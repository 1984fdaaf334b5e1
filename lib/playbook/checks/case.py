"""What a check is given, and the common way of holding an estimate against policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playbook.answers import Answers
from playbook.checks.finding import Finding, judge
from playbook.estimate import Comparison, Estimate
from playbook.evidence import words
from playbook.evidence.bundle import Evidence, NoEvidence
from playbook.policy import Bar, Policy, Severity, Tier, for_tier
from playbook.product import Product
from playbook.questions import ROLE_NAMES

HOPELESS = 100
"""So many times as many cases are nothing that anybody would collect."""
CONTRADICTED = ".contradicted"
"""Ends the id of a finding about an answer that the data do not bear out."""


@dataclass(frozen=True)
class Case:
    """One product as a check sees it: what it is, what its team says, what its data show, and
    what the policy demands of its risk tier."""

    product: Product
    answers: Answers
    evidence: Evidence
    policy: Policy
    tier: Tier

    def bar(self, name: str) -> Bar:
        """The policy's threshold `name` for this product's tier."""
        return self.policy.bar(name, self.tier)

    @property
    def cases(self) -> str:
        """What the product decides about, in the plural: ``applicants``."""
        return self.product.words.cases


def hold(
    case: Case,
    estimate: Estimate,
    bar: str | Bar,
    *,
    id: str,
    statement: str,
    remedy: str,
    owner: str,
    topic: str = "",
    counted: str = "",
    also: Sequence[Estimate] = (),
) -> Finding:
    """Hold `estimate` against the policy's threshold `bar`.

    `statement` says what was measured, without a full stop; what policy asks is appended, unless
    the bar is the team's own. Where the interval straddles the bar, the remedy says how many more
    rows would settle it; `counted` is what these are, where they are not those of the table.
    """
    against = case.bar(bar) if isinstance(bar, str) else bar
    comparison = estimate.against(at_least=against.at_least, at_most=against.at_most)
    if comparison.outcome == "inconclusive":
        remedy = f"{enough(case, estimate, comparison, counted)} {remedy}"
    own = against.name == against.source
    asked = "" if own else f"; {words.outcome_bar(comparison, estimate.unit)}"
    return judge(
        comparison.outcome,
        against.severity,
        id=id,
        statement=f"{statement}{asked}.",
        remedy=remedy,
        owner=owner,
        topic=topic or _named(against.name),
        evidence=[estimate, *also],
    )


def own_bar(question: str, *, at_least: float | None = None, at_most: float | None = None) -> Bar:
    """A bar that the team set itself, by its answer to `question`."""
    return Bar(
        name=question,
        at_least=at_least,
        at_most=at_most,
        severity="condition",
        reason="The team's own target.",
        source=question,
    )


def launch_bar(
    case: Case, question: str, *, at_least: float | None = None, at_most: float | None = None
) -> Bar:
    """The bar that the team says must be reached before launch: where much is at stake, to miss it
    means no launch, and not to know means that there is not enough evidence for one."""
    severity: Severity = for_tier(
        {"high": "blocker", "limited": "condition", "minimal": "note"}, case.tier
    )
    own = own_bar(question, at_least=at_least, at_most=at_most)
    return own.model_copy(update={"severity": severity})


def hold_target(
    case: Case, estimate: Estimate, named: str, question: str, bar: float, *, smaller: bool = False
) -> Finding:
    """Hold the measure of success that the team chose, called `named`, against the target that it
    set by its answer to `question`; where `smaller` is better, `bar` is an upper limit."""
    limits = {"at_most": bar} if smaller else {"at_least": bar}
    return hold(
        case,
        estimate,
        launch_bar(case, question, **limits),
        id="evaluation.success_target",
        statement=f"The measure of success that the team chose, {named}, is "
        f"{words.brief(estimate)}; the team's own target is at {'most' if smaller else 'least'} "
        f"{words.bar_value(bar, estimate.unit)}",
        remedy="Improve the model, or ask the owner of the target, in writing, whether less "
        "would do.",
        owner=ROLE_NAMES["data_science"],
        topic="The team's target",
    )


def enough(case: Case, estimate: Estimate, comparison: Comparison, counted: str = "") -> str:
    """What would settle an inconclusive comparison, as a sentence."""
    counted = counted or case.product.counted
    if " per " in estimate.unit:
        return "The ranges that were stated leave it open: narrow the widest one first."
    if comparison.n_needed is None:
        return "The value lies on the bar itself: more data alone may never settle it."
    if comparison.n_needed > HOPELESS * estimate.n:
        return (
            "The value lies so near the bar that even a hundred times as many "
            f"{counted} might not settle it."
        )
    needed = words.count(comparison.n_needed)
    return (
        f"About {needed} {counted} instead of {words.count(estimate.n)} would settle it, if the "
        "value stays as it is."
    )


def unmeasured(case: Case, missing: NoEvidence, bar: str, *, id: str, owner: str) -> Finding:
    """The finding for evidence that cannot be computed yet: inconclusive, and what would do."""
    return judge(
        "inconclusive",
        case.bar(bar).severity,
        id=id,
        statement=f"Not measured: {missing.what}.",
        remedy=f"{missing.remedy}." if missing.remedy else "",
        owner=owner,
        topic=_named(bar),
    )


def _named(bar: str) -> str:
    """``missing_rate`` as people say it: ``Missing rate``."""
    words_of = bar.split(".")[-1].replace("_", " ")
    return "AUC" if bar == "auc" else words_of.capitalize()


def worst_held(
    case: Case, estimates: Sequence[Estimate], bar: str | Bar
) -> tuple[Estimate, Comparison] | None:
    """Of several estimates the one that decides: one that misses the bar before one that leaves it
    open before one that meets it, and of several the furthest on the wrong side."""
    against = case.bar(bar) if isinstance(bar, str) else bar
    held = [(e, e.against(at_least=against.at_least, at_most=against.at_most)) for e in estimates]
    order = ["misses", "inconclusive", "meets"]
    sign = 1 if against.at_least is not None else -1
    return min(held, key=lambda h: (order.index(h[1].outcome), sign * h[0].value), default=None)


def contradiction(
    case: Case,
    question: str,
    *,
    claim: str,
    shown: str,
    remedy: str,
    evidence: Sequence[Estimate],
    by: str = "the data say",
) -> Finding:
    """The finding for an answer that the data do not bear out.

    `question` is ``playbook.question``; `claim` and `shown` are clauses: what was answered and
    what the data show instead. `by` says what contradicts it, where it is not the data.
    """
    answer = case.answers[question]
    return judge(
        "misses",
        usual_severity(case),
        id=f"{question}{CONTRADICTED}",
        statement=f"{answer.by} answered that {claim}; {by} otherwise: {shown}.",
        remedy=remedy,
        owner=answer.by,
        topic="What was claimed",
        basis="contradiction",
        evidence=list(evidence),
    )


def clause(statement: str) -> str:
    """A finding's statement as part of another sentence, such as the `shown` of a contradiction."""
    return statement[0].lower() + statement[1:].rstrip(".")


def usual_severity(case: Case) -> Severity:
    """What no threshold of the policy grades, such as a claim that the data contradict: it is put
    right before launch, and only noted where hardly anything is at stake."""
    severity: Severity = for_tier(
        {"high": "condition", "limited": "condition", "minimal": "note"}, case.tier
    )
    return severity
