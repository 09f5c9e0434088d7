"""Figures of results, made with matplotlib."""
