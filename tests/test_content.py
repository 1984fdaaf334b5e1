"""The shipped questions, policy, glossary and example answers: complete, consistent, readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import playbook as playbook_package
from playbook.answers import Answer, Answers, shown
from playbook.answervalues import check_value
from playbook.checks.finding import Finding
from playbook.checks.rules import judge_answer, judge_answers
from playbook.checks.verdict import conclude
from playbook.errors import PlaybookError
from playbook.interchange import import_answers
from playbook.policy import TIERS, Severity, Tier, for_tier, load_policy
from playbook.product import Kind, load_product
from playbook.questionfiles import load_questions
from playbook.questions import NUMERIC, ROLE_NAMES, Question, worst
from playbook.shipped import shipped
from playbook.tier import risk_tier
from playbook.yamlfile import plain, read_yaml

EFFECT = "problem_definition.effect_on_people"
PACKAGE = Path(playbook_package.__file__).parent
PLAYBOOKS = [
    "problem_definition",
    "data_strategy",
    "evaluation",
    "ethics_review",
    "kpi_alignment",
]
EXAMPLES = ["mortgage", "churn", "flight-delay", "tumour", "support-assistant"]
KINDS = {slug: load_product(shipped(f"templates/products/{slug}")).kind for slug in EXAMPLES}
SETS = {name: load_questions(shipped(f"templates/questions/{name}.yaml")) for name in PLAYBOOKS}
POLICY = load_policy(shipped("templates/policy.yaml"))
QUESTIONS = [(s.playbook, q) for s in SETS.values() for q in s.questions]
EVERY_QUESTION = pytest.mark.parametrize(
    ("playbook", "question"), QUESTIONS, ids=[f"{p}.{q.id}" for p, q in QUESTIONS]
)
EVERY_RULE = pytest.mark.parametrize(
    ("playbook", "question"),
    [(p, q) for p, q in QUESTIONS if q.rule],
    ids=[f"{p}.{q.id}" for p, q in QUESTIONS if q.rule],
)
GRADES: list[Severity] = ["pass", "note", "condition", "blocker"]
TIER_ANSWER = {"high": "legal_or_significant", "limited": "noticeable", "minimal": "negligible"}

# What the code reads by name: a renamed question would silently become an unknown.
REQUIRED = {
    "problem_definition.effect_on_people": "choice",
    "problem_definition.autonomy": "choice",
    "problem_definition.need_evidence": "choice",
    "problem_definition.alternative_today": "text",
    "problem_definition.gain_true_positive": "range",
    "problem_definition.gain_true_negative": "range",
    "problem_definition.cost_false_positive": "range",
    "problem_definition.cost_false_negative": "range",
    "problem_definition.who_bears_errors": "text",
    "problem_definition.success_metric": "choice",
    "problem_definition.success_target": "percentage",
    "problem_definition.reversible": "choice",
    "problem_definition.vulnerable_people": "choice",
    "problem_definition.people_per_year": "choice",
    "problem_definition.job": "text",
    "problem_definition.alternatives": "table",
    "problem_definition.cost_too_high": "range",
    "problem_definition.cost_too_low": "range",
    "problem_definition.success_metric_amount": "choice",
    "problem_definition.success_target_amount": "number",
    "problem_definition.success_metric_answers": "choice",
    "problem_definition.success_target_answers": "percentage",
    "problem_definition.success_by": "date",
    "problem_definition.stop_criteria": "table",
    "problem_definition.assumptions": "table",
    "problem_definition.affected_people": "table",
    "problem_definition.claims_ai_needed": "choice",
    "data_strategy.sources": "table",
    "data_strategy.claims_complete": "choice",
    "data_strategy.claims_unique": "yes_no",
    "data_strategy.claims_label_meaning": "choice",
    "data_strategy.known_at_decision": "choice",
    "data_strategy.personal_data": "choice",
    "data_strategy.retention_months": "number",
    "data_strategy.access_control": "choice",
    "data_strategy.representative": "choice",
    "data_strategy.unlabelled": "choice",
    "data_strategy.label_agreement": "choice",
    "data_strategy.labelling_budget": "range",
    "data_strategy.label_minutes": "number",
    "data_strategy.label_hour_cost": "range",
    "data_strategy.label_deadline": "date",
    "data_strategy.feedback_sources": "table",
    "data_strategy.incident": "choice",
    "evaluation.held_out": "choice",
    "evaluation.claimed_quality": "percentage",
    "evaluation.score_meaning": "choice",
    "evaluation.judge_use": "choice",
    "evaluation.plan_expected_quality": "percentage",
    "evaluation.plan_expected_base_rate": "percentage",
    "evaluation.plan_expected_spread": "number",
    "evaluation.threshold_reason": "choice",
    "evaluation.human_review": "choice",
    "evaluation.error_examples_read": "choice",
    "evaluation.failure_plan": "choice",
    "ethics_review.fairness_goal": "choice",
    "ethics_review.claims_groups_equal": "choice",
    "ethics_review.appeal_person": "choice",
    "ethics_review.lawful_basis_automated": "choice",
    "ethics_review.dpia": "choice",
    "ethics_review.accountable_owner": "text",
    "kpi_alignment.business_kpi": "text",
    "kpi_alignment.kpi_baseline": "percentage",
    "kpi_alignment.kpi_target_effect": "percentage",
    "kpi_alignment.experiment_traffic": "number",
    "kpi_alignment.experiment_weeks": "number",
    "kpi_alignment.volume_per_month": "range",
    "kpi_alignment.run_cost_per_month": "range",
    "kpi_alignment.build_cost": "range",
    "kpi_alignment.guardrail_metric": "text",
    "kpi_alignment.decision_date": "date",
}
OPTIONS = {
    "problem_definition.effect_on_people": {"negligible", "noticeable", "legal_or_significant"},
    "problem_definition.autonomy": {"assists", "human_confirms", "decides_alone"},
    "problem_definition.success_metric": {"recall", "precision", "accuracy", "specificity", "auc"},
    "problem_definition.success_metric_amount": {
        "mean_absolute_error",
        "root_mean_squared_error",
        "interval_coverage",
        "r_squared",
    },
    "problem_definition.claims_ai_needed": {"clearly_better", "about_as_good", "not_compared"},
    "data_strategy.claims_complete": {"always_present", "mostly", "often_missing"},
    "data_strategy.claims_label_meaning": {"outcome", "human_decision", "proxy"},
    "evaluation.held_out": {"unseen_later", "cross_validated", "same_rows"},
    "evaluation.judge_use": {"none", "shown_only", "gates"},
    "evaluation.score_meaning": {"checked_close", "checked_off", "not_checked"},
    "problem_definition.success_metric_answers": {"accepted_rate", "win_rate"},
    "ethics_review.fairness_goal": {
        "equal_error_burden",
        "equal_selection",
        "equal_calibration",
        "not_decided",
    },
    "ethics_review.claims_groups_equal": {"equal", "some_differences", "not_checked"},
}
JARGON = re.compile(
    r"\b(FPR|FNR|TPR|AUC|ROC|recall|precision|specificity|sensitivity|F1|p-value|calibrat\w+|"
    r"holdout|baseline|dataset|feature|threshold|inference|MDE|KPI|DPIA|proxy|drift|outlier|"
    r"false (positive|negative)|hyperparameter|stakeholder\w*|leverage|synerg\w+)\b",
    re.IGNORECASE,
)
AMERICAN = re.compile(
    r"\b([A-Za-z]+iz(e|es|ed|ing|ation|ations)|analyz\w+|labeled|labeling|modeled|modeling|canceled|"
    r"behavior\w*|(un)?favor(s|ed|ing|able|ite)?|colors?|honors?|program|center(s|ed)?|judgment|"
    r"gray|skeptic\w*|catalog|fulfill|toward)\b"
)
SPELT_SO_EVERYWHERE = re.compile(
    r"(?<![A-Za-z])(siz(e|es|ed|ing)|seiz\w+|priz(e|es|ed)|Behavioral Sciences)\b"
)


def answered(playbook: str, question: Question, value: Any) -> Answer:
    return Answer(playbook=playbook, question=question.id, state="answered", value=value)


def extreme(question: Question, *, best: bool) -> Any:
    """The best or the worst answer that can be given; a worst text is an unknown, hence None."""
    if question.options:
        graded = sorted(
            question.options,
            key=lambda o: (
                [GRADES.index(for_tier(o.severity, tier)) for tier in TIERS],
                -TIERS.index(o.tier or "minimal"),
            ),
        )
        return graded[0 if best else -1].value
    if question.type in NUMERIC:
        bar = POLICY.bar(question.rule.policy) if question.rule and question.rule.policy else None
        return 1 if best or bar is None else bar.value * 10
    if not best:
        return None
    value: dict[str, Any] = {
        "range": {"low": 1, "likely": 2, "high": 3},
        "table": rows(question),
        "date": "2027-03-31",
    }
    return value.get(question.type, "Something that a person wrote.")


def rows(question: Question) -> list[dict[str, Any]]:
    """A row that says all it could, and one more for each value that has to be there."""
    if not question.columns:
        return []
    cells = {"number": 1, "date": "2027-03-31", "yes_no": "yes", "text": "something"}
    whole = {
        c.id: next(o for o in c.options if o not in c.undecided) if c.options else cells[c.type]
        for c in question.columns
    }
    covers = question.rule.covers if question.rule else {}
    return [whole, *(whole | {name: value} for name, vs in covers.items() for value in vs)]


def fill(tier: Tier, *, best: bool) -> Answers:
    """Every question answered as well, or as badly, as can be, for a product of `tier`."""
    given = {}
    for playbook, question in QUESTIONS:
        value = extreme(question, best=best)
        if f"{playbook}.{question.id}" == EFFECT:
            value = TIER_ANSWER[tier]
        if value is not None:
            given[f"{playbook}.{question.id}"] = answered(playbook, question, value)
    return Answers(given)


def findings(answers: Answers, tier: Tier, kind: Kind | None = None) -> list[Finding]:
    sets = [s.for_kind(kind) for s in SETS.values()]
    return [f for s in sets for f in judge_answers(s, answers, POLICY, tier)]


def sentences(question: Question) -> Iterator[str]:
    """Everything the question says to a reader, apart from its options' labels."""
    yield from (question.text, question.why, question.example)
    if question.rule:
        yield from filter(None, (question.rule.statement, question.rule.remedy))
        yield from filter(None, (question.rule.passes,))
    yield from (option.statement for option in question.options if option.statement)


