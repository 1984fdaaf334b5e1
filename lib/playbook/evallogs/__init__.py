"""Logs of other evaluation tools, read without trust: nothing in them is ever run."""
