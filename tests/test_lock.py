"""The locked requirements are in step with pyproject.toml, and name no index."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def pins(name: str) -> dict[str, str]:
    found = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.lstrip().startswith("#"):
            package, version = line.split(";")[0].strip().split("==")
            found[canonicalize_name(package.split("[")[0])] = version
    return found


def wanted(group: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = {"use": project["project"]["dependencies"], **project["dependency-groups"]}[group]
    return [Requirement(entry) for entry in listed]


@pytest.mark.parametrize(
    ("group", "file"),
    [
        ("use", "requirements.txt"),
        ("use", "requirements-test.txt"),
        ("test", "requirements-test.txt"),
    ],
)
def test_every_direct_dependency_is_pinned_within_its_range(group: str, file: str) -> None:
    locked = pins(file)
    for requirement in wanted(group):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name}: run make lock"
        assert version in requirement.specifier, f"{requirement}: {version}, run make lock"


def test_both_files_agree() -> None:
    use, test = pins("requirements.txt"), pins("requirements-test.txt")
    assert {name: test.get(name) for name in use} == use


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-test.txt"])
def test_no_index_address_is_written_down(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
