"""What the organisation demands: every threshold, with its severity, reason and source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from playbook.errors import PlaybookError, did_you_mean
from playbook.reads import POLICY, note
from playbook.yamlfile import plain, read_model, read_yaml, validate

Severity = Literal["blocker", "condition", "note", "pass"]
Tier = Literal["high", "limited", "minimal"]
BySeverity = Severity | dict[Tier, Severity]
ByNumber = float | dict[Tier, float]

HOUSE = "house"
"""Under which the bars of one playbook that name a measure are noted when they are read."""
TIERS: tuple[Tier, ...] = ("high", "limited", "minimal")


def for_tier(setting: Any, tier: Tier) -> Any:
    """A setting is one value, or one per tier; a tier left out takes the strictest one named."""
    if not isinstance(setting, dict):
        return setting
    stricter = TIERS[: TIERS.index(tier) + 1][::-1]
    return next((setting[t] for t in (*stricter, *TIERS) if t in setting), None)


class Bar(BaseModel):
    """A threshold as it applies to one product's risk tier."""

    model_config = ConfigDict(frozen=True)
    name: str
    at_least: float | None
    at_most: float | None
    severity: Severity
    reason: str
    source: str

    @property
    def value(self) -> float:
        """The number itself, whichever side it bounds."""
        bar = self.at_least if self.at_least is not None else self.at_most
        assert bar is not None
        return bar


class Threshold(BaseModel):
    """One line of policy: a bar (one number, or one per risk tier), its severity, why, and where
    it comes from.

    Attributes
    ----------
    playbook, measure
        Of a house bar: the playbook whose estimates of this measure are held against it.
    group, every
        Which of them: those of exactly this group (``{race: Black}``); those of every group of the
        column named, or of any for ``group``; where neither is given, the one about everyone.
    statement, remedy, owner
        What was measured, as a clause before the number; what to do where it misses; who.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    at_least: ByNumber | None = None
    at_most: ByNumber | None = None
    severity: BySeverity
    reason: str
    source: str
    playbook: str | None = None
    measure: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    group: dict[str, str] | None = Field(default=None, min_length=1)
    every: str | None = None
    statement: str = ""
    remedy: str = ""
    owner: str = ""

    @model_validator(mode="after")
    def _one_bar(self) -> Threshold:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give exactly one of 'at_least' and 'at_most'")
        if (self.playbook is None) != (self.measure is None):
            raise ValueError("a house bar names both 'playbook' and 'measure'")
        if self.measure is None and (self.group or self.every or self.statement or self.remedy):
            raise ValueError(
                "'group', 'every', 'statement' and 'remedy' belong to a bar that names 'playbook' "
                "and 'measure'"
            )
        if self.group and self.every:
            raise ValueError("give at most one of 'group' and 'every'")
        return self


class Override(BaseModel):
    """A question's severity changed by this organisation."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    severity: BySeverity
    reason: str


class Policy(BaseModel):
    """All thresholds by name, and overrides by ``playbook.question``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    thresholds: dict[str, Threshold]
    questions: dict[str, Override] = Field(default_factory=dict)

    def bar(self, name: str, tier: Tier = "high") -> Bar:
        """The threshold `name` for products of `tier`."""
        if name not in self.thresholds:
            raise PlaybookError(
                f"the policy has no threshold '{name}'",
                where="policy.yaml",
                remedy=did_you_mean(name, self.thresholds),
            )
        note(POLICY + name)
        entry = self.thresholds[name]
        return Bar(
            name=name,
            at_least=for_tier(entry.at_least, tier),
            at_most=for_tier(entry.at_most, tier),
            severity=for_tier(entry.severity, tier),
            reason=entry.reason,
            source=entry.source,
        )

    def house_bars(self, playbook: str) -> dict[str, Threshold]:
        """The thresholds that name a measure of `playbook`, by name."""
        note(f"{POLICY}{HOUSE}/{playbook}")
        return self._house_bars(playbook)

    def _house_bars(self, playbook: str) -> dict[str, Threshold]:
        return {name: t for name, t in self.thresholds.items() if t.playbook == playbook}

    def override(self, question: str) -> Override | None:
        """What the organisation changes of ``playbook.question``, or None."""
        note(f"{POLICY}questions/{question}")
        return self.questions.get(question)

    def entry(self, name: str) -> Any:
        """The entry that a `playbook.reads.Watcher` calls `name`, as plain values; None for none.

        >>> policy = Policy(thresholds={}, questions={"a.b": Override(severity="note", reason="r")})
        >>> policy.entry("questions/a.b"), policy.entry("power")
        ({'severity': 'note', 'reason': 'r'}, None)
        """
        kind, _, question = name.rpartition("/")
        if kind == HOUSE:
            bars = self._house_bars(question)
            return {
                n: t.model_dump(mode="json", exclude_none=True) for n, t in bars.items()
            } or None
        found = self.questions.get(question) if kind else self.thresholds.get(name)
        return found and found.model_dump(mode="json", exclude_none=True)


def load_policy(path: Path, overlay: Path | None = None) -> Policy:
    """Read the shipped policy; entries of `overlay` replace or extend it one by one."""
    base = read_model(Policy, path)
    if overlay is None:
        return base
    data = read_yaml(overlay)
    entries = data.get("thresholds") or {}
    merged = {
        name: plain(entries[name]) if "source" in entries[name] else _amended(base, name, entries)
        for name in entries
    }
    extra = validate(Policy, data, str(overlay), thresholds=merged)
    return Policy(
        thresholds=base.thresholds | extra.thresholds, questions=base.questions | extra.questions
    )


def _amended(base: Policy, name: str, entries: Any) -> Any:
    """An overlay entry may change only a number: the rest stays as shipped."""
    if name not in base.thresholds:
        return plain(entries[name])
    shipped = base.thresholds[name].model_dump(exclude_none=True)
    changed = plain(entries[name])
    if "at_least" in changed or "at_most" in changed:
        shipped = {k: v for k, v in shipped.items() if k not in {"at_least", "at_most"}}
    return shipped | changed
