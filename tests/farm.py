"""A copy of the shipped tree with small notebooks that misbehave when told, and the real command.

Each notebook runs what the variable ``IN_<number>_<product>`` or ``IN_<number>`` says, and then
comes to its conclusion as the shipped one does. Nothing else of the copy differs, so it is not
touched by whoever edits the repository meanwhile, and the marks of its library stay the same.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import psutil
import pytest

from playbook.catalog import playbooks
from playbook.files import is_report
from playbook.session.record import Record
from playbook.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = {playbook.name: playbook.number for playbook in playbooks()}
PRODUCTS = ("ant", "bee")
PATIENCE = 120
"""Seconds after which what does not come is not waited for any more."""
_SPEC = "templates/jupyter/kernels/playbook/kernel.json"
_PRELOAD = ["ibis.backends.duckdb", "playbook.session.book", "playbook.store"]
_FAULT = """
import os, signal, sys, time
from pathlib import Path
number, sign = "{number}", Path(os.environ.get("SIGNS", "."), "{number}-" + product)
exec(os.environ.get(f"IN_{{number}}_{{product}}", os.environ.get(f"IN_{{number}}", "")))
"""
_CONCLUSION = 'open_playbook("{name}", product, workspace, confidence).conclude()'
HANG = "sign.touch(); time.sleep(600)"


@dataclass
class Farm:
    """The tree, and a workspace in a folder of its own."""

    tree: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    _started: list[psutil.Process] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def reports(self) -> Path:
        return self.workspace / "reports"

    @property
    def signs(self) -> Path:
        """Where notebooks say that they have come to a point."""
        return self.folder / "signs"

    def environment(self, **more: str) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PLAYBOOK_")}
        own = {
            "PYTHONPATH": str(self.tree / "lib"),
            "PLAYBOOK_WORKSPACE": str(self.workspace),
            "SIGNS": str(self.signs),
            "TMPDIR": str(self.folder / "tmp"),
        }
        return {**clean, **own, **self.variables, **more}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """``playbook run`` to its end; no traceback is ever shown."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=600)
        assert "Traceback" not in out + err, out + err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """``playbook run`` in a session of its own, as from a terminal of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "playbook.cli", "run", *arguments],
            cwd=self.folder,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background may have it ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._started.append(psutil.Process(process.pid))
        return process

    def wait_for(self, *signs: str) -> None:
        """Until the notebooks have left these signs, such as ``"03-ant"``."""
        assert eventually(lambda: all((self.signs / s).exists() for s in signs)), signs

    def report(self, slug: str, name: str) -> Path:
        return self.reports / slug / f"{name}.html"

    def made(self) -> set[tuple[str, str]]:
        """Product and number of every report; all of them are whole, and nothing else is there."""
        found = set()
        for path in sorted(self.reports.rglob("*")):
            if path.is_dir():
                continue
            assert is_report(path.name), path
            if path.suffix == ".html" and path.parent != self.reports:
                assert path.read_text(encoding="utf-8").rstrip().endswith("</html>"), path
                record = path.with_suffix(".json").read_text(encoding="utf-8")
                Record.model_validate_json(record)
                found.add((path.parent.name, NUMBERS[path.stem]))
        return found

    def runs(self) -> list[tuple[str, str, str]]:
        """Product, number and outcome of the newest runs."""
        with Workspace(self.workspace).runs as store:
            newest = store.newest().values()
        return sorted((r.product, NUMBERS[r.playbook], r.outcome) for r in newest)

    def end(self) -> None:
        for process in self._started:
            for one in family(process):
                one.kill()


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that it has started; nothing if it is gone."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


def gone(processes: list[psutil.Process]) -> bool:
    """Whether all of them end within seconds."""
    return not psutil.wait_procs(processes, timeout=10)[1]


def ran(done: subprocess.CompletedProcess[str]) -> set[tuple[str, str]]:
    """Product and number of every notebook that ran, from the lines of the log."""
    return {_place(line) for line in task_lines(done)}


def failures(done: subprocess.CompletedProcess[str]) -> dict[tuple[str, str], str]:
    """What the log says of each notebook that failed; one line each."""
    lines = [line for line in task_lines(done) if "  FAILED: " in line]
    found = {_place(line): line.partition("  FAILED: ")[2] for line in lines}
    assert len(found) == len(lines), done.stderr
    return found


def task_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = [line for line in done.stderr.splitlines() if line.endswith(" s")]
    return [line for line in lines if line.split()[0] in PRODUCTS]


def _place(line: str) -> tuple[str, str]:
    slug, stem = line.split()[:2]
    return slug, stem[:2]


@pytest.fixture(scope="session")
def farm_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library and its templates as they are, and the small notebooks; never changed."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "lib/playbook", tree / "lib/playbook")
    shutil.copytree(ROOT / "templates", tree / "templates")
    (tree / "playbooks").mkdir()
    shutil.copy2(ROOT / "playbooks/portfolio.ipynb", tree / "playbooks")
    for playbook in playbooks():
        text = _small(playbook.path, playbook.name, playbook.number)
        (tree / "playbooks" / playbook.path.name).write_text(text, encoding="utf-8")
    spec = json.loads((tree / _SPEC).read_text(encoding="utf-8"))
    spec["metadata"]["kernel_provisioner"]["config"]["preload"] = _PRELOAD
    (tree / _SPEC).write_text(json.dumps(spec), encoding="utf-8")
    return tree


def _small(path: Path, name: str, number: str) -> str:
    shipped = nbformat.read(path, 4)
    kept = [c for c in shipped.cells if {"parameters", "setup"} & {*c.metadata.get("tags", [])}]
    cells = [nbformat.v4.new_code_cell(_FAULT.format(number=number)),
             nbformat.v4.new_code_cell(_CONCLUSION.format(name=name))]  # fmt: skip
    return nbformat.writes(
        nbformat.v4.new_notebook(cells=[*kept, *cells], metadata=shipped.metadata)
    )


@pytest.fixture
def farm(farm_tree: Path, tmp_path: Path) -> Iterator[Farm]:
    """Two products at the stage of an idea, without a table or answers."""
    made = Farm(farm_tree, tmp_path)
    for folder in (made.signs, tmp_path / "tmp"):
        folder.mkdir()
    plant(made.workspace)
    yield made
    made.end()


def plant(workspace: Path) -> None:
    """Make the products in a folder that is there or not."""
    for slug in PRODUCTS:
        product = workspace / "products" / slug
        product.mkdir(parents=True)
        (product / "product.yaml").write_text(
            f"name: The {slug}\nowner: Me\nstage: idea\nkind: classification\ncurrency: EUR\n",
            encoding="utf-8",
        )
