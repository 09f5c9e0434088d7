"""The line to the browser: few messages, numbered, and nothing that a page lacks stays unsaid."""

from __future__ import annotations

import itertools
import threading
import time

from fusion_jupyter.widgets.channel import PER_SECOND, Hub


class Run:
    """A source of states, as the hub sees a run."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.rev = 1
        self.final = False
        self.taken: list[bool] = []

    def take(self, full: bool) -> dict[str, object]:
        self.taken.append(full)
        return {"rev": self.rev, "full": full}


class Line(Hub):
    """A hub whose messages are kept; without its thread, `collect` says what it would send."""

    def __init__(self, *, running: bool = False) -> None:
        self.sent: list[tuple[float, dict]] = []
        super().__init__()
        if not running:
            self._thread = threading.current_thread()

    def send(self, content, buffers=None):
        self.sent.append((time.monotonic(), content))

    def next(self, now: float = 0.0) -> dict | None:
        collected = self.collect(now)
        return None if collected is None else collected[0]


def changed(hub: Line, *runs: Run) -> None:
    for run in runs:
        run.rev += 1
        hub.changed(run.key)


def test_all_runs_that_changed_go_in_one_numbered_message():
    hub, runs = Line(), [Run(f"{n:012x}") for n in range(50)]
    for run in runs:
        hub.attach(run)
    assert hub.next() is None, "what a page is made with is not said again"
    changed(hub, *runs)
    changed(hub, *runs)
    first = hub.next()
    assert first["n"] == 1
    assert {key: state["rev"] for key, state in first["runs"].items()} == {r.key: 3 for r in runs}
    assert hub.next() is None
    changed(hub, runs[7])
    assert hub.next() == {"n": 2, "runs": {runs[7].key: {"rev": 4, "full": False}}}


def test_a_page_that_has_less_gets_everything_and_one_that_has_it_gets_nothing():
    hub, run = Line(), Run("a" * 12)
    hub.attach(run)
    changed(hub, run)
    hub.next()
    hub._on_message(None, {"kind": "have", "runs": {run.key: 1, "unknown": 5}}, [])
    assert hub.next()["runs"] == {run.key: {"rev": 2, "full": True}}
    hub._on_message(None, {"kind": "have", "runs": {run.key: 2}}, [])
    assert hub.next() is None


def test_the_end_is_repeated_until_a_page_has_it():
    hub, run = Line(), Run("b" * 12)
    hub.attach(run)
    run.final = True
    changed(hub, run)
    assert hub.next(0.0)["runs"][run.key]["rev"] == 2
    said = [now / 10 for now in range(1, 600) if hub.next(now / 10) is not None]
    assert len(said) == 5, f"said again at {said}"
    assert all(run.taken[1:]), "each time with everything, for a page that has nothing"

    other = Run("c" * 12)
    hub.attach(other)
    other.final = True
    changed(hub, other)
    hub.next(100.0)
    hub._on_message(None, {"kind": "have", "runs": {other.key: other.rev}}, [])
    assert [now for now in range(101, 160) if hub.next(now) is not None] == []


def test_a_quiet_run_is_told_from_a_silent_kernel():
    hub, run = Line(), Run("d" * 12)
    hub.attach(run)
    beats = [now for now in range(1, 11) if hub.next(float(now)) is not None]
    assert len(beats) == 10
    run.final = True
    hub._on_message(None, {"kind": "have", "runs": {run.key: run.rev}}, [])
    assert hub.next(100.0) is None


def test_answers_carry_their_bytes_and_large_ones_are_spread_over_messages():
    hub = Line()
    for number in range(3):
        hub.answer({"id": str(number), "value": {}}, bytes(5 << 20))
    hub.answer({"id": "small", "error": "no"})
    first, buffers = hub.collect(0.0)
    assert [reply["id"] for reply in first["replies"]] == ["0", "1"]
    assert [reply["buffer"] for reply in first["replies"]] == [0, 1]
    assert [len(buffer) for buffer in buffers] == [5 << 20] * 2
    second, buffers = hub.collect(0.0)
    assert [reply["id"] for reply in second["replies"]] == ["2", "small"]
    assert "buffer" not in second["replies"][1]


def test_a_deleted_run_is_told_and_said_no_more():
    hub, run = Line(), Run("e" * 12)
    hub.attach(run)
    hub.remove(run.key)
    changed(hub, run)
    assert hub.next() == {"n": 1, "gone": [run.key]}


def test_a_flood_of_changes_is_a_trickle_of_messages_and_the_last_is_said():
    hub, run = Line(running=True), Run("f" * 12)
    hub.attach(run)
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        changed(hub, run)
        time.sleep(0.0005)
    last = run.rev
    assert last > 200
    run.final = True
    hub._on_message(None, {"kind": "have", "runs": {run.key: last}}, [])
    deadline = time.monotonic() + 10
    while hub.sent[-1][1]["runs"][run.key]["rev"] < last and time.monotonic() < deadline:
        time.sleep(0.01)
    assert hub.sent[-1][1]["runs"][run.key]["rev"] == last
    moments = [moment for moment, _ in hub.sent]
    pauses = [b - a for a, b in itertools.pairwise(moments)]
    assert min(pauses) > 0.9 / PER_SECOND
    assert [message["n"] for _, message in hub.sent] == list(range(1, len(hub.sent) + 1))


def test_a_line_that_fails_for_a_moment_goes_on():
    class Torn(Line):
        torn = True

        def send(self, content, buffers=None):
            if self.torn:
                raise RuntimeError("the socket is closed")
            super().send(content, buffers)

    hub, run = Torn(running=True), Run("9" * 12)
    hub.attach(run)
    changed(hub, run)
    time.sleep(0.2)
    hub.torn = False
    changed(hub, run)
    deadline = time.monotonic() + 10
    while not hub.sent and time.monotonic() < deadline:
        time.sleep(0.01)
    assert hub.sent[0][1]["n"] > 1, "a page sees by the number that it has missed something"
    assert hub.sent[0][1]["runs"][run.key]["rev"] == 3
