"""A file that grows: its tail, its rotation, an index of its lines, and progress read from it."""
