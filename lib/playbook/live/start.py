"""Open the playbooks for people: JupyterLab, or pages without code by Voilà.

The pages are copies in the workspace, refreshed at every start (see `playbook.session.pages`).
Servers read their settings from a folder made for this start, which only its owner may read and
which is gone afterwards: no secret on a command line, and nothing of a user's own Jupyter set-up.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playbook.catalog import home
from playbook.errors import PlaybookError
from playbook.evidence.renderer import start_renderer
from playbook.files import write_atomic
from playbook.forms.host import PUBLIC_VARIABLE, WORKSHOP_VARIABLE
from playbook.live.access import Access, local, public, without_secrets
from playbook.session.opening import PRODUCT_VARIABLE
from playbook.session.pages import write_pages
from playbook.shipped import shipped
from playbook.workspace import WORKSPACE_VARIABLE, Workspace

PORTS_TRIED = 50
SERVER = (sys.executable, "-W", "ignore", "-m", "playbook.live.servers")
IDLE_SECONDS = {"lab": 3600, "app": 900}
"""A kernel that no page is connected to ends after so long without work."""


def start_lab(
    folder: Path | None,
    slug: str | None,
    *,
    port: int = 8888,
    browser: bool = True,
    open_to_all: bool = False,
) -> int:
    """Run JupyterLab until it is stopped; returns its exit status.

    It listens on this machine only, with a token, or on all interfaces, with a password.
    """
    access = public() if open_to_all else local()
    pages, environment = _prepare(folder, slug)
    port = _free_port(access.ip, port)
    page = f"doc/tree/{home().path.name}"
    settings = {
        **access.settings(),
        **_kernels("lab"),
        "ServerApp": {
            "root_dir": str(pages),
            "ip": access.ip,
            "port": port,
            "port_retries": 0,
            "open_browser": False,
            "answer_yes": True,
            "terminals_enabled": False,
            "allow_remote_access": open_to_all,
            # Jupyter refuses to run as root unless told; inside a container that is usual.
            "allow_root": True,
            "extra_template_paths": [str(shipped("templates/jupyter/server"))],
            "log_level": "ERROR",
        },
        "LabApp": {"default_url": f"/{page}", "log_level": "ERROR"},
        "ContentsManager": {"pre_save_hook": "playbook.session.pages.without_outputs"},
    }
    with _private_folder() as private, start_renderer() as renderer:
        environment |= _jupyter_paths(private, "jupyter_server_config", settings)
        environment |= renderer.environment
        command = [*SERVER, "lab"]
        return _serve(command, environment, access, port, page, browser, private)


def start_app(
    folder: Path | None,
    slug: str | None,
    *,
    port: int = 8866,
    browser: bool = True,
    open_to_all: bool = False,
    workshop: bool = False,
) -> int:
    """Run Voilà until it is stopped; returns its exit status. Access is as in `start_lab`.

    In a `workshop` every participant answers for themselves.
    """
    access = public() if open_to_all else local()
    pages, environment = _prepare(folder, slug)
    if workshop:
        environment[WORKSHOP_VARIABLE] = "1"
    if open_to_all:
        environment[PUBLIC_VARIABLE] = "1"
    port = _free_port(access.ip, port)
    settings = {
        **access.settings(),
        **_kernels("app"),
        "Voila": {
            "ip": access.ip,
            "port": port,
            "port_retries": 0,
            "root_dir": str(pages),
            "open_browser": False,
            "token": access.token,
            "log_level": "ERROR",
            # As long as the interval, or Tornado grumbles on every connection.
            "tornado_settings": {"ws_ping_interval": 30000, "ws_ping_timeout": 30000},
        },
        "VoilaConfiguration": {
            "template": "playbook",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "strip_sources": True,
            "progressive_rendering": True,
            "show_tracebacks": False,
            "file_allowlist": [],
            "extension_denylist": ["playbook-pages"],
        },
        "VoilaExecutor": {"cell_error_instruction": "Tell whoever set this page up."},
    }
    with _private_folder() as private, start_renderer() as renderer:
        environment |= _jupyter_paths(private, "voila", settings)
        environment |= renderer.environment
        command = [*SERVER, "app", f"--Voila.config_file_paths={private}"]
        return _serve(command, environment, access, port, "", browser, private)


def _prepare(folder: Path | None, slug: str | None) -> tuple[Path, dict[str, str]]:
    workspace = Workspace.create(folder)
    named = {WORKSPACE_VARIABLE: str(workspace.folder)}
    if slug:
        named[PRODUCT_VARIABLE] = workspace.product(slug).slug
    return write_pages(workspace), {**without_secrets(dict(os.environ)), **named}


def _kernels(server: str) -> dict[str, Any]:
    culling = {"cull_idle_timeout": IDLE_SECONDS[server], "cull_interval": 60}
    # Sockets in a private folder: no port for others on the machine to connect to.
    transport = {"transport": "ipc"} if os.name == "posix" else {}
    return {"MappingKernelManager": culling, "KernelManager": transport}


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder that only its owner may enter, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="playbook-") as name:
        yield Path(name)


def _jupyter_paths(private: Path, name: str, settings: dict[str, Any]) -> dict[str, str]:
    """Write the settings; returns the variables by which Jupyter finds them and what we ship."""
    file = private / f"{name}.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(settings), encoding="utf-8")
    ours = str(shipped("templates/jupyter"))
    more = os.environ.get("JUPYTER_PATH")
    return {
        "JUPYTER_CONFIG_DIR": str(private),
        "JUPYTER_CONFIG_PATH": os.pathsep.join([str(private), ours]),
        "JUPYTER_RUNTIME_DIR": str(private),
        "JUPYTER_PATH": os.pathsep.join(filter(None, (ours, more))),
    }


def _free_port(ip: str, wanted: int) -> int:
    """The first free port from `wanted` on."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ip, port))
            return port
    raise PlaybookError(
        f"no port from {wanted} to {wanted + PORTS_TRIED - 1} is free",
        remedy="Stop another server, or choose another one with --port",
    )


