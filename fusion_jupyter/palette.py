"""Colours of saved HTML, where no theme is known: readable on light and dark pages."""

#: Colour of each status, by its value.
STATUS_COLOURS = {
    "PENDING": "#7a828c",
    "RUNNING": "#1976d2",
    "COMPLETED": "#2e8b57",
    "FAILED": "#d0413f",
    "CANCELLED": "#7a828c",
    "UNKNOWN": "#7a828c",
}
