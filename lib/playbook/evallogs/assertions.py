"""What promptfoo's assertions say of an answer, with those that crashed told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from playbook.evallogs.jsonfile import items, mapping, text_of

OVERALL = "overall"
"""The criterion that stands for all assertions of a test together, as promptfoo weighs them."""

_JUDGES = re.compile(
    r"^(not-)?(llm-rubric|model-graded-.*|factuality|g-eval|answer-relevance|context-.*|"
    r"select-best|max-score|search-rubric|agent-rubric|conversation-relevance|pi|moderation|"
    r"classifier|similar.*|trajectory:goal-success|video-rubric|promptfoo:.*)$"
)
"""Kinds of assertion that a model decides."""

# What promptfoo writes as a reason where the check itself could not be run: it counts as failed
# there, though it says nothing of the answer.
_CRASHED = re.compile(
    r"custom function threw error|code execution failed|could not (parse|extract)|"
    r"error (executing|running|loading)|function must return|assertion function|"
    r"api (call )?error|no output from|malformed|invalid .* response|template render|"
    r"(^|\W)(syntax|type|reference|range)error\b|traceback \(most recent",
    re.IGNORECASE,
)

Rating = tuple[float | None, str]


def ratings_of(result: dict[str, Any], no_answer: bool) -> dict[str, Rating]:
    """For each criterion 1, 0 or None, and why there is no rating: ``crashed``, ``unscored``.

    Several assertions of one kind pass together; where one of them crashed and none failed,
    nobody can tell. A test without assertions passes in promptfoo, but nothing was checked.
    """
    if no_answer:
        return {OVERALL: (None, "")}
    grading = mapping(result.get("gradingResult"))
    parts: dict[str, list[Rating]] = {}
    for part in _leaves(grading):
        parts.setdefault(_name(part), []).append(_rating(part))
    found = {name: _together(ratings) for name, ratings in parts.items()}
    return {OVERALL: _overall(result, list(found.values()))} | found


def judged_kinds(results: list[dict[str, Any]]) -> frozenset[str]:
    """The criteria that a model decides, at least in part."""
    found = set()
    for result in results:
        for part in _leaves(mapping(result.get("gradingResult"))):
            if _JUDGES.match(_kind(part)):
                found |= {_name(part), OVERALL}
    return frozenset(found)


def _overall(result: dict[str, Any], parts: list[Rating]) -> Rating:
    crashed = any(fault == "crashed" for _, fault in parts)
    said = " ".join((text_of(result.get("error")), _reason(mapping(result.get("gradingResult")))))
    if result.get("success") is True:
        return (1.0, "") if parts else (None, "unscored")
    if any(rating == 0 for rating, _ in parts):
        return 0.0, ""
    if crashed or result.get("failureReason") == 2 or (not parts and _CRASHED.search(said)):
        return None, "crashed"
    return (0.0, "") if result.get("success") is False else (None, "unscored")


def _together(ratings: list[Rating]) -> Rating:
    known = [rating for rating, _ in ratings if rating is not None]
    faults = [fault for _, fault in ratings if fault]
    if 0.0 in known:
        return 0.0, ""
    return (None, faults[0]) if faults else (1.0, "")


def _rating(part: dict[str, Any]) -> Rating:
    passed = part.get("pass")
    if passed is False and _CRASHED.search(_reason(part)):
        return None, "crashed"
    return (float(passed), "") if isinstance(passed, bool) else (None, "unscored")


def _leaves(grading: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Results of single assertions; those of a set stand within it."""
    stack = [mapping(part) for part in reversed(items(grading.get("componentResults")))]
    while stack:
        part = stack.pop()
        inner = [mapping(p) for p in reversed(items(part.get("componentResults")))]
        if inner:
            stack += inner
        elif part:
            yield part


def _name(part: dict[str, Any]) -> str:
    name = text_of(mapping(part.get("assertion")).get("metric")).strip() or _kind(part)
    return f"{name} (metric)" if name == OVERALL else name[:80]


def _kind(part: dict[str, Any]) -> str:
    return text_of(mapping(part.get("assertion")).get("type")) or "assertion"


def _reason(part: dict[str, Any]) -> str:
    return text_of(part.get("reason"))[:500]
