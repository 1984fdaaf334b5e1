"""Decisions among several classes in words, tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence import words
from playbook.evidence.display import Html, sentences, table

if TYPE_CHECKING:
    from playbook.evidence.multiclass import Multiclass

_MOST = 12
_TOLD = 3
_NAMES = {
    "accuracy": ("Accuracy", "decided as they should be"),
    "baseline_accuracy": ("Baseline's accuracy", "always saying the most common class"),
    "accuracy_difference": ("Difference from the baseline", "above 0: better"),
    "macro_precision": ("Precision, mean of classes", "decided for a class, rightly so"),
    "macro_recall": ("Recall, mean of classes", "of a class, recognised (balanced accuracy)"),
    "macro_f1": ("F1, mean of classes", "harmonic mean of precision and recall"),
    "cohen_kappa": ("Cohen's κ", "agreement beyond chance, 1 is full, 0 is chance"),
}


def summary(m: Multiclass) -> Html:
    """Plain sentences: right, better than always the same, confused with what."""
    natural, brief, w = words.natural, words.brief, m.words
    base, gain = m["baseline_accuracy"], m["accuracy_difference"]
    verdict = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not clearly different"
    lines = [
        f"The model decides {natural(m['accuracy'])} {w.cases} as they should be decided.",
        f"Always saying “{m.most_common}” would be right for {natural(base)}; the model is "
        f"{verdict} ({brief(gain)}).",
    ]
    lines += [
        f"{words.capital(natural(c.rate))} {w.cases} that are “{c.label}” are taken for "
        f"“{c.prediction}”."
        for c in m.confused[:_TOLD]
    ]
    if not m.confused:
        lines.append("No class was taken for another.")
    recalls = [e for e in m.estimates if e.measure == "recall" and e.group]
    worst = min(recalls, key=lambda e: (e.value, e.high))
    if worst.value < 1 and worst.group:
        lines.append(
            f"Hardest to recognise is “{worst.group['class']}”: {natural(worst)} are found."
        )
    absent = [name for name in m.classes if m.confusion.loc[name].to_numpy().sum() == 0]
    if absent:
        told = ", ".join(f"“{name}”" for name in absent[:_TOLD]) + (
            f" and {len(absent) - _TOLD} more" if len(absent) > _TOLD else ""
        )
        lines.append(f"No {w.case} here is {told}: nothing is known about recognising that.")
    if m.unlabelled:
        lines.append(f"{words.plural(m.unlabelled, 'row', 'rows')} without a label left out.")
    return sentences(lines)


def measures(m: Multiclass) -> Html:
    """Every measure of everything together."""
    rows = [
        [*_NAMES[e.measure], words.brief(e), words.count(e.n)]
        for e in m.estimates if not e.group
    ]  # fmt: skip
    header = ["Measure", "What it says", "Value (interval)", "n"]
    return table("How good the decisions are", header, rows, numeric={3})


def class_table(m: Multiclass) -> Html:
    """One line per class."""
    rows = []
    for name in m.classes:
        found = [m.of(measure, name) for measure in ("recall", "precision", "f1")]
        rows.append(
            [name, words.count(float(m.confusion.loc[name].to_numpy().sum()))]
            + [words.brief(e) if e else "none" for e in found]
        )
    header = ["Class", "n", "Recall", "Precision", "F1"]
    note = "Recall: of those of the class, recognised. Precision: of those said to be, rightly so."
    return table("How well each class is recognised", header, rows, numeric=range(1, 5), note=note)


def confusion_table(m: Multiclass) -> Html:
    """Counts by label and prediction; of many classes the most confused pairs."""
    if len(m.classes) <= _MOST:
        cells = m.confusion.to_numpy(float)
        rows = [
            [name, *(words.count(float(n)) for n in row)]
            for name, row in zip(m.classes, cells, strict=True)
        ]
        header = ["True class", *m.classes]
        note = "Columns: what the model said."
        numeric = range(1, len(header))
        return table("Which classes are taken for which", header, rows, numeric=numeric, note=note)
    shown = m.confused[: 2 * _MOST]
    rows = [[c.label, c.prediction, words.count(c.n), words.brief(c.rate)] for c in shown]
    note = f"The {len(shown)} most frequent of {len(m.confused)} confusions."
    header = ["True class", "Taken for", "n", "Of the true class"]
    return table("Which classes are taken for which", header, rows, numeric={2, 3}, note=note)


def chart(m: Multiclass) -> Html:
    """Recall of each class, the hardest first."""
    from playbook.evidence.figures import intervals

    found = [(e.group["class"], e) for e in m.estimates if e.measure == "recall" and e.group]
    found.sort(key=lambda pair: pair[1].value)
    hardest, e = found[0]
    title = f"Of “{hardest}” {words.natural(e)} are recognised, the fewest of all classes"
    if len(found) == 1 or e.value == 1:
        title = f"{words.capital(words.natural(m['accuracy']))} {m.words.cases} are decided rightly"
    return intervals(found, title=title, caption="Share of each class that is recognised (recall).")
