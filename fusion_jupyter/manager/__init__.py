"""The process manager: run directories, supervisors, recovery."""
