"""Read YAML a person wrote: YAML 1.2 (so ``no`` stays a word), with the line of every fault."""

from __future__ import annotations

from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from playbook.errors import PlaybookError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> CommentedMap:
    """Read one mapping from `path`.

    Raises
    ------
    PlaybookError
        The file is missing, empty, not UTF-8, not YAML, has a tab or a key twice, or is no mapping.
    """
    return parse_yaml(_text_of(path), where=str(path))


def read_model(model: type[Model], path: Path) -> Model:
    """Read a frozen `model` from `path`; a text read before, here or before a fork, is kept.

    Raises
    ------
    PlaybookError
        As `read_yaml` and `validate`.
    """
    return cast(Model, _model_of(model, _text_of(path), str(path)))


@lru_cache(maxsize=128)
def _model_of(model: type[BaseModel], text: str, where: str) -> BaseModel:
    return validate(model, parse_yaml(text, where), where)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PlaybookError(
            "this file does not exist", where=str(path), remedy="Check the path"
        ) from None
    except IsADirectoryError:
        raise PlaybookError(
            "this is a folder, not a file", where=str(path), remedy="Name the YAML file inside it"
        ) from None
    except UnicodeDecodeError as error:
        raise PlaybookError(
            f"this file is not UTF-8 text (byte {error.start + 1})",
            where=str(path),
            remedy="Save it as UTF-8",
        ) from None


def parse_yaml(text: str, where: str) -> CommentedMap:
    """Parse `text`; `where` names its origin in errors (see `read_yaml`)."""
    try:
        if "*" in text:
            _refuse_aliases(text, where)
        data = YAML(typ="rt", pure=True).load(text)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        key = str(error.problem).split('"')[1] if '"' in str(error.problem) else "a key"
        raise PlaybookError(
            f"the key '{key}' stands twice",
            where=f"{where}, line {line}",
            remedy="Keep one of the two",
        ) from None
    except MarkedYAMLError as error:
        raise _syntax_error(error, text, where) from None
    except RecursionError:
        raise PlaybookError(
            "this file is nested too deeply to be read",
            where=where,
            remedy="Compare it with the shipped templates",
        ) from None
    except (YAMLError, ValueError) as error:
        raise PlaybookError(
            f"this is not readable YAML ({str(error).splitlines()[0]})",
            where=where,
            remedy="Compare it with the shipped templates",
        ) from None
    if data is None:
        raise PlaybookError(
            "this file is empty", where=where, remedy="Copy a template and fill it in"
        )
    if not isinstance(data, CommentedMap):
        raise PlaybookError(
            "this file must be a list of 'key: value' lines",
            where=where,
            remedy="Compare it with the shipped templates",
        )
    return data


def _refuse_aliases(text: str, where: str) -> None:
    """Aliases let a small file unfold into one that fills the memory; ours need none."""
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            raise PlaybookError(
                f"the alias '*{event.anchor}' is not allowed here",
                where=f"{where}, line {event.start_mark.line + 1}",
                remedy="Write the value out, or put text that begins with '*' in quotes",
            )


def _syntax_error(error: MarkedYAMLError, text: str, where: str) -> PlaybookError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines()
    for near in (line, line - 1):
        if 0 <= near < len(lines) and "\t" in lines[near]:
            return PlaybookError(
                "a tab stands where YAML allows only spaces",
                where=f"{where}, line {near + 1}, column {lines[near].index(chr(9)) + 1}",
                remedy="Replace it by spaces",
            )
    return PlaybookError(
        f"this is not valid YAML ({error.problem})",
        where=f"{where}, line {line + 1}, column {column + 1}",
        remedy="Check indentation, quotes and colons there",
    )


def line_of(data: Any, path: tuple[Any, ...]) -> int | None:
    """Line (from 1) of the deepest part of `path` that exists in ruamel's `data`."""
    line: int | None = None
    for step in path:
        if isinstance(data, CommentedMap) and step in data:
            line = data.lc.key(step)[0] + 1
            data = data[step]
        elif isinstance(data, CommentedSeq) and isinstance(step, int) and step < len(data):
            line = data.lc.item(step)[0] + 1
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
            line = data.lc.line + 1 if isinstance(data, CommentedMap) else line
        else:
            break
    return line


def validate(model: type[Model], data: CommentedMap, where: str, **extra: Any) -> Model:
    """Build `model` from `data`, or say which line and field is wrong and what is allowed."""
    try:
        return model.model_validate({**plain(data), **extra})
    except ValidationError as error:
        # A misspelt name is both unknown and missing: say the former, it names the culprit.
        fault = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        raise _field_error(model, fault, data, where) from None


def _field_error(
    model: type[BaseModel], fault: Any, data: CommentedMap, where: str
) -> PlaybookError:
    path = tuple(fault["loc"])
    line = line_of(data, path)
    place = f"{where}, line {line}" if line else where
    field = ".".join(str(step) for step in path if not str(step).startswith("function-"))
    if fault["type"] == "extra_forbidden":
        known = _fields_at(model, path[:-1])
        return PlaybookError(
            f"unknown field '{field}'", where=place, remedy=did_you_mean(str(path[-1]), known)
        )
    if fault["type"] == "missing":
        return PlaybookError(
            f"the field '{field}' is missing", where=place, remedy=f"Add a line '{path[-1]}: …'"
        )
    if fault["type"] in {"literal_error", "enum"}:
        return PlaybookError(
            f"'{field}' is {fault['input']!r}, which is not one of its values",
            where=place,
            remedy=f"Write {fault['ctx']['expected']}",
        )
    message = fault["msg"].removeprefix("Value error, ")
    subject = f"'{field}': {message}" if field else message
    return PlaybookError(subject, where=place, remedy="Correct this entry")


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Names allowed at `path`; keys of dictionaries and places in lists lead to what they hold."""
    current: type[BaseModel] | None = model
    for step in path:
        field = current.model_fields.get(str(step)) if current else None
        if field is not None:
            current = _model_in(field.annotation)
    return list(current.model_fields) if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation such as ``dict[str, Table]`` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found), None)


def plain(data: Any) -> Any:
    """Strip ruamel's wrappers: plain dictionaries, lists, strings and numbers."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    if isinstance(data, bool) or data is None:
        return data
    for kind in (int, float, str):
        if isinstance(data, kind):
            return kind(data)
    return data


def dump_yaml(data: CommentedMap) -> str:
    """Write `data` as block YAML, wide lines unbroken, order kept."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 4096
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()