# Questions


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_set_has_eight_to_fifteen_essential_questions_and_few_others(name: str) -> None:
    questions = SETS[name]
    essential = [q for q in questions.questions if q.essential]
    assert questions.playbook == name
    for kind in ("classification", "regression"):
        assert 8 <= len([q for q in essential if q in questions.for_kind(kind).questions]) <= 20
    assert len(questions.questions) - len(essential) <= 10


@EVERY_QUESTION
def test_a_question_is_short_and_asks(playbook: str, question: Question) -> None:
    assert len(question.text.split()) < 25
    assert question.text.endswith("?")
    assert question.text.count("?") == 1
    assert not JARGON.search(question.text), JARGON.search(question.text)
    for text in sentences(question):
        assert re.search(r"[.?!:]['’\"]?$", text), text


@EVERY_QUESTION
def test_why_is_one_to_four_sentences_and_the_example_is_an_answer(
    playbook: str, question: Question
) -> None:
    assert 6 <= len(question.why.split()) <= 60
    assert question.example.strip()
    assert "lorem" not in question.example.lower()
    assert question.why != question.example


@EVERY_QUESTION
def test_every_rule_says_what_misses_what_would_do_and_what_is_fine(
    playbook: str, question: Question
) -> None:
    rule = question.rule
    if rule is None:
        assert all(option.tier for option in question.options)  # it sets the tier, and only that
        return
    assert rule.remedy
    assert rule.passes
    assert rule.owner in ROLE_NAMES
    assert rule.policy is None or rule.policy in POLICY.thresholds
    for option in question.options:
        assert option.label
        grades = [for_tier(option.severity, tier) for tier in TIERS]
        if any(grade != "pass" for grade in grades):
            assert option.statement, f"'{option.value}' leads to a finding without a sentence"


