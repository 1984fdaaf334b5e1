"""One playbook opened for one product: the object that the cells of a notebook talk to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from playbook.answers import Answers
from playbook.checks.assess import Assessment, assess
from playbook.checks.case import Case
from playbook.checks.rules import judge_answers
from playbook.evidence.bundle import Evidence, NoEvidence
from playbook.evidence.display import Html
from playbook.reads import Watcher
from playbook.session.parts import Absent, LiveEvidence, live_explorer, notes, way_html
from playbook.session.record import MIME, Record, make_record
from playbook.session.refresh import Refresher
from playbook.tier import risk_tier, tier_reason
from playbook.views.answers import answers_view
from playbook.views.findings import conclusion_view
from playbook.views.style import style_html
from playbook.workspace import Workspace

if TYPE_CHECKING:
    from playbook.forms.explorer import Explorer
    from playbook.forms.form import Form
    from playbook.forms.view import View
    from playbook.forms.whatif import WhatIf
    from playbook.session.leaflet import Leaflet


class Conclusion:
    """Verdict and findings to look at, with the record that batch writes beside the report."""

    def __init__(self, view: Html, record: Record) -> None:
        self.view, self.record = view, record

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        shown_here = self.view._repr_mimebundle_()
        return {**shown_here, MIME: self.record.model_dump(mode="json")}


class Book:
    """One playbook opened for one product.

    Before a browser its pieces are live: they are drawn in the background and again whenever an
    answer they read changes. In batch the same calls return finished, static pieces.

    Attributes
    ----------
    name
        The playbook's name without its number.
    product, questions, answers
        As they stand in the workspace.
    case
        What the checks are given: product, answers, evidence, policy and risk tier.
    """

    def __init__(
        self, name: str, slug: str, workspace: Workspace, confidence: float = 0.95
    ) -> None:
        self._refresher = Refresher()
        self._watcher = None if self._refresher.live else Watcher()
        self.workspace = workspace
        self.name = workspace.find_playbook(name).name
        self.product = workspace.product(slug)
        self.questions = workspace.questions(self.name, self.product.kind)
        self.answers = workspace.answers(slug)
        tier = risk_tier(self.answers)
        evidence = Evidence(self.product, self.answers, workspace.policy, tier, confidence)
        self.case = Case(self.product, self.answers, evidence, workspace.policy, tier)
        self._form: Form | None = None
        self._renewing = Lock()

    def live(self, build: Callable[[], Html]) -> Html | View:
        """What `build` shows; before a browser, drawn again whenever an answer it reads changes.

        Examples
        --------
        In a notebook: ``book.live(lambda: book.case.evidence.money.summary())``.
        """
        return self._refresher.view(build)

    def about(self) -> Html | View:
        """Which product this is, and how strict the policy is with it."""
        order = self.workspace.playbooks()
        style = style_html() + (way_html(self.name, order) if self._refresher.live else Markup(""))
        p = self.product

        def build() -> Html:
            line = f"{p.name}: {p.description}" if p.description else f"{p.name}."
            bars = f"Risk tier {self.case.tier}: {tier_reason(self.answers)}."
            html = Markup("{}<p>{}</p><p class='why'>{}</p>").format(style, line, bars)
            if from_where := self.questions.about.strip():
                html += Markup("<p>{}</p>").format(from_where)
            return Html(html, f"{line}\n{bars}\n{from_where}".strip())

        return self.live(build)

    def triage(self) -> Html | View:
        """The risk tier with its reasons, and how deep it makes the playbooks go."""

        def build() -> Html:
            from playbook.views.triage import triage_view

            kind = self.product.kind
            sets = self.workspace.readable_sets(kind)
            return triage_view(self.answers, sets, self.workspace.policy)

        return self.live(build)

    def form(self) -> Html | Form:
        """The playbook's questions: to be answered, or in batch with the answers that stand."""

        def static() -> Html:
            return answers_view(self.questions, self.answers, currency=self.product.currency)

        if not self._refresher.live:
            return static()
        from playbook.forms.desk import Desk
        from playbook.forms.form import Form

        slug, currency = self.product.slug, self.product.currency
        desk = Desk(self.workspace.store, slug, self.questions, currency, self.answers.triage)
        self._form = Form(desk, self.renew, static)
        # What follows from answers alone is said at once; what data add comes with the evidence.
        case = self.case
        judged = judge_answers(self.questions, self.answers, case.policy, case.tier)
        self._form.notes = notes(self.questions, judged)
        self._refresher.also(self._comment, late=True)
        return self._form

    def renew(self) -> None:
        """Read the answers anew, and redraw what rests on those that have changed."""
        with self._renewing:
            newer = self.workspace.answers(self.product.slug)
            changed = self.answers.changed(newer)
            if not changed:
                return
            self.case = self.case_with(newer)
            self.answers = newer
        self._refresher.changed(changed)

    def case_with(self, answers: Answers) -> Case:
        """The case as it would be under other answers."""
        tier = risk_tier(answers)
        evidence = self.case.evidence.with_answers(answers, tier)
        return replace(self.case, answers=answers, evidence=evidence, tier=tier)

    def evidence(self, name: str) -> Any:
        """The evidence called `name` (``quality``, ``performance``, ``groups``, ``baseline``,
        ``money``, ``experiment``), or a stand-in that says what is missing."""
        return LiveEvidence(self, name) if self._refresher.live else self._evidence(name)

    def _evidence(self, name: str) -> Any:
        found = self.case.evidence.get(name)
        return Absent(found) if isinstance(found, NoEvidence) else found

    def bar(self, name: str) -> float:
        """The policy's number for the threshold `name`, at this product's risk tier."""
        return self.case.bar(name).value

    def scores(self) -> Html | View:
        """What the answers add up to; nothing for a set whose options have no scores."""

        def build() -> Html:
            from playbook.views.scores import scores_view

            return scores_view(self.questions, self.answers, self.case.tier)

        return self.live(build)

    def assess(self) -> Assessment:
        """Findings, verdict and estimates, by the same path as every report."""
        return assess(self.case, self.questions)

    def conclude(self) -> Conclusion | Html | View:
        """Show verdict and findings, and record them for machines."""
        if self._refresher.live:
            return self.live(lambda: conclusion_view(self.assess()))
        assessment = self.assess()
        record = make_record(self.case, self.questions, assessment, self._watcher)
        return Conclusion(conclusion_view(assessment), record)

    def document(self, name: str) -> Leaflet | Html | View:
        """The document `name`, such as ``problem_brief`` or ``model_card``, with its files."""
        from playbook.session.leaflet import leaflet

        return leaflet(self, name, self._refresher.live)

    def explorer(self) -> Html | Explorer:
        """A threshold to move, with the errors, the groups and the money that follow."""
        if not self._refresher.live:
            found = self._evidence("tradeoffs")
            return found.summary() if isinstance(found, Absent) else found.static()
        return live_explorer(self, self._refresher)

    def assumptions(self) -> Html | WhatIf:
        """Other gains and costs to try, beside what would follow; nothing in batch."""
        return self._trial("assumptions")

    def flip(self) -> Html | WhatIf:
        """Other answers to try, to see which would change the verdict; nothing in batch."""
        return self._trial("flip")

    def _trial(self, name: str) -> Html | WhatIf:
        if not self._refresher.live:
            return Html.nothing()
        from playbook.session import trials

        make: Callable[[Book], Html | WhatIf] = getattr(trials, name)
        return make(self)

    def _comment(self) -> None:
        """Tell beside each question of the form what its answer leads to."""
        if self._form is not None:
            self._form.notes = notes(self.questions, self.assess().findings)
