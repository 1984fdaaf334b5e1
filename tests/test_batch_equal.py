"""What a batch executes in a forked process is what papermill makes with a plain kernel."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

import engineroom
from playbook.batch.children import preload
from playbook.catalog import find_playbook
from playbook.forkedkernel.calls import Call
from playbook.workspace import Workspace

HERE = Path(__file__).resolve().parent
VOLATILE = ("start_time", "end_time", "duration", "output_path", "execution")
PLAYBOOKS = [
    ("mortgage", "05"),
    ("churn", "02"),
    ("unanswered", "01"),
    ("bare", "03"),
    ("bare", "06"),
]
"""Each playbook with some product: an example, another one, one without answers, one without a
table either."""
Both = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    """The notebook at a path, executed by a batch's engine and by papermill with a plain kernel."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("PLAYBOOK_LIVE", "0")
    monkeypatch.setenv("NOTE", str(tmp_path / "note"))

    def run(path: Path, **parameters: str) -> tuple[dict[str, Any], dict[str, Any]]:
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        made = []
        for engine in (forked, plain):
            given = {"input_path": str(path), "output_path": str(out / path.name),
                     "parameters": parameters}  # fmt: skip
            stopped = engine(given)
            notebook = masked(nbformat.read(out / path.name, 4))
            made.append({"stopped by": stopped, "notebook": notebook})
        return made[0], made[1]

    return run


def forked(given: dict[str, Any]) -> str:
    call = Call([sys.executable], preload(), "engineroom:run", given, os.environ)
    call.wait(lambda: False)
    status, stopped = call.outcome()
    assert status == 0
    return str(stopped)


def plain(given: dict[str, Any]) -> str:
    try:
        papermill.execute_notebook(**given, **engineroom.OPTIONS)
    except PapermillExecutionError as error:
        return str(error.ename)
    return ""


def masked(value: Any) -> Any:
    """Without times, and without the random names of the cells that papermill adds."""
    if isinstance(value, dict):
        tags = {"injected-parameters", "papermill-error-cell-tag"}
        added = tags & {*value.get("metadata", {}).get("tags", [])}
        left = {k: masked(v) for k, v in value.items() if k not in VOLATILE}
        return {**left, "id": "added"} if added else left
    if isinstance(value, list):
        return [masked(one) for one in value]
    if isinstance(value, str):  # where IPython puts the source of a cell, in a traceback
        return re.sub(r"(ipykernel_)\d+/\d+\.py|0x[0-9a-f]{8,}", r"\1", value)
    return value


