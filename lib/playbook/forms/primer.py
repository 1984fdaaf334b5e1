"""The interactive pieces of the primer."""

from __future__ import annotations

from playbook.forms.assets import module, style
from playbook.forms.lookup import Lookup


class BaseRates(Lookup):
    """A thousand people as dots, over ``evidence.primer.BaseRates.payload()``."""

    _esm = module("dom.js", "slider.js", "baserates.js")
    _css = style("base.css", "slider.css", "primer.css")


class Samples(Lookup):
    """Samples drawn again and again, over ``evidence.primersamples.Samples.payload()``."""

    _esm = module("dom.js", "slider.js", "samples.js")
    _css = style("base.css", "slider.css", "primer.css")


class Glossary(Lookup):
    """The glossary with a search field, over ``{"terms": …}`` of ``glossary.yaml``."""

    _esm = module("dom.js", "slider.js", "glossary.js")
    _css = style("base.css", "slider.css", "primer.css")
