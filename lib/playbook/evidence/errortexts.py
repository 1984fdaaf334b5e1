"""Answers that are no answers: texts that only say that something failed."""

from __future__ import annotations

import re

import pandas as pd

# Each must begin the text: an answer that explains what a rate limit is says so later on.
_BEGINNINGS = (
    r"(undefined|null|none|nan|\[object object\]|error|failed|failure|timeout)\W*$",
    r"([a-z]+[ :_-]+){0,4}(error|exception)\s*(code)?\s*[:(\[–-]",
    r"([a-z]+ ){0,3}error\s+\d{3}\b",
    r"(http\s*)?(status\s*)?(code\s*)?[:\s]*(4\d\d|5\d\d)\b\W*"
    r"(error|bad request|unauthori[sz]ed|forbidden|not found|request timeout|too many requests|"
    r"internal server|bad gateway|service unavailable|gateway timeout)",
    r"(rate limit|quota|request limit)\w*\s+(was |has been |is )?(exceeded|reached|hit)",
    r"(you('ve| have)? )?exceeded your (current )?(quota|rate limit)",
    r"too many requests\b",
    r"(the |your )?(request|connection|call|operation|read)\s+(has |was |is )?"
    r"(timed out|aborted|refused|reset|failed)",
    r"(invalid|incorrect|missing|expired)\s+(api|authentication|access)\s*(key|token)",
    r"(authentication|authorization)\s+(failed|required)|unauthori[sz]ed\W*$|forbidden\W*$",
    r"(internal server error|bad gateway|service unavailable|gateway timeout)\b",
    r"traceback \(most recent call last\)",
    r"[\w.]*(error|exception)\s*:\s",
    r"""\{\s*"?'?(error|errors|detail)"?'?\s*:""",
    r"<(!doctype|html)\b.{0,400}\b(error|bad gateway|forbidden|unavailable|[45]\d\d)\b",
)
_ERROR = re.compile(
    r"^[\s\W]*?(?:" + "|".join(_BEGINNINGS) + ")", re.IGNORECASE | re.DOTALL | re.ASCII
)


def is_error_text(text: str) -> bool:
    """Whether an answer is empty, or begins as an error message does.

    >>> is_error_text("API error: 401 Unauthorized"), is_error_text("A 401 error means that …")
    (True, False)
    """
    return not text.strip() or _ERROR.match(text[:600]) is not None


def error_texts(texts: pd.Series) -> pd.Series:
    """`is_error_text` of each text; each different text is looked at once."""
    known = {text: is_error_text(text) for text in texts.unique()}
    return texts.map(known).astype(bool)
