"""How good ranked lists are: what is relevant among the first places, list by list."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.estimate import Estimate
from playbook.evidence import moments, rankingwords
from playbook.evidence.display import Html
from playbook.evidence.intervals import holm, proportion
from playbook.evidence.measured import Measured
from playbook.evidence.performance import require
from playbook.evidence.rankedlists import list_sums
from playbook.evidence.tables import Decisions
from playbook.product import Words

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class GroupRanking:
    """Lists of one group: their NDCG, and that minus all others' where both are large enough.

    `p` is two-sided, after Holm's correction for all groups compared.
    """

    group: dict[str, str]
    ndcg: Estimate
    difference: Estimate | None
    p: float | None

    @property
    def worse(self) -> bool:
        """Whether the group's lists are surely worse than all others."""
        p, e = self.p, self.difference
        return e is not None and p is not None and p < SIGNIFICANT and e.value < 0


@dataclass(frozen=True)
class Ranking(Measured):
    """Measured lists; ``ranking["ndcg"]`` is one estimate. A list is all rows of one query.

    Attributes
    ----------
    estimates
        Averages over lists; n is the number of lists.
    k
        How many places are looked at.
    lists, rows
        How many there are.
    unanswerable
        Lists without any relevant row: part of the precision, left out of all else.
    short
        Lists of fewer than `k` rows, whose empty places count as misses.
    tied
        Rows that share their score with another row of their list.
    groups
        Groups of lists, where rows of a list agree on the group.
    """

    estimates: list[Estimate]
    k: int
    lists: int
    rows: int
    unanswerable: int
    short: int
    tied: int
    groups: list[GroupRanking]
    unlabelled: int
    words: Words

    def summary(self) -> Html:
        """What people find among the first places, and how that compares with a random order."""
        return rankingwords.summary(self)

    def table(self) -> Html:
        """Every measure with its interval and n."""
        return rankingwords.measures(self)

    def group_table(self) -> Html:
        """NDCG of each group of lists beside all others."""
        return rankingwords.group_table(self)

    def chart(self) -> Html:
        """The measures beside what a random order would reach."""
        return rankingwords.chart(self)


def ranking(
    decisions: Decisions,
    k: int = 10,
    confidence: float = 0.95,
    *,
    by: Sequence[str] | None = None,
    minimum_n: int = 30,
) -> Ranking:
    """Measure the order that scores give each list, in one query.

    The list is the unit: values are plain averages over lists (a weight column is not used) and
    intervals come from how lists differ. A row is relevant where its label is above 0; gain is the
    label itself, discounted by log2(1 + place) (Järvelin and Kekäläinen 2002). Precision divides
    by `k` also in shorter lists. How ties count is told by `rankedlists.list_sums`.

    Parameters
    ----------
    k
        Places looked at, 1 or more.
    by
        Group columns; all of the product's by default.
    minimum_n
        Lists a group, and all others together, need to be compared.

    Raises
    ------
    PlaybookError
        The table has no label, score or query, a relevance is negative, there are fewer than two
        lists, or a column of `by` is not one of the product's groups.
    """
    require(decisions, "label", "score", "query")
    if k < 1:
        raise PlaybookError("k must be at least 1", remedy="Say how many places people look at")
    groups = decisions.table.columns.groups
    chosen = list(groups if by is None else by)
    for column in chosen:
        if column not in groups:
            raise PlaybookError(
                f"'{column}' is not one of the product's group columns",
                where="product.yaml",
                remedy=did_you_mean(column, groups),
            )
    frame = list_sums(decisions, k, chosen)
    sums = _added(frame, chosen)
    if sums["lists"] < moments.LEAST:
        raise NoEvidence(
            "there are fewer than two lists",
            where=decisions.where,
            remedy="Name the column that says which list a row belongs to as 'query:'",
        )
    compared = _groups(frame, chosen, k, minimum_n, confidence)
    found = _estimates(sums, k, confidence)
    for g in compared:
        found += [g.ndcg, *([g.difference] if g.difference else [])]
    return Ranking(
        estimates=found,
        k=k,
        lists=int(sums["lists"]),
        rows=int(sums["rows"]),
        unanswerable=int(sums["lists"] - sums["answerable"]),
        short=int(sums["short"]),
        tied=int(sums["tied"]),
        groups=compared,
        unlabelled=decisions.unlabelled,
        words=decisions.product.words,
    )


