"""What was read of captured outputs, what was left out, and what looks wrong about the capture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from playbook.estimate import Estimate
from playbook.evallogs.log import Total
from playbook.evidence.display import Html
from playbook.evidence.errortexts import error_texts
from playbook.evidence.intervals import rate
from playbook.evidence.measured import Measured
from playbook.evidence.outputs import Excluded, Outputs

SPOILT = 0.5
"""From this share of error messages on, a system's run says nothing of its answers."""
SAME = 0.9
"""From this share of answers on that other questions got too, they are no answers to them."""
LONG = 25
"""Shorter answers, such as *yes*, are rightly the same for many questions."""


@dataclass(frozen=True)
class Intake(Measured):
    """What came in, and whether it can be trusted.

    Attributes
    ----------
    where
        Where the answers were read from.
    n, prompts, systems
        Answers read, and the different questions and systems among them.
    texts
        Whether the texts of the answers are there to be looked at.
    estimates
        ``answer_error_rate``, ``rows_excluded``, ``error_text_rate``, ``identical_answer_rate``
        (both only where the texts are there) and ``duplicate_answer_rate``.
    untrustworthy
        A sentence for each reason why results must not be believed, whatever a tool says.
    crashed, unrated
        For each criterion how often the check itself failed, and how many answers have no rating
        for other reasons.
    excluded, totals, notes
        As the outputs have them.
    """

    where: str
    n: int
    prompts: int
    systems: list[str]
    texts: bool
    estimates: list[Estimate]
    untrustworthy: list[str]
    crashed: dict[str, int]
    unrated: dict[str, int]
    excluded: tuple[Excluded, ...]
    totals: tuple[Total, ...]
    notes: tuple[str, ...]

    def summary(self) -> Html:
        """What came in, what is left out, and what is wrong, in sentences."""
        from playbook.evidence.intakewords import summary

        return summary(self)

    def table(self) -> Html:
        """Each count behind the sentences."""
        from playbook.evidence.intakewords import table_of

        return table_of(self)


def intake(outputs: Outputs, confidence: float = 0.95) -> Intake:
    """Look at captured outputs before anybody believes what they say.

    Intervals take rows as independent: these rates tell of the capture, not of the product.
    """
    rows = outputs.frame
    failed = rows["error"] != ""
    texts = bool(outputs.table.columns.output)
    spoilt = ~failed & (error_texts(rows["output"]) if texts else False)
    same, long = _identical(rows[~failed & ~spoilt]) if texts else (0, 0)
    out = sum(e.n for e in outputs.excluded)
    found = [
        rate("answer_error_rate", int(failed.sum()), len(rows), None, confidence),
        _count("rows_excluded", out, len(rows) + out),
        rate("error_text_rate", int(spoilt.sum()), int((~failed).sum()) if texts else 0, None,
             confidence),
        rate("identical_answer_rate", same, long, None, confidence),
        rate("duplicate_answer_rate", _repeated(outputs), len(rows), None, confidence),
    ]  # fmt: skip
    crashed, unrated = _crashed(outputs), _unrated(outputs)
    return Intake(
        where=outputs.where,
        n=len(rows),
        prompts=rows["prompt"].nunique(),
        systems=outputs.systems,
        texts=texts,
        estimates=[estimate for estimate in found if estimate is not None],
        untrustworthy=[
            *_spoilt_runs(outputs, failed | spoilt),
            *_passing(outputs, spoilt),
            *_same_answers(same, long),
            *_crashed_always(outputs, crashed),
            *_wrong_totals(outputs),
        ],
        crashed=crashed,
        unrated=unrated,
        excluded=outputs.excluded,
        totals=outputs.totals,
        notes=outputs.notes,
    )


def _count(measure: str, k: int, n: int) -> Estimate:
    return Estimate(
        measure=measure, value=k, low=k, high=k, n=n, unit="count", method="counted in full"
    )


def _identical(rows: pd.DataFrame) -> tuple[int, int]:
    """How many longer answers another question got too, from the same system; and how many
    longer answers there are."""
    text = rows["output"].str.strip()
    long = rows.assign(text=text)[text.str.len() >= LONG]
    questions = long.groupby(["system", "text"])["prompt"].transform("nunique")
    return int((questions > 1).sum()), len(long)


def _repeated(outputs: Outputs) -> int:
    """Rows that an earlier one holds already, in every column that is declared."""
    rows = outputs.frame
    stored = rows if outputs.table.columns.id else rows.drop(columns="id")
    return int(stored.duplicated().sum())


def _crashed(outputs: Outputs) -> dict[str, int]:
    counts = {name: int((why == "crashed").sum()) for name, why in outputs.faults.items()}
    return {name: n for name, n in counts.items() if n}


def _unrated(outputs: Outputs) -> dict[str, int]:
    """Answers without any rating; in a log only where the tool says that one is missing."""
    found: dict[str, int] = {}
    for name, criterion in outputs.criteria.items():
        faults = [outputs.faults[c] for c in criterion.columns if c in outputs.faults]
        if faults:
            missing = faults[0].isin(["unscored", "cancelled"])
        else:
            missing = outputs.rated(name)[["people", "judge", "check"]].isna().all(axis=1)
        found[name] = int(missing.sum())
    return {name: n for name, n in found.items() if n}


def _spoilt_runs(outputs: Outputs, bad: pd.Series) -> Iterator[str]:
    """A sentence for each system of whose answers half or more are error messages."""
    rows = outputs.frame
    if bad.all():
        yield (
            f"Every one of the {len(rows):,} answers is an error message, empty or missing: this "
            "is no pass, whatever the tool says."
        )
        return
    for system in outputs.systems:
        own = bad[rows["system"] == system]
        if own.mean() >= SPOILT:
            yield (
                f"{int(own.sum()):,} of the {len(own):,} answers of {system} are error messages, "
                "empty or missing: its results say nothing about its answers, whatever the tool "
                "says."
            )


def _passing(outputs: Outputs, spoilt: pd.Series) -> Iterator[str]:
    n = int((outputs.accepted[spoilt] == 1).sum())
    if n:
        what = (
            "1 answer that is only an error message or empty counts as a pass"
            if n == 1
            else f"{n:,} answers that are only an error message or empty count as passes"
        )
        yield f"{what}: the criteria do not look at what was said."


def _same_answers(same: int, long: int) -> Iterator[str]:
    if long and same / long >= SAME:
        yield (
            f"{same:,} of {long:,} answers are word for word the answer to another question too: "
            "the questions may not have reached the system."
        )


def _crashed_always(outputs: Outputs, crashed: dict[str, int]) -> Iterator[str]:
    for name, n in crashed.items():
        rated = outputs.frame.get(f"rating:{name}")
        if rated is None or not rated.notna().any():
            yield (
                f"The check '{name}' crashed on each of the {n:,} answers it ran on: it says "
                "nothing about the answers."
            )


def _wrong_totals(outputs: Outputs) -> Iterator[str]:
    for total in outputs.totals:
        if not total.agrees and total.counted is not None:
            yield (
                f"The log states {total.stated:g} for '{total.name}', but its own rows give "
                f"{total.counted:g}: it was changed, or is incomplete."
            )
