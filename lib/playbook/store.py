"""The answer store: every answer ever given, only appended, in SQLite or PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from playbook.answers import Answer, Answers
from playbook.errors import PlaybookError
from playbook.questions import ROLE_NAMES, Role
from playbook.stored import Stored
from playbook.tables import REVISIONS, UNSTORABLE

TEAM = "team"
PERSON = "person:"
ORGANISATION = ""
_C = REVISIONS.c


class Conflict(PlaybookError):
    """Someone else changed the answer meanwhile.

    Attributes
    ----------
    current
        The answer that stands now; None where there is none.
    """

    def __init__(self, current: Answer | None, where: str) -> None:
        self.current = current
        what = "this answer does not stand any more"
        if current:
            who = f"{current.by} ({ROLE_NAMES[current.role]})"
            what = f"{who} changed this answer meanwhile, on {current.at:%Y-%m-%d %H:%M} UTC"
        super().__init__(what, where=where, remedy="Compare the two and choose which stands")


class AnswerStore(Stored):
    """Answers with their whole history; safe for many threads and processes.

    The answers of the organisation, which every product shares, are those of product ``""``. Each
    *sheet* is a complete set of answers of its own: the team's agreed one, and one for each
    participant of a workshop (`person_sheet`). An answer of state *open* takes back the one before
    it: the history keeps both, and neither stands.

    Opens ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``; see
    `playbook.database.Database` for what that may raise, and so may every method.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> store = AnswerStore.in_folder(Path(mkdtemp()))
    >>> store.append("mortgage", Answer(playbook="p", question="q", state="unknown")).revision
    1
    >>> store.close()
    """

    def append(
        self, product: str, answer: Answer, sheet: str = TEAM, expected: int | None = None
    ) -> Answer:
        """Add a revision and return it; the standing answer where nothing is different.

        Parameters
        ----------
        expected
            The revision that the respondent saw (0: none), to notice a change made meanwhile.

        Raises
        ------
        Conflict
            Another revision than `expected` stands, and it says something else.
        PlaybookError
            The answer holds what no database keeps: a NUL character in a name or reason, or a
            value that is not JSON.
        """
        row = _row(product, answer, sheet)
        with self._database.writing() as connection:
            return _append(connection, row, expected)

    def append_all(
        self,
        product: str,
        answers: Iterable[Answer],
        sheet: str = TEAM,
        organisation: Collection[str] = (),
    ) -> list[Answer]:
        """Add all of `answers` or, where one fails, none; return them with their revisions.

        Parameters
        ----------
        organisation
            Keys (``playbook.question``) that are stored for the organisation, not for `product`.
        """
        rows = [_row(ORGANISATION if a.key in organisation else product, a, sheet) for a in answers]
        with self._database.writing() as connection:
            return [_append(connection, row, None) for row in rows]

    def answers(self, product: str, sheet: str = TEAM) -> Answers:
        """The newest answer to each question, with the organisation's.

        Where a question was answered for both, the product's own answer stands.
        """
        return self.as_of(product, None, sheet)

    def as_of(self, product: str, revision: int | None, sheet: str = TEAM) -> Answers:
        """The answers as they stood when `revision` was the newest; None: as they stand now."""
        newest = (
            sa.select(sa.func.max(_C.revision))
            .where(_C.product.in_([product, ORGANISATION]), _C.sheet == sheet)
            .group_by(_C.product, _C.playbook, _C.question)
        )
        if revision is not None:
            newest = newest.where(_C.revision <= revision)
        # The organisation's come first, so that the product's own replace them.
        query = (
            sa.select(REVISIONS)
            .where(_C.revision.in_(newest))
            .order_by(_C.product != ORGANISATION, _C.revision)
        )
        with self._database.reading() as connection:
            answers = [_answer(row) for row in connection.execute(query)]
        # One taken back does not stand, but it is what the team said last.
        standing = {answer.key: answer for answer in answers if answer.state != "open"}
        return Answers(standing, max((a.revision or 0 for a in answers), default=0))

    def history(
        self, product: str, playbook: str, question: str, sheet: str = TEAM
    ) -> list[Answer]:
        """Every answer ever given to one question, oldest first, with the organisation's."""
        query = (
            sa.select(REVISIONS)
            .where(_C.product.in_([product, ORGANISATION]), _C.sheet == sheet)
            .where(_C.playbook == playbook, _C.question == question)
            .order_by(_C.revision)
        )
        with self._database.reading() as connection:
            return [_answer(row) for row in connection.execute(query)]

    def newest(self, product: str) -> int:
        """The newest revision of `product` or the organisation, on any sheet; 0 where none is."""
        query = sa.select(sa.func.max(_C.revision)).where(_C.product.in_([product, ORGANISATION]))
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def people(self, product: str, playbook: str, question: str) -> list[Answer]:
        """What each participant answers to one question now, in the order of their names."""
        newest = (
            sa.select(sa.func.max(_C.revision))
            .where(_C.product == product, _C.playbook == playbook, _C.question == question)
            .where(_C.sheet.startswith(PERSON, autoescape=True))
            .group_by(_C.sheet)
        )
        query = sa.select(REVISIONS).where(_C.revision.in_(newest), _C.state != "open")
        with self._database.reading() as connection:
            return [_answer(row) for row in connection.execute(query.order_by(_C.sheet))]

    def role_of(self, respondent: str) -> Role | None:
        """The role in which `respondent` answered last, or None."""
        query = sa.select(_C.role).where(_C.respondent == respondent)
        with self._database.reading() as connection:
            return connection.scalar(query.order_by(_C.revision.desc()).limit(1))


