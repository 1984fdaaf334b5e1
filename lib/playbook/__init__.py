"""AI product playbooks: what a team claims, what its data show and what policy demands."""

__version__ = "0.1.0"
