"""The model beside simple ways to predict an amount, in sentences, a table and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table
from playbook.product import Words

if TYPE_CHECKING:
    from playbook.evidence.amountbaseline import AmountComparison, AmountRow


def summary(c: AmountComparison) -> Html:
    """See `AmountComparison.summary`."""
    first = c.strongest
    lines = [_errors(c, first), _frequencies(c, first)]
    lines += [_verdict(row) for row in c.rows if row is not first]
    lines += _notes(c)
    return sentences(lines)


def table_of(c: AmountComparison) -> Html:
    """See `AmountComparison.table`."""
    body = []
    for row in c.rows:
        n = row.sums.n
        shares = " / ".join(words.percent(x / n) for x in (row.sums.nearer, row.sums.further))
        errors = [words.number(e.value, _decimals(row)) for e in (row.model_error, row.other_error)]
        body.append([
            f"{row.description} ({row.name})", words.count(n), words.brief(row.advantage),
            " / ".join(errors), shares,
        ])  # fmt: skip
    header = ["Alternative", "n", "Model nearer by", f"Off by ({c.unit})", "Nearer"]
    note = (
        "Off by (mean absolute error) and nearer (share of cases): the model first, then the "
        "alternative. The intervals are paired: they rest on the difference case by case. What is "
        "usual for a column was found on one half of the rows and is compared on the other half."
    )
    caption = "The model beside the simplest alternatives"
    return table(caption, header, body, numeric=range(1, 5), note=note)


def chart(c: AmountComparison) -> Html:
    """See `AmountComparison.chart`."""
    from playbook.evidence.figures import intervals

    row = c.strongest
    if row.advantage.low > 0:
        title = "The model is nearer than every simple alternative"
    elif row.advantage.high < 0:
        title = f"{_capital(_named(row))} is nearer than the model"
    else:
        title = f"The model is not clearly nearer than {_named(row)}"
    return intervals(
        [(r.label, r.advantage) for r in c.rows],
        title=title,
        bar=0.0,
        bar_label="no difference",
        emphasis={r.label for r in c.rows if r.advantage.low <= 0},
        caption=f"How much further off ({c.unit}) each alternative is than the model, on average "
        f"and for the same {c.words.cases}.",
    )


def alike(middle: float, unit: str, said: Words) -> str:
    """The alternative that treats all alike: ``7 minutes for every flight``."""
    return f"{words.bar_value(float(f'{middle:.3g}'), unit)} for every {said.case}"


def only(n: int) -> str:
    """The beginning of a sentence about too few rows: ``only 7 rows have``."""
    return "no row has" if n == 0 else "only 1 row has" if n == 1 else f"only {n} rows have"


def _errors(c: AmountComparison, row: AmountRow) -> str:
    ours, theirs = words.brief(row.model_error), words.brief(row.other_error)
    told = (
        f"On average a prediction by the model is off by {ours}. The simple way that comes nearest "
        f"is {_named(row)}: for the same {c.words.cases} it is off by {theirs}."
    )
    gain = words.brief(row.advantage)
    if row.advantage.low > 0:
        return f"{told} The model is nearer by {gain}."
    if row.advantage.high < 0:
        return f"{told} The model is further off: {gain}."
    return f"{told} Which of the two is nearer is not settled: {gain}."


def _frequencies(c: AmountComparison, row: AmountRow) -> str:
    """Out of 1,000 cases, three numbers that add up."""
    wins, losses = (round(1000 * x / row.sums.n) for x in (row.sums.nearer, row.sums.further))
    even = 1000 - wins - losses
    told = (
        f"Of 1,000 {c.words.cases} the model is nearer for {words.count(wins)}, this alternative "
        f"for {words.count(losses)}"
    )
    told += f"; for {words.count(even)} they are equally near." if even > 0 else "."
    worse_more_often = wins < losses and row.advantage.low > 0
    better_more_often = wins > losses and row.advantage.high < 0
    if worse_more_often:
        return f"{told} It is nearer on average only because it avoids large errors."
    if better_more_often:
        return f"{told} It is further off on average only because its errors are large at times."
    return told


def _verdict(row: AmountRow) -> str:
    gain, off = words.brief(row.advantage), words.brief(row.other_error)
    if row.advantage.low > 0:
        return f"The model is nearer than {_named(row)}, by {gain}; that way is off by {off}."
    if row.advantage.high < 0:
        return f"{_capital(_named(row))} is nearer than the model: {gain}."
    return f"Whether the model is nearer than {_named(row)} is not settled: {gain}."


def _notes(c: AmountComparison) -> list[str]:
    by_name = {row.name: row for row in c.rows}
    lines = [
        f"The amount for every {c.words.case} is the median of these very {c.words.cases}, which "
        "nobody could have known beforehand: that favours this alternative."
    ]
    stated = by_name.get("stated rule")
    if stated is None:
        lines.append(
            "No way to predict that people would use without AI is stated in product.yaml."
        )
    elif stated.missing:
        rows = words.plural(stated.missing, "row has", "rows have")
        lines.append(
            f"{rows} no value for the stated rule; there it predicts the median, as for everyone."
        )
    if not any(name.startswith("single column") for name in by_name):
        lines.append(
            "No single feature tells more than one amount for all does."
            if c.features
            else "No single column was tried: product.yaml names no features."
        )
    return lines


def _named(row: AmountRow) -> str:
    """Such as ``the stated rule (“last week's average”)``."""
    if row.name == "stated rule":
        return f"the {row.name} (“{row.description}”)"
    return f"predicting {row.description}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _decimals(row: AmountRow) -> int | None:
    """As many as tell the two errors apart."""
    least = min(row.model_error.value, row.other_error.value)
    return 0 if least >= 100 else 1 if least >= 1 else None


__all__ = ["alike", "chart", "only", "summary", "table_of"]
