"""A SurveyJS questionnaire: its pages and panels, walked from top to bottom.

Each element becomes one or more drafts with the conditions of all that it stands in. Whatever is
not taken over is named in a warning.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from playbook.errors import PlaybookError
from playbook.questionnaires.surveyelements import Draft, Skipped, drafts, key_of
from playbook.questionnaires.surveyitems import listed
from playbook.questionnaires.words import Words, plain

MAX_QUESTIONS, MAX_DEPTH = 2000, 50
_MUTE = {"html", "image", "expression", "signaturepad", "empty"}
_IGNORED = (
    "enableIf", "requiredIf", "defaultValue", "defaultValueExpression", "setValueExpression",
    "setValueIf", "resetValueIf", "validators", "min", "max", "minValueExpression",
    "maxValueExpression", "choicesVisibleIf", "choicesEnableIf", "rowsVisibleIf",
    "columnsVisibleIf", "hasComment", "showCommentArea", "minSelectedChoices",
    "maxSelectedChoices", "correctAnswer",
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """What an element is shown under, and what stands under it: ``page 'Impact'``."""

    text: str
    place: str


@dataclass
class Place:
    """Where an element stands: under which heading, which panels and which conditions."""

    section: str = ""
    panels: tuple[str, ...] = ()
    expressions: tuple[Expression, ...] = ()
    depth: int = 0


@dataclass
class Found:
    """A draft where it stands."""

    draft: Draft
    place: Place
    title: str
    why: str
    required: bool


@dataclass
class Survey:
    """What a questionnaire asks, in its own order, and what could not be taken over."""

    found: list[Found] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    title: str = ""
    about: str = ""


def read_survey(data: dict[str, Any], words: Words, where: str) -> Survey:
    """Every draft of a questionnaire.

    Raises
    ------
    PlaybookError
        Something in it is not as SurveyJS writes it, or there is too much of it.
    """
    walk = _Walk(words, where)
    pages = data.get("pages")
    if isinstance(pages, list):
        for number, page in enumerate(pages, 1):
            walk.page(page, number, f"Page {number}" if len(pages) > 1 else "")
    else:
        walk.elements(data, Place(), "its elements")
    for key in ("triggers", "calculatedValues"):
        walk.ignored[key] += len(listed(data.get(key)))
    survey = walk.done()
    survey.title = words.of(data.get("title"), where)
    survey.about = words.of(data.get("description"), where)
    return survey


class _Walk:
    def __init__(self, words: Words, where: str) -> None:
        self._words, self._where = words, where
        self._survey = Survey()
        self._mute: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()

    def page(self, page: Any, number: int, section: str) -> None:
        if not isinstance(page, dict):
            raise self._fault("a page is a group of fields in braces", self._where)
        name = f"page '{_name(page)[:60] or number}'"
        if place := self._under(page, Place(section), name):
            self.elements(page, place, name)

    def elements(self, holder: dict[str, Any], place: Place, name: str) -> None:
        given = holder.get("elements", holder.get("questions"))
        if given is not None and not isinstance(given, list):
            raise self._fault("its elements are no list", f"{self._where}, {name}")
        for element in given or []:
            if not isinstance(element, dict):
                raise self._fault("an element is no group of fields", f"{self._where}, {name}")
            if element.get("type") == "panel":
                label = f"panel '{_name(element)[:60]}'"
                if under := self._under(element, place, label):
                    self.elements(element, under, label)
            else:
                self._element(element, place)

    def done(self) -> Survey:
        for kind, count in self._mute.items():
            self._warn(f"{count} of type '{kind}' left out: nothing can be answered there")
        for key, count in sorted(self.ignored.items()):
            if count:
                self._warn(f"'{key}' is not taken over ({count} times)")
        return self._survey

    def _under(self, holder: dict[str, Any], place: Place, name: str) -> Place | None:
        """Where what a page or panel holds stands; None where nobody ever sees it."""
        if place.depth >= MAX_DEPTH:
            raise self._fault(f"panels lie more than {MAX_DEPTH} deep", f"{self._where}, {name}")
        conditions = self._conditions(holder, name)
        if conditions is None:
            return None
        self._count_ignored(holder)
        title = self._words.of(holder.get("title"), f"{self._where}, {name}")
        return Place(
            section=title or place.section,
            panels=(*place.panels, _name(holder)),
            expressions=(*place.expressions, *conditions),
            depth=place.depth + 1,
        )

    def _element(self, element: dict[str, Any], place: Place) -> None:
        kind, name = element.get("type"), f"question '{_name(element)[:60]}'"
        if isinstance(kind, str) and kind in _MUTE:
            self._mute[kind] += 1
            return
        where = f"{self._where}, {name}"
        if not key_of(element):
            raise self._fault("an element has no 'name'", where)
        conditions = self._conditions(element, name)
        if conditions is None:
            return
        try:
            made = drafts(element, self._words, where)
        except Skipped as reason:
            self._warn(f"{name} is left out: {reason}")
            return
        self._count_ignored(element)
        self.ignored.update({f"{key} of an option": 1 for d in made for key in d.items.ignored})
        for draft in made:
            here = place if draft.only_if else _with(place, conditions)
            self._add(draft, here, element, where)

    def _add(self, draft: Draft, place: Place, element: dict[str, Any], where: str) -> None:
        if len(self._survey.found) >= MAX_QUESTIONS:
            raise PlaybookError(
                f"there are more than {MAX_QUESTIONS:,} questions",
                where=self._where,
                remedy="Split it into several questionnaires",
            )
        title = self._words.of(element.get("title"), where) or plain(_name(element))
        helps = [self._words.of(element.get(key), where) for key in ("description", "help")]
        required = element.get("isRequired") is True and not draft.only_if
        self._survey.found.append(
            Found(draft, place, title, " ".join(filter(None, helps)), required)
        )

    def _conditions(self, element: dict[str, Any], name: str) -> tuple[Expression, ...] | None:
        given = element.get("visibleIf")
        if given is not None and not isinstance(given, str):
            raise self._fault("'visibleIf' is no text", f"{self._where}, {name}")
        if given and given.strip():
            return (Expression(given.strip(), name),)
        if element.get("visible") is False:
            self._warn(f"{name} is left out: it is never visible")
            return None
        return ()

    def _count_ignored(self, element: dict[str, Any]) -> None:
        self.ignored.update(key for key in _IGNORED if element.get(key) not in (None, False, []))

    def _warn(self, text: str) -> None:
        self._survey.warnings.append(text)

    def _fault(self, what: str, where: str) -> PlaybookError:
        return PlaybookError(what, where=where, remedy="Open it in SurveyJS and export it again")


def _with(place: Place, conditions: tuple[Expression, ...]) -> Place:
    expressions = (*place.expressions, *conditions)
    return Place(place.section, place.panels, expressions, place.depth)


def _name(holder: dict[str, Any]) -> str:
    given = holder.get("name")
    return plain(given) if isinstance(given, str) else ""
