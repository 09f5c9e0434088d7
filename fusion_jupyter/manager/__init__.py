"""The process manager: run directories, supervisors, recovery, and an index for speed."""
