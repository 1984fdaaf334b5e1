"""Whether the evidence can say what a product is worth, and whether it stands spoilt inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.evidence.scope import Point, Verdict
from playbook.evidence.words import count

if TYPE_CHECKING:
    from playbook.evidence.detailevidence import DetailEvidence


def worth(evidence: DetailEvidence, n: int) -> Point:
    """Whether it is worth the money can be decided, from `n` rows and the amounts stated."""
    verdict, why, remedy = _worth(evidence, n)
    return Point(
        "worth", "Is it worth the money?", "whether it is worth the money", verdict, why, remedy
    )


def _worth(evidence: DetailEvidence, n: int) -> tuple[Verdict, str, str]:
    from playbook.evidence.bundle import stake_names

    if evidence.product.task in {"several_classes", "ranked_lists"}:
        return "no", "For this kind of product errors have no stated price.", (
            "Test it on a part of the traffic, and count what it brings."
        )  # fmt: skip
    if not n:
        return "no", "There are no decisions to put a price on.", "Name the table first."
    names = stake_names(evidence.product.kind)
    open_ones = [q for q in names if evidence.answers.value(f"problem_definition.{q}") is None]
    if open_ones:
        return (
            "no",
            f"Of the {count(len(names))} amounts for right and wrong decisions, "
            f"{count(len(open_ones))} are not stated.",
            "Answer these questions in the playbook Problem definition.",
        )
    if evidence.answers.value("kpi_alignment.volume_per_month") is None:
        return (
            "partly",
            "What a decision is worth can be told, what a month is worth cannot.",
            "State how many decisions there are in a month, in the playbook KPI alignment.",
        )
    return "yes", "Amounts and the number of decisions a month are stated.", ""


def spoilt_inputs(evidence: DetailEvidence) -> Point:
    """Whether the product can be tried on missing and shifted inputs."""
    verdict, why, remedy = _spoilt(evidence)
    topic = "whether it stands spoilt inputs"
    return Point("spoilt_inputs", "Does it stand spoilt inputs?", topic, verdict, why, remedy)


def _spoilt(evidence: DetailEvidence) -> tuple[Verdict, str, str]:
    product = evidence.product
    if product.model is None:
        return (
            "no",
            "There are predictions, but no model that could be asked again.",
            "Put the model beside product.yaml (skops or ONNX), and name it as 'model:'.",
        )
    if not (product.folder / product.model).is_file():
        return "no", "The model's file is not where product.yaml says.", "Put it there."
    table = product.decisions
    if table is None or not table.columns.features:
        return (
            "no",
            "Nobody has said which columns the model takes.",
            "Name them under 'features:' in product.yaml.",
        )
    return "yes", "The model's file is there and can be asked with inputs spoilt on purpose.", ""
