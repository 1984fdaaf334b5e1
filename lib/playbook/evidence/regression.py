"""How far predicted numbers lie from what turned out: errors, bias, quantiles, groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from playbook.errors import NoEvidence, PlaybookError, did_you_mean
from playbook.estimate import Estimate
from playbook.evidence import errorsums, moments, regressionwords
from playbook.evidence.display import Html
from playbook.evidence.errorgroups import GroupError, group_errors
from playbook.evidence.intervals import Interval, proportion
from playbook.evidence.measured import Measured
from playbook.evidence.performance import require
from playbook.evidence.tables import Decisions
from playbook.product import Words

_RESERVED = {"share", "difference", "ratio", "score", "count"}


@dataclass(frozen=True)
class Regression(Measured):
    """Measured errors; ``regression["mean_absolute_error"]`` is one estimate.

    Attributes
    ----------
    estimates
        Everyone together, then each predicted quantile, then each group. An error is the
        prediction minus the label: positive where the prediction is too high.
    levels
        Mean absolute error by tenth of the predictions: ``x`` (their mean), ``value, low, high``.
    groups
        Every value of each group column, with its difference from all others.
    quantile_levels
        Levels of the predicted quantiles, ascending.
    label_mean
        Mean of the label in this table: what the simplest baseline predicts for every case.
    unlabelled
        Rows left out because label or prediction is missing.
    """

    estimates: list[Estimate]
    levels: pd.DataFrame
    groups: list[GroupError]
    quantile_levels: tuple[float, ...]
    label_mean: float
    unit: str
    unlabelled: int
    words: Words

    def summary(self) -> Html:
        """How far off, in the label's own unit; against guessing the average; for whom worse."""
        return regressionwords.summary(self)

    def table(self) -> Html:
        """Every measure with its interval and n."""
        return regressionwords.measures(self)

    def group_table(self) -> Html:
        """Errors of each group, and how they differ from all others'."""
        return regressionwords.group_table(self)

    def chart(self) -> Html:
        """How far off predictions are, from the lowest to the highest."""
        return regressionwords.chart(self)

    def group_chart(self) -> Html:
        """How far off predictions are for each group."""
        return regressionwords.group_chart(self)


def regression(
    decisions: Decisions,
    confidence: float = 0.95,
    *,
    by: Sequence[str] | None = None,
    unit: str | None = None,
    minimum_n: int = 30,
) -> Regression:
    """Measure predicted numbers against labels, in two passes over the rows and one per group.

    Values come from exact sums. Intervals: t for means, shares of Wilson's (exact under 40 rows),
    log scale for root mean squared error and R², order statistics for the median. The baseline
    predicts the mean of the label in this very table: a little better than any that could be had
    beforehand.

    Parameters
    ----------
    by
        Group columns; all of the product's by default.
    unit
        What the label is measured in, such as ``minutes``; by default as product.yaml says.
    minimum_n
        Rows a group, and all others together, need to be compared.

    Raises
    ------
    PlaybookError
        The table has no label or no prediction, fewer than two rows have both, or a column of `by`
        is not one of the product's groups.
    """
    require(decisions, "label", "prediction")
    groups = decisions.table.columns.groups
    chosen = list(groups if by is None else by)
    for column in chosen:
        if column not in groups:
            raise PlaybookError(
                f"'{column}' is not one of the product's group columns",
                where="product.yaml",
                remedy=did_you_mean(column, groups),
            )
    if decisions.n_labelled < moments.LEAST:
        raise NoEvidence(
            "fewer than two rows have both a label and a prediction",
            where=decisions.where,
            remedy="Add rows: one row says nothing about the next",
        )
    named = unit or unit_of(decisions)
    about = errorsums.centre(decisions, confidence)
    frame = errorsums.by_level(decisions, about)
    how = errorsums.how(decisions)
    s = {str(name): math.fsum(frame[name]) for name in frame.columns if name != "level"}
    found = _overall(s, about, named, how, confidence)
    found += _quantiles(s, decisions.quantile_levels, named, how, confidence)
    compared = group_errors(decisions, chosen, about, named, minimum_n, confidence)
    return Regression(
        estimates=found + [e for g in compared for e in g.estimates],
        levels=_levels(frame, confidence),
        groups=compared,
        quantile_levels=decisions.quantile_levels,
        label_mean=about.label,
        unit=named,
        unlabelled=decisions.unlabelled,
        words=decisions.product.words,
    )


