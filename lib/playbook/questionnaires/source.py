"""Read a stranger's file: never too large, never too deep, nothing standing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from playbook.errors import PlaybookError
from playbook.yamlfile import parse_yaml, plain

Format = Literal["deon", "SurveyJS"]
MAX_BYTES = {"JSON": 5_000_000, "YAML": 500_000}
"""YAML is read with the place of every word, which takes its time."""


def read_source(path: Path) -> tuple[Format, dict[str, Any]]:
    """Which format a file is in, and what it holds.

    Raises
    ------
    PlaybookError
        It cannot be read, is too large, is neither JSON nor YAML, or no questionnaire we know.
    """
    text = _text(path)
    try:
        is_json = text.lstrip()[:1] in {"{", "["}
        data = _json(text, path.name) if is_json else plain(parse_yaml(text, path.name))
    except RecursionError:
        raise PlaybookError(
            "this file is nested too deeply", where=path.name, remedy="Simplify it"
        ) from None
    form = _format(data)
    if form is None:
        raise PlaybookError(
            "this is neither a deon checklist nor a SurveyJS questionnaire",
            where=path.name,
            remedy="Give YAML with 'sections:' that hold 'lines:', or JSON with 'pages' that hold "
            "'elements'",
        )
    return form, data


def _text(path: Path) -> str:
    most = max(MAX_BYTES.values())
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise PlaybookError(
            f"this file cannot be read ({error.strerror})", where=path.name, remedy="Check the path"
        ) from None
    except UnicodeDecodeError as error:
        raise PlaybookError(
            f"this file is not UTF-8 text (byte {error.start + 1})",
            where=path.name,
            remedy="Save it as UTF-8",
        ) from None
    kind = "JSON" if text.lstrip()[:1] in {"{", "["} else "YAML"
    if len(data) > MAX_BYTES[kind]:
        raise PlaybookError(
            f"this file is larger than {MAX_BYTES[kind] / 1e6:g} MB",
            where=path.name,
            remedy="Split it into several questionnaires",
        )
    return text


def _json(text: str, where: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held: dict[str, Any] = {}
        for key, value in pairs:
            if key in held:
                raise PlaybookError(
                    f"the key '{key[:60]}' stands twice in one group",
                    where=where,
                    remedy="Keep one of the two",
                )
            held[key] = value
        return held

    def no_number(name: str) -> Any:
        raise ValueError(f"'{name}' is no number")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except json.JSONDecodeError as error:
        raise PlaybookError(
            f"this is not valid JSON ({error.msg})",
            where=f"{where}, line {error.lineno}, column {error.colno}",
            remedy="Export it again; comments and trailing commas are not allowed",
        ) from None
    except ValueError as error:
        raise PlaybookError(
            f"this is not valid JSON ({error})", where=where, remedy="Export it again"
        ) from None


def _format(data: Any) -> Format | None:
    if not isinstance(data, dict):
        return None
    sections = data.get("sections")
    if isinstance(sections, list) and any(isinstance(s, dict) and "lines" in s for s in sections):
        return "deon"
    if any(isinstance(data.get(key), list) for key in ("pages", "elements", "questions")):
        return "SurveyJS"
    return None
