"""One report: the verdict first, then the evidence in the notebook's order, the answers last."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from playbook.cellkinds import concerns
from playbook.days import day
from playbook.evidence import words
from playbook.evidence.display import Html
from playbook.report.markdown import blocks
from playbook.report.outputs import shown
from playbook.shipped import shipped
from playbook.views.style import style_css
from playbook.views.templates import render

if TYPE_CHECKING:
    from nbformat import NotebookNode

_SILENT = {"parameters", "injected-parameters", "setup", "live"}
_RESERVED = ("verdict", "flip", "findings", "answers", "about", "report", "since")
_PER_CENT = re.compile(r"(\d) %")


@dataclass
class Section:
    """A heading, what stands below it, and which special cells it held."""

    title: Markup
    prose: list[Markup] = field(default_factory=list)
    holds: set[str] = field(default_factory=set)
    id: str = ""

    @property
    def body(self) -> Markup:
        """Everything below the heading."""
        return Markup("").join(self.prose)


def render_report(
    notebook: NotebookNode,
    record: Mapping[str, Any],
    header: Mapping[str, Any],
    since: Html | None = None,
) -> str:
    """One self-contained page from an executed notebook.

    Cells tagged ``parameters``, ``injected-parameters``, ``setup`` or ``live`` (text for people
    at the keyboard) show nothing; ``conclusion`` goes to the top, ``answers`` to the end, and the
    text of a section that holds nothing else goes with them. Cells that do not concern this kind
    of product (`playbook.cellkinds`) are left out, and so is text without a heading right before a
    cell whose output is empty. Code, printed text and tracebacks never appear.

    Parameters
    ----------
    record
        The notebook's machine-readable result; its findings are counted in the contents.
    header
        ``product_name``, ``slug``, ``playbook``, ``number``, ``title``, ``owner``, ``stage``,
        ``kind``,
        ``rows`` (or None), ``cases`` (what rows are called), ``revision``, ``answered``,
        ``asked``, ``as_of`` (ISO time or None), ``version``, ``fingerprint`` (or None),
        ``siblings`` (each ``title``, ``href``, ``current``, ``slug``) and ``index_href``.
    since
        What changed since an earlier run (`playbook.views.since.since_view`), shown right below
        the verdict.
    """
    reports = {str(s["slug"]): str(s["href"]) for s in header["siblings"]}
    cells = [cell for cell in notebook.cells if concerns(cell, header.get("task"))]
    sections, conclusion, answers = _sections(cells, reports)
    moved = {kind: _moved(sections, kind) for kind in ("conclusion", "answers")}
    kept = [s for s in sections if s.prose and not _goes_along(s)]
    if answers:
        kept.append(Section(Markup("Your answers"), [moved["answers"], answers], id="answers"))
    _name(kept)
    conclusion = _below_verdict(conclusion, since.html) if since else conclusion
    page = render(
        "report.html.j2",
        h=header,
        version=header["version"],
        title=f"{header['product_name']}: {header['title']}",
        css=Markup(style_css() + page_css()),
        contents=_contents(kept, conclusion, record, header),
        conclusion=_tight(conclusion + moved["conclusion"]),
        sections=[{"id": s.id, "title": _tight(s.title), "body": _tight(s.body)} for s in kept],
        meta=_meta(header),
        source=_source(header),
    )
    return str(page)


def page_css() -> str:
    """The style of every page that we write."""
    return shipped("templates/report/page.css").read_text(encoding="utf-8")


def _sections(
    cells: Sequence[NotebookNode], reports: Mapping[str, str]
) -> tuple[list[Section], Markup, Markup]:
    """The parts that `cells` make, with the output of the two special ones taken out."""
    sections = [Section(Markup("About this playbook"), id="about")]
    special = {"conclusion": Markup(""), "answers": Markup("")}
    titled = False
    leading = 0  # blocks of text that say what the next cell shows
    for cell in cells:
        tags = set(cell.get("metadata", {}).get("tags", []))
        if tags & _SILENT:
            continue
        if cell.cell_type == "markdown":
            found = list(blocks(cell.source, reports))
            leading = 0 if any(block.level for block in found) else len(found)
            for block in found:
                if block.level == 1 and not titled:
                    titled = True  # the page has its own h1: the product
                elif block.level:
                    sections.append(Section(block.html))
                else:
                    sections[-1].prose.append(block.html)
        elif cell.cell_type == "code":
            output = shown(cell, reports)
            kind = next((k for k in special if k in tags), "evidence")
            if kind in special:
                special[kind] += output
            elif output:
                sections[-1].prose.append(output)
            elif leading and cell.outputs:  # such as a chart for which there is nothing to draw
                del sections[-1].prose[-leading:]
            if output:
                sections[-1].holds.add(kind)
            leading = 0
    return sections, special["conclusion"], special["answers"]


def _goes_along(section: Section) -> bool:
    return not section.id and bool(section.holds) and "evidence" not in section.holds


def _moved(sections: list[Section], kind: str) -> Markup:
    """The text around a special cell in sections that hold nothing else."""
    along = [s.body for s in sections if _goes_along(s) and sorted(s.holds)[0] == kind]
    return Markup("").join(along)


def _below_verdict(conclusion: Markup, since: Markup) -> Markup:
    """The verdict is the first section of the conclusion; without one, `since` stands alone."""
    if 'id="verdict"' not in conclusion:
        return since + conclusion
    verdict, end, rest = conclusion.partition("</section>\n")
    return Markup(verdict + end) + since + Markup(rest)


def _name(sections: list[Section]) -> None:
    """Give every section an id that can be linked to, each only once."""
    taken = set(_RESERVED)
    for section in sections:
        if section.id:
            continue
        plain = re.sub(r"[^a-z0-9]+", "-", section.title.striptags().lower()).strip("-")
        stem = plain[:48] or "part"
        names = [stem, *(f"{stem}-{i}" for i in range(2, len(sections) + len(_RESERVED) + 2))]
        section.id = next(name for name in names if name not in taken)
        taken.add(section.id)


def _contents(
    sections: list[Section], conclusion: Markup, record: Mapping[str, Any], h: Mapping[str, Any]
) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    if 'id="verdict"' in conclusion:
        entries.append({"id": "verdict", "title": "Verdict", "many": ""})
    if 'id="since"' in conclusion:
        entries.append({"id": "since", "title": "What changed", "many": ""})
    if 'id="findings"' in conclusion:
        many = words.count(len(record.get("findings", [])))
        entries.append({"id": "findings", "title": "Findings", "many": many})
    for s in sections:
        many = f"{h['answered']} of {h['asked']}" if s.id == "answers" else ""
        entries.append({"id": s.id, "title": s.title.striptags(), "many": many})
    return entries


def _meta(h: Mapping[str, Any]) -> str:
    parts = [f"Owner: {h['owner']}", str(h["stage"]).capitalize()]
    if h["rows"] is not None:
        parts.append(f"{words.count(h['rows'])} {h.get('cases') or 'rows'}")
    if h["as_of"]:
        when = day(datetime.fromisoformat(str(h["as_of"])))
        parts.append(f"answers as of {when}, revision {words.count(h['revision'])}")
    else:
        parts.append("nothing answered yet")
    return " · ".join(parts)


def _source(h: Mapping[str, Any]) -> str:
    """Where every number comes from: data, answers and the version that computed them."""
    notebook = "_".join(filter(None, [h["number"], h["playbook"]]))
    parts = [f"Made by playbook {h['version']} from {notebook}"]
    if h["fingerprint"]:
        parts.append(f"data {str(h['fingerprint']).removeprefix('sha256:')[:12]}")
    return " · ".join(parts)


def _tight(html: Markup) -> Markup:
    """Keep a number and its per cent sign on one line."""
    return Markup(_PER_CENT.sub("\\1\u00a0%", html))
