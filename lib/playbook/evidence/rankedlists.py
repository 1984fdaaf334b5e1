"""One query over ranked lists: each list's quality by window functions, then sums over lists."""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir
import pandas as pd

from playbook.errors import PlaybookError
from playbook.evidence.tables import Decisions

MEASURES = ("precision", "recall", "ndcg", "reciprocal_rank", "hit")
MIXED = "(several)"


def list_sums(decisions: Decisions, k: int, groups: list[str]) -> pd.DataFrame:
    """Sums over lists, one row per combination of groups that lists have.

    Rows of equal score count as if shown in random order (their mean, McSherry and Najork 2008)
    for precision, recall and NDCG; for reciprocal rank and hits a relevant row stands behind
    irrelevant ones of the same score.

    Returns
    -------
    DataFrame
        The groups (``(several)`` where rows of a list differ), ``lists``, ``rows``, ``answerable``
        (lists with a relevant row), ``short`` (lists of fewer than `k` rows), ``tied`` (rows that
        share their score within a list), and of each measure ``x`` the sums ``x``, ``x_2`` (of
        squares) over lists; precision over all lists, all others over answerable ones. Likewise
        ``random_precision`` and ``random_ndcg``, what a random order is expected to reach, and
        ``gain_precision``, ``gain_ndcg``: the list's value less that.

    Raises
    ------
    PlaybookError
        A relevance is negative or infinite, or a score is infinite.
    """
    cases = decisions.cases
    with decisions.source.query():
        low, high = (
            cases.aggregate(low=cases["label"].min(), high=cases["label"].max())
            .to_pyarrow()
            .to_pylist()[0]
            .values()
        )
    if low is None or low < 0 or not math.isfinite(high):
        raise PlaybookError(
            "there is no relevance" if low is None else "a relevance is negative or infinite",
            where=f"{decisions.where}, column '{decisions.table.columns.label}'",
            remedy="Use 0 for rows that do not fit and larger numbers the better they fit",
        )
    lists = _measured(_lists(_rows(decisions, groups), k, groups), k)
    asked = {"lists": lists.count(), "rows": lists["rows"].sum(), "tied": lists["tied"].sum()}
    asked["answerable"] = (lists["relevant"] > 0).cast("int64").sum()
    asked["short"] = (lists["rows"] < k).cast("int64").sum()
    for name in lists.columns:
        if name in groups or name in {"rows", "relevant", "tied"}:
            continue
        value = lists[name]
        asked |= {name: value.sum().fill_null(0), f"{name}_2": (value * value).sum().fill_null(0)}
    with decisions.source.query():
        return lists.aggregate(by=groups, **asked).execute()


def _rows(decisions: Decisions, groups: list[str]) -> ir.Table:
    """Labelled rows; the query as stored, as comparing text would take twice as long."""
    rows, parts = decisions.rows, decisions.reading.parts(decisions.rows)
    wanted = {name: parts[name].finish(parts[name].raw) for name in ("label", "score", *groups)}
    found = rows.select(query=rows[decisions.table.columns.query], **wanted)
    found = found.filter(found["label"].notnull())
    return found.mutate(relevant=(found["label"] > 0).cast("float64"))


def _lists(rows: ir.Table, k: int, groups: list[str]) -> ir.Table:
    """One row per list: what its measures are made of."""
    best = ibis.window(group_by="query", order_by=[rows["score"].desc(), rows["label"].asc()])
    ideal = ibis.window(group_by="query", order_by=rows["label"].desc())
    # Rows of equal score as peers in the same order: a partition of their own costs a second sort.
    same = ibis.range_window(
        preceding=0, following=0, group_by="query", order_by=rows["score"].desc()
    )
    rows = rows.mutate(
        place=ibis.row_number().over(best) + 1,
        ideal=ibis.row_number().over(ideal) + 1,
        tie_label=rows["label"].mean().over(same),
        tie_relevant=rows["relevant"].mean().over(same),
        ties=rows["label"].count().over(same),
    )
    shown, first = rows["place"] <= k, rows["place"].min(where=rows["relevant"] > 0)
    discount = 1 / (rows["place"] + 1).log2()
    named = {g: ibis.ifelse(rows[g].min() == rows[g].max(), rows[g].min(), MIXED) for g in groups}
    return rows.aggregate(
        by="query",
        rows=rows.count(),
        relevant=rows["relevant"].sum(),
        tied=(rows["ties"] > 1).cast("int64").sum(),
        dcg=(rows["tie_label"] * discount).sum(where=shown),
        best_dcg=(rows["label"] / (rows["ideal"] + 1).log2()).sum(where=rows["ideal"] <= k),
        random_dcg=rows["label"].mean() * discount.sum(where=shown),
        hits=rows["tie_relevant"].sum(where=shown),
        first=first,
        **named,
    )  # fmt: skip


def _measured(lists: ir.Table, k: int) -> ir.Table:
    rows, relevant = lists["rows"], lists["relevant"]
    answerable = relevant > 0

    def if_answerable(value: ir.Value) -> ir.Value:
        return ibis.ifelse(answerable, value, ibis.null("float64"))

    best = ibis.ifelse(answerable, lists["best_dcg"], 1.0)
    ndcg = if_answerable(lists["dcg"] / best)
    random_ndcg = if_answerable(lists["random_dcg"] / best)
    precision = lists["hits"] / k
    random_precision = relevant / rows * ibis.least(rows, k) / k
    first = lists["first"]
    drop = {"query", "rows", "relevant", "tied", "dcg", "best_dcg", "random_dcg", "hits", "first"}
    return lists.select(
        "rows", "relevant", "tied", *(c for c in lists.columns if c not in drop),
        precision=precision,
        recall=if_answerable(lists["hits"] / ibis.ifelse(answerable, relevant, 1.0)),
        ndcg=ndcg,
        reciprocal_rank=if_answerable(1 / first),
        hit=if_answerable((first <= k).cast("float64")),
        random_precision=random_precision,
        random_ndcg=random_ndcg,
        gain_precision=precision - random_precision,
        gain_ndcg=ndcg - random_ndcg,
    )  # fmt: skip
