"""The run key: from all that a report rests on, so that only what has changed runs again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from playbook.answers import Answers
from playbook.batch.marks import digest, library_mark
from playbook.batch.state import State
from playbook.catalog import PlaybookFile
from playbook.reads import EVERYTHING
from playbook.runs import Run
from playbook.session.record import Read

_WORDS = {
    "library": "the library is another version",
    "notebook": "the notebook changed",
    "questions": "the question set changed",
    "product": "product.yaml changed",
    "beside": "it links to other reports",
}


def inputs_of(
    state: State,
    playbook: PlaybookFile,
    read: Read,
    beside: Iterable[str],
    before: Mapping[str, Any],
    told: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """All that the report of `playbook` rests on, given what its notebook `read`.

    Parameters
    ----------
    beside
        Names of the playbooks whose reports it links to.
    before
        The inputs of an earlier run, or nothing; they spare looking again at what has not been
        written to since.
    told
        Fingerprints of tables as the notebook itself has found them.
    """
    shared = state.shared
    return {
        "library": library_mark(),
        "notebook": shared.notebook(playbook),
        "questions": shared.questions(playbook),
        "product": state.product,
        "data": state.data(before, told),
        "answers": _revisions(state.answers, read.answers),
        "policy_files": shared.policy_files,
        "policy": shared.policy(set(read.policy), before),
        "beside": sorted(beside),
    }


def key_of(inputs: Mapping[str, Any]) -> str:
    """The key of a run on these inputs: files written anew with the same content change no key."""
    data = {name: marks["fingerprint"] for name, marks in inputs["data"].items()}
    answers = {key: n for key, n in inputs["answers"].items() if key != EVERYTHING}
    return digest({**inputs, "data": data, "answers": answers, "policy_files": None})


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between the inputs of two runs, in words; nothing where nothing does."""
    told = [words for name, words in _WORDS.items() if before.get(name) != now[name]]
    old, new = before.get("data", {}), now["data"]
    for name in dict.fromkeys([*new, *old]):
        if old.get(name, {}).get("fingerprint") != new.get(name, {}).get("fingerprint"):
            told.append(f"the data of '{name}' changed")
    for what, noun in (("answers", "the answer to"), ("policy", "the policy's")):
        was, stands = before.get(what, {}), now[what]
        differing = {key for key in {*was, *stands} if was.get(key) != stands.get(key)}
        told += [f"{noun} '{key}' changed" for key in sorted(differing - {EVERYTHING})]
    return told


def whats_new(
    state: State, playbook: PlaybookFile, last: Run | None, beside: Iterable[str], there: bool
) -> list[str]:
    """Why the playbook has to run (again), in words; nothing where its report still stands.

    Parameters
    ----------
    last
        The newest run of it, whatever its outcome.
    there
        Whether its report and record are in their place.
    """
    if last is None:
        return ["it has not run yet"]
    if last.outcome == "failed":
        return [f"its last run failed: {last.error}"]
    if not last.inputs:
        return ["the record of its last run cannot be read"]
    read = Read(answers=list(last.inputs["answers"]), policy=list(last.inputs["policy"]))
    told = changes(last.inputs, inputs_of(state, playbook, read, beside, last.inputs))
    return told if there else [*told, "its report is not there any more"]


def _revisions(answers: Answers, read: Iterable[str]) -> dict[str, int]:
    """The revision of each answer read, 0 for none; where all were read, of each there is."""
    revisions, keys = answers.revisions(), set(read)
    if EVERYTHING in keys:
        return {EVERYTHING: 0} | revisions
    return {key: revisions.get(key, 0) for key in sorted(keys)}
