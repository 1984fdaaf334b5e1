"""The small example: rebuilt from scikit-learn's table, honest about what 569 samples decide."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from examplebuild import build_script
from playbook.answers import Answers
from playbook.catalog import playbooks
from playbook.checks.case import Case
from playbook.errors import NoEvidence
from playbook.evidence.bundle import Evidence
from playbook.evidence.modelfile import open_model
from playbook.evidence.robustness import Robustness
from playbook.interchange import import_answers
from playbook.policy import load_policy
from playbook.product import Product, load_product
from playbook.questionfiles import load_questions
from playbook.shipped import shipped
from playbook.tier import risk_tier

FOLDER = shipped("templates/products/tumour")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return build_script("tumour")


@pytest.fixture(scope="module")
def built(script: ModuleType) -> tuple[pd.DataFrame, Pipeline]:
    return script.build(script.samples())


@pytest.fixture(scope="module")
def decisions() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "data/decisions.parquet")


@pytest.fixture(scope="module")
def product() -> Product:
    return load_product(FOLDER)


def test_the_script_rebuilds_the_table(
    built: tuple[pd.DataFrame, Pipeline], decisions: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(built[0], decisions, check_dtype=False, atol=2e-6, rtol=0)


def test_all_samples_are_there_and_none_is_perfectly_told(decisions: pd.DataFrame) -> None:
    malignant = decisions["diagnosis"] == "malignant"
    assert (len(decisions), malignant.sum(), decisions["sample_id"].nunique()) == (569, 212, 569)
    assert 0.93 < roc_auc_score(malignant, decisions["score"]) < 0.97


@pytest.mark.parametrize("half", ["no", "yes"])
def test_no_sample_is_scored_by_a_model_that_saw_it(
    script: ModuleType, decisions: pd.DataFrame, half: str
) -> None:
    """Either half's scores are those of a model that learnt from the other half and no more."""
    own = decisions["unseen"] == half
    learnt = decisions[~own]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(learnt[script.INPUTS], learnt["diagnosis"] == "malignant")
    found = model.predict_proba(decisions.loc[own, script.INPUTS])[:, 1]
    assert found == pytest.approx(decisions.loc[own, "score"].to_numpy(), abs=2e-6)


def test_the_model_file_gives_unseen_samples_the_scores_of_the_table(
    product: Product, decisions: pd.DataFrame
) -> None:
    unseen = decisions[decisions["unseen"] == "yes"]
    found = open_model(product).predict(unseen)
    assert found == pytest.approx(unseen["score"].to_numpy(), abs=1e-5)
    assert (FOLDER / "model.onnx").stat().st_size < 5_000


def test_the_file_is_what_the_script_writes(
    script: ModuleType, built: tuple[pd.DataFrame, Pipeline], decisions: pd.DataFrame
) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(script.as_onnx(built[1]))
    fed = {name: decisions[[name]].to_numpy(np.float32) for name in script.INPUTS}
    stored = onnxruntime.InferenceSession(FOLDER / "model.onnx")
    assert np.allclose(session.run(None, fed)[1], stored.run(None, fed)[1], atol=1e-6)


@pytest.fixture(scope="module")
def case(product: Product) -> Case:
    sets = [load_questions(shipped(f"templates/questions/{p.name}.yaml")) for p in playbooks()]
    text = (FOLDER / "answers.yaml").read_text(encoding="utf-8")
    answers = Answers({a.key: a for a in import_answers(text, "answers.yaml", "tumour", sets)})
    policy = load_policy(shipped("templates/policy.yaml"))
    tier = risk_tier(answers)
    assert tier == "high"
    return Case(product, answers, Evidence(product, answers, policy, tier), policy, tier)


def test_the_target_cannot_be_decided_by_so_few_samples(case: Case) -> None:
    """Recall of 95 % is asked for: 212 tumours leave it open."""
    target = float(case.answers.value("problem_definition.success_target")) / 100
    measured = case.evidence.performance
    found = measured["recall"].against(at_least=target)
    assert found.outcome == "inconclusive"
    assert measured["recall"].n == 212
    assert found.n_needed
    assert found.n_needed > 212
    assert case.policy.bar("minimum_rows", "high").value > case.evidence.decisions.n_labelled


def test_nobody_can_judge_groups_that_were_not_recorded(case: Case) -> None:
    assert case.product.decisions
    assert case.product.decisions.columns.groups == []
    with pytest.raises(NoEvidence, match="group"):
        _ = case.evidence.groups


def test_spoilt_measurements_are_tried_on_unseen_samples_only(case: Case) -> None:
    found: Robustness = case.evidence.robustness
    assert (found.n, found.unseen, found.reproduces) == (284, True, True)
    assert found.worst
    assert found.worst.cost
    assert found.worst.cost.low > 0.2
    assert len(found.refusing) == 5
    assert "not learnt from" in found.summary().text


def test_samples_are_no_people(case: Case) -> None:
    evidence = case.evidence
    shown = [evidence.performance.summary(), evidence.performance.table(), evidence.ranks.table(),
             evidence.calibration.table(), evidence.baseline.summary()]  # fmt: skip
    assert "finds 97 of 100 (93 to 98) samples that should be malignant" in shown[0].text
    assert not any("who should be" in view.text for view in shown)
