"""A notebook's parameters, read from its source text: names, types and defaults, all checked."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from playbook.errors import PlaybookError, did_you_mean

_TYPES = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}


def parameters_of(path: Path) -> dict[str, tuple[Any, Any]]:
    """Names in the cell tagged ``parameters``, each with its type and its default.

    Read by `ast` from the source, never by running it; annotations such as ``int | None``,
    ``list[str]`` and ``Literal["a", "b"]`` are understood.

    Raises
    ------
    PlaybookError
        The notebook has no such cell, or a line of it is no plain ``name: type = value``.
    """
    import json

    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError):
        raise PlaybookError(
            "this is not a notebook", where=str(path), remedy="Restore the shipped file"
        ) from None
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise PlaybookError(
            f"{len(tagged)} cells are tagged 'parameters' where one is needed", where=str(path)
        )
    source = tagged[0]["source"]
    found: dict[str, tuple[Any, Any]] = {}
    for line in ast.parse(source if isinstance(source, str) else "".join(source)).body:
        name, annotation, value = _assignment(line, path)
        default = _literal(value, path, line.lineno)
        kind = _type(annotation, path) if annotation else type(default)
        found[name] = (kind, default)
    return found


def check_parameters(path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return `given` where every name and type fits the notebook at `path`.

    Types are exact: ``7`` is no text and ``"true"`` is no truth value.

    Raises
    ------
    PlaybookError
        A name is unknown (with "did you mean") or a value has another type.
    """
    known = parameters_of(path)
    for name, value in given.items():
        if name not in known:
            raise PlaybookError(
                f"{path.name} has no parameter '{name}'", remedy=did_you_mean(name, known)
            )
        kind = known[name][0]
        try:
            TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python(value)
        except ValidationError:
            raise PlaybookError(
                f"the parameter '{name}' of {path.name} is {value!r}",
                remedy=f"Give a value of type {getattr(kind, '__name__', kind)}",
            ) from None
    return dict(given)


def _assignment(line: ast.stmt, path: Path) -> tuple[str, ast.expr | None, ast.expr]:
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
        return line.target.id, line.annotation, line.value
    if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
        return line.targets[0].id, None, line.value
    raise PlaybookError(
        "a line of the parameters cell is not 'name: type = value'",
        where=f"{path}, line {line.lineno} of that cell",
        remedy="Keep only such lines in it",
    )


def _literal(value: ast.expr, path: Path, line: int) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise PlaybookError(
            "a parameter's default is computed",
            where=f"{path}, line {line} of the parameters cell",
            remedy="Write it as a plain value",
        ) from None


def _type(node: ast.expr, path: Path) -> Any:
    """The type an annotation means, without evaluating it."""
    match node:
        case ast.Constant(value=None):
            return NoneType
        case ast.Name(id=name) if name in _TYPES:
            return _TYPES[name]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _type(left, path) | _type(right, path)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
            from typing import Literal

            values = choices.elts if isinstance(choices, ast.Tuple) else [choices]
            return Literal[tuple(ast.literal_eval(v) for v in values)]
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return list[_type(inner, path)]  # type: ignore[misc]
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, inner])):
            return dict[_type(key, path), _type(inner, path)]  # type: ignore[misc]
    raise PlaybookError(
        f"the type '{ast.unparse(node)}' of a parameter is not understood",
        where=str(path),
        remedy=f"Use one of {', '.join(_TYPES)}, Literal[…], or such types joined by |",
    )
