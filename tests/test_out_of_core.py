"""A hundred million rows, about a gigabyte of Parquet, in less than a gigabyte of memory.

To save time they are four times the same quarter; whoever reads them cannot know.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from make_many import write_decisions

ROWS, FILES = 100_000_000, 4
# In a process of its own, as memory once taken is not given back.
AUDIT = """
import json, re, sys
from pathlib import Path

from make_decisions import product
from make_many import LENDING
from playbook.evidence.groups import group_audit
from playbook.evidence.performance import performance
from playbook.evidence.tables import open_decisions

decisions = open_decisions(product(Path(sys.argv[1]), "*.parquet", **LENDING))
audit, measured = group_audit(decisions, minimum_n=30), performance(decisions)
black = audit.row(race="Black")
print(json.dumps({
    "n": decisions.n,
    "black": [black.n, black.n_favourable, black.selection_rate.value],
    "auc": [measured["auc"].low, measured["auc"].value, measured["auc"].high],
    # Not getrusage, which starts from the memory of the process that started this one.
    "kilobytes": int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]),
}))
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_decisions(folder / "0.parquet", ROWS // FILES)
    for number in range(1, FILES):
        (folder / f"{number}.parquet").hardlink_to(folder / "0.parquet")
    yield folder
    for path in folder.glob("*.parquet"):
        path.unlink()


def test_a_hundred_million_rows_are_audited_within_a_gigabyte(many: Path) -> None:
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PLAYBOOK_MEMORY": "600MB", "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, str(many)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    table = duckdb.read_parquet(str(many / "*.parquet"))
    rows, favourable, selected = table.filter("race = 'Black'").aggregate(
        "count(*), count(*) FILTER (label = 'no'), count(*) FILTER (prediction = 'no')"
    ).fetchall()[0]  # fmt: skip
    assert found["n"] == ROWS
    assert found["black"] == [rows, favourable, pytest.approx(selected / rows, rel=1e-12)]
    # Label 1 with chance s, s uniform: AUC = 5/6.
    low, auc, high = found["auc"]
    assert low < 5 / 6 < high
    assert auc == pytest.approx(5 / 6, abs=2e-4)
    assert found["kilobytes"] * 1_024 < 1e9
