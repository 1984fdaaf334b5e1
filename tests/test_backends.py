"""The same counts, through the same code, from DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from make_decisions import from_frame, product
from playbook.evidence.counts import BINS, count
from playbook.evidence.groups import group_audit
from playbook.evidence.performance import performance
from playbook.evidence.quality import audit
from playbook.evidence.tables import Decisions, open_decisions

ROWS = 3_000
PARTS: dict[str, Any] = {
    "id": "number",
    "label": "denied",
    "score": "score",
    "prediction": "prediction",
    "time": "day",
    "weight": "weight",
    "groups": ["race", "age"],
    "bins": {"age": [25, 45, 65]},
    "favourable": "no",
    "threshold": 0.37,
}


def applications(distinct: int | None) -> pd.DataFrame:
    """Applications with everything that a table can have; scores of their own, or `distinct`."""
    rng = np.random.default_rng(11)
    score = rng.random(ROWS)
    if distinct:
        score = np.round(score * distinct) / distinct
    label = np.where(rng.random(ROWS) < score, "yes", "no").astype(object)
    label[rng.random(ROWS) < 0.01] = None
    return pd.DataFrame(
        {
            "number": np.arange(ROWS),
            "denied": label,
            "score": score,
            "prediction": np.where(score >= 0.37, "Yes", "No"),
            "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 120, ROWS), "D"),
            "weight": rng.choice([0.5, 1.0, 2.0], ROWS),
            "race": rng.choice(["White", "Black", "  ", None], ROWS, p=[0.7, 0.2, 0.05, 0.05]),
            "age": np.where(rng.random(ROWS) < 0.02, np.nan, rng.integers(18, 90, ROWS)),
        }
    )


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real Spark, in this process's own Java."""
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        # For a table as small as this, making Java code of a query takes longer than running it.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("spark")))
        .getOrCreate()
    )
    yield session
    session.stop()


def on_postgresql(folder: Path, frame: pd.DataFrame, url: str) -> Decisions:
    address = make_url(url)
    engine = sqlalchemy.create_engine(address.set(drivername="postgresql+psycopg"))
    frame.to_sql("loans", engine, index=False)
    engine.dispose()
    password = quote(str(address.password), safe="")
    source = f"postgres://{address.username}:{password}@/{address.database}"
    source += f"?host={address.query['host']}"
    return open_decisions(product(folder, source, table="loans", **PARTS))


def on_spark(folder: Path, frame: pd.DataFrame, spark: Any) -> Decisions:
    path = folder / "spark.parquet"
    frame.to_parquet(path, index=False, coerce_timestamps="us")
    spark.read.parquet(str(path)).createOrReplaceTempView("loans")
    return open_decisions(product(folder, "pyspark://", table="loans", **PARTS))


@pytest.fixture(params=["postgresql", "spark"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Opens a frame on another engine."""
    if request.param == "spark":
        session = request.getfixturevalue("spark")
        return lambda frame: on_spark(tmp_path, frame, session)
    url = request.getfixturevalue("postgres_url")
    return lambda frame: on_postgresql(tmp_path, frame, url)


@pytest.mark.parametrize("distinct", [None, 100])
def test_the_same_counts_come_from_every_engine(
    tmp_path: Path, elsewhere: Any, distinct: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playbook.evidence.counts.EXACT_SCORES", 1_000)
    frame = applications(distinct)
    there, here = elsewhere(frame), from_frame(tmp_path, frame, **PARTS)
    assert (there.n, there.n_labelled) == (here.n, here.n_labelled)
    for asked in (
        {"by": ["race", "age"]},
        {"by": ["race"], "scores": True},
        {"by": ["age"], "window": "month"},
        {"by": [], "window": "quarter", "scores": True},
    ):
        ours, theirs = count(here, **asked), count(there, **asked)
        assert (
            ours.bins
            == theirs.bins
            == (
                "none"
                if "scores" not in asked
                else "exact"
                if distinct
                else f"{BINS:,} bins of equal width"
            )
        )
        pd.testing.assert_frame_equal(
            theirs.frame, ours.frame, check_dtype=False, rtol=1e-12, atol=0
        )


def test_the_same_findings_come_from_every_engine(tmp_path: Path, elsewhere: Any) -> None:
    frame = applications(100)
    there, here = elsewhere(frame), from_frame(tmp_path, frame, **PARTS)
    for found in (performance, lambda d: group_audit(d, minimum_n=30)):
        for theirs, ours in zip(found(there).estimates, found(here).estimates, strict=True):
            assert (theirs.measure, theirs.group, theirs.n) == (ours.measure, ours.group, ours.n)
            assert [theirs.value, theirs.low, theirs.high] == pytest.approx(
                [ours.value, ours.low, ours.high], rel=1e-9
            )


def test_the_audit_finds_the_same_on_every_engine(tmp_path: Path, elsewhere: Any) -> None:
    frame = applications(100)
    theirs, ours = audit(elsewhere(frame)), audit(from_frame(tmp_path, frame, **PARTS))
    assert theirs.n == ours.n
    assert theirs.duplicates == ours.duplicates
    for there, here in zip(theirs.columns, ours.columns, strict=True):
        assert (there.name, there.missing, there.minimum, there.maximum) == (
            here.name, here.missing, here.minimum, here.maximum,
        )  # fmt: skip
        assert there.distinct == pytest.approx(here.distinct, rel=0.1)
