"""What a line of ``progress.jsonl`` means: events, the state they add up to, and the estimate."""
