"""Trials: other answers than those that stand, and what would follow. Nothing is stored by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from playbook.answers import Answers
from playbook.checks.assess import Assessment, assess, gravest_first
from playbook.checks.rules import judge_answers
from playbook.checks.scorefindings import score_findings
from playbook.checks.scores import score
from playbook.checks.verdict import decide, deciding
from playbook.evidence import words
from playbook.evidence.bundle import stake_names
from playbook.evidence.display import Html, sentences, stack
from playbook.forms.desk import Desk
from playbook.forms.whatif import WhatIf
from playbook.session.refresh import told
from playbook.views.findings import brief_verdict_view

if TYPE_CHECKING:
    from playbook.evidence.amountmoney import AmountMoney
    from playbook.evidence.money import Money
    from playbook.session.book import Book

_MOST = 8
_CHOSEN = {"choice", "yes_no", "several", "percentage", "number", "money"}


def assumptions(book: Book) -> WhatIf:
    """What a decision is worth under other gains and costs than those the team stated."""

    def build(answers: Answers) -> Html:
        evidence = book.case_with(answers).evidence
        lines = [f"With these numbers: {_worth(evidence.money)}."]
        if book.answers.changed(answers):
            lines.append(f"As answered: {_worth(book.case.evidence.money)}.")
        if amounts:
            return stack(sentences(lines), evidence.money.summary())
        return stack(sentences(lines), evidence.break_even.summary())

    amounts = book.product.kind == "regression"
    assumed = [f"problem_definition.{name}" for name in stake_names(book.product.kind)]
    return WhatIf(
        "What if the numbers were others?",
        _desks(book, assumed),
        assumed,
        lambda: book.answers,
        _safe(build),
    )


def flip(book: Book) -> WhatIf | Html:
    """The open questions of this playbook, to see which answers would change the verdict."""
    keys = _open_questions(book)
    if not keys:
        return sentences(["Every answer here meets the policy: only other data would change it."])

    def build(answers: Answers) -> Html:
        then = assess(book.case_with(answers), book.questions)
        return stack(brief_verdict_view(then.verdict), _left(then))

    return WhatIf(
        "What would flip it?", _desks(book, keys), keys, lambda: book.answers, _safe(build)
    )


def _worth(money: Money | AmountMoney) -> str:
    hardest = money.hardest
    if hardest is None:
        return f"one decision is worth {words.brief(money.value)}"
    name, more = hardest
    return f"one decision is worth {words.brief(more)} more than the best way without AI ({name})"


def _safe(build: Callable[[Answers], Html]) -> Callable[[Answers], Html]:
    """`build`, where a fault becomes a sentence in its place."""
    return lambda answers: told(lambda: build(answers)) or Html.nothing()


def _desks(book: Book, keys: Sequence[str]) -> list[Desk]:
    """The question sets that the questions `keys` belong to."""
    store, slug, currency = book.workspace.store, book.product.slug, book.product.currency
    names = dict.fromkeys(k.split(".")[0] for k in keys)
    sets = [book.workspace.questions(name, book.product.kind) for name in names]
    return [Desk(store, slug, asked, currency, book.answers.triage) for asked in sets]


def _open_questions(book: Book) -> list[str]:
    """Questions whose answer costs something now, gravest first, that a click can answer."""
    known = {f"{book.questions.playbook}.{q.id}": q for q in book.questions.questions}
    case = book.case
    findings = judge_answers(book.questions, case.answers, case.policy, case.tier)
    keys = [f.id for f in sorted(findings, key=gravest_first) if f.severity != "pass"]
    total = score(book.questions, case.answers)
    if total and any(
        f.severity != "pass" for f in score_findings(book.questions, total, case.tier)
    ):
        scored = [f"{book.questions.playbook}.{part.question.id}" for part in total.asked]
        keys = list(dict.fromkeys([*keys, *scored]))
    return [k for k in keys if k in known and known[k].type in _CHOSEN][:_MOST]


def _left(then: Assessment) -> Html:
    """What still decides the verdict, in one list."""
    word = decide(then.findings)
    deciders = deciding(word, then.findings)
    if not deciders:
        return sentences(["Nothing is left to settle."])
    lines = [f.statement for f in deciders[:_MOST]]
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    more = len(deciders) - len(lines)
    tail = Markup("<p class='why'>And {} more.</p>").format(more) if more else Markup("")
    html = Markup("<p>What still decides it:</p><ul>{}</ul>{}").format(items, tail)
    return Html(html, "\n".join(["What still decides it:", *lines]))
