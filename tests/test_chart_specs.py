"""Every chart of every playbook is valid Vega-Lite: in production nobody looks any more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import pytest

from playbook.catalog import PlaybookFile, playbooks
from playbook.evidence import theme
from playbook.workspace import Workspace


@pytest.mark.parametrize("product", ["mortgage", "churn"])
@pytest.mark.parametrize("playbook", playbooks(), ids=lambda p: p.name)
def test_charts_keep_to_the_schema(
    playbook: PlaybookFile,
    product: str,
    demo_workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Mapping[str, Any]] = []
    monkeypatch.setattr(theme, "draw", lambda spec: drawn.append(spec) or "<svg ></svg>")
    cells = json.loads(playbook.path.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names |= {"product": product, "workspace": str(demo_workspace.folder)}
    assert drawn
    for spec in drawn:
        alt.Chart.from_dict(dict(spec), validate=True)
