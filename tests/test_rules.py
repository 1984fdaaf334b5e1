"""Answers held against rules: best leaves no finding, worst the gravest, unknown never passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.answers import Answer, Answers, shown
from playbook.catalog import playbooks
from playbook.checks.finding import Finding, judge
from playbook.checks.rules import judge_answer, judge_answers
from playbook.checks.verdict import WORST_FIRST, conclude, decide, overall
from playbook.policy import TIERS, Policy, Tier, load_policy
from playbook.questionfiles import load_questions
from playbook.questions import Question, QuestionSet
from playbook.shipped import shipped
from playbook.tier import Triage, risk_tier, tier_reason

POLICY = load_policy(shipped("templates/policy.yaml"))
SETS = [load_questions(shipped(f"templates/questions/{p.name}.yaml")) for p in playbooks()]
GRADES = ["pass", "note", "condition", "blocker"]


def answer(question: Question, value: Any, playbook: str = "p", **other: Any) -> Answer:
    state = "answered" if value is not None else other.pop("state", "unknown")
    return Answer(
        playbook=playbook, question=question.id, state=state, value=value, by="Ada", **other
    )


def question(**fields: Any) -> Question:
    rule = {"severity": "blocker", "statement": "It misses.", "remedy": "Do it."}
    rule |= fields.pop("rule", {})
    base = {"id": "q", "text": "Is it so?", "why": "w", "example": "e", "rule": rule}
    return Question.model_validate(base | fields)


def grade(q: Question, value: Any, tier: Tier = "high", policy: Policy = POLICY) -> Finding:
    finding = judge_answer(q, answer(q, value) if value != "none" else None, "p", policy, tier)
    assert finding is not None
    return finding


def test_yes_meets_and_no_misses() -> None:
    q = question(type="yes_no")
    assert (grade(q, "yes").severity, grade(q, "no").severity) == ("pass", "blocker")


def test_unknown_and_unanswered_are_inconclusive_never_a_pass() -> None:
    q = question(type="yes_no")
    for value in (None, "none"):
        found = grade(q, value)
        assert (found.outcome, found.at_stake, found.severity) == (
            "inconclusive",
            "blocker",
            "condition",
        )
        assert decide([found]) == "not_enough_evidence"


def test_not_applicable_takes_the_question_out_but_stays_visible() -> None:
    q = question(type="yes_no")
    away = answer(q, None, state="not_applicable", reason="nobody is affected")
    found = judge_answer(q, away, "p", POLICY, "high")
    assert found is not None
    assert (found.severity, decide([found])) == ("note", "go")
    assert "nobody is affected" in found.statement


def test_not_applicable_is_no_answer_where_the_rule_always_applies() -> None:
    q = question(type="yes_no", rule={"skippable": False})
    away = answer(q, None, state="not_applicable", reason="we would rather not")
    found = judge_answer(q, away, "p", POLICY, "high")
    assert found is not None
    assert decide([found]) == "not_enough_evidence"


def test_severity_follows_the_risk_tier() -> None:
    q = question(type="yes_no", rule={"severity": {"high": "blocker", "minimal": "note"}})
    assert [grade(q, "no", tier).severity for tier in TIERS] == ["blocker", "blocker", "note"]


def test_an_organisation_may_change_a_severity_by_policy_alone() -> None:
    q = question(type="yes_no")
    own = {"p.q": {"severity": "note", "reason": "decided by the board"}}
    policy = Policy.model_validate({**POLICY.model_dump(), "questions": own})
    assert grade(q, "no", policy=policy).severity == "note"


@pytest.mark.parametrize(("value", "severity"), [(9, "blocker"), (10, "pass"), (11, "pass")])
def test_numbers_are_held_against_their_bar(value: int, severity: str) -> None:
    assert grade(question(type="number", rule={"at_least": 10}), value).severity == severity


def test_several_names_what_is_missing() -> None:
    options = [{"value": v, "label": v.upper()} for v in ("a", "b", "c")]
    q = question(type="several", options=options, rule={"requires": ["a", "b"]})
    assert "Missing: B." in grade(q, ["a", "c"]).statement
    assert grade(q, ["a", "b"]).severity == "pass"


def test_a_hidden_question_counts_nowhere() -> None:
    first = question(id="first", type="yes_no")
    second = question(id="second", type="yes_no", show_if=[{"question": "first", "is": ["no"]}])
    questions = QuestionSet(playbook="p", title="P", questions=[first, second])
    yes = Answers({"p.first": answer(first, "yes")})
    assert [f.id for f in judge_answers(questions, yes, POLICY, "high")] == ["p.first"]


TRIAGE = {
    "effect_on_people": "negligible",
    "autonomy": "assists",
    "reversible": "easily",
    "vulnerable_people": "none",
    "people_per_year": "under_1000",
}


def triaged(**changes: str | None) -> Answers:
    """Answers to the questions that set the tier: the mildest, but for `changes`; None is open."""
    given = {name: value for name, value in (TRIAGE | changes).items() if value is not None}
    made = (
        Answer(playbook="problem_definition", question=name, state="answered", value=value)
        for name, value in given.items()
    )
    return Answers({a.key: a for a in made})


def test_the_tier_is_high_until_all_that_could_raise_it_is_answered() -> None:
    assert risk_tier(Answers()) == "high"
    assert "3 of the 5 questions that set it are still open" in tier_reason(Answers())
    assert risk_tier(triaged()) == "minimal"
    assert risk_tier(triaged(reversible=None)) == "high"
    assert "1 of the 5 questions that set it is still open" in tier_reason(triaged(reversible=None))
    assert risk_tier(triaged(autonomy=None)) == "limited"


@pytest.mark.parametrize(
    ("changes", "tier"),
    [
        ({"effect_on_people": "noticeable"}, "limited"),
        ({"effect_on_people": "legal_or_significant"}, "high"),
        ({"autonomy": "human_confirms"}, "minimal"),
        ({"autonomy": "decides_alone"}, "limited"),
        ({"reversible": "with_effort"}, "limited"),
        ({"reversible": "no"}, "high"),
        ({"vulnerable_people": "some"}, "limited"),
        ({"vulnerable_people": "mainly"}, "high"),
        ({"people_per_year": "more"}, "limited"),
        ({"effect_on_people": "noticeable", "reversible": "no"}, "high"),
    ],
)
def test_the_strictest_answer_sets_the_tier(changes: dict[str, str], tier: str) -> None:
    assert risk_tier(triaged(**changes)) == tier


def test_a_workspace_decides_which_answer_calls_for_which_tier(tmp_path: Path) -> None:
    overlay = tmp_path / "problem_definition.yaml"
    overlay.write_text(
        "questions:\n  - id: people_per_year\n    options:\n      - {value: more, tier: high}\n",
        encoding="utf-8",
    )
    changed = load_questions(shipped("templates/questions/problem_definition.yaml"), overlay)
    many = triaged(people_per_year="more")
    assert risk_tier(many) == "limited"
    assert risk_tier(many.under(Triage.of(changed))) == "high"


TABLE = {
    "type": "table",
    "columns": [
        {"id": "source", "label": "Source", "required": True},
        {"id": "basis", "label": "Basis", "type": "choice", "options": ["Contract", "Not clear"],
         "required": True, "undecided": ["Not clear"]},
        {"id": "person", "label": "Person", "type": "yes_no"},
    ],
    "rule": {"covers": {"person": ["no"]}, "at_least": 2},
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "outcome", "told"),
    [
        ([], "misses", "."),
        ([("A", "Contract", True)], "misses", "Rows: 1."),
        ([("A", "Contract", True), ("B", None, False)], "misses", "Missing: Basis of B."),
        ([("A", "Contract", True), (None, "Contract", False)], "misses", "Source of row 2"),
        ([("A", "Contract", True), ("B", "Contract", True)], "misses", "a row with Person “no”"),
        ([("A", "Contract", "no"), ("B", "Not clear", True)], "inconclusive",
         "Still open: Basis of B."),
        ([("A", "Contract", "no"), ("B", "Contract", True)], "meets", ""),
    ],
)  # fmt: skip
def test_a_table_needs_its_rows_its_cells_and_what_must_stand_in_it(
    rows: list[tuple[Any, ...]], outcome: str, told: str
) -> None:
    value = [
        {k: v for k, v in zip(("source", "basis", "person"), row, strict=True) if v is not None}
        for row in rows
    ]
    finding = grade(question(**TABLE), value)
    assert finding.outcome == outcome
    assert told in finding.statement


@pytest.mark.parametrize(
    ("kinds", "word"),
    [
        ([], "go"),
        ([("meets", "blocker")], "go"),
        ([("misses", "note")], "go"),
        ([("misses", "condition")], "go_with_conditions"),
        ([("inconclusive", "condition")], "go_with_conditions"),
        ([("inconclusive", "blocker"), ("misses", "condition")], "not_enough_evidence"),
        ([("misses", "blocker"), ("inconclusive", "blocker")], "no_go"),
    ],
)
def test_the_verdict_rule(kinds: list[tuple[Any, Any]], word: str) -> None:
    findings = [judge(o, s, id=f"p.{i}", statement="s") for i, (o, s) in enumerate(kinds)]
    assert decide(findings) == word


def test_no_number_of_passes_buys_off_a_blocker() -> None:
    passes = [judge("meets", "blocker", id=f"p.{i}", statement="s") for i in range(1000)]
    assert decide([*passes, judge("misses", "blocker", id="p.x", statement="s")]) == "no_go"


def test_a_product_is_as_good_as_its_worst_playbook() -> None:
    assert overall(["go", "no_go", "go_with_conditions"]) == "no_go"
    assert overall([]) == "not_enough_evidence"


findings = st.lists(
    st.builds(
        lambda i, o, s: judge(o, s, id=f"p.c{i}", statement="s", remedy="r"),
        st.integers(0, 10**6),
        st.sampled_from(["meets", "misses", "inconclusive"]),
        st.sampled_from(GRADES),
    ),
    unique_by=lambda f: f.id,
    max_size=12,
)


@given(findings)
def test_what_would_flip_it_flips_it_and_nothing_smaller_does(found: list[Finding]) -> None:
    verdict = conclude(found)
    left = list(found)
    for flip in verdict.flips:
        before = decide(left)
        named = [f for f in left if f.id in flip.findings]
        for spared in named:  # settling all but one of them changes nothing
            assert decide([f for f in left if f not in named or f is spared]) == before
        left = [f for f in left if f not in named]
        assert decide(left) == flip.to
        assert WORST_FIRST.index(flip.to) > WORST_FIRST.index(before)
    assert decide(left) == "go"


# --- the shipped question sets -------------------------------------------------------------


def candidates(q: Question) -> list[Any]:
    """Some values that this question can be answered with."""
    values = [option.value for option in q.options]
    if q.type == "choice" or (q.type == "yes_no" and values):
        return values
    by_type: dict[str, list[Any]] = {
        "yes_no": ["yes", "no"],
        "several": [values, values[:1], values[-1:]],
        "rank": [values],
        "table": [[{q.columns[0].id: "x"}], whole_rows(q)] if q.columns else [],
        "range": [{"low": 1, "likely": 2, "high": 3}],
        "date": ["2027-01-01"],
        "number": [0, 1, 10, 1000, 100_000],
        "money": [0, 1000],
        "percentage": [0, 1, 50, 90, 100],
    }
    return by_type.get(q.type, ["Stated."])


def whole_rows(q: Question) -> list[dict[str, Any]]:
    """Rows in which nothing is missing, and which hold every value that has to be there."""
    cells = {"number": 1, "date": "2027-01-01", "yes_no": "yes", "text": "x"}
    row = {
        c.id: next((o for o in c.options if o not in c.undecided), None) or cells[c.type]
        for c in q.columns
    }
    covers = q.rule.covers if q.rule else {}
    return [row, *(row | {name: value} for name, wanted in covers.items() for value in wanted)]


def rank(q: Question, value: Any, playbook: str, tier: Tier) -> int:
    """0 for the best: how grave an answer's own finding is; unknown is as grave as the worst."""
    if q.rule is None:
        return 0
    if value is None:
        return max(rank(q, one, playbook, tier) for one in candidates(q))
    found = judge_answer(q, answer(q, value, playbook), playbook, POLICY, tier)
    assert found is not None
    return GRADES.index(found.severity)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("questions", SETS, ids=lambda s: s.playbook)
