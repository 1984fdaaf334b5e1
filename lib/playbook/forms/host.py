"""Where the code runs: before a person who can type, or in batch."""

from __future__ import annotations

import os

LIVE_VARIABLE = "PLAYBOOK_LIVE"
"""``1`` or ``0`` says which, whatever the surroundings look like."""
WORKSHOP_VARIABLE = "PLAYBOOK_WORKSHOP"
"""``1`` where each participant answers for themselves unless they say otherwise."""
PUBLIC_VARIABLE = "PLAYBOOK_PUBLIC"
"""``1`` where the pages are open to a network."""
_SIGNS = ("JPY_SESSION_NAME", "VOILA_REQUEST_URL", "VOILA_BASE_URL")


def is_live() -> bool:
    """Whether a browser shows the outputs: in a session of a Jupyter server, or in Voilà.

    papermill, nbval and ``playbook run`` start their kernels without these signs.
    """
    said = os.environ.get(LIVE_VARIABLE)
    if said is not None:
        return said == "1"
    return any(sign in os.environ for sign in _SIGNS)
