"""The command line as an operator meets it: honest exit statuses and one sentence per fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
GOOD = "id,y,s,p,g\n" + "".join(
    f"{i},{'yes' if i % 3 == 0 else 'no'},{0.9 if i % 2 else 0.1},{'yes' if i % 2 else 'no'},"
    f"{'a' if i % 5 else 'b'}\n"
    for i in range(200)
)


def playbook(
    *arguments: str | Path, cwd: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, in a process of its own."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PLAYBOOK_")}
    return subprocess.run(
        [sys.executable, "-m", "playbook.cli", *map(str, arguments)],
        cwd=cwd,
        env={**clean, **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def new(tmp_path: Path, text: str | bytes, *more: str) -> subprocess.CompletedProcess[str]:
    """``playbook new thing --table table.csv`` with the roles of `GOOD`."""
    table = tmp_path / "table.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    roles = ("--label", "y", "--score", "s", "--prediction", "p", "--positive", "yes",
             "--favourable", "no", "--groups", "g", "--id", "id")  # fmt: skip
    return playbook("new", "thing", "--table", table, *roles, *more, cwd=tmp_path)


def is_one_sentence(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Exit status 2, one line on standard error with all `parts`, nothing on standard output."""
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for part in parts:
        assert part in done.stderr, done.stderr


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = playbook("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in ("demo", "new", "run", "check", "export", "import", "lab", "app", "schedule",
                    "cluster-check"):  # fmt: skip
        assert f"  {command} " in done.stdout
        assert playbook(command, "--help", cwd=tmp_path).returncode == 0


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, playbook.cli; print(sorted({'pandas','ibis','altair','sqlalchemy',"
    code += "'pydantic','papermill','nbformat'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_new_product_from_a_table_is_ready_to_run(tmp_path: Path) -> None:
    done = new(tmp_path, GOOD)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "workspace/products/thing/product.yaml").read_text(encoding="utf-8")
    assert "label: y" in text
    assert playbook("check", cwd=tmp_path).returncode == 0


BAD_TABLES = {
    "missing column": (GOOD.replace("id,y,s,p,g", "id,y,s,p,h"), (), ("'g'", "table.csv")),
    "renamed column": (GOOD.replace("id,y,s", "id,y,s1"), (), ("'s'", "Did you mean 's1'?")),
    "no rows": ("id,y,s,p,g\n", (), ("no rows",)),
    "one class": (GOOD.replace(",yes,0", ",no,0"), (), ("'y'", "no")),
    "positive unknown": (GOOD, ("--positive", "denied"), ("denied", "'yes'")),
    "favourable unknown": (GOOD, ("--favourable", "good"), ("good",)),
    "score above 1": (GOOD.replace("0.9", "90"), (), ("'s'", "90")),
    "score missing": (GOOD.replace("3,yes,0.9", "3,yes,"), (), ("'s'",)),
    "score text": (GOOD.replace("0.9", "high"), (), ("'s'",)),
    "not UTF-8": (GOOD.encode().replace(b",a\n", b",caf\xe9\n"), (), ("UTF-8", "latin-1")),
    "semicolons and decimal commas": (
        GOOD.replace(",", ";").replace("0.", "0,"),
        (),
        ('delimiter: ";"', 'decimal: ","'),
    ),
    "duplicate column": (
        GOOD.replace("id,y,s,p,g", "id,y,s,p,p"),
        (),
        ("two columns are named 'p'",),
    ),
    "0 bytes": ("", (), ("empty",)),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_one_sentence_and_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    text, more, parts = BAD_TABLES[name]
    is_one_sentence(new(tmp_path, text, *more), *parts)
    assert list((tmp_path / "workspace/products").iterdir()) == []


@pytest.mark.parametrize(
    ("yes", "no"), [("yes", "no"), ("true", "false"), ("1", "0"), ("Y", "N"), ("good", "bad loan")]
)
def test_labels_of_any_kind_serve_when_positive_names_one(
    tmp_path: Path, yes: str, no: str
) -> None:
    text = GOOD.replace(",yes,", f",{yes},").replace(",no,", f",{no},")
    done = new(tmp_path, text, "--positive", yes, "--favourable", no)
    assert done.returncode == 0, done.stderr


def test_declared_semicolons_and_decimal_commas_are_read(tmp_path: Path) -> None:
    text = GOOD.replace(",", ";").replace("0.", "0,")
    done = new(tmp_path, text, "--delimiter", ";", "--decimal", ",")
    assert done.returncode == 0, done.stderr


def test_a_product_gone_bad_is_left_out_without_a_report_and_others_run(
    own_workspace: Workspace, tmp_path: Path
) -> None:
    (own_workspace.folder / "products/churn/data/decisions.parquet").write_bytes(b"")
    done = playbook(
        "run", "--playbook", "data_strategy", "--workspace", own_workspace.folder, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "churn: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (own_workspace.reports / "churn").exists()
    assert (own_workspace.reports / "mortgage/data_strategy.html").is_file()
    index = (own_workspace.reports / "index.html").read_text(encoding="utf-8")
    assert "decisions.parquet" in index
    assert [p.name for p in own_workspace.reports.rglob(".*")] == []


def test_unknown_names_are_guessed(own_workspace: Workspace, tmp_path: Path) -> None:
    where = ("--workspace", own_workspace.folder)
    is_one_sentence(
        playbook("run", "mortage", *where, cwd=tmp_path), "'mortage'", "Did you mean 'mortgage'?"
    )
    is_one_sentence(
        playbook("run", "--playbook", "evalution", *where, cwd=tmp_path), "mean 'evaluation'?"
    )
    is_one_sentence(playbook("new", "x", "--from", "morgage", *where, cwd=tmp_path), "'mortgage'?")
    is_one_sentence(playbook("new", "../x", "--from", "churn", *where, cwd=tmp_path), "short name")


def test_a_folder_that_is_no_workspace_is_explained(tmp_path: Path) -> None:
    is_one_sentence(playbook("run", cwd=tmp_path), "no workspace here", "playbook demo")


def test_check_names_every_fault(own_workspace: Workspace, tmp_path: Path) -> None:
    (own_workspace.folder / "products/churn/product.yaml").write_text("name: x\n\towner: y\n")
    (own_workspace.folder / "policy.yaml").write_text("thresholds:\n  auc:\n    at_least: 1\n" * 2)
    done = playbook("check", "--workspace", own_workspace.folder, cwd=tmp_path)
    assert done.returncode == 2
    faults = done.stderr.strip().splitlines()
    assert len(faults) == 2
    assert any("line 2, column 1" in f and "tab" in f for f in faults)
    assert any("stands twice" in f and "policy.yaml" in f for f in faults)


def test_export_and_import_round_trip(own_workspace: Workspace, tmp_path: Path) -> None:
    where = ("--workspace", own_workspace.folder)
    first = playbook("export", "mortgage", "-o", tmp_path / "a.yaml", *where, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    again = playbook("import", tmp_path / "a.yaml", *where, cwd=tmp_path)
    assert again.stdout.strip() == "mortgage: 0 answers changed."
    assert playbook("new", "copy", "--from", "mortgage", *where, cwd=tmp_path).returncode == 0
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    assert "# " in text
    changed = text.replace("value: decides_alone", "value: assists")
    assert changed != text
    (tmp_path / "b.yaml").write_text(changed, encoding="utf-8")
    done = playbook("import", tmp_path / "b.yaml", *where, cwd=tmp_path)
    assert done.stdout.strip() == "mortgage: 1 answer changed."


def test_a_bad_import_changes_nothing(own_workspace: Workspace, tmp_path: Path) -> None:
    where = ("--workspace", own_workspace.folder)
    before = own_workspace.answers("mortgage").revision
    (tmp_path / "bad.yaml").write_text(
        "product: mortgage\nanswers:\n  problem_definition:\n"
        "    autonomy: {value: assists}\n    effect_on_peple: {value: negligible}\n"
    )
    is_one_sentence(
        playbook("import", tmp_path / "bad.yaml", *where, cwd=tmp_path),
        "line 5",
        "Did you mean 'effect_on_people'?",
    )
    assert Workspace.open(own_workspace.folder).answers("mortgage").revision == before