def _overall(
    s: dict[str, float], about: errorsums.Centre, unit: str, how: str, confidence: float
) -> list[Estimate]:
    n = s["n"]
    # The baseline's mean is estimated from the same rows; this is what that adds to each row.
    tilt = 2 * s["d_below"] / n - 1
    gain = s["gain"] - tilt * s["d"]
    gain2 = s["gain2"] - 2 * tilt * s["gain_d"] + tilt**2 * s["d2"]
    label = "predicting the mean label of these rows"
    found = [
        ("mean_absolute_error", unit, moments.mean(n, s["abs"], s["e2"], confidence), ""),
        ("root_mean_squared_error", unit,
         moments.root_mean_square(n, s["e2"], s["e4"], confidence), ""),
        ("mean_error", unit, moments.mean(n, s["e"], s["e2"], confidence), ""),
        ("median_absolute_error", unit, _median(about, confidence), ""),
        ("r_squared", "score",
         moments.r_squared(n, s["e2"], s["e4"], s["d2"], s["d4"], s["e2d2"], confidence), ""),
        ("baseline_mean_absolute_error", unit,
         moments.mean(n, s["d_abs"], s["d2"], confidence), f", {label}"),
        ("mean_absolute_error_difference", unit,
         moments.mean(n, gain, gain2, confidence), f", paired, against {label}"),
    ]  # fmt: skip
    return [
        i.estimate(measure, n, unit=named, how=more + how) for measure, named, i, more in found if i
    ]


def _median(about: errorsums.Centre, confidence: float) -> Interval | None:
    if about.median is None:
        return None
    low, value, high = about.median
    roughly = ", approximate quantiles" if about.approximate else ""
    method = f"order statistics, {100 * confidence:g} % interval{roughly}"
    return Interval(value, min(low, value), max(high, value), method)


def _quantiles(
    s: dict[str, float], levels: tuple[float, ...], unit: str, how: str, confidence: float
) -> list[Estimate]:
    found = []
    for i, level in enumerate(levels):
        n, scope = s[f"n_{i}"], {"quantile": f"{level:g}"}
        if n < moments.LEAST:
            continue
        covered = proportion(s[f"below_{i}"], n, confidence)
        loss = moments.mean(n, s[f"loss_{i}"], s[f"loss2_{i}"], confidence)
        found.append(covered.estimate("quantile_coverage", n, group=scope, how=how))
        found += [loss.estimate("pinball_loss", n, group=scope, unit=unit, how=how)] if loss else []
    if len(levels) > 1 and s["n_in"] >= moments.LEAST:
        n, scope = s["n_in"], {"quantiles": f"{levels[0]:g} to {levels[-1]:g}"}
        inside = proportion(s["inside"], n, confidence)
        width = moments.mean(n, s["width"], s["width2"], confidence)
        found.append(inside.estimate("interval_coverage", n, group=scope, how=how))
        found += (
            [width.estimate("mean_interval_width", n, group=scope, unit=unit, how=how)]
            if width
            else []
        )
    return found


def _levels(frame: pd.DataFrame, confidence: float) -> pd.DataFrame:
    rows = []
    for sums in frame.to_dict("records"):
        found = moments.mean(sums["n"], sums["abs"], sums["e2"], confidence)
        if found:
            rows.append([sums["p"] / sums["n"], found.value, max(0.0, found.low), found.high])
    return pd.DataFrame(rows, columns=["x", "value", "low", "high"])


def unit_of(decisions: Decisions) -> str:
    """What amounts are measured in: as product.yaml says, else the label's name."""
    stated = decisions.product.words.unit or str(decisions.table.columns.label)
    words = " ".join(stated.replace("_", " ").split())
    return f"{words} units" if words in _RESERVED else words