def test_best_answers_leave_no_finding_and_worst_leave_every_blocker(
    questions: QuestionSet, tier: Tier
) -> None:
    name = questions.playbook
    chosen = {}
    for pick in (min, max):
        stands = Answers()
        for q in questions.questions:
            best = pick(candidates(q), key=lambda v, q=q: rank(q, v, name, tier))
            stands = stands.replace(answer(q, best, name))
        chosen[pick] = judge_answers(questions, stands, POLICY, tier)
    assert [f.statement for f in chosen[min] if f.severity != "pass"] == []
    for found in chosen[max]:
        reachable = max(
            rank(questions[found.id.split(".")[1]], v, name, tier)
            for v in candidates(questions[found.id.split(".")[1]])
        )
        assert GRADES.index(found.severity) == reachable


@st.composite
def improved(draw: st.DrawFn) -> tuple[QuestionSet, Tier, Answers, Answers]:
    """A question set, answers, and the same answers with one of them made better."""
    questions = draw(st.sampled_from(SETS))
    tier = draw(st.sampled_from(TIERS))
    name = questions.playbook
    before = Answers()
    for q in questions.questions:
        value = draw(st.sampled_from([*candidates(q), None]))
        if draw(st.booleans()) or value is not None:
            before = before.replace(answer(q, value, name))
    changed = draw(st.sampled_from([q for q in shown(questions, before) if q.rule]))
    old = before.get(f"{name}.{changed.id}")
    worth = rank(changed, old.value if old and old.state == "answered" else None, name, tier)
    better = [v for v in candidates(changed) if rank(changed, v, name, tier) < worth]
    value = draw(st.sampled_from(better)) if better else (old.value if old else None)
    return questions, tier, before, before.replace(answer(changed, value, name))


@given(improved())
def test_a_better_answer_never_worsens_the_verdict(
    case: tuple[QuestionSet, Tier, Answers, Answers],
) -> None:
    questions, tier, before, after = case
    was = decide(judge_answers(questions, before, POLICY, tier))
    now = decide(judge_answers(questions, after, POLICY, tier))
    assert WORST_FIRST.index(now) >= WORST_FIRST.index(was)
