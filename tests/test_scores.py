"""What a question set adds up to: points, bounds for what is open, and bands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.answers import Answer, Answers
from playbook.checks.scorefindings import score_findings
from playbook.checks.scores import Score, is_scored, score
from playbook.questions import Question, QuestionSet, Scoring

CLOSE = 1e-9


def options(*scores: float | None) -> list[dict[str, Any]]:
    return [
        {"value": f"v{i}", "label": f"Option {i}", **({} if s is None else {"score": s})}
        for i, s in enumerate(scores)
    ]


def asked(id: str, *scores: float | None, type: str = "choice", **more: Any) -> Question:
    return Question.model_validate(
        {"id": id, "text": f"{id}?", "why": "w", "example": "e", "type": type,
         "options": options(*scores), **more}
    )  # fmt: skip


def unfolds(question: str, *values: str) -> list[dict[str, Any]]:
    return [{"question": question, "is": list(values)}]


BANDS = [
    {"at_least": 0, "label": "Low"},
    {"at_least": 4, "label": "Middle", "severity": "condition", "remedy": "Look closer."},
    {"at_least": 8, "label": "High", "severity": "blocker", "remedy": "Stop."},
]


def a_set(*questions: Question, **scoring: Any) -> QuestionSet:
    made = Scoring.model_validate({"title": "Risk", "bands": BANDS, "owner": "legal", **scoring})
    return QuestionSet(playbook="own", title="Own", scoring=made, questions=list(questions))


def said(**answers: Any) -> Answers:
    """Answers by question: a value, None for unknown, or ... for not applicable."""
    states = {None: "unknown", ...: "not_applicable"}
    made = {}
    for name, value in answers.items():
        state: Any = "answered" if isinstance(value, str | list) else states[value]
        made[f"own.{name}"] = Answer(
            playbook="own", question=name, state=state, reason="r",
            value=value if state == "answered" else None, by="Ana", role="legal",
        )  # fmt: skip
    return Answers(made)


def found(questions: QuestionSet, **answers: Any) -> Score:
    made = score(questions, said(**answers))
    assert made is not None
    return made


def ends(made: Score) -> tuple[float, float, float]:
    return made.value, made.low, made.high


def test_each_answer_adds_its_own_score() -> None:
    questions = a_set(asked("a", 0, 3), asked("b", 1, 2, -1, type="several"), asked("c", None, 5))
    made = found(questions, a="v1", b=["v0", "v2"], c="v0")
    assert [part.points for part in made.parts] == [3, 0, 0]
    assert ends(made) == (3, 3, 3)
    assert made.most == 3 + 3 + 5


def test_questions_without_scores_count_nowhere() -> None:
    questions = a_set(asked("a", 0, 3), asked("b", None, None), asked("c", 1, 2, type="rank"))
    assert [part.question.id for part in found(questions).parts] == ["a"]
    assert not is_scored(a_set(asked("b", None, None)))
    assert score(a_set(asked("b", None, None)), said()) is None


@pytest.mark.parametrize("answers", [{}, {"a": None}], ids=["not answered", "unknown"])
def test_what_is_open_widens_from_the_fewest_to_the_most(answers: dict[str, Any]) -> None:
    questions = a_set(asked("a", 1, 2, 4), asked("b", -2, 3, type="several"))
    made = found(questions, **answers, b=[])
    assert (made.low, made.high) == (1, 4)
    assert found(questions, a="v0").low == 1 - 2
    assert found(questions, a="v0").high == 1 + 3
    assert len(made.open) == 1


def test_not_applicable_leaves_the_sum_and_the_most_possible() -> None:
    questions = a_set(asked("a", 0, 3), asked("b", 0, 5), share=True)
    assert found(questions, a="v1", b="v0").value == pytest.approx(3 / 8)
    spared = found(questions, a="v1", b=...)
    assert (ends(spared), spared.most) == ((1, 1, 1), 3)
    assert score(questions, said(a=..., b=...)) is None


def test_a_hidden_question_counts_nowhere() -> None:
    questions = a_set(asked("a", 0, 3), asked("b", 0, 5, show_if=unfolds("a", "v1")))
    hidden = found(questions, a="v0", b="v1")  # answered before it was hidden
    assert (ends(hidden), hidden.most) == ((0, 0, 0), 3)
    assert found(questions, a="v1", b="v1").value == 8


def test_what_an_open_answer_may_unfold_widens_too() -> None:
    questions = a_set(asked("a", 0, 3), asked("b", 2, 5, show_if=unfolds("a", "v1")))
    made = found(questions)
    assert (made.low, made.high) == (0, 8)
    assert [part.shown for part in made.parts] == [True, False]
    assert made.most == 3


def test_the_bounds_of_a_share_are_those_of_every_way_it_can_end() -> None:
    b = asked("b", 0, 5, show_if=unfolds("a", "v1"))
    questions = a_set(asked("a", 0, 3), b, asked("c", 0, 2), share=True)
    every = [
        found(questions, a=x, c=z, **({"b": y} if x == "v1" else {})).value
        for x in ("v0", "v1") for y in ("v0", "v1") for z in ("v0", "v1")
    ]  # fmt: skip
    made = found(questions, c="v1")
    assert made.low <= min(every[1::2]) + CLOSE
    assert made.high >= max(every[1::2]) - CLOSE
    assert found(questions, a="v1", b="v0", c="v1").value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("answers", "outcome", "severity", "says"),
    [
        ({"a": "v0", "b": "v0"}, "meets", "pass", "“Low”"),
        ({"a": "v1", "b": "v1"}, "misses", "condition", "“Middle”"),
        ({"a": "v2", "b": "v1"}, "misses", "blocker", "“High”"),
        ({"a": "v1"}, "inconclusive", "condition", "“Low” or “Middle”"),
        ({}, "inconclusive", "condition", "“Low” to “High”"),
    ],
)
def test_a_band_is_settled_only_where_both_ends_lie_in_it(
    answers: dict[str, Any], outcome: str, severity: str, says: str
) -> None:
    questions = a_set(asked("a", 0, 3, 7), asked("b", 0, 2))
    [finding] = score_findings(questions, found(questions, **answers), "high")
    assert (finding.outcome, finding.severity) == (outcome, severity)
    assert finding.id == "own.score"
    assert finding.owner == "Legal"
    assert says in finding.statement


def test_an_open_band_names_the_answers_that_would_settle_it_the_widest_first() -> None:
    questions = a_set(asked("a", 0, 3), asked("b", 0, 9))
    [finding] = score_findings(questions, found(questions), "high")
    assert finding.at_stake == "blocker"
    assert finding.remedy.startswith("Answer first: “b?” (0 to 9 points). “a?” (0 to 3 points).")


def test_bands_of_a_share_are_in_percent() -> None:
    bands = [{"at_least": 0, "label": "Low"}, {"at_least": 50, "label": "High"}]
    questions = a_set(asked("a", 0, 1), asked("b", 0, 1), share=True, bands=bands)
    made = found(questions, a="v1", b="v0")
    assert [band.label for band in made.bands] == ["High"]
    assert made.estimate().unit == "share"
    assert made.estimate().n == 2


def test_an_option_that_is_gone_leaves_its_question_open() -> None:
    questions = a_set(asked("a", 0, 3))
    assert ends(found(questions, a="gone")) == (0, 0, 3)


def test_the_tier_decides_what_is_asked_and_an_open_tier_leaves_it_open() -> None:
    questions = a_set(asked("a", 0, 1), asked("b", 0, 6, tiers=["high"]))
    assert found(questions, a="v0").high == 6
    assert not found(questions, a="v0").parts[1].certain


POINTS = st.integers(-4, 9)


@st.composite
def sets(draw: st.DrawFn) -> QuestionSet:
    """Small sets in which later questions hang on earlier ones."""
    questions: list[Question] = []
    for number in range(draw(st.integers(1, 5))):
        several = draw(st.booleans())
        scores = draw(st.lists(POINTS, min_size=2, max_size=3))
        conditions: list[dict[str, Any]] = []
        if questions and draw(st.booleans()):
            earlier = draw(st.sampled_from(questions)).id
            condition: dict[str, Any] = {"question": earlier, "is": ["v0"]}
            conditions = [{"not": condition} if draw(st.booleans()) else condition]
        questions.append(
            asked(f"q{number}", *scores, type="several" if several else "choice",
                  show_if=conditions)
        )  # fmt: skip
    return a_set(*questions, share=draw(st.booleans()))


def answer_to(draw: st.DrawFn, question: Question) -> Any:
    values = [option.value for option in question.options]
    if question.type == "several":
        return draw(st.lists(st.sampled_from(values), unique=True))
    return draw(st.sampled_from(values))


@st.composite
def answered(draw: st.DrawFn, spared: bool = True) -> tuple[QuestionSet, dict[str, Any]]:
    questions = draw(sets())
    answers: dict[str, Any] = {}
    for question in questions.questions:
        state = draw(st.sampled_from(["answered", "unknown", "open", *(["spared"] * spared)]))
        if state != "open":
            value = {"unknown": None, "spared": ...}.get(state, state)
            answers[question.id] = (
                answer_to(draw, question) if value == "answered" else value
            )  # fmt: skip
    return questions, answers


@given(answered())
def test_the_total_always_lies_between_its_bounds(
    case: tuple[QuestionSet, dict[str, Any]],
) -> None:
    questions, answers = case
    made = score(questions, said(**answers))
    if made is not None:
        assert made.low - CLOSE <= made.value <= made.high + CLOSE
        assert made.estimate().n == len(made.asked)
        assert made.bands


@given(answered(), st.data())
def test_an_answer_never_widens_the_bounds(
    case: tuple[QuestionSet, dict[str, Any]], data: st.DataObject
) -> None:
    questions, answers = case
    open_ones = [q for q in questions.questions if answers.get(q.id) is None]
    before = score(questions, said(**answers))
    if not open_ones or before is None:
        return
    question = data.draw(st.sampled_from(open_ones))
    value = answer_to(data.draw, question)
    after = score(questions, said(**{**answers, question.id: value}))
    if after is not None:
        assert before.low - CLOSE <= after.low
        assert after.high <= before.high + CLOSE
