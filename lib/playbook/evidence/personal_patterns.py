"""Personal data in one text: patterns find candidates, and the rules of each kind judge them.

Every quantifier is bounded and no two neighbours can share a character without end, so that no text
takes more than time in proportion to its length; texts are cut at 4,000 characters besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from playbook.evidence import personal_rules as rules

Kind = Literal[
    "email", "iban", "payment_card", "national_id", "us_ssn", "phone", "ip_address", "birth_date"
]
LONGEST = 4_000
_BESIDE, _FEWEST = 40, 4
_DIGITS = re.compile("[0-9]+")
_INNER = ("number", "date", "id", "bare")


@dataclass(frozen=True)
class Hit:
    """One candidate: its kind, where it stands, and whether it passes the rules of its kind."""

    kind: Kind
    start: int
    end: int
    valid: bool


@dataclass(frozen=True)
class _Pattern:
    kind: Kind
    regex: re.Pattern[str]
    valid: Callable[[re.Match[str]], bool]


_BEFORE = r"(?<![\w.\-+/\\])"
_AFTER = r"(?![\w]|[.\-/]\d)"
_DATE = (
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"
    r"|(?:19|20)\d{6}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)? {0,2}(?:of )?[A-Za-zäéûç]{3,10}\.?,? {0,2}\d{4}"
    r"|[A-Za-z]{3,10}\.? {0,2}\d{1,2}(?:st|nd|rd|th)?,? {0,2}\d{4}"
)
_BORN = (
    r"d\.?o\.?b\.?|date[ _]of[ _]birth|birth[ _]?date|birthday|born(?: on)?(?: the)?|"
    r"geboren(?: am)?|geb\.?(?: am)?|geburtsdatum|née? le|(?:date de )?naissance|"
    r"fecha de nacimiento|nacid[oa] el|data di nascita|nat[oa] il|geboortedatum"
)
_CALL = (
    r"tel|phone|telephone|call|mobile|cell|mob|fax|telefon|tél|téléphone|teléfono|whatsapp|handy|"
    r"ring|text|sms"
)
_LINK = "me|us|him|her|them|my|at|on|is|was|no|number|nr|nummer|home|work|to|au|al|unter|under"

PATTERNS: tuple[_Pattern, ...] = (
    _Pattern(
        "email",
        re.compile(
            r"(?<![\w.%+'/-])[A-Za-z0-9._%+'-]{1,64}@"
            r"(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![A-Za-z0-9_@-]|\.[A-Za-z0-9])"
        ),
        rules.email,
    ),
    _Pattern(
        "iban",
        re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"),
        rules.iban,
    ),
    _Pattern(
        "payment_card",
        re.compile(
            _BEFORE + r"(?:\d{4}(?P<a>[ -]?)\d{4}(?P=a)\d{4}(?P=a)\d{1,7}"
            r"|3\d{3}(?P<b>[ -]?)\d{6}(?P=b)\d{4,5})" + _AFTER
        ),
        rules.payment_card,
    ),
    *(
        _Pattern("national_id", re.compile(regex, re.IGNORECASE), rules.checksum(module))
        for module, regex in rules.NATIONAL
    ),
    _Pattern(
        "us_ssn",
        re.compile(
            _BEFORE + r"\d{3}-\d{2}-\d{4}" + _AFTER + r"|(?i:\b(?:ssn|social security)"
            r"(?: number| no\.?)?\W{1,3}(?:is )?)(?P<bare>\d{9}|\d{3} \d{2} \d{4})" + _AFTER
        ),
        rules.us_ssn,
    ),
    _Pattern(
        "phone",
        re.compile(
            r"(?<![\w+])(?:\+|00)[1-9](?:[ .\-()/]{0,2}\d){7,13}" + _AFTER,
        ),
        rules.phone_abroad,
    ),
    _Pattern(
        "phone",
        re.compile(
            _BEFORE + r"(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}" + _AFTER,
        ),
        rules.phone_american,
    ),
    _Pattern(
        "phone",
        re.compile(
            _BEFORE + r"(?:\(0\d{1,4}\)|0\d{1,4})(?:[ /-]{1,2}\d{2,8}){1,4}" + _AFTER,
        ),
        rules.phone_national,
    ),
    _Pattern(
        "phone",
        re.compile(
            rf"(?i:\b(?:{_CALL})\b)[.:]?\s{{0,3}}(?:(?i:{_LINK})[.:]?\s){{0,2}}"
            r"(?P<number>[(]?\d(?:[ .\-()/]{0,2}\d){6,13})" + _AFTER,
        ),
        rules.phone_named,
    ),
    _Pattern(
        "ip_address",
        re.compile(_BEFORE + r"(?:\d{1,3}\.){3}\d{1,3}(?![\w/-]|\.\d)"),
        rules.ip_address,
    ),
    _Pattern(
        "ip_address",
        re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])"),
        rules.ip_address,
    ),
    _Pattern(
        "birth_date",
        re.compile(rf"(?i:(?<!\w)(?:{_BORN})(?!\w))\W{{0,4}}(?P<date>{_DATE})(?!\d)"),
        rules.birth_date,
    ),
)


def find(text: str) -> list[Hit]:
    """All candidates in the first 4,000 characters of `text`, none inside another that is valid.

    >>> [(hit.kind, hit.valid) for hit in find("write to ada@lovelace.org, order 12345")]
    [('email', True)]
    """
    text = text[:LONGEST]
    hits = list(_candidates(text))
    taken: list[Hit] = []
    for hit in [h for h in hits if h.valid]:
        if not any(_overlap(hit, t) for t in taken):
            taken.append(hit)
    alike = [h for h in hits if not h.valid and not any(_overlap(h, t) for t in taken)]
    return taken + alike


def _candidates(text: str) -> Iterator[Hit]:
    windows = list(_windows(text))
    whole = [(0, len(text))] if "@" in text else []
    for pattern in PATTERNS:
        for start, end in whole if pattern.kind == "email" else windows:
            for match in pattern.regex.finditer(text, start, end):
                # The word before a number is no part of it, and must not be masked in its place.
                inner = next((g for g in _INNER if match.groupdict().get(g)), 0)
                yield Hit(pattern.kind, *match.span(inner), pattern.valid(match))


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """The parts with enough digits to matter, and what stands around them: the rest is skipped."""
    start = end = digits = 0
    for match in _DIGITS.finditer(text):
        if match.start() - _BESIDE > end:
            if digits >= _FEWEST:
                yield start, min(end, len(text))
            start, digits = max(0, match.start() - _BESIDE), 0
        end = match.end() + _BESIDE
        digits += len(match[0])
    if digits >= _FEWEST:
        yield start, min(end, len(text))


def _overlap(a: Hit, b: Hit) -> bool:
    return a.start < b.end and b.start < a.end


def masked(kind: Kind, text: str) -> str:
    """What may be shown of a find: its shape, and at most one character of each of its ends.

    >>> masked("email", "ada@lovelace.org"), masked("payment_card", "4111 1111 1111 1111")
    ('a•••@l•••.org', '4••• •••• •••• ••••')
    """
    if kind == "email":
        local, _, domain = text.partition("@")
        return f"{local[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}"
    shape = "".join("•" if c.isalnum() else c for c in text)
    if kind == "birth_date":
        return shape
    first = next((i for i, c in enumerate(text) if c.isalnum()), 0)
    return shape[:first] + text[first] + shape[first + 1 :]
