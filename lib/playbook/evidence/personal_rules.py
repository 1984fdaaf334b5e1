"""The rules that tell a real e-mail address, number or date from what only looks like one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from importlib import import_module

REGIONS = ("US", "GB", "DE", "FR", "IN", "ES", "IT", "NL", "AU", "BR", "IE", "CH", "AT", "BE")
"""Countries whose national numbers are known where a word such as *tel* stands before them."""
TRUNK_REGIONS = ("GB", "DE", "FR", "NL", "AU", "BE", "CH", "AT", "IE")
"""Countries whose national numbers begin with 0."""
_ROLE = frozenset(
    ["info", "support", "noreply", "no-reply", "donotreply", "sales", "admin", "contact", "hello",
     "help", "service", "office", "team", "webmaster", "postmaster", "abuse", "billing", "jobs",
     "marketing", "press", "git", "svn", "root", "mailer-daemon", "security", "newsletter",
     "enquiries", "careers"]
)  # fmt: skip
_FILES = frozenset(
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "ts", "py", "json", "xml", "html",
     "md", "txt", "pdf"]
)  # fmt: skip
# A thing's number, not a person's: the word before it says so.
_THING = re.compile(
    r"\b(?:order|part|parts|model|serial|s/n|sku|invoice|ref|reference|tracking|isbn|issn|version|"
    r"build|item|batch|lot|ticket|po|catalog(?:ue)?|case|doi|art|article|rev|product|code|ean|gtin|upc|"
    r"imei|asin|firmware|release|transaction|txn|booking|shipment|parcel|meter|policy|grant|patent|"
    r"bestellung|bestellnummer|artikel|rechnung|commande|pedido|coordinates?|lat|lon|gps|section|"
    r"chapter|equation|nhs|account|acct|routing|checksum|hash|timestamp|epoch|vin|asset|barcode|docket)"
    r"(?:[ _-]?(?:no|number|nr|num|id|code))?[^\w(]{0,4}$",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:\bv|version|release|build|firmware|section|chapter|§|driver|"
                      r"oid|revision|kernel)\W{0,3}$", re.IGNORECASE)  # fmt: skip
_ADDRESS = re.compile(r"\b(?:ip|ips|addr|address|host|from|server|client|login)\W{0,4}$",
                      re.IGNORECASE)  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan gen ene", "feb fév", "mar mär mrt", "apr avr abr", "may mai mei mag", "jun juin giu",
         "jul juil lug", "aug aoû ago", "sep set", "oct okt ott", "nov", "dec dez déc dic"), 1
    )
    for name in names.split()
}  # fmt: skip

NATIONAL: tuple[tuple[str, str], ...] = (
    ("it.codicefiscale", r"(?<!\w)[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?!\w)"),
    ("es.nif", r"(?<![\w-])(?:\d{8}|[XYZ]\d{7})-?[A-Z](?![\w-])"),
    ("fi.hetu", r"(?<![\w-])\d{6}[-+A]\d{3}[0-9A-Z](?![\w-])"),
    ("br.cpf", r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])"),
    ("fr.nir", r"(?<![\w-])[12] ?\d{2} ?\d{2} ?\d[0-9AB] ?\d{3} ?\d{3} ?\d{2}(?![\w-])"),
    ("se.personnummer", r"(?<![\w-])(?:\d{2})?\d{6}[-+]\d{4}(?![\w-])"),
    ("ch.ssn", r"(?<![\w.])756\.\d{4}\.\d{4}\.\d{2}(?![\w.]\d)"),
    ("cn.ric", r"(?<![\w-])\d{17}[\dX](?![\w-])"),
    ("nl.bsn", r"\b(?:bsn|burgerservicenummer)\W{1,3}(?P<id>\d{9}|\d{4}\.\d{2}\.\d{3})(?!\w)"),
    ("gb.nhs", r"\bnhs(?: no\.?| number)?\W{1,3}(?P<id>\d{3} ?\d{3} ?\d{4})(?!\w)"),
    ("ca.sin", r"\b(?:sin|social insurance(?: number)?)\W{1,3}"
               r"(?P<id>\d{3}[ -]?\d{3}[ -]?\d{3})(?!\w)"),
    ("pl.pesel", r"\bpesel\W{1,3}(?P<id>\d{11})(?!\w)"),
    ("in_.aadhaar", r"\baadhaar(?: no\.?| number)?\W{1,3}(?P<id>\d{4} ?\d{4} ?\d{4})(?!\w)"),
    ("be.nn", r"(?<![\w.])(?P<id>\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2})(?!\w)"),
    ("de.idnr", r"\b(?:steuer-?id\w{0,24}|idnr)\W{1,3}(?P<id>\d{2} ?\d{3} ?\d{3} ?\d{3})(?!\w)"),
    ("au.tfn", r"\b(?:tfn|tax file number)\W{1,3}(?P<id>\d{3} ?\d{3} ?\d{3})(?!\w)"),
)  # fmt: skip
"""Modules of python-stdnum that verify a checksum, and what they are asked about. Where digits
alone are common, the document's own name must stand before them."""


