"""A real server that speaks S3, for tests that write to an object store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest

SECRET = "very-secret-key"


@dataclass(frozen=True)
class S3Server:
    """A running server; it is empty but for the bucket ``lake``."""

    address: str

    def refuse_keys(self) -> None:
        """From now on it knows nobody's keys."""
        self._say("reset-auth", b"0")

    def let_in(self) -> None:
        """From now on it takes any keys."""
        self._say("reset-auth", b"inf")

    def reset(self) -> None:
        """Forget all that was put there."""
        self._say("reset", b"")

    def _say(self, what: str, data: bytes) -> None:
        url = f"{self.address}/moto-api/{what}"
        headers = {"Content-Type": "text/plain"}
        urlopen(Request(url, data, headers, method="POST")).close()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    """A server with the bucket ``lake``, and the environment that leads to it."""
    from fsspec import get_filesystem_class
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    running = S3Server(f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    files = get_filesystem_class("s3")
    files.clear_instance_cache()
    try:
        running.let_in()
        running.reset()  # what a late request of the test before has left
        files().makedirs("lake", exist_ok=True)  # a request that timed out is sent twice
        yield running
    finally:
        running.let_in()
        running.reset()
        files.clear_instance_cache()
        server.shutdown()
        thread.join()
        server.server_close()
