"""The house has floors: a module imports only from its own floor or from those below."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "lib" / "playbook"
FLOORS = {
    "evidence": 1,
    "checks": 2,
    "session": 3,
    "forms": 3,
    "documents": 3,
    "views": 3,
    "batch": 4,
    "report": 4,
    "live": 4,
    "commands": 5,
    "cli": 5,
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def floor_of(module: str) -> int:
    """The floor of ``playbook.checks.rules`` is that of ``checks``; root modules are on 0."""
    parts = module.split(".")
    return FLOORS.get(parts[1], 0) if len(parts) > 1 else 0


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "playbook"}


def name_of(path: Path) -> str:
    return ".".join(("playbook", *path.relative_to(PACKAGE).with_suffix("").parts))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_only_from_lower_floors(path: Path) -> None:
    here = floor_of(name_of(path))
    above = {name for name in imports_of(path) if floor_of(name) > here}
    assert not above, f"{name_of(path)} (floor {here}) reaches up to {sorted(above)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_fits_in_a_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_evidence_knows_no_widget_and_checks_know_no_chart() -> None:
    for path in (PACKAGE / "evidence").glob("*.py"):
        assert not {"ipywidgets", "anywidget", "IPython"} & roots(path), path.name
    for path in (PACKAGE / "checks").glob("*.py"):
        assert not {"altair", "vl_convert", "pandas"} & roots(path), path.name


def roots(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
