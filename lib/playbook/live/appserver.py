"""Voilà as people meet it: a front door that leads home, and kernels that end with their page."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import authenticated
from voila.app import Voila  # type: ignore[import-untyped]

from playbook.catalog import home
from playbook.shipped import shipped

TEMPLATES = "templates/jupyter/server"


class Home(JupyterHandler):
    """Takes whoever comes to the front door home; a token in the address stays behind."""

    @authenticated
    def get(self, _path: str = "") -> None:
        """Send the browser to the home page."""
        self.redirect(f"{self.base_url}voila/render/{home().path.name}")


class Pages(Voila):
    """Voilà with a front door instead of a list of files, and kernels that end with their page."""

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the settings."""
        super().initialize(argv)
        self.voila_configuration.prelaunch_hook = _let_the_page_end_its_kernel

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings, with a login page that looks like ours."""
        settings = super().init_settings()
        ours = FileSystemLoader(str(shipped(TEMPLATES)))
        environment: Environment = settings["jinja2_env"]
        settings["jinja2_env"] = environment.overlay(loader=ours)
        return settings

    def init_handlers(self) -> list[Any]:
        """Voilà's handlers; the first that fits an address answers."""
        root = self.server_url
        return [(root, Home), (root + r"voila/tree(.*)", Home), *super().init_handlers()]


def _let_the_page_end_its_kernel(handler: JupyterHandler, **_: Any) -> None:
    """Voilà's page ends its kernel when it closes; the cookie that lets it is set on asking."""
    str(handler.xsrf_token)
