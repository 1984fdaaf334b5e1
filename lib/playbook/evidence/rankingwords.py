"""Ranked lists in words, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.ranking import Ranking

_NAMES = {
    "precision_at_k": ("Precision at {k}", "relevant among the first {k} places"),
    "recall_at_k": ("Recall at {k}", "of what is relevant, found among the first {k}"),
    "ndcg_at_k": ("NDCG at {k}", "order of the first {k}, 1 is the best one possible"),
    "mean_reciprocal_rank": ("Mean reciprocal rank", "1 over the place of the first relevant"),
    "hit_rate_at_k": ("Hit rate at {k}", "lists with something relevant among the first {k}"),
    "random_precision_at_k": ("Precision at {k}, random order", "what chance reaches"),
    "random_ndcg_at_k": ("NDCG at {k}, random order", "what chance reaches"),
    "precision_at_k_difference": ("Precision beyond random order", "above 0: better"),
    "ndcg_at_k_difference": ("NDCG beyond random order", "above 0: better"),
}


def summary(r: Ranking) -> Html:
    """Plain sentences, from what people see to how good the order is."""
    k, natural, brief = r.k, words.natural, words.brief
    first = f"the first {words.plural(k, 'place', 'places')}"
    lines = []
    if hit := r.get("hit_rate_at_k"):
        lines.append(f"In {natural(hit)} lists something relevant stands in {first}.")
    found, random = r.get("precision_at_k"), r.get("random_precision_at_k")
    if found and random:
        lines.append(
            f"Of what stands in {first}, {natural(found)} are relevant; in random order it would "
            f"be {natural(random)}."
        )
    if recall := r.get("recall_at_k"):
        lines.append(f"Of all that is relevant, {natural(recall)} stand there.")
    ndcg, gain, chance = (
        r.get(m) for m in ("ndcg_at_k", "ndcg_at_k_difference", "random_ndcg_at_k")
    )
    if ndcg and gain and chance:
        verdict = (
            "better than" if gain.low > 0 else "worse than" if gain.high < 0
            else "not clearly better than"
        )  # fmt: skip
        lines.append(
            f"The order scores {brief(ndcg)} where the best possible one scores 1 (NDCG); that is "
            f"{verdict} a random order, which scores {brief(chance)}."
        )
    worse = [g for g in r.groups if g.worse and g.difference]
    if worse:
        worst = min(worse, key=lambda g: g.difference.high if g.difference else 0)
        lines.append(
            f"Lists of {words.group(worst.group)} are in a worse order than all others: "
            f"{brief(worst.ndcg)} (p {_p(worst.p)})."
        )
    return sentences(lines + _left_out(r))


def measures(r: Ranking) -> Html:
    """Every measure over all lists."""
    rows = [
        [_NAMES[e.measure][0].format(k=r.k), _NAMES[e.measure][1].format(k=r.k), words.brief(e),
         words.count(e.n)]
        for e in r.estimates if e.group is None
    ]  # fmt: skip
    header = ["Measure", "What it says", "Value (interval)", "Lists"]
    return table("How good the lists are", header, rows, numeric={3}, note=" ".join(_left_out(r)))


def group_table(r: Ranking) -> Html:
    """One line per group of lists."""
    if not r.groups:
        return sentences(["The product names no groups to compare."])
    rows = [
        [words.group(g.group), words.count(g.ndcg.n), words.brief(g.ndcg),
         words.brief(g.difference) if g.difference else "too few",
         "" if g.p is None else _p(g.p)]
        for g in r.groups
    ]  # fmt: skip
    header = ["Group", "Lists", f"NDCG at {r.k}", "Against all others", "p"]
    note = "p-values are corrected for the number of comparisons (Holm)."
    return table("Lists of each group", header, rows, numeric=range(1, 5), note=note)


def chart(r: Ranking) -> Html:
    """Shares of relevant rows, the model's and a random order's."""
    from playbook.evidence.figures import intervals

    shown = ("hit_rate_at_k", "recall_at_k", "precision_at_k", "random_precision_at_k")
    items = [(_NAMES[m][0].format(k=r.k), e) for m in shown if (e := r.get(m))]
    hit, found = r.get("hit_rate_at_k"), r.get("precision_at_k")
    title = (
        f"{words.natural(hit)} lists show something relevant among the first {r.k}" if hit
        else f"{words.natural(found)} of the first {r.k} are relevant" if found else ""
    )  # fmt: skip
    return intervals(items, title=title[:1].upper() + title[1:], caption="n counts lists.")


def _left_out(r: Ranking) -> list[str]:
    lines = []
    if r.unanswerable:
        lines.append(
            f"{words.plural(r.unanswerable, 'list has', 'lists have')} nothing relevant: no order "
            "could do better, so only precision counts them."
        )
    if r.short:
        lines.append(
            f"{words.plural(r.short, 'list has', 'lists have')} fewer than {r.k} rows; their empty "
            "places count as not relevant."
        )
    if r.tied:
        lines.append(
            f"{words.plural(r.tied, 'row shares its', 'rows share their')} score with another row "
            "of the list: these count as in random order, for the first relevant place as last."
        )
    if r.unlabelled:
        lines.append(f"{words.plural(r.unlabelled, 'row', 'rows')} without a label left out.")
    return lines


def _p(p: float | None) -> str:
    return "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
