"""A model's own file: opened without running anything in it, and asked about spoilt inputs."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy.stats import norm
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from make_decisions import product as a_product
from playbook.errors import NoEvidence, PlaybookError
from playbook.evidence.modelfile import ModelFile, open_model
from playbook.evidence.robustness import Robustness, robustness
from playbook.evidence.robustquality import auc_drop
from playbook.evidence.tables import open_decisions
from playbook.product import Product

INPUTS = ["debt", "income"]


def table(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Applicants denied for their debt; income matters a third as much."""
    rng = np.random.default_rng(seed)
    debt, income = rng.normal(0.4, 0.1, n), rng.normal(50.0, 9.0, n)
    chance = 1 / (1 + np.exp(-(3 * (debt - 0.4) / 0.1 - (income - 50) / 9)))
    denied = np.where(rng.random(n) < chance, "yes", "no")
    return pd.DataFrame({"debt": debt, "income": income, "denied": denied})


def model(frame: pd.DataFrame, inputs: list[str] = INPUTS) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(frame[inputs], frame["denied"])


def stated(folder: Path, frame: pd.DataFrame, file: str | None, **columns: Any) -> Product:
    frame.to_parquet(folder / "data.parquet", index=False)
    named: dict[str, Any] = {"label": "denied", "features": INPUTS} | columns
    return a_product(folder, "data.parquet", **named).model_copy(update={"model": file})


def look(product: Product, **more: Any) -> Robustness:
    return robustness(product, open_decisions(product), **more)


def with_skops(folder: Path, **columns: Any) -> Product:
    """The model learnt from 400 applicants; the table holds 600 others."""
    fitted, frame = model(table()), table(600, seed=4)
    frame["score"] = fitted.predict_proba(frame[INPUTS])[:, 1]
    skops.io.dump(fitted, folder / "model.skops")
    named: dict[str, Any] = {"score": "score", "threshold": 0.5} | columns
    return stated(folder, frame, "model.skops", **named)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Robustness:
    return look(with_skops(tmp_path_factory.mktemp("skops")))


