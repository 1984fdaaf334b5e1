"""Question sets as files: what is shipped, and what a workspace changes, adds or leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError, did_you_mean
from playbook.questions import QuestionSet
from playbook.yamlfile import line_of, plain, read_model, read_yaml, validate


def load_questions(path: Path, overlay: Path | None = None) -> QuestionSet:
    """Read one question set; errors name file, line and field.

    An entry of `overlay` whose id is shipped changes what it names and leaves the rest: a new
    ``text``, a ``rule`` with another severity, an ``options`` list in which an option of a known
    value is amended and another one added. An entry with a new id is a question of its own, asked
    ``after:`` another one, or else last. Ids listed under ``without:`` are not asked.
    """
    base = read_model(QuestionSet, path)
    if overlay is None:
        return base
    own = read_yaml(overlay)
    shipped = [q.model_dump(by_alias=True, exclude_none=True) for q in base.questions]
    merged: dict[str, Any] = {
        "playbook": base.playbook,
        "title": own.get("title", base.title),
        "about": own.get("about", base.about),
        "questions": _merged(shipped, own, str(overlay)),
    }
    scoring = plain(own["scoring"]) if "scoring" in own else base.scoring
    if scoring is not None:
        merged["scoring"] = scoring
    own.pop("without", None)
    return _validated(own, merged, str(overlay))


def _merged(shipped: list[dict[str, Any]], own: Any, where: str) -> list[dict[str, Any]]:
    known = {q["id"]: q for q in shipped}
    dropped = set()
    for place, name in enumerate(own.get("without") or []):
        if name not in known:
            line = line_of(own, ("without", place))
            raise PlaybookError(
                f"'without' names '{name}', which is not asked anyway",
                where=f"{where}, line {line}",
                remedy=did_you_mean(str(name), list(known)),
            )
        dropped.add(str(name))
    order = [name for name in known if name not in dropped]
    for place, entry in enumerate(own.get("questions") or []):
        given = plain(entry)
        if not isinstance(given, dict) or "id" not in given:
            raise PlaybookError(
                "a question needs an 'id'",
                where=f"{where}, line {line_of(own, ('questions', place))}",
                remedy="Give it a short name of its own, or that of the question it changes",
            )
        name, after = str(given["id"]), given.pop("after", None)
        if after is not None and after not in order:
            raise PlaybookError(
                f"'{name}' is to be asked after '{after}', which is not asked",
                where=f"{where}, line {line_of(own, ('questions', place, 'after'))}",
                remedy=did_you_mean(str(after), order),
            )
        known[name] = _amended(known[name], given) if name in known else given
        if after is not None or name not in order:
            order = [other for other in order if other != name]
            order.insert(order.index(after) + 1 if after else len(order), name)
    return [known[name] for name in order]


def _amended(shipped: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What `given` names, on what is `shipped`; options and columns are matched one by one."""
    amended = shipped | given
    if isinstance(given.get("rule"), dict):
        amended["rule"] = (shipped.get("rule") or {}) | given["rule"]
    for parts, key in (("options", "value"), ("columns", "id")):
        if isinstance(given.get(parts), list):
            amended[parts] = _matched(shipped.get(parts) or [], given[parts], key)
    return amended


def _matched(shipped: list[Any], given: list[Any], key: str) -> list[Any]:
    known = {part[key]: part for part in shipped}
    for part in given:
        if not isinstance(part, dict):
            part = {key: part, "label": part}
        known[part.get(key)] = known.get(part.get(key), {}) | part
    return list(known.values())


def _validated(own: Any, merged: dict[str, Any], where: str) -> QuestionSet:
    """As `validate`; what the overlay holds stands where it was merged to, so that a fault is
    told with its line."""
    entries = {str(q["id"]): q for q in own.get("questions") or []}
    placed = own.copy()
    placed["questions"] = [_placed(entries.get(q["id"], {}), q) for q in merged["questions"]]
    return validate(QuestionSet, placed, where, **merged)


def _placed(entry: Any, merged: dict[str, Any]) -> Any:
    placed = entry.copy()
    for parts, key in (("options", "value"), ("columns", "id")):
        if entry.get(parts):
            given = {p[key]: p for p in entry[parts] if isinstance(p, dict) and key in p}
            names = [p[key] if isinstance(p, dict) and key in p else p for p in merged[parts]]
            placed[parts] = [given.get(name, {}) if isinstance(name, str) else {} for name in names]
    return placed
