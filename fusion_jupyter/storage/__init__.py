"""The bottom of everything on the disk: atomic writes, locks, and the names in a run directory."""
