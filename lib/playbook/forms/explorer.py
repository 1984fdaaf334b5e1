"""Move the threshold and see at once who is decided how, who is wronged, and what it is worth."""

from __future__ import annotations

from playbook.forms.assets import module, style
from playbook.forms.lookup import Lookup


class Explorer(Lookup):
    """The threshold explorer, over ``Tradeoffs.payload()``."""

    _esm = module("dom.js", "slider.js", "explorer.js")
    _css = style("base.css", "slider.css", "explorer.css")
