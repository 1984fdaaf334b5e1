"""What a notebook calls: open a playbook for one product, show its form and evidence, conclude."""

from playbook.session.book import Book
from playbook.session.home import Home, open_home
from playbook.session.opening import open_playbook
from playbook.session.record import MIME, Record

__all__ = ["MIME", "Book", "Home", "Record", "open_home", "open_playbook"]