def person_sheet(name: str) -> str:
    """The sheet of the participant called `name`, however the name is spaced or capitalised.

    >>> person_sheet(" Ana  Lima ")
    'person:ana lima'
    """
    return PERSON + " ".join(name.split()).casefold()


def _append(connection: sa.Connection, row: dict[str, Any], expected: int | None) -> Answer:
    current = connection.execute(
        sa.select(REVISIONS)
        .where(*(_C[name] == row[name] for name in ("product", "sheet", "playbook", "question")))
        .order_by(_C.revision.desc())
        .limit(1)
    ).first()
    content = ("state", "value", "reason")
    # First of all, so that an edit sent twice (its acknowledgement was lost) is no conflict.
    agree = current and all(current._mapping[name] == row[name] for name in content)
    if current and agree and (current.respondent, current.role) == (row["respondent"], row["role"]):
        return _answer(current)
    known = {current.revision, 0 if current.state == "open" else None} if current else {0}
    if expected is not None and expected not in known and not agree:
        raise Conflict(_answer(current) if current else None, where=f"question '{row['question']}'")
    stored = connection.execute(sa.insert(REVISIONS).values(row).returning(REVISIONS)).one()
    return _answer(stored)


def _row(product: str, answer: Answer, sheet: str) -> dict[str, Any]:
    where = f"question '{answer.question}'"
    try:
        value = json.dumps(answer.value, allow_nan=False) if answer.state == "answered" else None
    except (TypeError, ValueError):
        raise PlaybookError(
            "this value cannot be stored",
            where=where,
            remedy="Use text, finite numbers, lists and named values",
        ) from None
    texts = {
        "product": product,
        "playbook": answer.playbook,
        "question": answer.question,
        "sheet": sheet,
        "reason": answer.reason,
        "respondent": answer.by,
    }
    for name, content in texts.items():
        if UNSTORABLE.search(content or ""):
            raise PlaybookError(
                f"the {name} holds a character that no database keeps (NUL or half a character)",
                where=where,
                remedy="Delete it and type it again",
            )
    return texts | {"state": answer.state, "value": value, "role": answer.role, "at": answer.at}


def _answer(row: sa.Row[Any]) -> Answer:
    return Answer(
        playbook=row.playbook,
        question=row.question,
        state=row.state,
        value=None if row.value is None else json.loads(row.value),
        reason=row.reason,
        by=row.respondent,
        role=row.role,
        at=row.at,
        revision=row.revision,
    )
