"""Networks as maps: positions of nodes, use of links, colours.

Shared by the widget, the saved notebook and the figure for a paper.
"""
