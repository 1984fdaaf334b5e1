"""The metadata of a model card as Hugging Face reads it, made by its own library, offline."""

from __future__ import annotations

from collections.abc import Sequence

from playbook.documents.modelresults import named
from playbook.documents.parts import clipped
from playbook.estimate import Estimate
from playbook.evidence import words
from playbook.product import Product, Task

_PIPELINES: dict[Task, str] = {
    "two_outcomes": "tabular-classification",
    "several_classes": "tabular-classification",
    "amounts": "tabular-regression",
    "generated_answers": "text-generation",
}
_METRICS = {
    "auc": "roc_auc",
    "f1_score": "f1",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "matthews_correlation_coefficient": "matthews_correlation",
}
"""What the measures are called there, where they are called otherwise."""
_LISTED = {"criterion", "class"}
"""Parts that are listed beside the whole; groups, segments and other systems stand in the text."""
_TASK_NAMES: dict[Task, str] = {
    "two_outcomes": "Deciding between two outcomes",
    "several_classes": "Deciding among several classes",
    "amounts": "Predicting amounts",
    "ranked_lists": "Ranking",
    "generated_answers": "Giving answers",
}


def task_name(product: Product) -> str:
    """What the model does, in words."""
    return _TASK_NAMES[product.task]


def metadata(
    product: Product, estimates: Sequence[Estimate], confidence: float, revision: str = ""
) -> str:
    """The block of YAML that a card's Markdown begins with.

    A metric's value is the number alone, as the format wants it; interval and n stand in its name.

    Parameters
    ----------
    confidence
        Of the intervals, from 0 to 1.
    revision
        What tells this state of the data from another.
    """
    # Only the module of the data: the package's other ones load a client of the web.
    from huggingface_hub.repocard_data import EvalResult, ModelCardData

    name = _text(product.name, 120)
    listed = [e for e in estimates if set(e.group or {}) <= _LISTED]
    pipeline = _PIPELINES.get(product.task)
    results = [
        EvalResult(
            task_type=pipeline or "other",
            task_name=task_name(product),
            dataset_type="private",
            dataset_name=f"{name}: its own evaluation data",
            dataset_revision=revision or None,
            metric_type=_METRICS.get(e.measure, e.measure),
            metric_name=_metric(e, confidence),
            metric_value=float(f"{e.value:.6g}"),
        )
        for e in listed
    ]
    tags = [product.kind, product.stage, _text(product.industry.lower(), 40)]
    data = ModelCardData(
        language="en",
        license="unknown",
        model_name=name,
        pipeline_tag=pipeline,
        tags=[tag for tag in tags if tag],
        metrics=list(dict.fromkeys(_METRICS.get(e.measure, e.measure) for e in listed)) or None,
        eval_results=results or None,
    )
    return data.to_yaml()


def _metric(e: Estimate, confidence: float) -> str:
    """``Recall, sex female (95 % interval 0.71 to 0.78, n = 2,380)``."""
    whom = f", {_text(words.group(e.group), 80)}" if e.group else ""
    interval = (
        f"{words.percent(confidence)} interval {_short(e.low)} to {_short(e.high)}"
        if e.low < e.high
        else "no interval"
    )
    unit = "" if e.unit in {"share", "score", "ratio", "difference", "count"} else f" {e.unit}"
    return _text(f"{named(e.measure)}{whom} ({interval}{unit}, n = {words.count(e.n)})", 240)


def _short(x: float) -> str:
    return words.number(float(f"{x:.3g}"))


def _text(text: str, most: int) -> str:
    """One plain line: YAML's writer would spell out the class of any other kind of text."""
    return str(clipped(text, most))
