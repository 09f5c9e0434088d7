"""Reading the contract files, and Python's answers to what stands in them.

The files are the truth for both halves: pytest runs them here, vitest in js/tests/contracts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fusion_jupyter.progress.state import ProgressTracker
from fusion_jupyter.widgets.snapshot import progress_state

HERE = Path(__file__).parent
#: What the two halves agree on; rates and the time that is left depend on the clock.
SHARED = (
    "fraction",
    "erlang",
    "erlang_index",
    "total_erlangs",
    "iteration",
    "total_iterations",
    "events",
    "bad_lines",
    "points",
)


def load(name: str) -> Any:
    """A contract file's content."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def line_bytes(line: object) -> bytes:
    """A line as it stands in the file: a text as it is, anything else as JSON."""
    text = line if isinstance(line, str) else json.dumps(line)
    return text.encode("utf-8", errors="surrogatepass")


def progress_of(sequence: dict[str, Any]) -> dict[str, Any]:
    """What Python makes of a sequence: its progress at the end, and the fraction on the way."""
    tracker = ProgressTracker(
        sequence["erlangs"],
        sequence["max_iters"],
        history_complete=sequence.get("history_complete", True),
    )
    fractions = []
    for line in sequence["lines"]:
        tracker.feed([line_bytes(line)])
        fractions.append(tracker.progress.fraction)
    progress = tracker.progress
    state = progress_state(progress, "embedded")
    found = {key: state[key] for key in SHARED}
    # As reported; the page is told the interval that is shown, see half_width.json.
    found["points"] = [
        [point.erlang, point.blocking, point.ci, point.iterations, point.done]
        for point in progress.points
    ]
    return {"fractions": fractions, **found, "start": tracker.progress.start}