@EVERY_QUESTION
def test_options_stand_best_first_and_the_rule_names_the_worst(
    playbook: str, question: Question
) -> None:
    for tier in TIERS:
        grades = [for_tier(option.severity, tier) for option in question.options]
        assert grades == sorted(grades, key=GRADES.index)
        if question.rule and worst(grades) != "pass":
            assert for_tier(question.rule.severity, tier) == worst(grades)


@EVERY_QUESTION
def test_a_higher_tier_is_never_more_lenient(playbook: str, question: Question) -> None:
    graded = [option.severity for option in question.options]
    for severity in [*graded, *([question.rule.severity] if question.rule else [])]:
        high, limited, minimal = (GRADES.index(for_tier(severity, tier)) for tier in TIERS)
        assert high >= limited >= minimal


@EVERY_QUESTION
def test_a_question_that_unfolds_does_so_after_an_answer_that_was_worse_already(
    playbook: str, question: Question
) -> None:
    """Else a better answer could worsen the verdict by unfolding a graver question."""
    for condition in question.show_if:
        assert condition.question
        assert condition.is_
        asked = SETS[playbook][condition.question]
        for value in condition.is_:
            option = asked.option(str(value))
            assert option, f"'{value}' is no option of '{asked.id}'"
            for tier in TIERS:
                led_to = GRADES.index(for_tier(option.severity, tier))
                assert question.rule
                assert GRADES.index(for_tier(question.rule.severity, tier)) <= led_to


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_one_to_four_questions_of_a_set_can_block_a_launch(name: str) -> None:
    blocking = [
        q.id
        for q in SETS[name].questions
        if q.rule and "blocker" in [for_tier(s, "high") for s in (q.rule.severity, *_severities(q))]
    ]
    assert 1 <= len(blocking) <= 4