def email(match: re.Match[str]) -> bool:
    """A person's mailbox: not an office's, not a file as ``icon@2x.png``, not ``git@host:path``."""
    local, _, domain = match[0].lower().partition("@")
    if re.match(r":[\w~/]", match.string[match.end() : match.end() + 2]):
        return False
    if local in _ROLE or domain.rpartition(".")[2] in _FILES:
        return False
    return ".." not in local and local[0] not in ".-"


def iban(match: re.Match[str]) -> bool:
    """ISO 13616 form and checksum; a word that follows after a space is not part of it."""
    from stdnum import iban as standard

    words = match[0].split(" ")
    return any(
        # Banks come and go faster than a register of them in a library: form and checksum suffice.
        standard.is_valid("".join(words[:end]), check_country=False)
        for end in range(len(words), 0, -1)
    )


def payment_card(match: re.Match[str]) -> bool:
    """Luhn's checksum, and a beginning and length that an issuer uses (ISO/IEC 7812)."""
    from stdnum import luhn

    digits = re.sub(r"\D", "", match[0])
    return _issued(digits) and not _of_a_thing(match) and bool(luhn.is_valid(digits))


def _issued(digits: str) -> bool:
    length, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in (34, 37):
        return length == 15
    if two in (36, 38) or 3000 <= four <= 3059:
        return length == 14
    if two in (62, 65) or four == 6011 or 6440 <= four <= 6499 or 3528 <= four <= 3589:
        return length in (16, 19)
    return False


def checksum(module: str) -> Callable[[re.Match[str]], bool]:
    """A judge that asks one module of python-stdnum."""

    def valid(match: re.Match[str]) -> bool:
        number = match.groupdict().get("id") or match[0]
        return bool(import_module(f"stdnum.{module}").is_valid(number)) and not _of_a_thing(match)

    return valid


def us_ssn(match: re.Match[str]) -> bool:
    """Area, group and serial that the Social Security Administration gives out."""
    from stdnum.us import ssn

    number = match["bare"] or match[0]
    return bool(ssn.is_valid(number.replace(" ", "-"))) and not _of_a_thing(match)


def phone_abroad(match: re.Match[str]) -> bool:
    """An international number within its country's numbering plan."""
    text = match[0].replace("(0)", "")
    number = "+" + re.sub(r"\D", "", text).removeprefix("00")
    plain = text[:2] == "00" and re.fullmatch(r"\d+", text)
    return not plain and _in_plan(number, None)


def phone_american(match: re.Match[str]) -> bool:
    """A number of the North American plan, written in its usual groups."""
    return not _of_a_thing(match) and _in_plan(match[0], "US")


def phone_national(match: re.Match[str]) -> bool:
    """A number that begins with 0, in groups, within the plan of a country that writes it so."""
    groups = re.split(r"[ /-]+", match[0])
    digits = sum(c.isdigit() for c in match[0])
    if re.fullmatch(r"\d{3}-\d{2}-\d{4}", match[0]):
        return False
    if not 9 <= digits <= 12 or (len(groups) < 3 and "/" not in match[0] and "(" not in match[0]):
        return False
    return not _of_a_thing(match) and any(_in_plan(match[0], r) for r in TRUNK_REGIONS)


def phone_named(match: re.Match[str]) -> bool:
    """A number of any known country after a word such as *tel* or *call*."""
    return any(_in_plan(match["number"], region) for region in REGIONS)


def _in_plan(text: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False


def ip_address(match: re.Match[str]) -> bool:
    """A public address; not a version, nor a paragraph such as 3.2.1.4 unless called an address."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    if not address.is_global or _VERSION.search(before):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address.packed[0] >> 5 == 1
    return max(address.packed) >= 32 or bool(_ADDRESS.search(before))


def birth_date(match: re.Match[str]) -> bool:
    """A day that exists, from 1900 to today."""
    text = match["date"].lower()
    words = re.findall(r"[a-zäéûç]{3,}", text)
    numbers = [int(x) for x in re.findall(r"\d+", text)]
    if words:
        month = next((n for name, n in _MONTHS.items() if words[-1].startswith(name)), 0)
        return len(numbers) == 2 and _day(numbers[1], month, numbers[0])
    if len(numbers) == 1:
        return _day(numbers[0] // 10_000, numbers[0] // 100 % 100, numbers[0] % 100)
    if len(numbers) != 3:
        return False
    a, b, c = numbers
    if a > 31:
        return _day(a, b, c)
    year = c if c > 99 else 1900 + c
    return _day(year, b, a) or _day(year, a, b)


def _day(year: int, month: int, day: int) -> bool:
    try:
        return year >= 1900 and date(year, month, day) <= date.today()
    except ValueError:
        return False


def _of_a_thing(match: re.Match[str]) -> bool:
    return bool(_THING.search(match.string[max(0, match.start() - 40) : match.start()]))
