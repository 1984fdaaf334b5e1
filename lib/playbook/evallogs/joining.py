"""Open the logs of other tools and join them: copies count once, different tasks stay apart."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from playbook.errors import NoEvidence, PlaybookError
from playbook.evallogs import inspect, promptfoo
from playbook.evallogs.assertions import OVERALL
from playbook.evallogs.jsonfile import items, mapping, read_json
from playbook.evallogs.log import FAULT, SCORE, Excluded, Log
from playbook.evallogs.promptfoo import TOOL as PROMPTFOO
from playbook.evallogs.scores import criteria_of

ENDINGS = (".eval", ".json")


def is_log(source: str) -> bool:
    """Whether `source`, as product.yaml names it, is a log or a pattern for logs."""
    return source.lower().endswith(ENDINGS)


def read_log(path: Path) -> Log:
    """Read one log of Inspect or promptfoo, known by what stands in it.

    Raises
    ------
    PlaybookError
        It is neither, damaged, too large, or of an unknown version.
    """
    if path.stat().st_size == 0:
        raise PlaybookError(
            "this file is empty (0 bytes)", where=str(path), remedy="Export it again"
        )
    if path.suffix.lower() == ".eval" or zipfile.is_zipfile(path):
        return inspect.read_archive(path)
    document = read_json(path)
    if inspect.is_inspect(document):
        return inspect.read(mapping(document), items(mapping(document).get("samples")), str(path))
    if promptfoo.is_promptfoo(document):
        return promptfoo.read(mapping(document), str(path))
    raise PlaybookError(
        "this JSON is neither a log of Inspect nor results of promptfoo",
        where=str(path),
        remedy="Store a table as CSV, Parquet or JSON lines (.jsonl) and name its columns in "
        "product.yaml",
    )


def read_logs(paths: Sequence[Path], where: str) -> Log:
    """Read several logs and join them; of two copies of a run or an answer one counts.

    Raises
    ------
    NoEvidence
        None of them holds an answer.
    PlaybookError
        One cannot be read, or they are of different tools.
    """
    logs = sorted((read_log(path) for path in paths), key=lambda log: log.where)
    tools = sorted({log.tool for log in logs})
    if len(tools) > 1:
        raise PlaybookError(
            f"these logs are of different tools: {' and '.join(tools)}",
            where=where,
            remedy="Name those of one tool only",
        )
    full = [log for log in logs if not log.rows.empty]
    if not full:
        raise NoEvidence(
            f"there is nothing to evaluate: this log holds no answers, because {logs[0].empty}"
            if len(logs) == 1
            else f"there is nothing to evaluate: none of these {len(logs)} logs holds an answer",
            where=where,
            remedy="Run the evaluation to its end and keep its samples in the log",
        )
    notes = [f"{Path(log.where).name} holds no answers, because {log.empty}."
             for log in logs if log.rows.empty]  # fmt: skip
    kept, repeated = _once(full)
    rows = _joined(kept)
    excluded = [e for log in kept for e in log.excluded] + repeated
    joined = replace(
        kept[0],
        where=where,
        rows=rows,
        judged=frozenset().union(*(log.judged for log in kept)),
        totals=tuple(total for log in kept for total in log.totals),
        excluded=tuple(_merged(excluded)),
    )
    criteria, said = criteria_of(rows, joined.scores, joined.judged)
    if joined.tool == PROMPTFOO:
        criteria = {
            name: c.model_copy(update={"required": name == OVERALL}) for name, c in criteria.items()
        }
    notes += list(dict.fromkeys(note for log in kept for note in log.notes)) + said
    return replace(joined, criteria=criteria, notes=tuple(notes))


def _once(logs: list[Log]) -> tuple[list[Log], list[Excluded]]:
    """The logs without what an earlier one holds already, and how much that was."""
    seen: set[str] = set()
    runs: set[str] = set()
    kept: list[Log] = []
    excluded: list[Excluded] = []
    for log in logs:
        again = log.rows["uid"].isin(seen) | log.rows["uid"].duplicated()
        n = len(log.rows) if log.run in runs else int(again.sum())
        if n:
            what = "1 answer" if n == 1 else f"{n:,} answers"
            verb = "is a copy" if n == 1 else "are copies"
            excluded.append(
                Excluded(
                    "duplicate", n, f"{what} of {Path(log.where).name} {verb} of answers that "
                    "are counted already: the same run stored twice.",
                )
            )  # fmt: skip
        if n < len(log.rows):
            kept.append(replace(log, rows=log.rows[~again]))
        runs.add(log.run)
        seen |= set(log.rows["uid"])
    return kept, excluded


def _joined(logs: list[Log]) -> pd.DataFrame:
    """One table of all rows, where equal ids of different questions are told apart."""
    setups: dict[tuple[str, str], list[str]] = {}
    parts = []
    for log in logs:
        rows = log.rows.copy()
        for system in rows["system"].unique():
            known = setups.setdefault((log.task, system), [])
            if log.setup not in known:
                known.append(log.setup)
            if place := known.index(log.setup):
                rows.loc[rows["system"] == system, "system"] = f"{system} (setup {place + 1})"
        parts.append(rows.assign(task=log.task))
    rows = pd.concat(parts, ignore_index=True)
    meanings = rows.drop_duplicates(["prompt", "task", "question"])
    if meanings["prompt"].duplicated().any():
        asked = rows.groupby(["task", "prompt", "question"], sort=False)
        number = asked.ngroup()
        several = rows.groupby(["task", "prompt"])["question"].transform("nunique") > 1
        rows["prompt"] = rows["task"] + ": " + rows["prompt"]
        rows.loc[several, "prompt"] += " (" + (number[several] + 1).astype(str) + ")"
    if rows.duplicated(["prompt", "system", "repeat"]).any():
        tries = rows.groupby(["prompt", "system"]).cumcount() + 1
        rows["repeat"] = tries.astype(str)
    for column in rows.columns:
        if column.startswith(SCORE):
            rows[column] = rows[column].where(rows[column].notna(), None)
        elif column.startswith(FAULT) or rows[column].dtype != float:
            rows[column] = rows[column].fillna("")
    return rows.drop(columns=["task", "question"])


def _merged(excluded: list[Excluded]) -> list[Excluded]:
    """The same sentence only once."""
    return list({e.sentence: e for e in excluded}.values())