def _severities(question: Question) -> list[Any]:
    return [option.severity for option in question.options]


@pytest.mark.parametrize(("key", "kind"), REQUIRED.items())
def test_questions_that_the_code_reads_keep_name_and_type(key: str, kind: str) -> None:
    playbook, name = key.split(".")
    question = SETS[playbook][name]
    assert question.type == kind
    if key in OPTIONS:
        assert {option.value for option in question.options} == OPTIONS[key]


def test_money_is_asked_for_in_the_products_currency() -> None:
    units = {f"{p}.{q.id}": q.unit for p, q in QUESTIONS if q.type == "range"}
    assert {k for k, unit in units.items() if unit != "currency"} == {
        "kpi_alignment.volume_per_month"
    }


def test_the_sources_table_asks_for_what_an_auditor_asks() -> None:
    columns = [column.id for column in SETS["data_strategy"]["sources"].columns]
    assert columns == [
        "source", "owner", "lawful_basis", "purpose", "licence", "sensitivity", "refresh",
        "keep_months", "access",
    ]  # fmt: skip


# What the answers lead to


@pytest.mark.parametrize("tier", TIERS)
def test_the_best_answers_lead_to_no_finding(tier: Tier) -> None:
    found = findings(fill(tier, best=True), tier)
    assert [f.statement for f in found if f.severity != "pass"] == []
    assert conclude(found).word == "go"


def test_the_worst_answers_lead_to_every_blocker_that_an_answer_can_lead_to() -> None:
    found = findings(fill("high", best=False), "high")
    possible = {
        f"{p}.{q.id}"
        for p, q in QUESTIONS
        for option in q.options
        if for_tier(option.severity, "high") == "blocker"
    }
    assert {f.id for f in found if f.severity == "blocker"} == possible
    assert conclude(found).word == "no_go"


@pytest.mark.parametrize("tier", TIERS)
def test_no_answers_at_all_are_not_enough_evidence(tier: Tier) -> None:
    assert conclude(findings(Answers(), tier)).word == "not_enough_evidence"