class TestSpoiling:
    def test_quality_as_it_is_equals_scikit_learn(self, found: Robustness) -> None:
        frame = table(600, seed=4)
        score = model(table()).predict_proba(frame[INPUTS])[:, 1]
        auc, error = found.as_is
        assert auc.value == pytest.approx(roc_auc_score(frame["denied"], score), abs=1e-12)
        assert error.value == pytest.approx(((score >= 0.5) != (frame["denied"] == "yes")).mean())
        assert found.agreement
        assert found.agreement.value == 1
        assert found.reproduces

    def test_the_input_that_matters_most_comes_first(self, found: Robustness) -> None:
        assert found.worst
        assert found.worst.input == "debt"
        assert found.worst.cost
        assert found.worst.cost.measure == "error_rate_difference"
        lows = [c.cost.low for c in found.answered if c.cost]
        assert lows == sorted(lows, reverse=True)

    def test_a_change_equals_doing_it_by_hand(self, found: Robustness) -> None:
        frame = table(600, seed=4)
        fitted = model(table())
        positive = frame["denied"] == "yes"
        moved = frame.assign(debt=frame["debt"] + frame["debt"].std())
        was, is_ = (fitted.predict_proba(f[INPUTS])[:, 1] for f in (frame, moved))
        change = next(c for c in found.changes if (c.input, c.change) == ("debt", "higher by 1 SD"))
        assert change.errors
        assert change.flip
        assert change.missed
        assert change.loss
        flagged, before = is_ >= 0.5, was >= 0.5
        assert change.errors.value == pytest.approx(
            (flagged != positive).mean() - (before != positive).mean()
        )
        assert change.flip.value == pytest.approx((flagged != before).mean())
        assert change.missed.value == pytest.approx(
            (~flagged[positive]).mean() - (~before[positive]).mean()
        )
        assert change.loss.value == pytest.approx(
            roc_auc_score(positive, was) - roc_auc_score(positive, is_), abs=1e-12
        )

    def test_a_model_that_refuses_gaps_is_said_to_refuse(self, found: Robustness) -> None:
        assert found.refusing == INPUTS
        missing = [c for c in found.changes if c.change == "missing"]
        assert [c.refused.value for c in missing] == [1, 1]
        assert "no answer where any one input is missing" in found.summary().text

    def test_a_model_that_takes_gaps_answers_without_a_word(self, tmp_path: Path) -> None:
        frame = table()
        filling = make_pipeline(SimpleImputer(), LogisticRegression(C=1e4))
        skops.io.dump(filling.fit(frame[INPUTS], frame["denied"]), tmp_path / "m.skops")
        spoilt = look(stated(tmp_path, frame, "m.skops", threshold=0.5))
        assert spoilt.refusing == []
        assert "It answers even where an input is missing" in spoilt.summary().text
        debt = next(c for c in spoilt.changes if (c.input, c.change) == ("debt", "missing"))
        assert debt.loss
        assert debt.loss.low > 0.1

    def test_another_model_than_the_tables_is_said_first(self, tmp_path: Path) -> None:
        product = with_skops(tmp_path)
        skops.io.dump(model(table(60, seed=9)), tmp_path / "model.skops")
        spoilt = look(product)
        assert not spoilt.reproduces
        assert spoilt.summary().text.startswith("The model file is not the model behind the table")

    def test_only_unseen_rows_are_used_where_the_table_marks_them(self, tmp_path: Path) -> None:
        product = with_skops(tmp_path, unseen="new")
        frame = pd.read_parquet(tmp_path / "data.parquet")
        frame["new"] = [" Yes", "no", None] * 200
        frame.to_parquet(tmp_path / "data.parquet", index=False)
        spoilt = look(product)
        assert (spoilt.n, spoilt.unseen) == (200, True)
        assert "200 rows that the model has not learnt from" in spoilt.summary().text
        frame.assign(new="no").to_parquet(tmp_path / "data.parquet", index=False)
        with pytest.raises(NoEvidence, match="no labelled row is marked as unseen"):
            look(product)

    def test_large_tables_are_sampled_the_same_way_each_time(self, tmp_path: Path) -> None:
        product = with_skops(tmp_path)
        first, again = (look(product, most_rows=100) for _ in range(2))
        assert 60 < first.n < 140
        assert first.estimates == again.estimates

    def test_without_a_threshold_the_tables_decisions_tell_it(self, tmp_path: Path) -> None:
        product = with_skops(tmp_path, threshold=None, prediction="said")
        frame = pd.read_parquet(tmp_path / "data.parquet")
        frame.assign(said=np.where(frame["score"] >= 0.3, "yes", "no")).to_parquet(
            tmp_path / "data.parquet", index=False
        )
        spoilt = look(product)
        assert spoilt.threshold == pytest.approx(frame["score"][frame["score"] >= 0.3].min())

    def test_without_any_decision_auc_alone_is_compared(self, tmp_path: Path) -> None:
        spoilt = look(with_skops(tmp_path, threshold=None))
        assert spoilt.threshold is None
        assert spoilt.flip is None
        assert spoilt.worst
        assert spoilt.worst.cost
        assert spoilt.worst.cost.measure == "robustness_auc_drop"
        assert "AUC falls by" in spoilt.summary().text

    def test_amounts_are_off_by_more(self, tmp_path: Path) -> None:
        frame = table()
        frame["minutes"] = 30 * frame["debt"] + frame["income"]
        frame["predicted"] = frame["minutes"]
        line = LinearRegression().fit(frame[INPUTS], frame["minutes"])
        skops.io.dump(line, tmp_path / "line.skops")
        spoilt = look(
            stated(tmp_path, frame, "line.skops", label="minutes", prediction="predicted",
                   kind="regression")
        )  # fmt: skip
        assert spoilt.reproduces
        two = next(c for c in spoilt.changes if (c.input, c.change) == ("income", "lower by 2 SD"))
        assert two.cost
        assert two.cost.measure == "mean_absolute_error_difference"
        assert two.cost.value == pytest.approx(2 * frame["income"].std())
        assert two.cost.unit == "minutes"
        assert "minutes" in spoilt.summary().text

    def test_texts_are_left_out_or_replaced(self, tmp_path: Path) -> None:
        frame = table()
        frame["branch"] = np.where(frame["denied"] == "yes", "north", "south")
        frame.loc[::5, "branch"] = "<b>east"
        fitted = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
        fitted.fit(frame[["branch"]], frame["denied"])
        skops.io.dump(fitted, tmp_path / "text.skops")
        spoilt = look(stated(tmp_path, frame, "text.skops", features=["branch"], threshold=0.5))
        assert {c.change for c in spoilt.changes} == {"missing", "commonest value"}
        assert spoilt.left_out == ["branch"]
        assert spoilt.joint is None

    def test_names_from_the_file_are_escaped(self, tmp_path: Path) -> None:
        frame = table().rename(columns={"debt": "<b>debt"})
        inputs = ["<b>debt", "income"]
        skops.io.dump(model(frame, inputs), tmp_path / "m.skops")
        spoilt = look(stated(tmp_path, frame, "m.skops", features=inputs, threshold=0.5))
        for shown in (spoilt.summary(), spoilt.table(), spoilt.chart()):
            assert "<b>" not in shown.html
            assert shown.text


