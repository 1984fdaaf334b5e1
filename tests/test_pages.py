"""Pages: copies of the playbooks in the workspace. What a browser makes of them is in test_live."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from playbook.catalog import home, playbooks, portfolio
from playbook.errors import PlaybookError
from playbook.live.access import PASSWORD_VARIABLE, local, public, without_secrets
from playbook.session.faults import sentence_for, tell_plainly
from playbook.session.pages import without_outputs, write_pages
from playbook.workspace import Workspace


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def parameters(notebook: dict[str, Any]) -> str:
    tagged = [c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", [])]
    return "".join(tagged[0]["source"])


def test_a_page_per_product_and_playbook_with_home_above_them(own_workspace: Workspace) -> None:
    folder = write_pages(own_workspace)
    names = [p.path.name for p in playbooks()]
    expected = {
        home().path.name,
        portfolio().path.name,
        *(f"{s}/{n}" for s in own_workspace.slugs() for n in names),
    }
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == expected


def test_a_page_knows_its_product_runs_by_itself_and_shows_no_code(
    own_workspace: Workspace,
) -> None:
    page = read(write_pages(own_workspace) / "churn" / "03_evaluation.ipynb")
    given = {
        line.target.id: ast.literal_eval(line.value)  # type: ignore[union-attr, arg-type]
        for line in ast.parse(parameters(page)).body
    }
    assert given["product"] == "churn"
    assert given["workspace"] == ""
    assert page["metadata"]["playbook"] == {"autorun": True}
    assert page["metadata"]["kernelspec"]["name"] == "playbook"
    code = [c for c in page["cells"] if c["cell_type"] == "code"]
    assert all(c["metadata"]["jupyter"]["source_hidden"] for c in code)
    assert not any(c["outputs"] for c in code)


def test_pages_of_one_product_leave_the_others_alone(own_workspace: Workspace) -> None:
    folder = write_pages(own_workspace, "churn")
    assert (folder / "churn").is_dir()
    assert not (folder / "mortgage").exists()
    with pytest.raises(PlaybookError, match="short name"):
        write_pages(own_workspace, "../churn")


def test_an_open_page_is_not_touched_unless_it_differs(own_workspace: Workspace) -> None:
    folder = write_pages(own_workspace)
    page, other = folder / "churn" / "03_evaluation.ipynb", folder / home().path.name
    written = page.stat().st_mtime_ns, page.stat().st_ino
    other.write_text("{}", encoding="utf-8")
    write_pages(own_workspace)
    assert (page.stat().st_mtime_ns, page.stat().st_ino) == written
    assert read(other)["metadata"]["playbook"]


def test_pages_of_the_former_layout_and_of_a_product_that_is_gone_are_removed(
    own_workspace: Workspace,
) -> None:
    folder = own_workspace.folder / "playbooks"
    mine = folder / "gone" / "my notes.txt"
    for place in (folder, folder / "gone", folder / "empty"):
        place.mkdir(exist_ok=True)
        (place / "03_evaluation.ipynb").write_text("{}", encoding="utf-8")
    mine.write_text("kept", encoding="utf-8")
    write_pages(own_workspace)
    assert not (folder / "03_evaluation.ipynb").exists()
    assert not (folder / "empty").exists()
    assert [p.name for p in (folder / "gone").iterdir()] == [mine.name]


def test_an_empty_workspace_has_the_home_page(tmp_path: Path) -> None:
    folder = write_pages(Workspace.create(tmp_path))
    assert {p.name for p in folder.iterdir()} == {home().path.name, portfolio().path.name}


def test_a_saved_page_holds_nothing_that_was_typed() -> None:
    typed = {"output_type": "stream", "name": "stdout", "text": "typed by a person"}
    page = {
        "metadata": {"playbook": {"autorun": True}, "widgets": {"state": "typed by a person"}},
        "cells": [{"cell_type": "code", "source": "1", "outputs": [typed], "execution_count": 4}],
    }
    without_outputs({"type": "notebook", "content": page}, path="x", contents_manager=None)
    assert "typed" not in json.dumps(page)
    own = {"metadata": {}, "cells": [{"cell_type": "code", "outputs": [typed]}]}
    without_outputs({"type": "notebook", "content": own}, path="x", contents_manager=None)
    assert "typed" in json.dumps(own)  # a notebook of somebody's own is not our business


def test_a_fault_is_one_escaped_sentence() -> None:
    said = sentence_for(PlaybookError("the column '<b>' is missing", remedy="Add it"))
    assert "&lt;b&gt;" in said.html
    assert said.text == "the column '<b>' is missing. Add it."
    unexpected = sentence_for(ValueError("secret\ndetail"))
    assert "ValueError" in unexpected.text
    assert "secret" not in unexpected.text


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """What a kernel has, without a history on disk."""
    yield InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    InteractiveShell.clear_instance()


def test_echoes_of_a_fault_stay_silent(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_plainly()
    shell.run_cell("book = 1 / 0")
    first = capsys.readouterr()
    assert "unexpected fault (ZeroDivisionError)" in first.out
    assert "Traceback" not in first.out
    assert "Traceback" in first.err  # for developers; pages do not show this stream
    shell.run_cell("book.about()")
    shell.run_cell("from playbook.errors import PlaybookError\nraise PlaybookError('no table')")
    assert capsys.readouterr().out.strip() == "no table."


@pytest.mark.parametrize("password", ["", "elevenchars"])
def test_the_network_is_refused_without_a_long_password(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, password)
    with pytest.raises(PlaybookError, match=r"run code.*at least 12 characters") as refused:
        public()
    assert not password or password not in str(refused.value)


def test_the_password_is_hashed_and_tokens_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "correct horse battery")
    access = public()
    assert access.hashed.startswith("argon2:")
    assert "horse" not in json.dumps(access.settings())
    assert access.ip == "0.0.0.0"
    assert local().ip == "127.0.0.1"
    assert local().token != local().token


def test_servers_and_kernels_inherit_no_secret() -> None:
    given = {"PATH": "p", PASSWORD_VARIABLE: "x", "JUPYTER_TOKEN": "y"}
    assert without_secrets(given) == {"PATH": "p"}
