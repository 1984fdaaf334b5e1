"""The commands of ``playbook``; each imports what is heavy only when it is called."""

from playbook.commands import batch, pages, products, questions

__all__ = ["batch", "pages", "products", "questions"]
