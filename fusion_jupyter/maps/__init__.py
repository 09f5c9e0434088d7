"""Networks as pictures: where nodes stand, how much links are used, in which colours.

What the widget, the saved notebook and the figure for a paper show in the same way.
"""
