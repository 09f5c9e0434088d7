"""The line to the browser: few messages, numbered, and nothing that a page lacks stays unsaid."""

from __future__ import annotations

import itertools
import threading
import time

from helpers import wait_for

from fusion_jupyter.widgets.channel import PER_SECOND, Channel


class Run:
    """A subject, as the channel sees a run."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.rev = 1
        self.final = False
        self.taken: list[bool] = []

    def state(self, full: bool) -> dict[str, object]:
        self.taken.append(full)
        return {"rev": self.rev, "full": full}

    def poll(self) -> bool:
        return False


class Line(Channel):
    """A channel whose messages are kept; without its thread, `collect` says what it would send."""

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


def changed(line: Line, *runs: Run) -> None:
    for run in runs:
        run.rev += 1
        line.changed(run.key)


def test_all_runs_that_changed_go_in_one_numbered_message():
    line, runs = Line(), [Run(f"{n:012x}") for n in range(50)]
    for run in runs:
        line.attach(run)
    assert line.next() is None, "what a page is made with is not said again"
    changed(line, *runs)
    changed(line, *runs)
    first = line.next()
    assert first["n"] == 1
    assert {key: state["rev"] for key, state in first["subjects"].items()} == {
        r.key: 3 for r in runs
    }
    assert line.next() is None
    changed(line, runs[7])
    assert line.next() == {"n": 2, "subjects": {runs[7].key: {"rev": 4, "full": False}}}


def test_a_page_that_has_less_gets_everything_and_one_that_has_it_gets_nothing():
    line, run = Line(), Run("a" * 12)
    line.attach(run)
    changed(line, run)
    line.next()
    line._on_message(None, {"kind": "have", "subjects": {run.key: 1, "unknown": 5}}, [])
    assert line.next()["subjects"] == {run.key: {"rev": 2, "full": True}}
    line._on_message(None, {"kind": "have", "subjects": {run.key: 2}}, [])
    assert line.next() is None


def test_the_end_is_repeated_until_a_page_has_it():
    line, run = Line(), Run("b" * 12)
    line.attach(run)
    run.final = True
    changed(line, run)
    assert line.next(0.0)["subjects"][run.key]["rev"] == 2
    said = [now / 10 for now in range(1, 600) if line.next(now / 10) is not None]
    assert len(said) == 5, f"said again at {said}"
    assert all(run.taken[1:]), "each time with everything, for a page that has nothing"

    other = Run("c" * 12)
    line.attach(other)
    other.final = True
    changed(line, other)
    line.next(100.0)
    line._on_message(None, {"kind": "have", "subjects": {other.key: other.rev}}, [])
    assert [now for now in range(101, 160) if line.next(now) is not None] == []


def test_a_quiet_run_is_distinguished_from_a_silent_kernel():
    line, run = Line(), Run("d" * 12)
    line.attach(run)
    beats = [now for now in range(1, 11) if line.next(float(now)) is not None]
    assert len(beats) == 10
    run.final = True
    line._on_message(None, {"kind": "have", "subjects": {run.key: run.rev}}, [])
    assert line.next(100.0) is None


def test_answers_carry_their_bytes_and_large_ones_are_spread_over_messages():
    line = Line()
    for number in range(3):
        line.answer({"id": str(number), "value": {}}, bytes(5 << 20))
    line.answer({"id": "small", "error": "no"})
    first, buffers = line.collect(0.0)
    assert [reply["id"] for reply in first["replies"]] == ["0", "1"]
    assert [reply["buffer"] for reply in first["replies"]] == [0, 1]
    assert [len(buffer) for buffer in buffers] == [5 << 20] * 2
    second, buffers = line.collect(0.0)
    assert [reply["id"] for reply in second["replies"]] == ["2", "small"]
    assert "buffer" not in second["replies"][1]


def test_a_deleted_run_is_reported_and_said_no_more():
    line, run = Line(), Run("e" * 12)
    line.attach(run)
    line.remove(run.key)
    changed(line, run)
    assert line.next() == {"n": 1, "gone": [run.key]}


def test_a_flood_of_changes_is_a_trickle_of_messages_and_the_last_is_said():
    line, run = Line(running=True), Run("f" * 12)
    line.attach(run)
    while len(line.sent) < 15:
        changed(line, run)
        time.sleep(0)  # let the channel's thread speak
    last = run.rev
    assert last > 200
    run.final = True
    line._on_message(None, {"kind": "have", "subjects": {run.key: last}}, [])
    wait_for(lambda: line.sent[-1][1]["subjects"][run.key]["rev"] == last)
    moments = [moment for moment, _ in line.sent]
    pauses = [b - a for a, b in itertools.pairwise(moments)]
    assert min(pauses) > 0.9 / PER_SECOND
    assert [message["n"] for _, message in line.sent] == list(range(1, len(line.sent) + 1))


def test_a_line_that_fails_for_a_moment_goes_on():
    class Torn(Line):
        torn = True
        failures = 0

        def send(self, content, buffers=None):
            if self.torn:
                self.failures += 1
                raise RuntimeError("the socket is closed")
            super().send(content, buffers)

    line, run = Torn(running=True), Run("9" * 12)
    line.attach(run)
    changed(line, run)
    wait_for(lambda: line.failures)
    line.torn = False
    changed(line, run)
    wait_for(lambda: line.sent)
    assert line.sent[0][1]["n"] > 1, "a page sees by the number that it has missed something"
    assert line.sent[0][1]["subjects"][run.key]["rev"] == 3


def test_a_subject_that_fails_silences_no_other(capsys):
    class Broken(Run):
        def state(self, full):
            raise TypeError("an odd type")

        def poll(self):
            raise TypeError("an odd look")

    line, run, broken = Line(), Run("a" * 12), Broken("b" * 12)
    for each in (broken, run):
        line.attach(each)
    changed(line, broken, run)
    assert set(line.next()["subjects"]) == {run.key}
    line.poll(1.0)
    changed(line, run)
    assert set(line.next()["subjects"]) == {run.key}
    assert "an odd type" in capsys.readouterr().err


def test_subjects_look_by_themselves_every_few_seconds_and_what_they_find_is_said():
    class Curious(Run):
        looks = 0

        def poll(self):
            self.looks += 1
            self.rev += self.looks == 2
            return self.looks == 2

    line, run = Line(), Curious("c" * 12)
    run.final = True
    line.attach(run)
    line.has(run.key, 1)
    said = []
    for tenths in range(100):
        line.poll(tenths / 10)
        message = line.next(tenths / 10)
        if message is not None:
            said.append((tenths, message["subjects"][run.key]["rev"]))
    assert run.looks == 4
    assert said[0] == (30, 2)
