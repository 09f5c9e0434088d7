"""Logs that show progress, and logs that only look so. Prints hits and false guesses when it is run.

``logs/data/progress/`` was recorded from real programs (tqdm 4.70, rich 15.0, pytest, git); the others are written
here as such programs print them.
"""

from __future__ import annotations

import re
from pathlib import Path

from fusion_jupyter.logs.guessing import Guess

RECORDED = Path(__file__).parent / "logs" / "data" / "progress"


def _keras_3() -> str:
    lines = []
    for epoch in range(1, 4):
        lines.append(f"Epoch {epoch}/3\n")
        for step in range(1, 51):
            done = step * 20 // 50
            bar = f"\x1b[32m{'━' * done}\x1b[0m\x1b[37m{'━' * (20 - done)}\x1b[0m"
            lines.append(
                "\x08" * 70 + f"\x1b[1m{step:2}/50\x1b[0m {bar} \x1b[1m0s\x1b[0m 3ms/step "
                f"- accuracy: 0.{step:02} - loss: 1.{step:02}"
            )
        lines.append("\n")
    return "".join(lines)


def _keras_2() -> str:
    lines = []
    for epoch in range(1, 4):
        lines.append(f"Epoch {epoch}/3\n")
        for step in range(1, 51):
            arrow = ">" if step < 50 else "="
            bar = ("=" * (step * 29 // 50) + arrow).ljust(30, ".")
            eta = "- ETA: 12s" if step < 50 else "- 1s 3ms/step"
            lines.append(f"\r{step:2}/50 [{bar}] {eta} - loss: 0.{step:02}")
        lines.append("\n")
    return "".join(lines)


def _lines(template: str, numbers: range) -> str:
    return "".join(template.format(n=n) + "\n" for n in numbers)


#: Name -> text and the fraction that is known at its end.
PROGRESS = {
    "tqdm": ("tqdm.txt", 1.0),
    "tqdm, ASCII, described, scaled": ("tqdm_ascii_desc.txt", 1.0),
    "tqdm, nested": ("tqdm_nested.txt", 1.0),
    "tqdm, a bar for each epoch of three": ("tqdm_epochs.txt", 1.0),
    "tqdm, two stages": ("tqdm_stages.txt", 1.0),
    "tqdm with numbers behind it": ("tqdm_set_postfix.txt", 1.0),
    "rich": ("rich_forced.txt", 1.0),
    "rich, not a terminal: only its end": ("rich_plain.txt", 1.0),
    "rich, two bars": ("rich_two.txt", 1.0),
    "Keras 3": (_keras_3(), 1.0),
    "Keras 2": (_keras_2(), 1.0),
    "step 3/10": ("start\n" + _lines("step {n}/10", range(1, 9)), 0.8),
    "Epoch 3/20 with metrics": (_lines("Epoch {n}/20 - loss: 0.5 - error: 0.1", range(1, 6)), 0.25),
    "a logger's lines": (
        _lines("2026-11-27 14:00:01,123 INFO sim.run: Running iteration {n} of 40", range(1, 31)),
        0.75,
    ),
    "[3/10] of ninja": (_lines("[{n}/12] Building CXX object a.o", range(1, 7)), 0.5),
    "[ 37%] of cmake": (_lines("[{n:3}%] Building CXX object a.o", range(2, 52, 7)), 0.51),
    "[ 37%] of pytest": (_lines("tests/test_{n}.py ....    [{n:3}%]", range(10, 101, 10)), 1.0),
    "pytest": ("pytest.txt", 1.0),
    "37 %": (_lines("{n} %", range(0, 81, 5)), 0.8),
    "progress: 37.5 % done": (_lines("Progress: {n}.5 % done", range(10, 91, 20)), 0.905),
    "3 of 10 steps (30%) done": (_lines("{n} of 10 steps ({n}0%) done", range(1, 8)), 0.7),
    "(3/10) behind a word": (_lines("Processing file ({n}/10): a.csv", range(1, 6)), 0.5),
}

#: These count to their end again and again: what was guessed is withdrawn.
REPEATED = {
    "a bar again and again": "tqdm_repeated.txt",
    "a count that begins again": _lines("step {n}/5", range(1, 6)) * 4,
    "a training after another": _keras_2() * 2,
}

#: Of nothing in these the share that is done is known.
NO_PROGRESS = {
    "git clone, stage after stage": "git_clone.txt",
    "dates": _lines("2026/11/{n:02} 10:00 started", range(1, 20))
    + _lines("step {n}/10/2026", range(1, 13)),
    "failed tests": _lines("{n}/10 tests failed", range(1, 9))
    + _lines("{n} of 10 checks failed", range(1, 9)),
    "failed runs": _lines("run {n}/10 failed", range(1, 9)),
    "versions": _lines("using step {n}/4.5, numpy 1.{n}/2.0, Python 3.{n}", range(1, 9)),
    "memory": _lines("memory {n}%", range(10, 90, 5)) + _lines("Memory usage: {n} %", range(90)),
    "processor": _lines("cpu {n}% done waiting for input", range(10, 90, 5)),
    "download retries": _lines("Retry {n}/5 in 3 s", range(1, 5))
    + _lines("Retrying (attempt {n} of 5)", range(1, 5))
    + _lines("Downloading file {n}/5 failed, retrying", range(1, 5)),
    "sizes of a download": _lines("   ━━━━━━━━━ {n}.2/99.0 MB 3.2 MB/s eta 0:00:10", range(1, 90)),
    "accuracy": _lines("accuracy: {n}.5%", range(50, 90, 5)) + _lines("blocked {n}%", range(9)),
    "disks": _lines("/dev/sda{n}   100G   80G  {n}0% /data/{n}", range(1, 9)),
    "coverage": _lines("src/module_{n}.py   100   20   {n}0%", range(1, 9)),
    "packets": _lines("{n} of 10 packets lost", range(1, 9)),
    "a count that stands still": "step 3/10\n" * 20,
    "a single count": "batch 16/32\nepoch 3/10\n",
    "percentages that go up and down": "10 %\n40 %\n20 %\n35 %\n15 %\n50 %\n30 %\n",
    "counts in sentences": _lines("We found {n} of 10 files in the folder {n}/10", range(1, 9)),
    "paths": _lines("reading data/step {n}/10/file.csv", range(1, 9)),
    "JSON": _lines('{{"step": "{n}/10", "share": "{n}0%"}}', range(1, 9)),
    "ratios": _lines("ratio {n}/10, speed-up {n}.5/10", range(1, 9)),
    "a table": _lines("| {n}/10 | {n}0% | ok |", range(1, 9)),
    "scores": _lines("Score: {n}/10", range(1, 9)) + _lines("{n}/10", range(1, 9)),
}


def text_of(log: str) -> str:
    """A log's text; a name stands for a recorded one."""
    path = RECORDED / log if log.endswith(".txt") and "\n" not in log else None
    return log if path is None else path.read_bytes().decode()


def guesses(log: str) -> list[dict[str, object]]:
    """The events for a log, each line by itself."""
    guess = Guess()
    found = [guess.read(line) for line in re.split("[\r\n\x08]+", text_of(log))]
    return [event for event in found if event is not None]


def known_at_end(events: list[dict[str, object]]) -> float | None:
    """The fraction that a view shows at the end."""
    best: float | None = None
    for event in events:
        best = None if event.get("type") == "start" else best
        fraction = event.get("fraction")
        if isinstance(fraction, float):
            best = max(best or 0.0, fraction)
    return best


def main() -> None:
    """Print what is recognised, and what is taken for progress and is none."""
    hits = 0
    for name, (log, expected) in PROGRESS.items():
        found = known_at_end(guesses(log))
        hit = found is not None and abs(found - expected) < 0.01
        hits += hit
        print("hit  " if hit else "MISS ", f"{name}: {found}, expected {expected}")
    wrong = 0
    for name, log in NO_PROGRESS.items():
        events = guesses(log)
        wrong += bool(events)
        print("FALSE" if events else "none ", f"{name}: {len(events)} events")
    for name, log in REPEATED.items():
        left = known_at_end(guesses(log))
        wrong += left is not None
        print("FALSE" if left is not None else "none ", f"{name}: {left}")
    look_alikes = len(NO_PROGRESS) + len(REPEATED)
    print(f"{hits} of {len(PROGRESS)} recognised, {wrong} of {look_alikes} wrong")


if __name__ == "__main__":
    main()
