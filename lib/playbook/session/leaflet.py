"""A document as a notebook shows it: to look at, and in batch with its files to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, model_validator

from playbook.documents import Document, build
from playbook.documents.document import check_file
from playbook.errors import PlaybookError
from playbook.evidence.display import Html
from playbook.views.document import document_view

if TYPE_CHECKING:
    from playbook.forms.view import View
    from playbook.session.book import Book

MIME = "application/vnd.playbook.document+json"


class Files(BaseModel):
    """A document's files, as they travel with an executed notebook; names that could take
    another file's place are refused."""

    model_config = ConfigDict(extra="forbid")
    name: str
    title: str
    files: dict[str, str]

    @model_validator(mode="after")
    def _own_files(self) -> Files:
        try:
            for file in self.files:
                check_file(self.name, file)
        except PlaybookError as error:
            raise ValueError(str(error)) from None
        return self


def leaflet(book: Book, name: str, live: bool) -> Leaflet | Html | View:
    """The document `name` of an open playbook; before a browser it follows the answers."""

    def made() -> Document:
        return build(name, book.case, book.questions, book.assess())

    return book.live(lambda: document_view(made(), live=True)) if live else Leaflet(made())


class Leaflet:
    """A document in batch."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @property
    def view(self) -> Html:
        """The document as it stands in the report."""
        return document_view(self.document)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        d = self.document
        files = Files(name=d.name, title=d.kind, files=d.files())
        return {**self.view._repr_mimebundle_(), MIME: files.model_dump(mode="json")}