def _estimates(s: dict[str, float], k: int, confidence: float) -> list[Estimate]:
    everywhere, answerable = s["lists"], s["answerable"]
    unit = {"precision": "share", "recall": "share", "ndcg": "score", "reciprocal_rank": "score"}
    over = f", the list as the unit, k = {k}"
    found = []
    for name, n in (("precision", everywhere), ("recall", answerable), ("ndcg", answerable),
                    ("reciprocal_rank", answerable), ("random_precision", everywhere),
                    ("random_ndcg", answerable)):  # fmt: skip
        mean = moments.mean_share(n, s[name], s[f"{name}_2"], confidence)
        kind = unit[name.removeprefix("random_")]
        found += [mean.estimate(_MEASURE[name], n, unit=kind, how=over)] if mean else []
    if answerable:
        hit = proportion(round(s["hit"]), round(answerable), confidence)
        found.append(hit.estimate("hit_rate_at_k", answerable, how=over))
    for name, n, kind in (("gain_precision", everywhere, "difference"),
                          ("gain_ndcg", answerable, "score")):  # fmt: skip
        gain = moments.mean(n, s[name], s[f"{name}_2"], confidence)
        paired = ", paired, against the expected value of a random order" + over
        found += [gain.estimate(_MEASURE[name], n, unit=kind, how=paired)] if gain else []
    return found


_MEASURE = {
    "precision": "precision_at_k",
    "recall": "recall_at_k",
    "ndcg": "ndcg_at_k",
    "reciprocal_rank": "mean_reciprocal_rank",
    "random_precision": "random_precision_at_k",
    "random_ndcg": "random_ndcg_at_k",
    "gain_precision": "precision_at_k_difference",
    "gain_ndcg": "ndcg_at_k_difference",
}


def _groups(
    frame: pd.DataFrame, columns: list[str], k: int, minimum_n: int, confidence: float
) -> list[GroupRanking]:
    total = _added(frame, columns)
    names = ("answerable", "ndcg", "ndcg_2")
    found, tests = [], []
    for column in columns:
        for value, part in frame.groupby(column, sort=True):
            s = _added(part, columns)
            one = (s[names[0]], s[names[1]], s[names[2]])
            rest = tuple(total[name] - s[name] for name in names)
            mean = moments.mean_share(*one, confidence)
            if mean is None:
                continue
            enough = min(one[0], rest[0]) >= max(minimum_n, moments.LEAST)
            found.append(({column: str(value)}, mean, one[0], total["answerable"]))
            tests.append(
                moments.difference(one, (rest[0], rest[1], rest[2]), confidence) if enough else None
            )
    adjusted = iter(holm([test[1] for test in tests if test]))
    made = sum(test is not None for test in tests)
    rows = []
    for (group, mean, n, everyone), test in zip(found, tests, strict=True):
        over, p, difference = f", the list as the unit, k = {k}", None, None
        ndcg = mean.estimate("ndcg_at_k", n, group=group, unit="score", how=over)
        if test:
            p = next(adjusted)
            told = f" against all others, p = {p:.2g} after Holm's correction for {made}{over}"
            difference = test[0].estimate(
                "ndcg_at_k_difference", everyone, group=group, unit="score", how=told
            )
        rows.append(GroupRanking(group, ndcg, difference, p))
    return rows


def _added(frame: pd.DataFrame, groups: list[str]) -> dict[str, float]:
    names = [c for c in frame.columns if c not in groups]
    return {name: math.fsum(frame[name].astype(float)) for name in names}
