"""Findings, verdict and answers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup

from playbook.answers import Answer, Answers
from playbook.checks.finding import Finding, judge
from playbook.checks.verdict import conclude
from playbook.questions import QuestionSet
from playbook.views import answers_view, findings_view, style_html, verdict_view

SCRIPT = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
AT = datetime(2027, 3, 12, 23, 30, tzinfo=UTC)


def finding(outcome: Any, at_stake: Any, statement: str, **more: Any) -> Finding:
    given = {"remedy": f"Settle {statement}.", "owner": "data_science", **more}
    return judge(outcome, at_stake, id=f"e.{statement}", statement=statement, **given)


FINDINGS = [
    finding("meets", "blocker", "calibrated"),
    finding("misses", "note", "old sign-off"),
    finding("inconclusive", "condition", "small group"),
    finding("misses", "condition", "no appeal", owner="legal", basis="answer"),
    finding("inconclusive", "blocker", "tiny group"),
    finding("misses", "blocker", "unequal errors"),
    finding("inconclusive", "condition", "unknown owner", basis="answer"),
]

EQUAL = {"value": "a", "label": "Equal burden"}
PEOPLE = {"value": "x", "label": "Applicants"}
FAIR = {"value": "f", "label": "Fairness"}
QUESTIONS = QuestionSet.model_validate(
    {
        "playbook": "ethics",
        "title": "Ethics review",
        "questions": [
            {"id": id, "text": f"Text of {id}?", "why": f"Why {id}.", "example": "e", **more}
            for id, more in {
                "fair": {"type": "choice", "options": [EQUAL, "b"]},
                "who": {"type": "several", "options": [PEOPLE, "y"]},
                "order": {"type": "rank", "options": ["speed", FAIR]},
                "art22": {"type": "yes_no", "role": "legal"},
                "cost": {"type": "range", "unit": "USD"},
                "price": {"type": "money"},
                "share": {"type": "percentage"},
                "hours": {"type": "number", "unit": "hours"},
                "when": {"type": "date"},
                "sources": {
                    "type": "table",
                    "columns": [{"id": "s", "label": "Source"}, {"id": "o", "label": "Owner"}],
                },
                "words": {"type": "long_text"},
                "hidden": {"type": "text", "show_if": [{"question": "art22", "is": ["no"]}]},
            }.items()
        ],
    }
)  # fmt: skip


def answered(**values: Any) -> Answers:
    given = [
        Answer(playbook="ethics", question=q, state="answered", value=v, by="Ana Ruiz",
               role="legal", at=AT, revision=41)
        for q, v in values.items()
    ]  # fmt: skip
    return Answers({a.key: a for a in given})


def answer_to(question: str, answers: Answers, currency: str = "") -> str:
    soup = BeautifulSoup(answers_view(QUESTIONS, answers, currency).html, "html.parser")
    for row in soup.tbody.find_all("tr"):
        if f"Text of {question}?" in row.th.text:
            return " ".join(row.td.get_text(" ").split())
    raise AssertionError(f"{question} is not shown")


def test_findings_are_ordered_gravest_first_with_a_word_for_each() -> None:
    soup = BeautifulSoup(findings_view(FINDINGS).html, "html.parser")
    told = [" ".join(tag.text.split()) for tag in soup.select(".finding > .tag")]
    assert told == ["Blocker", "Too thin", "Condition", "Too thin", "Open", "Note", "Meets 1"]
    assert soup.select(".finding")[0].strong.text == "unequal errors"


def test_a_finding_shows_remedy_and_the_owners_name() -> None:
    html = findings_view(FINDINGS).html
    assert "Settle unequal errors." in html
    assert "Owner: Data science." in html
    assert "Owner: Legal." in html
    assert "A blocker is at stake." in html


def test_without_findings_the_view_says_so() -> None:
    assert "No check had anything to say yet." in findings_view([]).html


def test_the_verdict_says_step_by_step_what_would_flip_it() -> None:
    soup = BeautifulSoup(verdict_view(conclude(FINDINGS), FINDINGS).html, "html.parser")
    assert soup.h2.select_one(".word").text == "No-go"
    assert [s.text for s in soup.select(".flip p strong")] == [
        "Not enough evidence", "Go with conditions", "Go",
    ]  # fmt: skip
    steps = [li.text for li in soup.select(".flip ol")[0].find_all("li")]
    assert steps == ["Settle unequal errors. Owner: Data science."]
    assert len(soup.select(".flip ol")[2].find_all("li")) == 3


def test_a_long_list_of_steps_is_cut_and_says_so() -> None:
    many = [finding("misses", "condition", f"c{i}") for i in range(12)]
    html = verdict_view(conclude(many), many).html
    assert "7 more, each under Findings" in html


def test_a_go_has_nothing_to_flip() -> None:
    view = verdict_view(conclude(FINDINGS[:1]), FINDINGS[:1])
    assert "What would flip it" not in view.html
    assert "Every check meets the policy." in view.html


@pytest.mark.parametrize(
    ("question", "value", "said"),
    [
        ("fair", "a", "Equal burden"),
        ("fair", "gone", "gone"),
        ("who", ["x", "y"], "Applicants y"),
        ("who", [], "None of these"),
        ("order", ["f", "speed"], "Fairness speed"),
        ("art22", "yes", "Yes"),
        ("cost", {"low": 8000, "likely": 14000, "high": 30000},
         "8,000 to 30,000, most likely 14,000 USD"),
        ("cost", {"low": 5, "likely": 5, "high": 5}, "5 USD"),
        ("price", -1250.5, "−1,250.5 EUR"),
        ("share", 12.5, "12.5 %"),
        ("hours", 0, "0 hours"),
        ("when", "2027-06-30", "30 June 2027"),
        ("sources", [{"s": "Form", "o": "Lending"}, {"s": "Bureau"}],
         "Form Owner: Lending Bureau Owner: –"),
        ("sources", [], "No row"),
        ("cost", "once a text", "once a text"),
        ("when", "soon", "soon"),
    ],
)  # fmt: skip
def test_answers_are_told_in_words(question: str, value: Any, said: str) -> None:
    told = answer_to(question, answered(**{question: value}), "EUR")
    assert told == f"{said} Ana Ruiz · Legal · 12 March 2027"


def test_what_is_not_known_is_visible_in_words() -> None:
    unknown = Answer(playbook="ethics", question="fair", state="unknown", at=AT)
    spared = Answer(
        playbook="ethics", question="who", state="not_applicable", reason="a <b>reason</b>", at=AT
    )
    answers = answered(art22="yes").replace(unknown).replace(spared)
    assert answer_to("fair", answers).startswith("Unknown")
    assert answer_to("who", answers).startswith("Not applicable: a <b>reason</b>")
    assert answer_to("when", answers) == "Not answered yet"
    caption = BeautifulSoup(answers_view(QUESTIONS, answers).html, "html.parser").caption.text
    assert caption == (
        "Ethics review: 2 of 11 answered (1 as not applicable), 1 unknown, 8 not answered yet"
    )


def test_only_questions_that_are_asked_are_shown() -> None:
    assert "Text of hidden?" not in answers_view(QUESTIONS, answered(art22="yes")).html
    assert "Text of hidden?" in answers_view(QUESTIONS, answered(art22="no")).html


def test_the_table_of_answers_names_its_parts() -> None:
    soup = BeautifulSoup(answers_view(QUESTIONS, Answers()).html, "html.parser")
    assert soup.caption
    assert all(th.get("scope") in {"row", "col"} for th in soup.find_all("th"))


@pytest.mark.parametrize("question", ["words", "fair", "sources", "who", "cost", "when"])
def test_hostile_answers_are_text(question: str) -> None:
    value: Any = {"sources": [{"s": SCRIPT, "o": SCRIPT}], "who": [SCRIPT]}.get(question, SCRIPT)
    view = answers_view(QUESTIONS, answered(**{question: value}))
    soup = BeautifulSoup(view.html, "html.parser")
    assert not soup.find_all(["script", "img"])
    assert SCRIPT in soup.text


def test_hostile_findings_are_text() -> None:
    hostile = [
        finding(o, "blocker", SCRIPT, remedy=SCRIPT, owner=SCRIPT)
        for o in ("misses", "meets", "inconclusive")
    ]
    for view in (findings_view(hostile), verdict_view(conclude(hostile), hostile)):
        assert not BeautifulSoup(view.html, "html.parser").find_all(["script", "img"])


def test_line_breaks_of_an_answer_are_kept() -> None:
    view = answers_view(QUESTIONS, answered(words="First.\n\nSecond."))
    assert '<div class="typed">First.\n\nSecond.</div>' in view.html


def test_the_style_reaches_only_our_own_elements() -> None:
    css = str(style_html()).removeprefix("<style>").removesuffix("</style>")
    rules = [line.strip() for line in css.splitlines() if line.strip().endswith(("{", "}"))]
    selectors = [r.split("{")[0] for r in rules if "{" in r and not r.startswith("@")]
    assert selectors
    parts = [part.strip() for selector in selectors for part in selector.split(",")]
    assert [part for part in parts if not part.startswith(".playbook")] == []
    assert "url(" not in css
    assert "@import" not in css
