"""What is wrong with a field of the new-product form, in the words of someone who fills it in."""

from __future__ import annotations

import re

from playbook.errors import PlaybookError
from playbook.session.mapping import TableMapping

_COLUMN = re.compile(r"column '(.*)'$", re.DOTALL)
_SAYS = re.compile(r"product\.yaml says '(\w+): (.*?)', but")
_FIELD = re.compile(r"'(name|owner|stage|currency|words\.\w+)':")
_WORDING = {
    "Correct 'source' in product.yaml": "Correct the path, or choose a file",
    "product.yaml does not say which table of this database to read": "this database has several "
    "tables, and none is named",
    "Write one of them as 'table:' in product.yaml": "Name one of these",
    "Rename it in the file and in product.yaml": "Rename it in the file",
    "Correct the line 'encoding:' of its table in product.yaml": "Save it as UTF-8",
    "Name a column with two outcomes as 'label'": "Choose a column with two outcomes",
    "which 'source' asks for": "which the address asks for",
}
_FIELDS = (
    ("short name", "slug"), ("exists already", "slug"), ("which table", "table"),
    ("there is no table", "table"), ("positive", "positive"), ("favourable", "favourable"),
    ("score", "score"), ("prediction", "prediction"), ("label", "label"), ("group", "groups"),
)  # fmt: skip


class FieldFault(PlaybookError):
    """A fault that belongs to one field of the form.

    Attributes
    ----------
    field
        Which one: ``name``, ``slug``, ``file``, ``path``, ``label`` and so on; empty for none.
    """

    def __init__(
        self, field: str, what: str, *, where: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.field = field

    def _sentence(self) -> str:
        said = super()._sentence()
        return said[:1].upper() + said[1:] if not self.where else said


def in_form(error: PlaybookError, mapping: TableMapping | None, otherwise: str) -> FieldFault:
    """`error` as the form tells it, at the field it concerns where that can be told.

    Files are called by their names: where an upload lies for a moment is nobody's business.
    """
    if isinstance(error, FieldFault):
        return error
    where = error.where or ""
    column = _COLUMN.search(where)
    field = _role_of(column[1], mapping) if column and mapping else ""
    what = _SAYS.sub(r"'\2' was chosen as \1, but", error.what)
    if named := _FIELD.match(what):
        field, what = named[1].removeprefix("words."), what[named.end() :].strip()
    if not field:
        field = next((name for sign, name in _FIELDS if sign in what), otherwise)
    if "was chosen as" in what:
        field = what.partition("was chosen as ")[2].partition(",")[0]
    remedy = error.remedy or ""
    for ours, theirs in _WORDING.items():
        what, remedy = what.replace(ours, theirs), remedy.replace(ours, theirs)
    if "product.yaml" in remedy or "Write one of them" in remedy:
        remedy = "Choose one of the values found in the table"
    place = "" if "product.yaml" in where or named else re.sub(r"^/.*/(?=[^/]+$)", "", where)
    return FieldFault(field, what, where=place or None, remedy=remedy or None)


def _role_of(column: str, mapping: TableMapping) -> str:
    roles = ("label", "score", "prediction", "time", "id")
    found = next((role for role in roles if getattr(mapping, role) == column), "")
    return found or ("groups" if column in mapping.groups else "")
