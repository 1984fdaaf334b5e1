"""A notebook's parameters are read from its source and checked before anything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playbook.batch.parameters import check_parameters, parameters_of
from playbook.catalog import playbooks
from playbook.errors import PlaybookError


def notebook(tmp_path: Path, source: str, tags: tuple[str, ...] = ("parameters",)) -> Path:
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    return path


SOURCE = """\
product: str = ""
cap: int | None = None
share: float = 0.5
mode: Literal["fast", "full"] = "fast"
names: list[str] = []
weights: dict[str, float] = {}
flag = True
"""


def test_types_and_defaults_are_read_without_running_the_cell(tmp_path: Path) -> None:
    found = parameters_of(notebook(tmp_path, SOURCE))
    assert found["cap"] == (int | None, None)
    assert found["share"] == (float, 0.5)
    assert found["flag"] == (bool, True)
    assert list(found) == ["product", "cap", "share", "mode", "names", "weights", "flag"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("cap", 3), ("cap", None), ("share", 1), ("mode", "full"), ("names", ["a"]), ("flag", False)],
)
def test_fitting_values_pass(tmp_path: Path, name: str, value: Any) -> None:
    assert check_parameters(notebook(tmp_path, SOURCE), {name: value}) == {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [("product", 7), ("cap", 1.5), ("share", "0.5"), ("mode", "slow"), ("names", [1]),
     ("flag", "true"), ("flag", 1), ("weights", {"a": "b"})],
)  # fmt: skip
def test_other_types_are_refused_by_name(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(PlaybookError, match=f"the parameter '{name}'"):
        check_parameters(notebook(tmp_path, SOURCE), {name: value})


def test_an_unknown_name_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=r"no parameter 'prodct'. Did you mean 'product'\?"):
        check_parameters(notebook(tmp_path, SOURCE), {"prodct": "x"})


@pytest.mark.parametrize(
    "line", ["x = open('f')", "import os", "x: os.PathLike = 1", "x: int = f()"]
)
def test_code_in_the_parameters_cell_is_refused_not_run(tmp_path: Path, line: str) -> None:
    with pytest.raises(PlaybookError):
        parameters_of(notebook(tmp_path, line))


def test_a_notebook_without_parameters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="tagged 'parameters'"):
        parameters_of(notebook(tmp_path, "x = 1", tags=()))


@pytest.mark.parametrize("playbook", playbooks(), ids=lambda p: p.name)
def test_every_playbook_takes_product_and_workspace(playbook: Any) -> None:
    found = parameters_of(playbook.path)
    assert found["product"] == (str, "")
    assert found["workspace"] == (str, "")
