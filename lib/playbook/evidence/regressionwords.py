"""Errors of predicted numbers in words, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.errorgroups import GroupError
    from playbook.evidence.regression import Regression

_NAMES = {
    "mean_absolute_error": ("Mean absolute error", "how far off on average"),
    "median_absolute_error": ("Median absolute error", "half are off by less"),
    "root_mean_squared_error": ("Root mean squared error", "large errors weigh more"),
    "mean_error": ("Mean error (bias)", "above 0: predictions too high"),
    "r_squared": ("R²", "part of the variance explained, 1 is all, 0 what the mean explains"),
    "baseline_mean_absolute_error": ("Baseline's mean absolute error",
                                     "always guessing the mean of these rows"),
    "mean_absolute_error_difference": ("Difference from the baseline", "below 0: closer"),
    "quantile_coverage": ("Quantile coverage", "outcomes at or below the predicted quantile"),
    "pinball_loss": ("Pinball loss", "cost of a predicted quantile, 0 is perfect"),
    "interval_coverage": ("Interval coverage", "outcomes between the outer quantiles"),
    "mean_interval_width": ("Mean interval width", "between the outer quantiles"),
}  # fmt: skip


def summary(r: Regression) -> Html:
    """Plain sentences, the error first."""
    brief, w = words.brief, r.words
    first = f"On average a prediction is off by {brief(r['mean_absolute_error'])}"
    if median := r.get("median_absolute_error"):
        first += f"; half of all predictions are off by less than {brief(median)}"
    lines = [f"{first}.", _baseline(r), _bias(r["mean_error"])]
    if explained := r.get("r_squared"):
        lines.append(
            f"Of the differences between {w.cases} (their variance), predictions explain "
            f"{brief(explained)}; 1 would be all, 0 is what the average explains."
        )
    lines += _intervals(r) + _groups(r)
    if r.unlabelled:
        left = words.plural(r.unlabelled, "row", "rows")
        lines.append(f"{left} without a label or a prediction left out.")
    return sentences(lines)


def measures(r: Regression) -> Html:
    """Every measure of everyone together."""
    rows = []
    for e in r.estimates:
        if e.group and not {"quantile", "quantiles"} & set(e.group):
            continue
        name, says = _NAMES[e.measure]
        at = f" at {' '.join(e.group.values())}" if e.group else ""
        rows.append([name + at, says, words.brief(e), words.count(e.n)])
    header = ["Measure", "What it says", "Value (interval)", "n"]
    return table("How far off predictions are", header, rows, numeric={3})


def group_table(r: Regression) -> Html:
    """One line per group."""
    if not r.groups:
        return sentences(["The product names no groups to compare."])

    def against(e: Estimate | None, p: float | None) -> list[str]:
        return [words.brief(e), _p(p)] if e and p is not None else ["too few", ""]

    rows = [
        [words.group(g.group), words.count(g.error.n), words.brief(g.error),
         *against(g.error_difference, g.p_error), words.brief(g.bias),
         *against(g.bias_difference, g.p_bias)]
        for g in r.groups
    ]  # fmt: skip
    header = ["Group", "n", "Off by", "Against all others", "p", "Bias", "Against all others", "p"]
    note = (
        "Bias: above 0 where predictions are too high. p-values are corrected for the number of "
        "comparisons (Holm)."
    )
    caption = "How far off predictions are for each group"
    return table(caption, header, rows, numeric=range(1, 8), note=note)


def chart(r: Regression) -> Html:
    """Mean absolute error along the predictions."""
    from playbook.evidence.lines import band

    low, high = r.levels["x"].min(), r.levels["x"].max()
    return band(
        r.levels,
        title=f"On average a prediction is off by {words.brief(r['mean_absolute_error'])}",
        x_title=f"predicted ({r.unit})",
        y_title=f"off by ({r.unit})",
        x_format=_format(high - low),
        y_format=_format(r.levels["high"].max()),
        caption="Mean absolute error by tenth of the predictions, with its interval.",
    )


def group_chart(r: Regression) -> Html:
    """Mean absolute error of each group; the surely worse ones stand out."""
    from playbook.evidence.figures import intervals

    items = [(words.group(g.group), g.error) for g in r.groups]
    worse = _worst(r)
    title = (
        f"Predictions are furthest off for {words.group(worse.group)}: {words.brief(worse.error)}"
        if worse
        else "For no group are predictions clearly further off than for all others"
    )
    loud = [words.group(g.group) for g in r.groups if g.worse]
    return intervals(items, title=title, emphasis=loud, caption="Mean absolute error.")


def _baseline(r: Regression) -> str:
    base, gain = r["baseline_mean_absolute_error"], r["mean_absolute_error_difference"]
    mean = words.number(float(f"{r.label_mean:.3g}"))
    told = (
        f"Always guessing the average of these {r.words.cases} ({mean} {r.unit}) would be off by "
        f"{words.brief(base)}"
    )
    if gain.low <= 0 <= gain.high:
        return f"{told}: the model is not clearly closer than that."
    size = words.brief(_turned(gain)) if gain.value < 0 else words.brief(gain)
    return f"{told}: the model is {size} {'closer' if gain.value < 0 else 'further off'}."


def _bias(e: Estimate) -> str:
    if e.low <= 0 <= e.high:
        return f"Predictions are neither clearly too high nor too low: {words.brief(e)} on average."
    side, size = ("high", e) if e.value > 0 else ("low", _turned(e))
    return f"Predictions are too {side} by {words.brief(size)} on average."


def _intervals(r: Regression) -> list[str]:
    levels = r.quantile_levels
    if len(levels) < 2:
        return []
    scope = f"{levels[0]:g} to {levels[-1]:g}"
    inside, width = (
        r.get(m, quantiles=scope) for m in ("interval_coverage", "mean_interval_width")
    )
    if inside is None or width is None:
        return []
    meant = levels[-1] - levels[0]
    verdict = (
        "fewer than promised" if inside.high < meant
        else "more than promised" if inside.low > meant
        else "in line with what is promised"
    )  # fmt: skip
    return [
        f"The range from the {words.percent(levels[0])} to the {words.percent(levels[-1])} "
        f"quantile, {words.brief(width)} wide on average, should hold {words.percent(meant)} of "
        f"outcomes; it holds {words.natural(inside)}, {verdict}."
    ]


def _groups(r: Regression) -> list[str]:
    compared = [g for g in r.groups if g.error_difference]
    if not compared:
        return []
    lines = []
    worst = _worst(r)
    if worst and worst.error_difference:
        lines.append(
            f"For {words.group(worst.group)} predictions are off by {words.brief(worst.error)}, "
            f"{words.brief(worst.error_difference)} more than for all others "
            f"({_p(worst.p_error)})."
        )
    else:
        number = words.plural(len(compared), "group", "groups")
        lines.append(
            f"In {number} compared, predictions are nowhere clearly further off than elsewhere."
        )
    leaning = [g for g in compared if g.biased and g.bias_difference]
    if leaning:
        g = max(leaning, key=lambda g: abs(g.bias_difference.value) if g.bias_difference else 0)
        e = g.bias_difference
        assert e is not None
        side, size = ("higher", e) if e.value > 0 else ("lower", _turned(e))
        lines.append(
            f"For {words.group(g.group)} predictions lie {words.brief(size)} {side}, held against "
            f"outcomes, than for all others ({_p(g.p_bias)})."
        )
    return lines


def _worst(r: Regression) -> GroupError | None:
    worse = [g for g in r.groups if g.worse and g.error_difference]
    return max(
        worse, key=lambda g: g.error_difference.low if g.error_difference else 0, default=None
    )


def _turned(e: Estimate) -> Estimate:
    """The same size the other way: *3 minutes closer* instead of *−3 minutes*."""
    return e.model_copy(update={"value": -e.value, "low": -e.high, "high": -e.low})


def _p(p: float | None) -> str:
    return "" if p is None else words.p_value(p)


def _format(widest: float) -> str:
    return ",.0f" if widest >= 20 else ",.1f" if widest >= 2 else ",.3~g"
