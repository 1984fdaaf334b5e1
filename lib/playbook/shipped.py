"""Where shipped playbooks and templates lie: in the repository, or inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_REPOSITORY = _PACKAGE.parents[1]


def shipped(relative: str) -> Path:
    """Path of a shipped file or folder such as ``templates/policy.yaml``.

    >>> shipped("templates/policy.yaml").name
    'policy.yaml'
    """
    inside = _PACKAGE / "shipped" / relative
    return inside if inside.exists() else _REPOSITORY / relative
