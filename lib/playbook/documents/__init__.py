"""The documents that a playbook leaves beside its report: pages to hand on, print and file.

Each has a module of its own with ``TITLE``, ``PLAYBOOK``, the playbook it belongs to, and
``build(case, questions, assessment)``, which rests on the same answers, evidence and findings as
the report.
"""

from playbook.documents.catalog import TITLES, build
from playbook.documents.document import Document

__all__ = ["TITLES", "Document", "build"]