def test_paired_intervals_of_lost_auc_cover() -> None:
    """Two views of the same cases, the second noisier; the true loss follows from normal laws."""
    rng = np.random.default_rng(8)
    n, runs, hits = 240, 300, 0
    positive = np.arange(n) % 3 == 0
    truth = norm.cdf(1 / (2 * 0.53) ** 0.5) - norm.cdf(1 / (2 * 1.30) ** 0.5)
    for _ in range(runs):
        core = positive + rng.normal(0, 0.7, n)
        drop = auc_drop(core + rng.normal(0, 0.2, n), core + rng.normal(0, 0.9, n), positive)
        assert drop
        hits += drop.low <= truth <= drop.high
    assert abs(hits / runs - 0.95) <= 3 * (0.95 * 0.05 / runs) ** 0.5


def onnx_file(folder: Path, frame: pd.DataFrame, apart: bool, zipmap: bool) -> Product:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    fitted = model(frame)
    shapes = [(c, FloatTensorType([None, 1])) for c in INPUTS]
    types = shapes if apart else [("X", FloatTensorType([None, 2]))]
    options = {LogisticRegression: {"zipmap": zipmap}}
    written = to_onnx(fitted, initial_types=types, options=options)
    (folder / "model.onnx").write_bytes(written.SerializeToString())
    frame = frame.assign(score=fitted.predict_proba(frame[INPUTS])[:, 1])
    return stated(folder, frame, "model.onnx", score="score", threshold=0.5)


@pytest.mark.parametrize(("apart", "zipmap"), [(True, False), (False, True), (False, False)])
def test_onnx_files_give_the_scores_of_their_model(
    tmp_path: Path, apart: bool, zipmap: bool
) -> None:
    product = onnx_file(tmp_path, table(120), apart, zipmap)
    spoilt = look(product)
    assert spoilt.agreement
    assert spoilt.agreement.value == 1
    assert spoilt.refusing == INPUTS


def opened(folder: Path, name: str, write: Callable[[Path], object] | None = None) -> ModelFile:
    if write:
        write(folder / name)
    return open_model(stated(folder, table(50), name))


