"""What a page says when a cell fails: one sentence, never a traceback."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import Any

from markupsafe import Markup

from playbook.errors import PlaybookError, unexpected
from playbook.evidence.display import Html


def tell_plainly() -> None:
    """From now on, show a failing cell's fault as one sentence.

    Cells after a failed one often lack a name that it would have made: those faults are mere
    echoes, and stay silent. Python's own account goes to the standard error stream, which pages
    hide and developers can see.
    """
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None:
        return
    told: list[str] = []

    def tell(
        _shell: Any,
        kind: type[BaseException],
        fault: BaseException,
        trace: TracebackType | None,
        tb_offset: int | None = None,
    ) -> None:
        if told and isinstance(fault, NameError):
            return
        told.append(kind.__name__)
        if not isinstance(fault, PlaybookError):
            traceback.print_exception(kind, fault, trace, file=sys.stderr)
        display(sentence_for(fault))

    shell.set_custom_exc((Exception,), tell)


def sentence_for(fault: BaseException) -> Html:
    """The fault as a person may read it, in an alert."""
    said = str(fault) if isinstance(fault, PlaybookError) else unexpected(type(fault).__name__)
    return Html(Markup('<p class="fault" role="alert">{}</p>').format(said), said)
