"""The command that takes over a question set in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.commands.base import WorkspaceOption, app, say
from playbook.errors import PlaybookError, did_you_mean

if TYPE_CHECKING:
    from playbook.questionnaires import Converted


@app.command()
def questions(
    file: Annotated[Path, typer.Argument(help="A deon checklist or a SurveyJS questionnaire.")],
    name: Annotated[
        str | None, typer.Option(help="Short name of the set, such as impact_assessment.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Its title, instead of its own.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of its texts, such as fr; else its default.")
    ] = None,
    severity: Annotated[
        str, typer.Option(help="What a line not done leads to: note, condition or blocker.")
    ] = "condition",
    scores: Annotated[
        str,
        typer.Option(
            help="Weights: suffix (3 in item2-3), none, or auto: those that options state, else "
            "suffix where most questions are written so."
        ),
    ] = "auto",
    bands: Annotated[
        str | None,
        typer.Option(help="Names for sums: '0:Level I,26:Level II'; with % for shares."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite a set of the same name.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a question set of your own from a deon checklist or a SurveyJS questionnaire."""
    from typing import cast, get_args

    from playbook.files import write_atomic
    from playbook.policy import Severity
    from playbook.questionnaires import convert
    from playbook.questionnaires.surveyscores import Scores
    from playbook.session.pages import FOLDER, write_pages
    from playbook.workspace import Workspace

    place = Workspace.open(workspace)
    made = convert(
        file,
        name=name,
        title=title,
        language=language,
        severity=cast(Severity, _one_of(severity, ("note", "condition", "blocker"), "--severity")),
        scores=cast(Scores, _one_of(scores, get_args(Scores), "--scores")),
        bands=bands,
    )
    target = place.folder / "questions" / f"{made.questions.playbook}.yaml"
    _refuse_taken(target, replace)
    write_atomic(target, made.yaml)
    if (place.folder / FOLDER).is_dir():
        write_pages(place)  # for whoever has the pages open
    say(f"Wrote {target}.")
    say(_counted(made))
    for warning in made.warnings:
        say(f"- {warning[:1].upper()}{warning[1:]}.")
    say("Next: 'playbook check' looks for faults; 'playbook lab' shows the questions.")


def _one_of(given: str, known: tuple[str, ...], option: str) -> str:
    if given not in known:
        raise PlaybookError(
            f"'{given}' is not one of its values", where=option, remedy=did_you_mean(given, known)
        )
    return given


def _refuse_taken(target: Path, replace: bool) -> None:
    """What is shipped is never hidden, what is there only overwritten where that is asked for."""
    from playbook.ownsets import TAKEN, shipped_sets

    name = target.stem
    if name in shipped_sets() or name in TAKEN:
        raise PlaybookError(
            f"the name '{name}' is taken: a playbook, page or report is called so",
            remedy="Choose another one with '--name'",
        )
    if target.exists() and not replace:
        raise PlaybookError(
            "there is a question set of this name",
            where=str(target),
            remedy="Choose another one with '--name', or overwrite it with '--replace'",
        )


def _counted(made: Converted) -> str:
    """How much there is of what, in one sentence."""
    asked = made.questions.questions
    conditional = sum(1 for question in asked if question.show_if)
    scored = sum(1 for q in asked if any(option.score is not None for option in q.options))
    counts = {
        "question": len(asked),
        "section": len({question.section for question in asked if question.section}),
    }
    listed = ", ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for word, n in counts.items())
    return (
        f"{made.format}: {listed}; {conditional:,} asked only under a condition, {scored:,} with "
        "scores."
    )
