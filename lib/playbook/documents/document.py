"""A document: one text with its page, its Markdown and what goes along with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from markupsafe import Markup

from playbook import __version__
from playbook.documents.marked import markdown
from playbook.documents.parts import Fact, Gap, Heading, Line, Mark, Part, Rows, tidy
from playbook.errors import PlaybookError
from playbook.views.style import style_css
from playbook.views.templates import render

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ENDING = re.compile(r"(\.[a-z][a-z0-9]{0,15}){1,2}")


@dataclass(frozen=True)
class Document:
    """What a playbook leaves besides its report.

    Attributes
    ----------
    name
        What its files are called: ``problem_brief``.
    kind, title
        What it is, and of what: *Problem brief*, and the product's name.
    about
        What the product is, and who answers for it.
    source
        Where it comes from, for its last line.
    attachments
        Further files by name: ``{"data_card.croissant.json": …}``.
    metadata
        YAML that its Markdown file begins with, for machines; nothing where it is empty.
    beside
        Whether it is too long to be repeated in the report, which then says where it lies and what
        it lacks.
    """

    name: str
    kind: str
    title: str
    about: Sequence[str]
    parts: Sequence[Part]
    source: str
    attachments: Mapping[str, str] = field(default_factory=dict)
    metadata: str = ""
    beside: bool = False

    @property
    def gaps(self) -> list[str]:
        """What the document cannot say yet, by the label of the place where it would stand."""
        facts = [block for part in self.parts for block in part.blocks if isinstance(block, Fact)]
        return [fact.label for fact in facts if any(isinstance(said, Gap) for said in fact.said)]

    def __post_init__(self) -> None:
        for file in [f"{self.name}.html", *self.attachments]:
            check_file(self.name, file)

    def body(self, level: int = 2) -> Markup:
        """Everything below the title, with headings of this `level`."""
        kinds = {Heading: "heading", Line: "line", Fact: "fact", Mark: "mark", Rows: "rows"}
        groups = [
            {
                "wide": wide,
                "parts": [
                    {"title": part.title, "blocks": [(kinds[type(b)], b) for b in part.blocks]}
                    for part in parts
                ],
            }
            for wide, parts in groupby(self.parts, key=lambda part: part.wide)
        ]
        return render(
            "document_body.html.j2",
            groups=groups,
            h=f"h{level}",
            below=f"h{level + 1}",
            is_gap=is_gap,
            tidy=tidy,
        )

    def page(self) -> str:
        """A page of its own: self-contained, without scripts, made to be printed."""
        return str(
            render(
                "document.html.j2",
                d=self,
                title=f"{self.kind}: {tidy(self.title)}",
                version=__version__,
                css=Markup(style_css()),
                body=self.body(),
                tidy=tidy,
            )
        )

    @cached_property
    def markdown(self) -> str:
        """The same as Markdown."""
        return markdown(f"{self.kind}: {self.title}", self.about, self.parts, self.source)

    def files(self) -> dict[str, str]:
        """All its files by their names."""
        front = f"---\n{self.metadata.strip()}\n---\n\n" if self.metadata else ""
        own = {f"{self.name}.html": self.page(), f"{self.name}.md": front + self.markdown}
        return {**own, **self.attachments}


def is_gap(text: str) -> bool:
    """Whether `text` says that something is missing."""
    return isinstance(text, Gap)


def check_file(name: str, file: str) -> str:
    """Return `file` where it can be one of the document `name`: its name with an ending or two.

    Raises
    ------
    PlaybookError
        It is called otherwise; no file may take another's place.
    """
    if not _NAME.fullmatch(name) or not _ENDING.fullmatch(file.removeprefix(name) or "-"):
        raise PlaybookError(f"{file[:60]!a} cannot be a file of the document {name[:40]!a}")
    if not file.startswith(f"{name}."):
        raise PlaybookError(f"{file[:60]!a} cannot be a file of the document {name[:40]!a}")
    return file
