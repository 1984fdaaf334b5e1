"""Logs of Inspect AI: ``.eval`` archives and ``.json`` files of its log format, version 2.

The format is that of ``EvalLog`` in Inspect's documentation of log files. Version 1 had one
scorer, stored as ``score`` of a sample and ``scorer`` and ``metrics`` of the results.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError
from playbook.evallogs.archive import Archive
from playbook.evallogs.inspecttotals import totals_of
from playbook.evallogs.jsonfile import canonical, items, mapping, text_of
from playbook.evallogs.log import FAULT, SCORE, Excluded, Log, facts, frame, positive
from playbook.evallogs.scores import usable

TOOL = "Inspect"
VERSIONS = (1, 2)


def is_inspect(document: object) -> bool:
    """Whether a JSON document is a log of Inspect."""
    found = mapping(document)
    return isinstance(found.get("eval"), dict) and "version" in found


def read_archive(path: Path, largest: int | None = None) -> Log:
    """Read an ``.eval`` archive, one sample at a time.

    Raises
    ------
    PlaybookError
        It is damaged, too large, or of a version that nobody here knows.
    """
    with Archive(path, largest) if largest else Archive(path) as archive:
        names = archive.names
        start = next((n for n in ("header.json", "_journal/start.json") if n in names), None)
        if start is None:
            raise PlaybookError(
                "this archive is no log of Inspect: it has no header.json", where=str(path)
            )
        header = mapping(archive.json(start))
        samples = (
            archive.json(name)
            for name in names
            if name.startswith("samples/") and name.endswith(".json")
        )
        return read(header, samples, str(path))


def read(header: dict[str, Any], samples: Iterable[object], where: str) -> Log:
    """Read a log from its header and its samples."""
    version = header.get("version")
    if isinstance(version, bool) or version not in VERSIONS:
        raise PlaybookError(
            f"this log of Inspect is of the format version {str(version)[:20]}, and only "
            f"{VERSIONS[0]} and {VERSIONS[1]} are known here",
            where=where,
            remedy="Export it as a table (CSV or JSON lines) and name its columns in product.yaml",
        )
    spec, status = mapping(header.get("eval")), str(header.get("status") or "started")
    only = _first_scorer(header)
    kept: list[dict[str, Any]] = []
    slim: list[dict[str, Any]] = []
    left = {"cancelled": 0, "invalidated": 0}
    for sample in samples:
        one = mapping(sample)
        if "id" not in one:
            raise PlaybookError("a sample of this log has no id", where=where)
        scores = _scores(one, only)
        slim.append({"id": one["id"], "error": bool(one.get("error")), "scores": scores})
        if one.get("invalidation"):
            left["invalidated"] += 1
        elif not one.get("error") and not scores and not _answer(one):
            left["cancelled"] += 1
        else:
            kept.append(_row(one, scores, str(spec.get("model") or "unknown model")))
    left["cancelled"] += max(0, _planned(header, spec) - len(slim)) if slim else 0
    rows = frame(_with_faults(kept, status))
    return Log(
        tool=TOOL,
        where=where,
        run=str(spec.get("eval_id") or f"{spec.get('run_id')}/{spec.get('task_id')}"),
        task=str(spec.get("task") or ""),
        setup=canonical([header.get("plan"), spec.get("task_args"), spec.get("model_args"),
                         spec.get("model_generate_config"), spec.get("model_roles")]),
        rows=rows,
        judged=frozenset(n for n in _names(kept) if n.startswith("model_graded")),
        totals=totals_of(header, slim) if slim else (),
        excluded=tuple(_left_out(left)),
        empty="" if kept else _why_empty(status),
    )  # fmt: skip


def _scores(sample: dict[str, Any], only: str) -> dict[str, Any]:
    """Values by score; a score of several values is several scores."""
    scores = mapping(sample.get("scores"))
    if not scores and isinstance(sample.get("score"), dict):
        scores = {only: sample["score"]}
    found: dict[str, Any] = {}
    for name, score in scores.items():
        value = mapping(score).get("value")
        if isinstance(value, list):
            value = {str(i + 1): v for i, v in enumerate(value)}
        if isinstance(value, dict):
            found |= {f"{name}.{key}": part for key, part in value.items()}
        else:
            found[name] = value
    return found


def _row(sample: dict[str, Any], scores: dict[str, Any], model: str) -> dict[str, Any]:
    error = mapping(sample.get("error"))
    usage = [mapping(u) for u in mapping(sample.get("model_usage")).values()]
    asked, answer = _asked(sample), _answer(sample)
    time = sample.get("working_time")
    row = {
        "id": f"{text_of(sample['id'])}/{sample.get('epoch', 1)}",
        "prompt": text_of(sample["id"]),
        "question": asked,
        "system": model,
        "repeat": text_of(sample.get("epoch", 1)),
        "error": (text_of(error.get("message")) or "unknown error") if error else "",
        "input": asked,
        "output": answer,
        "latency": sample.get("total_time") if time is None else time,
        "cost": _sum(usage, "total_cost"),
        "tokens": _sum(usage, "total_tokens"),
        "uid": sample.get("uuid")
        or canonical([sample["id"], sample.get("epoch"), asked, answer, scores,
                      sample.get("total_time")]),
    }  # fmt: skip
    row |= {f"{SCORE}{name}": usable(value) for name, value in scores.items()}
    return row | facts(sample.get("metadata"))


def _with_faults(rows: list[dict[str, Any]], status: str) -> list[dict[str, Any]]:
    names = _names(rows)
    # A scorer of several values may say with a single one that it could not score at all.
    names -= {n for n in names if any(o.startswith(f"{n}.") for o in names)}
    for row in rows:
        nothing = all(row.get(f"{SCORE}{name}") is None for name in names)
        why = "cancelled" if status != "success" and nothing else "unscored"
        for name in sorted(names):
            missing = row.setdefault(f"{SCORE}{name}", None) is None
            row[f"{FAULT}{name}"] = why if missing and not row["error"] else ""
        for column in [c for c in row if c.startswith(SCORE) and c[len(SCORE) :] not in names]:
            del row[column]
    return rows


def _names(rows: list[dict[str, Any]]) -> set[str]:
    return {c.removeprefix(SCORE) for row in rows for c in row if c.startswith(SCORE)}


def _asked(sample: dict[str, Any]) -> str:
    asked = sample.get("input")
    if isinstance(asked, list):
        said = [mapping(m) for m in asked]
        users = [m for m in said if m.get("role") == "user"] or said
        asked = _content(users[-1]) if users else ""
    return _resolved(text_of(asked), sample)


def _answer(sample: dict[str, Any]) -> str:
    output = mapping(sample.get("output"))
    if isinstance(output.get("completion"), str) and output["completion"]:
        return _resolved(output["completion"], sample)
    choices = items(output.get("choices"))
    message = mapping(mapping(choices[0]).get("message")) if choices else {}
    return _resolved(_content(message), sample)


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(text_of(mapping(part).get("text")) for part in content).strip()
    return text_of(content)


def _resolved(text: str, sample: dict[str, Any]) -> str:
    """Inspect stores long texts apart and leaves their address."""
    key = text.removeprefix("attachment://")
    return text_of(mapping(sample.get("attachments")).get(key, text)) if key != text else text


def _sum(usage: list[dict[str, Any]], key: str) -> float | None:
    known = [number for u in usage if not math.isnan(number := positive(u.get(key)))]
    return sum(known) if known else None


def _first_scorer(header: dict[str, Any]) -> str:
    results = mapping(header.get("results"))
    stated = [mapping(s).get("name") for s in items(results.get("scores"))]
    return str(mapping(results.get("scorer")).get("name") or next(filter(None, stated), "score"))


def _planned(header: dict[str, Any], spec: dict[str, Any]) -> int:
    stated = mapping(header.get("results")).get("total_samples")
    if isinstance(stated, int):
        return stated
    ids = items(mapping(spec.get("dataset")).get("sample_ids"))
    epochs = mapping(spec.get("config")).get("epochs")
    return len(ids) * (epochs if isinstance(epochs, int) else 1)


def _left_out(left: dict[str, int]) -> Iterator[Excluded]:
    said = {
        "cancelled": "were never finished, because the run was stopped, and are left out",
        "invalidated": "were marked as invalid by whoever ran them and are left out",
    }
    for reason, n in left.items():
        if n:
            what = "1 answer" if n == 1 else f"{n:,} answers"
            verb = said[reason] if n > 1 else said[reason].replace("were", "was", 1).replace(
                "are left", "is left")  # fmt: skip
            yield Excluded(reason, n, f"{what} {verb}.")


def _why_empty(status: str) -> str:
    told = {"cancelled": "the run was cancelled", "error": "the run ended in an error",
            "started": "the run never ended"}  # fmt: skip
    return told.get(status, "only its header was stored")
