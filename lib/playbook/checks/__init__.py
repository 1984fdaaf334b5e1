"""Checks: answers and evidence held against policy, one file per playbook."""