class TestHostileFiles:
    @pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.pickle"])
    def test_a_pickle_is_refused_by_its_name(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(PlaybookError, match=r"a pickle.*Save the model with skops"):
            opened(tmp_path, name, lambda p: p.write_bytes(b"anything"))

    @pytest.mark.parametrize("name", ["model.onnx", "model.skops"])
    def test_a_pickle_under_another_name_is_refused_and_never_run(
        self, tmp_path: Path, name: str
    ) -> None:
        class Bomb:
            def __reduce__(self) -> tuple[Any, ...]:
                return Path.touch, (tmp_path / "exploded",)

        with pytest.raises(PlaybookError, match="this is a pickle"):
            opened(tmp_path, name, lambda p: p.write_bytes(pickle.dumps(Bomb())))
        assert not (tmp_path / "exploded").exists()

    def test_an_untrusted_type_is_refused_by_its_name(self, tmp_path: Path) -> None:
        import os

        fitted = make_pipeline(FunctionTransformer(os.system), LogisticRegression())
        with pytest.raises(PlaybookError, match=r"may do more than .*posix\.system"):
            opened(tmp_path, "m.skops", lambda p: skops.io.dump(fitted, p))

    def test_trees_that_skops_does_not_trust_are_to_come_as_onnx(self, tmp_path: Path) -> None:
        frame = table(50)
        trees = HistGradientBoostingClassifier(max_iter=2).fit(frame[INPUTS], frame["denied"])
        with pytest.raises(PlaybookError, match=r"TreePredictor.* Convert it to ONNX"):
            opened(tmp_path, "m.skops", lambda p: skops.io.dump(trees, p))

    def test_something_that_is_no_model_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(PlaybookError, match="no model that predicts"):
            opened(tmp_path, "m.skops", lambda p: skops.io.dump([1, 2], p))

    @pytest.mark.parametrize("name", ["../model.skops", "/etc/hostname", "a/../../x.onnx"])
    def test_a_path_out_of_the_folder_is_refused(self, tmp_path: Path, name: str) -> None:
        inside = tmp_path / "loans"
        inside.mkdir()
        skops.io.dump(model(table(50)), tmp_path / "model.skops")
        with pytest.raises(PlaybookError, match="outside the product's folder"):
            opened(inside, name)

    def test_a_link_out_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        inside = tmp_path / "loans"
        inside.mkdir()
        skops.io.dump(model(table(50)), tmp_path / "model.skops")
        (inside / "model.skops").symlink_to(tmp_path / "model.skops")
        with pytest.raises(PlaybookError, match="outside the product's folder"):
            opened(inside, "model.skops")

    @pytest.mark.parametrize("name", ["m.onnx", "m.skops", "m.txt"])
    def test_rubbish_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(PlaybookError, match=r"neither a skops nor|no ONNX file"):
            opened(tmp_path, name, lambda p: p.write_bytes(b"rubbish"))

    def test_an_archive_that_is_no_skops_file_is_refused(self, tmp_path: Path) -> None:
        def write(path: Path) -> None:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("schema.json", "{}")

        with pytest.raises(PlaybookError, match="cannot be read"):
            opened(tmp_path, "m.skops", write)

    @pytest.mark.parametrize("place", ["../secret.bin", "/etc/hostname"])
    def test_onnx_data_from_outside_the_folder_are_refused(
        self, tmp_path: Path, place: str
    ) -> None:
        inside = tmp_path / "loans"
        inside.mkdir()
        np.arange(1, dtype=np.float32).tofile(tmp_path / "secret.bin")
        with pytest.raises(PlaybookError, match="data from elsewhere"):
            opened(inside, "m.onnx", lambda p: p.write_bytes(_with_data_at(place)))

    def test_an_operator_of_ones_own_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(PlaybookError, match="needs operators"):
            opened(tmp_path, "m.onnx", lambda p: p.write_bytes(_with_operator("Evil", "my.own")))

    def test_a_missing_file_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(PlaybookError, match="there is no model file"):
            opened(tmp_path, "m.onnx")


class TestInputs:
    def test_no_file_is_no_evidence_with_a_remedy(self, tmp_path: Path) -> None:
        with pytest.raises(NoEvidence, match="skops or ONNX"):
            look(stated(tmp_path, table(50), None))

    def test_an_input_the_table_has_not_is_named(self, tmp_path: Path) -> None:
        skops.io.dump(model(table(50)), tmp_path / "m.skops")
        frame = table(50).rename(columns={"income": "wage"})
        with pytest.raises(PlaybookError, match="asks for an input 'income'"):
            look(stated(tmp_path, frame, "m.skops", features=["debt", "wage"]))

    def test_a_wrong_number_of_inputs_is_said(self, tmp_path: Path) -> None:
        frame = table(50)
        nameless = LogisticRegression().fit(frame[["debt"]].to_numpy(), frame["denied"])
        skops.io.dump(nameless, tmp_path / "m.skops")
        with pytest.raises(PlaybookError, match="reads 1 inputs"):
            look(stated(tmp_path, frame, "m.skops"))

    def test_no_features_is_no_evidence(self, tmp_path: Path) -> None:
        skops.io.dump(model(table(50)), tmp_path / "m.skops")
        with pytest.raises(NoEvidence, match="which columns the model reads"):
            look(stated(tmp_path, table(50), "m.skops", features=[]))

    def test_texts_where_numbers_are_read_are_said(self, tmp_path: Path) -> None:
        skops.io.dump(model(table(50)), tmp_path / "m.skops")
        with pytest.raises(PlaybookError, match="cannot read these inputs"):
            look(stated(tmp_path, table(50).assign(debt="much"), "m.skops"))

    def test_more_than_two_outcomes_are_said(self, tmp_path: Path) -> None:
        frame = table(60)
        three = LogisticRegression().fit(frame[INPUTS], ["yes", "no", "later"] * 20)
        skops.io.dump(three, tmp_path / "m.skops")
        with pytest.raises(PlaybookError, match="returns 3 numbers for each case"):
            look(stated(tmp_path, frame, "m.skops"))

    def test_the_positive_class_is_found_by_its_name(self, tmp_path: Path) -> None:
        frame = table()
        renamed = frame.assign(denied=frame["denied"].map({"yes": "a yes", "no": "b no"}))
        skops.io.dump(model(renamed), tmp_path / "m.skops")
        product = stated(tmp_path, renamed, "m.skops", positive="a yes", threshold=0.5)
        auc = look(product).as_is[0]
        assert auc.value > 0.8


def _with_data_at(place: str) -> bytes:
    from onnx import TensorProto, helper

    weight = TensorProto(name="w", data_type=1, dims=[1], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", place), ("offset", "0"), ("length", "4")):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    return _graph(helper.make_node("Add", ["x", "w"], ["y"]), [weight])


def _with_operator(name: str, domain: str) -> bytes:
    from onnx import helper

    return _graph(helper.make_node(name, ["x"], ["y"], domain=domain), [], domain)


def _graph(node: Any, weights: list[Any], domain: str = "") -> bytes:
    from onnx import helper

    x, y = (helper.make_tensor_value_info(name, 1, [None, 2]) for name in "xy")
    graph = helper.make_graph([node], "g", [x], [y], weights)
    known = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    written = helper.make_model(graph, opset_imports=known, ir_version=8)
    return bytes(written.SerializeToString())
