"""The script with which an example's tables were made."""

from __future__ import annotations

import importlib.util
from types import ModuleType

from playbook.shipped import shipped


def build_script(slug: str) -> ModuleType:
    """``build.py`` of the example `slug`, imported."""
    path = shipped(f"templates/products/{slug}/build.py")
    spec = importlib.util.spec_from_file_location(f"{slug.replace('-', '_')}_build", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