@EVERY_QUESTION
def test_a_better_answer_never_leads_to_a_graver_finding(playbook: str, question: Question) -> None:
    for tier in TIERS:
        grades = []
        for option in question.options:
            answer = answered(playbook, question, option.value)
            finding = judge_answer(question, answer, playbook, POLICY, tier)
            if finding:
                grades.append(GRADES.index(finding.severity))
        assert grades == sorted(grades)


@pytest.mark.parametrize("tier", TIERS)
@EVERY_RULE
def test_each_rule_is_met_by_the_best_answer_and_left_open_by_an_unknown_one(
    playbook: str, question: Question, tier: Tier
) -> None:
    assert question.rule
    best = answered(playbook, question, extreme(question, best=True))
    unknown = Answer(playbook=playbook, question=question.id, state="unknown")
    met = judge_answer(question, best, playbook, POLICY, tier)
    left = judge_answer(question, unknown, playbook, POLICY, tier)
    assert met
    assert left
    assert (met.outcome, left.outcome) == ("meets", "inconclusive")
    bad = [{question.columns[0].id: "x"}] if question.columns else extreme(question, best=False)
    graded = question.options and worst([for_tier(o.severity, tier) for o in question.options])
    if question.columns or (graded and graded != "pass") or question.rule.policy:
        assert bad is not None
        missed = judge_answer(question, answered(playbook, question, bad), playbook, POLICY, tier)
        assert missed
        assert missed.outcome == "misses"


@pytest.mark.parametrize("name", ["retention_months", "test_age_months", "experiment_weeks"])
def test_a_number_is_held_against_the_policys_bar(name: str) -> None:
    playbook, question = next((p, q) for p, q in QUESTIONS if q.id == name)
    assert question.rule
    assert question.rule.policy
    bar = POLICY.bar(question.rule.policy).value
    for value, severity in ((bar, "pass"), (bar + 1, "condition")):
        answer = answered(playbook, question, value)
        finding = judge_answer(question, answer, playbook, POLICY, "high")
        assert finding
        assert finding.severity == severity


# Policy


@pytest.mark.parametrize("name", POLICY.thresholds)
def test_every_threshold_has_a_reason_a_source_and_a_user(name: str) -> None:
    threshold = POLICY.thresholds[name]
    assert len(threshold.reason.split()) >= 10
    assert threshold.source
    assert re.search(r"[Hh]ouse rule|CFR|GDPR|\(\d{4}", threshold.source)
    asked = {q.rule.policy for _, q in QUESTIONS if q.rule}
    code = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    assert name in asked or any(f'"{name}"' in source for source in code)


@pytest.mark.parametrize("name", POLICY.thresholds)
def test_a_higher_tier_meets_bars_that_are_at_least_as_strict(name: str) -> None:
    bars = [POLICY.bar(name, tier) for tier in TIERS]
    values = [bar.value for bar in bars]
    strictest_first = sorted(values, reverse=bars[0].at_least is not None)
    assert values == strictest_first
    grades = [GRADES.index(bar.severity) for bar in bars]
    assert grades == sorted(grades, reverse=True)


def test_the_fairness_bars_are_those_the_policy_explains() -> None:
    assert [POLICY.bar("wrongly_denied_ratio", tier).at_most for tier in TIERS] == [1.25, 1.5, 2.0]
    assert POLICY.bar("wrongly_denied_ratio", "high").severity == "blocker"
    assert POLICY.bar("impact_ratio").at_least == 0.8
    assert "rule of thumb" in POLICY.bar("impact_ratio").reason


# Glossary

TERMS = plain(read_yaml(shipped("templates/glossary.yaml")))["terms"]


def test_the_glossary_explains_forty_terms_both_ways() -> None:
    assert len(TERMS) >= 40
    for entry in TERMS:
        assert set(entry) == {"term", "also", "plain", "ask", "example"}
        assert entry["also"]
        assert entry["ask"].endswith("?")
        assert entry["plain"].endswith(".")
        assert entry["term"].lower() not in entry["ask"].lower()


def test_no_word_of_the_glossary_stands_for_two_things() -> None:
    words = [word.lower() for entry in TERMS for word in (entry["term"], *entry["also"])]
    assert sorted(words) == sorted(set(words))


