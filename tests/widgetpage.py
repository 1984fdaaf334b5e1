"""A page with one widget: its own module and style in a real browser, beside a model by hand."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

from playbook.forms.lookup import Lookup

PAGE = """<!doctype html><html lang="en"><head><title>One widget</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>body {{ margin: 8px }}
{style}</style></head><body><main><h1>One widget</h1><div id="host"></div></main></body></html>"""
MODEL = """async ([source, data]) => {
  const heard = {};
  const state = { data };
  window.model = {
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
      (heard[`change:${name}`] ?? []).forEach((f) => f());
    },
    on: (name, f) => (heard[name] ??= []).push(f),
    off: (name, f) => { heard[name] = (heard[name] ?? []).filter((other) => other !== f); },
    send: () => {},
    listeners: () => Object.values(heard).flat().length,
  };
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const widget = (await import(address)).default;
  window.tidy = await widget.render({ model: window.model, el: document.getElementById("host") });
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def show(page: Page, widget: type[Lookup], data: dict[str, Any]) -> None:
    """Render `widget` over `data` as a notebook would, with JSON in between."""
    page.set_content(PAGE.format(style=str(widget._css)))
    page.evaluate(MODEL, [str(widget._esm), json.loads(json.dumps(data, allow_nan=False))])


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
