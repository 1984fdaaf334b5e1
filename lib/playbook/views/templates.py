"""The shipped Jinja2 templates, escaped by default; an undefined name is an error, not a gap."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from playbook.shipped import shipped


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(shipped("templates/report")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, **context: Any) -> Markup:
    """Fill ``templates/report/<name>``; everything in `context` is escaped unless `Markup`."""
    return Markup(_environment().get_template(name).render(**context))
