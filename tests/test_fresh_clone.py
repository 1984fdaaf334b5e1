"""The README's first command in a fresh clone, as a new user types it (the second is this run)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_make_run_in_a_fresh_clone_leaves_an_index_of_reports(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PLAYBOOK_", "MAKE"))}
    done = subprocess.run(
        ["make", "run"],
        cwd=clone,
        env=variables,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    index = clone / "workspace/reports/index.html"
    assert f"Reports: {index}" in done.stdout
    reports = list((clone / "workspace/reports").glob("*/*.html"))
    documents = {"problem_brief.html", "data_card.html"}
    assert len([r for r in reports if r.name not in documents]) == 3 * 5
    assert len([r for r in reports if r.name in documents]) == 3 * 2
    assert {p.name for p in index.parent.glob("portfolio.*")} == {
        f"portfolio.{kind}" for kind in ("html", "json", "xlsx")
    }
    assert all(0 < report.stat().st_size < 3_000_000 for report in reports)
