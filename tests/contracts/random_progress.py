"""Writes progress_random.json: sequences drawn at random, with Python's answers.

What nobody thought of when progress.json was written by hand. Run it again when the meaning of a
line changes: ``python tests/contracts/random_progress.py``; the seed is fixed, so that only what
has changed differs.
"""

from __future__ import annotations

import json
import random
from typing import Any

from contract import HERE, progress_of

SEQUENCES = 160
FILE = "progress_random.json"
_BAD = ("{", "[]", "null", "text", '{"iteration": }', '{"fraction": 7}', '{"erlang": 1e999}', " ")
_KEYS = ("step", "total", "fraction", "total_erlangs", "erlang_index", "blocking", "ci")


def _event(draw: random.Random, loads: list[float], iterations: int) -> object:
    """One line: mostly an iteration of some load, at times anything."""
    choice = draw.random()
    if choice < 0.06:
        return draw.choice(_BAD)
    if choice < 0.12:
        return {"type": draw.choice(("start", "complete", "error", "pause"))}
    event: dict[str, Any] = {}
    if draw.random() < 0.9:
        event["erlang"] = draw.choice(loads)
    if draw.random() < 0.9:
        event["iteration"] = draw.randint(0, iterations + 1)
    if draw.random() < 0.5:
        event["total_iterations"] = draw.choice((iterations, iterations, 2 * iterations, 0))
    if choice < 0.35:
        event["type"] = draw.choice(("erlang_start", "iteration", "iteration", "erlang_complete"))
        event["metrics"] = {
            name: draw.choice((0.25, 0, 3, "x", None, True))
            for name in draw.sample(("blocking_prob", "ci_half_width", "iterations", "note"), 2)
        }
    for key in draw.sample(_KEYS, draw.choice((0, 0, 0, 1, 2))):
        event[key] = _value(draw, key)
    return event


def _value(draw: random.Random, key: str) -> object:
    if draw.random() < 0.1:
        return draw.choice((-1, "1", None, 2.5, True, [1]))
    if key in ("total_erlangs", "erlang_index"):
        return draw.randint(0, 5)
    return round(draw.random(), 3)


def _runs_on(draw: random.Random, loads: list[float], iterations: int) -> list[object]:
    """What a well-behaved simulator says, and stops early at times."""
    lines: list[object] = []
    for erlang in loads:
        for iteration in range(1, draw.randint(1, iterations) + 1):
            blocking = round(draw.random() / 10, 4)
            lines.append(
                {
                    "erlang": erlang,
                    "iteration": iteration,
                    "total_iterations": iterations,
                    "blocking": blocking,
                    "ci": round(blocking / 7, 5) if iteration > 1 else None,
                }
            )
    return lines


def sequences() -> list[dict[str, Any]]:
    """The sequences, each with its expected progress; the same each time."""
    draw = random.Random(20261127)
    found = []
    for number in range(SEQUENCES):
        loads = sorted(draw.sample((0.5, 100, 200, 300, 400, 500, 600), draw.randint(1, 4)))
        iterations = draw.randint(1, 5)
        if draw.random() < 0.4:
            lines = _runs_on(draw, loads, iterations)
            for _ in range(draw.randint(0, 3)):
                lines.insert(draw.randint(0, len(lines)), _event(draw, loads, iterations))
        else:
            lines = [_event(draw, loads, iterations) for _ in range(draw.randint(1, 14))]
        sequence = {
            "name": f"drawn {number}",
            "erlangs": loads if draw.random() < 0.8 else [],
            "max_iters": iterations if draw.random() < 0.8 else None,
            "history_complete": draw.random() < 0.9,
            "lines": lines,
        }
        found.append({**sequence, "expected": progress_of(sequence)})
    return found


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(each, separators=(",", ":")) for each in sequences())
    (HERE / FILE).write_text(f"[\n{rows}\n]\n", encoding="utf-8")
