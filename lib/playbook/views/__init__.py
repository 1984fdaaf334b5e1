"""What a notebook shows besides evidence: answers, findings, the verdict, and their style.

Each function takes plain nouns and returns one `Html`; the markup lies in ``templates/report/``.
"""

from playbook.views.answers import answers_view
from playbook.views.findings import findings_view, verdict_view
from playbook.views.style import style_html

__all__ = ["answers_view", "findings_view", "style_html", "verdict_view"]
