"""Whether each answer passes a criterion, and who said so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from playbook.errors import NoEvidence
from playbook.evidence.outputs import Outputs
from playbook.evidence.words import plural


@dataclass(frozen=True)
class DecidedBy:
    """How many answers were decided by whom; people go before a check, a check before a judge."""

    people: int = 0
    check: int = 0
    judge: int = 0

    @property
    def n(self) -> int:
        """Answers decided."""
        return self.people + self.check + self.judge

    @property
    def judge_only(self) -> bool:
        """Whether nobody but an automatic judge decided anything."""
        return self.judge > 0 and self.people + self.check == 0

    @property
    def who(self) -> str:
        """``people`` where any did, else ``check``, else ``judge``."""
        return "people" if self.people else "check" if self.check else "judge"

    @property
    def told(self) -> str:
        """Who decided, in a few words: ``people (120 answers), an automatic judge (80 answers)``"""
        named = {"people": self.people, "a check by rule": self.check,
                 "an automatic judge": self.judge}  # fmt: skip
        some = {who: n for who, n in named.items() if n}
        if len(some) == 1:
            (who,) = some
            return "only an automatic judge" if self.judge_only else who
        return ", ".join(f"{who} ({plural(n, 'answer', 'answers')})" for who, n in some.items())


def passed(outputs: Outputs, name: str) -> pd.DataFrame:
    """The answers that the criterion `name` concerns, errors left out.

    As for `Outputs.accepted`, a judge counts only where no person was to rate, and split people do
    not pass an answer.

    Returns
    -------
    DataFrame
        ``prompt``, ``system``, ``repeat``, the groups, ``value`` (1 passes, 0 does not, NaN is
        not rated) and ``by`` (``people``, ``check``, ``judge`` or empty).
    """
    rows = outputs.rated(name)
    deciding = ["people", "check"] if outputs.criteria[name].people else ["check", "judge"]
    said = rows[deciding[0]].fillna(rows[deciding[1]])
    rows["value"] = said.where(said.isna(), (said > 0.5).astype(float))
    rows["by"] = np.select([rows[who].notna() for who in deciding], deciding, default="")
    return rows


def decided_by(rows: pd.DataFrame) -> DecidedBy:
    """Who decided the answers that `passed` gave."""
    counts = rows["by"].value_counts()
    return DecidedBy(*(int(counts.get(who, 0)) for who in ("people", "check", "judge")))


def accepted(outputs: Outputs) -> pd.DataFrame:
    """Every answer of which somebody can tell whether it is accepted.

    Returns
    -------
    DataFrame
        ``prompt``, ``system``, ``repeat``, the groups and ``value`` (1 or 0).

    Raises
    ------
    NoEvidence
        No criterion is required, or no answer has all the ratings it takes.
    """
    if not any(c.required for c in outputs.criteria.values()):
        raise NoEvidence(
            "no criterion is required, so nobody can say which answers are accepted",
            where=outputs.where,
            remedy="Leave out 'required: false' for what an answer must meet",
        )
    groups = [f"group_{i}" for i in range(len(outputs.groups))]
    rows = outputs.frame[["prompt", "system", "repeat", *groups]].assign(value=outputs.accepted)
    known: pd.DataFrame = rows[rows["value"].notna()]
    if known.empty:
        raise NoEvidence(
            "no answer has all the ratings it takes to be accepted or not",
            where=outputs.where,
            remedy="Rate some answers by each required criterion",
        )
    return known
