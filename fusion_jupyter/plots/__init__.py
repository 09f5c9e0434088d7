"""Figures of results, ready for a paper.

Each takes runs, or a frame of the right level (filtered, joined, computed on), draws on `ax` or on
a figure of its own, and returns the axes, so that everything can be changed afterwards. matplotlib
is the extra ``plots``.
"""
