"""Figures of results, ready for a paper.

Each function accepts runs or a frame of the right level (possibly filtered or joined), draws on
`ax` or on a new figure, and returns the axes, so that everything can be changed afterwards. They
need matplotlib, the extra ``plots``.
"""
