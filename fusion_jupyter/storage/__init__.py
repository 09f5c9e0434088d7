"""Atomic writes, locks, directory sync, and the file names in a run directory."""