def notebook(path: Path, *sources: str) -> Path:
    first = nbformat.v4.new_code_cell("note = ''", metadata={"tags": ["parameters"]})
    cells = [first, *(nbformat.v4.new_code_cell(source) for source in sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory, demo_workspace: Workspace) -> Workspace:
    folder = tmp_path_factory.mktemp("equal") / "workspace"
    shutil.copytree(demo_workspace.folder, folder)
    shutil.copytree(folder / "products/mortgage", folder / "products/unanswered")
    (folder / "products/bare").mkdir()
    (folder / "products/bare/product.yaml").write_text(
        "name: Bare\nowner: Me\nstage: idea\nkind: classification\ncurrency: EUR\n"
    )
    return Workspace.open(folder)


@pytest.mark.parametrize(("slug", "number"), PLAYBOOKS)
def test_every_playbook_is_executed_as_by_plain_papermill(
    products: Workspace, both: Both, slug: str, number: str
) -> None:
    path = find_playbook(number).path
    ours, theirs = both(path, product=slug, workspace=str(products.folder))
    assert ours == theirs
    assert ours["stopped by"] == ""
    outputs = [o for cell in ours["notebook"]["cells"] for o in cell.get("outputs", [])]
    assert len(outputs) > 5


# ---- what cells may do

OUTPUTS = (
    # text and displays, in their order
    "import sys, warnings, asyncio, math\n"
    "from IPython.display import display, clear_output, update_display, HTML, Markdown, JSON\n"
    "print('one'); print('two', file=sys.stderr); display(HTML('<b>three</b>'))\n"
    "print('four', end=''); sys.stdout.flush(); print(' five', file=sys.stderr); 'six'",
    "print('unfinished', end='')",
    "print('\\x1b[31mred\\x1b[0m', '½ € 🎉', '\\ud83d'.encode('utf-16', 'surrogatepass'))",
    # displays that change later, also from another cell
    "handle = display('first', display_id='mine')\nhandle.update('second')",
    "update_display(Markdown('*third*'), display_id='mine')\ndisplay('again', display_id='mine')",
    "print('gone'); clear_output(); print('stays')",
    "print('gone'); clear_output(wait=True); print('stays')\nclear_output(wait=True)",
    # an event loop of its own
    "await asyncio.sleep(0)\nnap = asyncio.sleep\n"
    "result = await asyncio.gather(nap(0, 1), nap(0, 2))\nresult",
    "async def later():\n    print('in a task')\nawait asyncio.create_task(later())",
    # rich representations
    "class Rich:\n    def _repr_html_(self): return '<i>rich</i>'\n"
    "    def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20), {'width': 3}\n"
    "    def __repr__(self): return 'rich'\nRich()",
    "class Bundle:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'b', 'application/x+json': {'t': (1, 2)}}, {'m': (1,)}\n"
    "display(Bundle(), metadata={'text/plain': {'alt': 'a bundle'}})\nBundle()",
    "display({'application/json': {'bytes': b'ab', 'tuple': (1, (2,))}}, raw=True)",
    "with warnings.catch_warnings(action='ignore'):  # which would name the line that sends it\n"
    "    display({'application/json': {'odd': math.nan, 'far': math.inf}}, raw=True)",
    "display({'application/json': {1: 'a number for a name'}}, raw=True)",
    "JSON({'a': [1, {'b': 2}]})",
    "import pandas as pd\nwide = {f'c{i}': 1 for i in range(30)}\n"
    "frame = pd.DataFrame({'a': range(100), **wide})\nframe",
    "frame.style.set_uuid('x').format(precision=1).set_caption('styled').hide(axis='columns')",
    # what is said besides
    "warnings.warn('careful')\nwarnings.warn('old', DeprecationWarning)",
    "import logging\nlogging.warning('logged')\nlogging.getLogger('a').error('%s', 'b')",
    "import threading\ndef work():\n    print('from a thread')\n    sys.exit(3)\n"
    "t = threading.Thread(target=work)\nt.start()\nt.join()",
    "def broken():\n    raise ValueError('in a thread')\n"
    "t = threading.Thread(target=broken, name='t1')\nt.start()\nt.join()",
    # IPython's own
    "%%bash\necho out\necho err >&2\nfalse || true",
    "%%capture held\nprint('held')",
    "held.stdout",
    "!echo from a shell",
    "import os\nlen(os.popen('echo popen').read())",
    "%precision 2\nmath.pi",
    "a = 1; a",
    "a;",
    "_, _1 if '_1' in globals() else 0, len(In), Out.keys() >= {30}",
    "?len",
    "get_ipython().run_line_magic('pinfo2', 'note')",
    "class Hook:\n    pass\nget_ipython().display_formatter.formatters['text/html'].for_type("
    "Hook, lambda h: '<u>hook</u>')\nHook()",
    "def after(): print('after a cell')\nget_ipython().events.register('post_execute', after)\n'x'",
    "get_ipython().events.unregister('post_execute', after)",
    "__name__, __builtins__.__name__, type(get_ipython()).__name__, input.__name__",
    "sys.stdout.isatty(), sys.stdout.writable(), sys.stdout.encoding, sys.stdin.read()",
    "from IPython.core.display_trap import DisplayTrap\nsys.displayhook(4)",
    "import atexit\natexit.register(print, 'at the end')\nNone",
)


def test_all_that_cells_can_show_is_the_same(both: Both, tmp_path: Path) -> None:
    ours, theirs = both(notebook(tmp_path / "shows.ipynb", *OUTPUTS), note="given")
    assert ours["stopped by"] == theirs["stopped by"] == ""
    same_cells(ours, theirs)
    assert ours == theirs


def same_cells(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    pairs = zip(ours["notebook"]["cells"], theirs["notebook"]["cells"], strict=True)
    for our, their in pairs:
        assert our == their, our["source"]


STOPS = {
    "an exception": "def f(x):\n    return 1 / x\nprint('before')\nf(0)",
    "one within another": "try:\n    {}['a']\nexcept KeyError as e:\n    raise OSError('b') from e",
    "a group": "raise ExceptionGroup('many', [ValueError('a'), TypeError('b')])",
    "a syntax error": "a = (1,\nb = 2",
    "an exit": "raise SystemExit",
    "an exit with a status": "import sys\nsys.exit(3)",
    "an interrupt": "raise KeyboardInterrupt",
    "a question": "input('Name? ')",
    "a password": "import getpass\ngetpass.getpass()",
    "a fault of ours": "from playbook.errors import PlaybookError\nraise PlaybookError('no ink')",
    "a broken representation": "class A:\n    def __repr__(self): raise OSError('no')\nA()",
    "a shell": "%%bash\nexit 3",
    "a magic unknown": "%nothing",
    "awaiting": "async def f():\n    raise ValueError('late')\nawait f()",
}


def test_whatever_stops_a_cell_leaves_the_same_notebook(both: Both, tmp_path: Path) -> None:
    """A cell tagged so raises, and the next runs: fourteen plain kernels would take long."""
    path = notebook(tmp_path / "stops.ipynb", *STOPS.values(), "print('went on')")
    made = nbformat.read(path, 4)
    for cell in made.cells[1:-1]:
        cell.metadata["tags"] = ["raises-exception"]
    nbformat.write(made, path)
    ours, theirs = both(path)
    same_cells(ours, theirs)
    assert ours == theirs


@pytest.mark.parametrize("name", ["an exception", "an exit with a status"])
def test_a_notebook_stops_at_its_first_fault_as_ever(both: Both, tmp_path: Path, name: str) -> None:
    path = notebook(tmp_path / "stop.ipynb", "'before'", STOPS[name], "'never'")
    ours, theirs = both(path)
    assert ours == theirs
    assert [c["cell_type"] for c in ours["notebook"]["cells"]].count("markdown") in {0, 2}


MESS = """
import builtins, locale, os, random, sys, warnings, decimal, signal, logging, gc, socket
import numpy as np, pandas as pd, altair as alt
from pathlib import Path
Path(os.environ['NOTE']).mkdir()
os.chdir(os.environ['NOTE'])
os.environ['MESS'] = '1'; del os.environ['NOTE']
random.seed(1); np.random.seed(1); np.seterr(all='raise')
sys.path.insert(0, '/mess'); sys.modules['mess'] = sys; builtins.mess = 1
warnings.simplefilter('error'); decimal.getcontext().prec = 3
pd.set_option('display.max_rows', 3); alt.data_transformers.disable_max_rows()
signal.signal(signal.SIGUSR1, signal.SIG_IGN); os.umask(0); logging.disable()
gc.disable(); socket.setdefaulttimeout(1); sys.setrecursionlimit(999)
import playbook.catalog
playbook.catalog.playbooks = None
"""
PROBE = """
import builtins, os, sys, warnings, decimal, signal, logging, gc, socket, random
import numpy as np, pandas as pd, altair as alt
import playbook.catalog
[os.getcwd(), 'MESS' in os.environ, 'NOTE' in os.environ, np.geterr(), '/mess' in sys.path,
 'mess' in sys.modules, hasattr(builtins, 'mess'), warnings.filters[0][0],
 decimal.getcontext().prec, pd.get_option('display.max_rows'), alt.data_transformers.active,
 signal.getsignal(signal.SIGUSR1), os.umask(18), logging.root.manager.disable, gc.isenabled(),
 socket.getdefaulttimeout(), sys.getrecursionlimit(), playbook.catalog.playbooks is None,
 'mess' in globals(), len(In), random.getstate() == random.Random(1).getstate(),
 int(np.random.get_state()[1][0]) == 1]
"""
DRAW = "import random, numpy as np\nprint(random.random(), np.random.random())"


def test_nothing_of_one_notebook_reaches_the_next(both: Both, tmp_path: Path) -> None:
    before = forked_output(tmp_path, DRAW)
    mess = notebook(tmp_path / "mess.ipynb", MESS)
    given = {"input_path": str(mess), "output_path": str(mess), "parameters": {}}
    assert forked(given) == ""
    assert (tmp_path / "note").is_dir()
    ours, theirs = both(notebook(tmp_path / "probe.ipynb", PROBE))
    assert ours["notebook"]["cells"][-1]["outputs"] == theirs["notebook"]["cells"][-1]["outputs"]
    assert ours == theirs
    assert forked_output(tmp_path, DRAW) != before


def forked_output(folder: Path, source: str) -> str:
    path = notebook(folder / "one.ipynb", source)
    given = {"input_path": str(path), "output_path": str(path), "parameters": {}}
    assert forked(given) == ""
    return str(nbformat.read(path, 4).cells[-1].outputs[0]["text"])
