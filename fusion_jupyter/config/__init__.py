"""Configurations: the table of options, templates, and all checks before a start."""