def test_technical_words_in_options_are_in_the_glossary() -> None:
    known = {word.lower() for entry in TERMS for word in (entry["term"], *entry["also"])}
    for option in SETS["problem_definition"]["success_metric"].options:
        named = re.search(r"\((\w+)\)$", option.label)
        assert named, f"'{option.label}' does not name the measure"
        assert named[1].lower() in known


# Language


@pytest.mark.parametrize(
    "name",
    [
        *(f"questions/{p}.yaml" for p in [*PLAYBOOKS, "start_here"]),
        "policy.yaml",
        "glossary.yaml",
        *(f"products/{example}/answers.yaml" for example in EXAMPLES),
    ],
)
def test_spelling_is_british_and_nothing_points_to_a_machine(name: str) -> None:
    text = shipped(f"templates/{name}").read_text(encoding="utf-8")
    ours = SPELT_SO_EVERYWHERE.sub("", text)
    assert not AMERICAN.search(ours), AMERICAN.search(ours)
    assert "://" not in text
    assert not re.search(r"\b(TODO|TBD|FIXME)\b", text)
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)


# The examples' answers


def kind_of(slug: str) -> Kind:
    """What the example predicts."""
    return load_product(shipped(f"templates/products/{slug}")).kind


def example_answers(slug: str) -> Answers:
    """The shipped answers of an example, each checked against its question."""
    path = shipped(f"templates/products/{slug}/answers.yaml")
    text = path.read_text(encoding="utf-8")
    given = import_answers(text, path.name, slug, list(SETS.values()))
    return Answers({answer.key: answer for answer in given})


@pytest.mark.parametrize("slug", EXAMPLES)
def test_an_examples_answers_are_complete_and_honest(slug: str) -> None:
    answers = example_answers(slug)
    kind = kind_of(slug)
    for questions in SETS.values():
        asked = {f"{questions.playbook}.{q.id}" for q in shown(questions.for_kind(kind), answers)}
        given = {key for key in answers if key.startswith(f"{questions.playbook}.")}
        assert asked == given
    states = [answer.state for answer in answers.values()]
    assert 2 <= states.count("unknown") <= 4
    assert states.count("not_applicable") >= 1


@pytest.mark.parametrize("slug", EXAMPLES)
def test_an_examples_answers_come_from_several_roles_before_november_2026(slug: str) -> None:
    answers = example_answers(slug).values()
    assert len({answer.by for answer in answers}) >= 5
    assert {answer.role for answer in answers} == set(ROLE_NAMES)
    assert all(len(roles) == 1 for roles in _roles(answers).values())
    for answer in answers:
        assert datetime(2026, 1, 1, tzinfo=UTC) < answer.at < datetime(2026, 11, 1, tzinfo=UTC)


def _roles(answers: Any) -> dict[str, set[str]]:
    roles: dict[str, set[str]] = {}
    for answer in answers:
        roles.setdefault(answer.by, set()).add(answer.role)
    return roles


@pytest.mark.parametrize(
    ("slug", "tier"),
    [
        ("mortgage", "high"),
        ("churn", "limited"),
        ("flight-delay", "limited"),
        ("tumour", "high"),
        ("support-assistant", "limited"),
    ],
)
def test_an_examples_answers_alone_end_in_go_with_conditions(slug: str, tier: Tier) -> None:
    """What is worse comes from their data, not from careless answers."""
    answers = example_answers(slug)
    assert risk_tier(answers) == tier
    found = findings(answers, tier, kind_of(slug))
    assert conclude(found).word == "go_with_conditions"
    assert [f.id for f in found if f.outcome == "inconclusive" and f.at_stake == "blocker"] == []


def test_mortgages_team_believes_what_its_data_contradict() -> None:
    answers = example_answers("mortgage")
    assert answers.value("ethics_review.claims_groups_equal") == "equal"
    assert answers.value("data_strategy.claims_label_meaning") == "human_decision"


@pytest.mark.parametrize("value", ["probably", 3, ["equal"]])
def test_an_answer_that_is_no_option_is_refused(value: Any) -> None:
    with pytest.raises(PlaybookError, match="claims_groups_equal"):
        check_value(SETS["ethics_review"]["claims_groups_equal"], value)
