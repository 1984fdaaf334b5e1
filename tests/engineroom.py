"""For a forked process: one notebook through papermill, with the engine of a batch."""

from __future__ import annotations

import papermill
from papermill.exceptions import PapermillExecutionError

from playbook.batch.engine import HERE


def run(argument: dict[str, str]) -> str:
    """Execute the notebook and write it; the name of the error that stopped it, or nothing."""
    try:
        papermill.execute_notebook(**argument, **OPTIONS, engine_name=HERE)
    except PapermillExecutionError as error:
        return str(error.ename)
    return ""


OPTIONS = {"kernel_name": "python3", "progress_bar": False, "store_widget_state": False}
"""Of both, the batch's engine and papermill's own."""
