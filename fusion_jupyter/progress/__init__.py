"""The meaning of ``progress.jsonl``: events, the resulting state, and the time estimate."""
