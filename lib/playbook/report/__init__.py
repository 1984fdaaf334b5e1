"""From executed notebooks to pages that a board reads: one report each, and one index.

Pages are single files: no script, no request to anywhere, and a content security policy that
would forbid both.
"""

from playbook.report.index import render_index
from playbook.report.page import render_report

__all__ = ["render_index", "render_report"]
