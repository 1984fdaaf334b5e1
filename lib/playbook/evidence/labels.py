"""What the values of a label or prediction column mean: compared as plain lower-case text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playbook.errors import PlaybookError, did_you_mean

_WHOLE = re.compile(r"^([+-]?\d+)\.0*$")
_YES = frozenset({"true", "1", "yes", "y", "t"})
_NO = frozenset({"false", "0", "no", "n", "f"})


def normal(value: object) -> str | None:
    """`value` as it is compared: lower-case text, whole numbers without ``.0``; missing is None.

    >>> [normal(v) for v in (True, 1.0, " Yes ", "1.0", float("nan"), "")]
    ['true', '1', 'yes', '1', None, None]
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    text = str(value).strip().lower()
    if text in {"", "<na>", "nat"}:
        return None
    whole = _WHOLE.match(text)
    return whole[1] if whole else text


@dataclass(frozen=True)
class Meaning:
    """The two values of a label: `positive` and `negative` as stored, normalised."""

    positive: str
    negative: str
    favourable_is_positive: bool | None


def find(wanted: str, values: Sequence[str]) -> str | None:
    """The one of `values` that `wanted` names; *true* also names 1 or yes, *false* 0 or no.

    >>> find("true", ["0", "1"]), find("1.0", ["0", "1"]), find("denied", ["0", "1"])
    ('1', '1', None)
    """
    name = normal(wanted)
    if name in values:
        return name
    for words, others in ((_YES, _NO), (_NO, _YES)):
        if name in words and all(v in words | others for v in values):
            return next((v for v in values if v in words), None)
    return None


def meaning(
    shown: Mapping[str, str], positive: str, favourable: str | None, column: str, where: str
) -> Meaning:
    """Say which label value is positive and which is good for the person.

    Parameters
    ----------
    shown
        Normalised values found in the column, each with one spelling as stored.

    Raises
    ------
    PlaybookError
        There are not exactly two values, or a value named in ``product.yaml`` is not among them.
    """
    values, listed = list(shown), spelled(shown.values())
    place = f"{where}, column '{column}'"
    if len(values) > 2:
        raise PlaybookError(
            f"the label has more than two values: {listed}",
            where=place,
            remedy="Name a column with two outcomes as 'label'",
        )
    if len(values) < 2:
        found = f"only one value: {listed}" if values else "no value in any row"
        raise PlaybookError(
            f"the label has {found}",
            where=place,
            remedy="Add rows with the other outcome: nothing can be measured on one alone",
        )
    roles: dict[str, str] = {}
    for role, wanted in (("positive", positive), ("favourable", favourable)):
        if wanted is None:
            continue
        found_value = find(wanted, values)
        if found_value is None:
            raise PlaybookError(
                f"product.yaml says '{role}: {wanted}', but the label's values are {listed}",
                where=place,
                remedy=f"Write one of them as '{role}'. {_hint(wanted, shown)}",
            )
        roles[role] = found_value
    chosen = roles["positive"]
    good = roles.get("favourable")
    negative = next(v for v in values if v != chosen)
    return Meaning(chosen, negative, None if good is None else good == chosen)


def spelled(values: object, limit: int = 8) -> str:
    """Values in quotes, the first few of many."""
    words = [f"'{v}'" for v in list(values)]  # type: ignore[call-overload]
    return ", ".join(words[:limit]) + (", …" if len(words) > limit else "")


def _hint(wanted: str, shown: Mapping[str, str]) -> str:
    hint = did_you_mean(wanted, shown.values())
    return hint if hint.startswith("Did") else ""
