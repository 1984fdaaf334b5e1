"""Plain objects that show themselves: escaped HTML, with a text form beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Html:
    """Something to show: `html` for pages (already escaped), `text` for everything else."""

    html: Markup
    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.html, Markup):
            raise TypeError("html must be escaped first: build it with markupsafe.Markup")

    @classmethod
    def nothing(cls) -> Html:
        """Something that shows nothing."""
        return cls(Markup(""), "")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": f'<div class="playbook">{self.html}</div>', "text/plain": self.text}


def table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Collection[int] = (),
    note: str = "",
) -> Html:
    """A table whose first column heads its rows; columns in `numeric` (from 0) align right."""

    def cell(position: int, value: str) -> Markup:
        css = Markup(' class="n"') if position in numeric else Markup("")
        if position == 0:
            return Markup("<th scope='row'{}>{}</th>").format(css, value)
        return Markup("<td{}>{}</td>").format(css, value)

    head = Markup("").join(
        Markup("<th scope='col'{}>{}</th>").format(
            Markup(' class="n"') if i in numeric else Markup(""), name
        )
        for i, name in enumerate(header)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(cell(i, v) for i, v in enumerate(row)))
        for row in rows
    )
    foot = Markup("<p class='why'>{}</p>").format(note) if note else Markup("")
    html = Markup(
        "<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}"
    ).format(caption, head, body, foot)
    text = "\n".join([caption, " | ".join(header), *(" | ".join(map(str, r)) for r in rows), note])
    return Html(html, text.strip())


def sentences(lines: Sequence[str]) -> Html:
    """Plain sentences, one paragraph each."""
    html = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
    return Html(html, "\n".join(lines))


def stack(*parts: Html) -> Html:
    """Several things shown under one another."""
    html = Markup("").join(part.html for part in parts)
    return Html(html, "\n\n".join(part.text for part in parts))


__all__ = ["Html", "sentences", "stack", "table"]
