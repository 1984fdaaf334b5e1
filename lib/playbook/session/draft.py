"""A product that is being made: what the form asks of the workspace, step by step."""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from playbook.errors import PlaybookError
from playbook.forms.host import PUBLIC_VARIABLE
from playbook.product import Stage, Words, check_slug, load_product
from playbook.session.create import add_example, examples, settle_product
from playbook.session.fieldfault import FieldFault, in_form
from playbook.session.incoming import MOST_BYTES, Incoming
from playbook.session.look import Look, look
from playbook.session.mapping import PLAIN, Profile, TableMapping
from playbook.session.pages import write_pages
from playbook.session.preview import understood
from playbook.session.suggest import suggestions
from playbook.shipped import shipped
from playbook.workspace import Workspace

STAGES = ("idea", "prototype", "pilot", "live")
Message = Mapping[str, Any]


class Draft:
    """Answers the messages of one form; every method returns what the browser is told.

    Parameters
    ----------
    made
        Called with the short name of each product made.

    Raises
    ------
    PlaybookError
        From any method: one sentence, with the field it belongs to (see `FieldFault`).
    """

    def __init__(self, workspace: Workspace, made: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._made = made
        self._incoming = Incoming(workspace)
        self._look: Look | None = None

    def start(self) -> dict[str, Any]:
        """What the form begins with: examples, stages, and the largest file."""
        return {
            "examples": [_example(name) for name in examples()],
            "stages": list(STAGES),
            "most": MOST_BYTES,
        }

    def slug(self, message: Message) -> dict[str, Any]:
        """A short name that fits the full one and is still free."""
        return {"slug": free_slug(_text(message, "name"), self._workspace.slugs())}

    def begin(self, message: Message) -> dict[str, Any]:
        """Make room for an upload."""
        self._look = None
        size = message.get("size")
        self._incoming.begin(_text(message, "name"), size if isinstance(size, int) else 0)
        return {"received": 0}

    def piece(self, message: Message, data: bytes) -> dict[str, Any]:
        """Take one piece of an upload."""
        return {"received": self._incoming.add(int(message.get("offset") or 0), data)}

    def look(self, message: Message) -> dict[str, Any]:
        """The columns of the table, with a role suggested for those that speak for themselves."""
        self._look = None
        mapping = self._source(message)
        where = "path" if message.get("from") == "path" else "file"
        try:
            self._look = look(mapping, self._folder)
            return {**self._look.as_data(), "suggested": suggestions(self._look)}
        except PlaybookError as error:
            raise in_form(error, None, where) from error

    def preview(self, message: Message) -> dict[str, Any]:
        """What was understood of the table under the roles chosen."""
        mapping = self._mapping(message)
        try:
            told, _ = understood(mapping, self._profile(message, named=False), self._folder)
        except PlaybookError as error:
            raise in_form(error, mapping, "") from error
        return {"told": told}

    def create(self, message: Message) -> dict[str, Any]:
        """Make the product and its pages."""
        profile = self._profile(message, named=True)
        slug = _text(message, "slug")
        try:
            slug = check_slug(slug)
        except PlaybookError as error:
            raise in_form(error, None, "slug") from error
        if slug in self._workspace.slugs():
            raise FieldFault(
                "slug", f"the product '{slug}' exists already", remedy="Choose another short name"
            )
        if message.get("from") == "example":
            self._from_example(slug, profile, _text(message, "example"))
        else:
            self._from_table(slug, profile, self._mapping(message))
        write_pages(self._workspace, slug)
        self.discard({})
        self._made(slug)
        first = self._workspace.playbooks()[0]
        return {"name": profile.name, "href": f"{slug}/{first.page}", "title": first.title}

    def discard(self, message: Message) -> dict[str, Any]:
        """Forget the table; an upload leaves nothing behind."""
        self._look = None
        self._incoming.discard()
        return {}

    def _from_example(self, slug: str, profile: Profile, example: str) -> None:
        changes = {
            "name": profile.name,
            "owner": profile.owner,
            "stage": profile.stage,
            "currency": profile.currency,
        }
        try:
            add_example(self._workspace, example, slug, changes)
        except PlaybookError as error:
            raise in_form(error, None, "example") from error

    def _from_table(self, slug: str, profile: Profile, mapping: TableMapping) -> None:
        upload = None if "://" in mapping.source else self._incoming.path
        upload = upload if upload and mapping.file == upload.name else None
        try:
            # Looked at once more under the roles that stand now: also finds how it is read.
            _, mapping = understood(mapping, profile, self._folder)
            if upload is not None:
                mapping = replace(mapping, file=f"data/{upload.name}")
            settle_product(self._workspace, slug, mapping, profile, upload)
        except PlaybookError as error:
            raise in_form(error, mapping, "") from error

    @property
    def _folder(self) -> Path:
        """Where relative sources lie; those typed in are made absolute before."""
        path = self._incoming.path
        return path.parent if path is not None else self._workspace.folder

    def _source(self, message: Message) -> TableMapping:
        if message.get("from") != "path":
            if self._incoming.path is None:
                raise FieldFault("file", "no file is here yet", remedy="Choose one")
            return TableMapping(self._incoming.path.name)
        if os.environ.get(PUBLIC_VARIABLE) == "1":
            raise FieldFault(
                "path",
                "this page is open to the network, so nobody may point it at the server's files",
                remedy="Upload the table, or make the product on the server with 'playbook new'",
            )
        typed = _text(message, "path")
        if not typed:
            raise FieldFault("path", "no table is named yet", remedy="Type its path or address")
        plain = "://" not in typed and "${" not in typed
        table = _text(message, "table") or None
        return TableMapping(Path(typed).absolute() if plain else typed, table=table)

    def _mapping(self, message: Message) -> TableMapping:
        if self._look is None:
            raise FieldFault("file", "no table has been read yet", remedy="Choose one above")
        roles = message.get("roles")
        roles = roles if isinstance(roles, Mapping) else {}
        groups = roles.get("groups")
        names = ("label", "score", "prediction", "positive", "favourable", "time", "id")
        chosen: dict[str, Any] = {n: str(roles[n]) if roles.get(n) else None for n in names}
        return replace(
            self._look.mapping,
            groups=tuple(str(g) for g in groups) if isinstance(groups, list) else (),
            threshold=_threshold(_text(roles, "threshold")),
            **chosen,
        )

    def _profile(self, message: Message, named: bool) -> Profile:
        name = _text(message, "name")
        if named and not name:
            raise FieldFault("name", "the product has no name yet", remedy="Give it one")
        stage = _text(message, "stage")
        typed = {key: _text(message, key) for key in ("case", "cases", "positive", "negative")}
        currency = _text(message, "currency").upper() or "USD"
        if not re.fullmatch("[A-Z]{3}", currency):
            raise FieldFault(
                "currency",
                f"'{currency}' is no currency code",
                remedy="Write three letters, such as EUR",
            )
        return Profile(
            name=name or "New product",
            owner=_text(message, "owner") or "Not named yet",
            currency=currency,
            stage=cast(Stage, stage if stage in STAGES else "prototype"),
            words=Words(**{**PLAIN.model_dump(), **{k: v for k, v in typed.items() if v}}),
        )


def free_slug(name: str, taken: list[str]) -> str:
    """A short name made of `name`, with a number behind it where it is taken.

    >>> free_slug("Crédit à la carte!", []), free_slug("信用", ["product"])
    ('credit-a-la-carte', 'product-2')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:48].strip("-") or "product"
    numbered = (f"{stem}-{i}" for i in range(2, len(taken) + 3))
    return next(slug for slug in (stem, *numbered) if slug not in taken)


def _text(message: Message, key: str) -> str:
    """One line of text as typed; never a character that no file keeps."""
    typed = str(message.get(key) or "")[:2_000]
    return " ".join(re.sub("[\x00-\x1f\x7f\ud800-\udfff]", " ", typed).split())


def _threshold(typed: str) -> float | None:
    if not typed:
        return None
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise FieldFault(
            "threshold",
            f"'{typed}' is no score between 0 and 1",
            remedy="Write a number such as 0.25, or leave it empty",
        )
    return value


def _example(name: str) -> dict[str, str]:
    product = load_product(shipped("templates/products") / name)
    fields = ("slug", "name", "description", "owner", "stage", "currency")
    return {field: getattr(product, field) for field in fields}
