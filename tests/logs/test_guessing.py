"""A program that prints a bar or counts its steps has a bar; one that only looks so has none."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import progress_corpus as corpus
import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter.logs.guessing import Guess, find_mark


@pytest.mark.parametrize("name", corpus.PROGRESS)
def test_progress_is_recognised(name):
    log, expected = corpus.PROGRESS[name]
    assert corpus.known_at_end(corpus.guesses(log)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("name", corpus.NO_PROGRESS)
def test_what_only_looks_so_gives_nothing_at_any_time(name):
    assert corpus.guesses(corpus.NO_PROGRESS[name]) == []


@pytest.mark.parametrize("name", corpus.REPEATED)
def test_a_guess_that_was_wrong_is_withdrawn(name):
    events = corpus.guesses(corpus.REPEATED[name])
    assert events[-1] == {"type": "start"}
    assert corpus.known_at_end(events) is None


@pytest.mark.parametrize("name", corpus.PROGRESS)
def test_a_bar_never_jumps_ahead_of_what_its_program_says(name):
    """Between two events of one stage it never falls, and the end is not known before it is."""
    if name.startswith("rich, not"):
        pytest.skip("prints its end alone")
    guess, best = Guess(), None
    for line in re.split("[\r\n\x08]+", corpus.text_of(corpus.PROGRESS[name][0])):
        event = guess.read(line)
        if event is None:
            continue
        if event.get("type") == "start":
            best = None
        assert best is None or event["fraction"] >= best
        assert event["fraction"] <= (best or 0.0) + 0.51
        best = event["fraction"]


def test_an_epoch_s_bar_is_a_part_of_all_epochs():
    guess = Guess()
    told = [
        guess.read(line)
        for line in ("Epoch 1/4", "25/50 [=====>.....] - ETA: 1s", "50/50 [==========] - 1s 3ms/step",
                     "Epoch 2/4", "25/50 [=====>.....] - ETA: 1s")
    ]  # fmt: skip
    fractions = [event["fraction"] for event in told if event]
    assert fractions == pytest.approx([0.125, 0.25, 0.375])


@pytest.mark.parametrize(
    "line",
    ["9" * 1900 + "/", "a" * 1900 + "%", "[" * 950 + "3/10" + "]" * 900, " " * 1990 + "3/10",
     "━" * 1900 + " 3", "step " * 300 + "3/", "1/" * 900, "(" * 1999, "% " * 990, "|" * 1990 + "%"],
    ids=range(10),
)  # fmt: skip
def test_no_line_takes_long(line):
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)  # of this process's own time
    before = time.process_time()
    for _ in range(20):
        find_mark(line)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    assert time.process_time() - before < 5


def run_of(text: str) -> fj.Run:
    return fj.start(command=[sys.executable, "-c", text])


def test_a_run_that_prints_its_steps_has_a_bar_while_it_goes_on():
    text = (
        "import time\n"
        "for step in range(1, 6): print(f'step {step}/10', flush=True); time.sleep(0.1)\n"
        "time.sleep(60)"
    )
    run = run_of(text)
    wait_for(lambda: run.progress.fraction == 0.5)
    run.cancel()
    run.wait(30)


def test_a_run_that_prints_nothing_of_progress_has_none():
    run = run_of("print('memory 10%'); print('3/10 tests failed')")
    assert run.wait(30).status == "COMPLETED"
    assert not (run.directory / "progress.jsonl").exists()


def test_recognition_can_be_switched_off():
    text = "print('step 1/4'); print('step 2/4'); print('step 3/4')"
    run = fj.start(command=[sys.executable, "-c", text], progress=None)
    assert run.wait(30).status == "COMPLETED"
    assert not (run.directory / "progress.jsonl").exists()
    run = run_of(text)
    run.wait(30)
    assert (run.directory / "progress.jsonl").exists()


def test_what_the_program_reports_itself_is_taken_instead(tmp_path):
    text = (
        "import fusion_jupyter as fj, time\n"
        "for step in range(1, 6): print(f'step {step}/10', flush=True); time.sleep(0.2)\n"
        "fj.report(0.25); print('step 6/10', flush=True); time.sleep(0.5); fj.report(0.3)\n"
        "time.sleep(60)"
    )
    run = run_of(text)
    wait_for(lambda: run.progress.fraction == 0.3)
    run.cancel()
    run.wait(30)


def test_a_simulators_own_log_is_not_guessed_from():
    run = fj.start("minimal", simulator="embedded", max_iters=2, num_requests=100)
    run.wait(30)
    assert '"type": "start"' not in (run.directory / "progress.jsonl").read_text()


def test_the_reader_of_a_log_is_light():
    root = str(Path(fj.__file__).parents[1])
    text = (
        "import sys; before = set(sys.modules); import fusion_jupyter.logs.log_progress;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {root!r}); {text}"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert not set(told) & {"typing", "dataclasses", "pathlib", "asyncio", "inspect"}
