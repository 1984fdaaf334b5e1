"""Decisions among several classes: better than always saying the same, and no class overlooked."""

from __future__ import annotations

from playbook.checks.case import Case, hold, hold_target, unmeasured, worst_held
from playbook.checks.finding import Finding
from playbook.errors import NoEvidence
from playbook.evidence import words
from playbook.evidence.multiclass import Multiclass
from playbook.questions import ROLE_NAMES

OWNER = ROLE_NAMES["data_science"]
TARGET = "problem_definition.success_target"
METRIC = "problem_definition.success_metric"


def evaluate(case: Case) -> list[Finding]:
    """The team's own measure where it is one of all classes, and the class found worst."""
    measured, id = case.evidence.get("multiclass"), "evaluation.class_recall"
    if isinstance(measured, NoEvidence):
        return [unmeasured(case, measured, "class_recall", id=id, owner=OWNER)]
    return [*_target(case, measured), *_worst(case, measured)]


def _target(case: Case, measured: Multiclass) -> list[Finding]:
    metric, target = str(case.answers.value(METRIC)), case.answers.value(TARGET)
    known = {"recall": "macro_recall", "precision": "macro_precision", "f1": "macro_f1"}
    estimate = measured.get(known.get(metric, metric))
    if estimate is None or target is None:
        return []
    named = f"{metric.replace('_', ' ')} (over all outcomes)"
    return [hold_target(case, estimate, named, TARGET, float(target) / 100)]


def _worst(case: Case, measured: Multiclass) -> list[Finding]:
    recalls = [e for e in measured.estimates if e.measure == "recall" and e.group]
    held = worst_held(case, recalls, "class_recall")
    if held is None:
        return []
    name = (held[0].group or {})["class"]
    return [
        hold(
            case,
            held[0],
            "class_recall",
            id="evaluation.class_recall",
            statement=f"Of {case.cases} that are “{name}”, the model finds {words.brief(held[0])}, "
            "fewer than of any other outcome",
            remedy="Collect more of them, join outcomes that are treated alike, or leave them to "
            "people.",
            owner=OWNER,
            topic="The outcome found worst",
        )
    ]
