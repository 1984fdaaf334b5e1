"""Batch: run playbooks for products with papermill, and leave a report and a record of each."""
