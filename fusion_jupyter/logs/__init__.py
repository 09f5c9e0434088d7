"""Growing files: following them, rotation, line index, and progress read from a log."""
