"""The servers behind ``playbook lab`` and ``playbook app``: who gets in, and how they start."""

from playbook.live.start import start_app, start_lab

__all__ = ["start_app", "start_lab"]
