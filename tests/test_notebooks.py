"""What every playbook owes its reader, read from the files alone."""

from __future__ import annotations

import ast
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from playbook.catalog import home, own_playbook, playbooks
from playbook.cellkinds import TASKS

FILES = [home().path, *(p.path for p in playbooks()), own_playbook("own", "Own").path]
TAGS = {
    "parameters", "setup", "about", "answers", "conclusion", "live", "products", "new", "scores",
    *TASKS,
}  # fmt: skip


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in notebook["cells"] if c["cell_type"] == "code"]


def test_the_five_core_playbooks_are_there() -> None:
    assert [p.path.stem for p in playbooks()] == [
        "01_problem_definition",
        "02_data_strategy",
        "03_evaluation",
        "05_ethics_review",
        "06_kpi_alignment",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
class TestNotebook:
    def test_is_valid_and_has_cell_ids(self, path: Path) -> None:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)

    def test_carries_no_outputs_and_no_widget_state(self, path: Path) -> None:
        notebook = load(path)
        assert all(not c["outputs"] and c["execution_count"] is None for c in code_cells(notebook))
        assert "widgets" not in notebook["metadata"]

    def test_opens_with_its_only_h1(self, path: Path) -> None:
        cells = load(path)["cells"]
        headings = [
            line
            for cell in cells
            if cell["cell_type"] == "markdown"
            for line in cell["source"]
            if line.startswith("# ")
        ]
        assert cells[0]["source"][0].startswith("# ")
        assert len(headings) == 1
        assert load(path)["metadata"]["title"] == headings[0].removeprefix("# ").strip()

    def test_cells_are_short(self, path: Path) -> None:
        lines = [
            len([line for line in c["source"] if line.strip()]) for c in code_cells(load(path))
        ]
        assert max(lines) <= 10
        assert sorted(lines)[len(lines) // 2] <= 5

    def test_a_sentence_stands_before_each_cell_of_evidence(self, path: Path) -> None:
        cells = load(path)["cells"]
        for before, cell in pairwise(cells):
            if (
                cell["cell_type"] == "code"
                and not set(cell["metadata"].get("tags", [])) & TAGS - TASKS
            ):
                assert before["cell_type"] == "markdown", "".join(cell["source"])

    def test_tags_are_known_and_the_needed_ones_stand_once(self, path: Path) -> None:
        tags = [t for c in load(path)["cells"] for t in c["metadata"].get("tags", [])]
        assert set(tags) <= TAGS
        ends = ("answers", "conclusion") if path != home().path else ()
        for needed in ("parameters", "setup", *ends):
            assert tags.count(needed) == 1

    def test_code_parses_and_imports_only_the_session(self, path: Path) -> None:
        for cell in code_cells(load(path)):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    assert "setup" in cell["metadata"]["tags"]
