"""Execution backends: one module per engine, one interface for all."""
