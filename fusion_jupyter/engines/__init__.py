"""Where a run executes: one module for each engine, one protocol for all."""
