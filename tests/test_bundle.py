"""All evidence of a product: each shows itself, or says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from playbook.catalog import playbooks
from playbook.errors import NoEvidence
from playbook.evidence.bundle import Evidence
from playbook.evidence.display import Html
from playbook.evidence.lazy import lazy
from playbook.session import open_playbook
from playbook.session.create import add_example
from playbook.workspace import Workspace

NAMES = sorted(
    name
    for kind in Evidence.__mro__
    for name, value in vars(kind).items()
    if isinstance(value, lazy) and name not in {"decisions", "stakes"}
)
MISSING = {
    "regression", "ranking", "multiclass", "drift", "over_time", "representation", "robustness",
}  # fmt: skip
"""What the two examples cannot show: they decide yes or no, without a time, a population or a
model file."""
ALONE = {"mortgage": set(), "churn": {"agreement", "label_plan"}}
"""What one of them cannot: nobody judges whether a customer has left."""


ANSWERS = {
    "outputs", "intake", "pass_rates", "steadiness", "preferences", "judge", "raters", "failures",
    "running", "attacks", "answers_needed",
}  # fmt: skip
"""What only captured outputs can show."""


@pytest.fixture(scope="module")
def evidence(demo_workspace: Workspace) -> dict[str, Evidence]:
    place = str(demo_workspace.folder)
    return {
        slug: open_playbook("evaluation", slug, place).case.evidence
        for slug in ("mortgage", "churn")
    }


@pytest.mark.parametrize("slug", ["mortgage", "churn"])
@pytest.mark.parametrize("name", NAMES)
def test_evidence_shows_itself_or_says_what_is_missing(
    evidence: dict[str, Evidence], slug: str, name: str
) -> None:
    found = evidence[slug].get(name)
    assert isinstance(found, NoEvidence) == (name in MISSING | ANSWERS | ALONE[slug])
    if isinstance(found, NoEvidence):
        assert found.remedy
        return
    assert found.estimates or name == "threshold_remedy"
    for method in ("summary", "table", "chart"):
        if hasattr(found, method):
            shown = getattr(found, method)()
            assert isinstance(shown, Html)
            assert "nan" not in shown.text.lower().replace("finan", "").split()
            assert "None" not in shown.text.split()
            assert str(evidence[slug].product.folder) not in shown.text


@pytest.mark.parametrize("name", sorted({*ANSWERS, "quality", "personal", "scope"} - {"outputs"}))
def test_captured_outputs_show_themselves(answering: Evidence, name: str) -> None:
    found = answering.get(name)
    assert found.estimates
    for method in ("summary", "table", "chart"):
        if hasattr(found, method):
            shown = getattr(found, method)()
            assert isinstance(shown, Html)
            assert not {"nan", "None"} & {*shown.text.split()}
            assert str(answering.product.folder) not in shown.text


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    workspace = Workspace.create(tmp_path_factory.mktemp("answering") / "workspace")
    assert add_example(workspace, "support-assistant")
    place = str(workspace.folder)
    return open_playbook("evaluation", "support-assistant", place).case.evidence


def a_product(workspace: Workspace, slug: str, frame: pd.DataFrame, text: str) -> None:
    folder = workspace.folder / "products" / slug
    folder.mkdir(parents=True)
    frame.to_parquet(folder / "data.parquet", index=False)
    (folder / "product.yaml").write_text(text, encoding="utf-8")


KINDS = {
    "regression": (
        "kind: regression\ntables:\n  decisions:\n    source: data.parquet\n"
        "    columns: {label: y, prediction: p, groups: [g], features: [x], time: t}\n"
    ),
    "ranking": (
        "kind: ranking\ntables:\n  decisions:\n    source: data.parquet\n"
        "    columns: {label: y, score: p, query: q, groups: [g]}\n"
    ),
    "multiclass": (
        "kind: classification\ntables:\n  decisions:\n    source: data.parquet\n"
        "    columns: {label: c, prediction: d, groups: [g]}\n    classes: [a, b, c]\n"
    ),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_products_of_other_kinds_are_measured_and_never_judged_by_the_wrong_measure(
    tmp_path: Path, kind: str
) -> None:
    rng = np.random.default_rng(1)
    n = 600
    frame = pd.DataFrame(
        {
            "y": rng.integers(0, 5, n).astype(float), "g": rng.choice(["u", "v"], n),
            "x": rng.normal(size=n), "q": [f"list {i // 6}" for i in range(n)],
            "c": rng.choice(["a", "b", "c"], n), "d": rng.choice(["a", "b", "c"], n),
            "t": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 200, n), "D"),
        }
    )  # fmt: skip
    frame["p"] = frame["y"] + rng.normal(size=n)
    workspace = Workspace.create(tmp_path / "workspace")
    a_product(workspace, "other", frame, f"name: Other\nowner: Ada\n{KINDS[kind]}")
    measured = open_playbook("evaluation", "other", str(workspace.folder)).case.evidence.get(kind)
    assert measured.estimates
    assert measured.summary().text
    for playbook in playbooks():
        book = open_playbook(playbook.name, "other", str(workspace.folder))
        verdict = book.conclude().record.verdict
        assert verdict != "go", playbook.name
        for name in NAMES:
            shown = book.evidence(name).summary()
            assert isinstance(shown, Html), name
