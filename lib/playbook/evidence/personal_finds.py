"""What a scan for personal data has found, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.estimate import Estimate
from playbook.evidence.display import Html, sentences, stack, table
from playbook.evidence.personal_patterns import LONGEST, Kind
from playbook.evidence.personal_precision import precision, recall

NAMES: dict[Kind, str] = {
    "email": "e-mail addresses",
    "iban": "bank accounts (IBAN)",
    "payment_card": "payment cards",
    "national_id": "national identity numbers",
    "us_ssn": "US social security numbers",
    "phone": "phone numbers",
    "ip_address": "IP addresses",
    "birth_date": "dates of birth",
}
CHECKED: frozenset[Kind] = frozenset(["iban", "payment_card", "national_id", "us_ssn", "phone"])
"""Kinds judged by a checksum or a numbering plan; the others by their form alone."""


@dataclass(frozen=True)
class PersonalFind:
    """One kind of personal data in one column.

    Attributes
    ----------
    share
        Share of the column's scanned values that hold it.
    alike
        Further scanned values with something of this form that fails the kind's rules.
    example
        One find, masked: never shown in full.
    """

    column: str
    kind: Kind
    share: Estimate
    alike: int
    example: str

    @property
    def by(self) -> str:
        """How it was recognised."""
        return "number verified" if self.kind in CHECKED else "form only"


@dataclass(frozen=True)
class ScannedColumn:
    """One column: values scanned, values there are, and the share that holds anything personal."""

    column: str
    scanned: int
    values: int
    any: Estimate


@dataclass(frozen=True)
class PersonalScan:
    """What was found in the columns of text, most common first within each column."""

    columns: list[ScannedColumn]
    found: list[PersonalFind]

    @property
    def estimates(self) -> list[Estimate]:
        """Per column the share with anything personal, then the share of each kind found."""
        return [c.any for c in self.columns] + [f.share for f in self.found]

    @property
    def kinds(self) -> list[Kind]:
        """Kinds found anywhere."""
        return sorted({f.kind for f in self.found}, key=list(NAMES).index)

    def summary(self) -> Html:
        """What was found where, how far the scan can be trusted, what it cannot see."""
        from playbook.evidence.qualitywords import listed
        from playbook.evidence.words import count, natural, percent

        if not self.columns:
            return sentences(["No column holds free text, so nothing was looked through."])
        lines = []
        for f in self.found:
            lines.append(
                f"{f.column} holds {NAMES[f.kind]} in {natural(f.share)} values, such as "
                f"{f.example} ({f.by})."
            )
        clean = [c for c in self.columns if c.any.value == 0]
        if clean:
            least = max(clean, key=lambda c: c.any.high).any
            told, share = listed([c.column for c in clean]), percent(least.high)
            most = share if share.startswith("under") else f"at most {share}"
            lines.append(
                f"Nothing personal was recognised in {told}: in each, it can be in {most} of "
                "values."
            )
        for c in self.columns:
            if c.scanned < c.values:
                lines.append(
                    f"Of {c.column}, {count(c.scanned)} of {count(c.values)} values were looked "
                    "through, drawn by a fixed rule."
                )
        for kind in self.kinds:
            lines.append(
                f"Of 100 finds like these in our test collection, {_of_100(precision(kind))} are "
                f"truly {NAMES[kind]}; the scan sees {_of_100(recall(kind))} of 100 there are."
            )
        lines.append(
            f"Names and postal addresses are not recognised, nor what stands after the first "
            f"{count(LONGEST)} characters of a value: finding nothing does not prove there is "
            "nothing."
        )
        return sentences(lines)

    def table(self) -> Html:
        """Every column and kind found, with the scan's precision and recall for this kind."""
        from playbook.evidence.words import brief, count

        body = [
            [f.column, NAMES[f.kind], count(f.share.n), brief(f.share), count(f.alike), f.example]
            for f in self.found
        ]
        body += [
            [c.column, "nothing recognised", count(c.scanned), brief(c.any), "–", "–"]
            for c in self.columns
            if c.any.value == 0
        ]
        header = ["Column", "Holds", "Values scanned", "Share", "Only alike", "Example, masked"]
        note = "Only alike: further values of that form which fail the check."
        shares = table("Personal data in text", header, body, numeric=(2, 3, 4), note=note)
        if not self.found:
            return shares
        known = {f.kind: f.by for f in self.found}
        kinds = [
            [NAMES[kind], by, brief(precision(kind)), brief(recall(kind))]
            for kind, by in known.items()
        ]
        note = (
            "Precision: of finds in our collection of labelled texts, the share that is right. "
            "Recall: of what is there, the share found. The patterns were corrected on these very "
            "texts; elsewhere they may do somewhat worse."
        )
        header = ["Kind", "Recognised by", "Precision", "Recall"]
        return stack(
            shares, table("How sure the scan is", header, kinds, numeric=(2, 3), note=note)
        )

    def chart(self) -> Html:
        """How often each kind was found, column by column."""
        from playbook.evidence.figures import intervals

        items = [(f"{f.column}: {NAMES[f.kind]}", f.share) for f in self.found]
        title = "No personal data recognised"
        if self.found:
            most = max(self.found, key=lambda f: f.share.value)
            title = f"{most.column} holds {NAMES[most.kind]} most often"
        return intervals(items, title=title, caption="Share of scanned values that hold it.")


def _of_100(e: Estimate) -> str:
    from playbook.evidence.words import number

    low, high = number(100 * e.low, 0), number(100 * e.high, 0)
    return f"{number(100 * e.value, 0)} ({low} to {high})"