def _serve(
    command: list[str],
    environment: dict[str, str],
    access: Access,
    port: int,
    page: str,
    browser: bool,
    private: Path,
) -> int:
    """Run the server, say how to get in once it answers, and end it when we are told to end."""
    server = subprocess.Popen(command, env=environment)

    def end(*_: object) -> None:
        server.terminate()

    signal.signal(signal.SIGTERM, end)
    welcome = threading.Thread(
        target=_welcome, args=(server, access, port, page, browser, private), daemon=True
    )
    welcome.start()
    while True:
        # Ctrl-C reaches the server as well, from the terminal; we wait until it has tidied up.
        with contextlib.suppress(KeyboardInterrupt):
            status = server.wait()
            return 0 if status in (0, -signal.SIGTERM) else status


def _welcome(
    server: subprocess.Popen[bytes],
    access: Access,
    port: int,
    page: str,
    browser: bool,
    private: Path,
) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    else:
        return
    for read in private.glob("*.json"):
        if read.name in {"jupyter_server_config.json", "voila.json"}:
            read.unlink()
    local_address = f"http://127.0.0.1:{port}/{page}"
    if access.hashed:
        print(
            f"Open http://{socket.gethostname()}:{port}/ and log in with the password from "
            "PLAYBOOK_PASSWORD. What travels is not encrypted: on a network that others share, "
            "put this behind a server that speaks HTTPS. Stop with Ctrl-C.",
            flush=True,
        )
    else:
        local_address += f"?token={access.token}"
        print(f"Open {local_address} on this machine. Stop with Ctrl-C.", flush=True)
    if browser:
        # By way of a private file: a browser's command line is for all users to see.
        file = private / "open.html"
        write_atomic(file, f'<meta http-equiv="refresh" content="0;url={local_address}">')
        webbrowser.open(file.as_uri())
