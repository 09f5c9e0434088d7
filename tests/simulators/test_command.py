"""Any program as a run, with a bar."""

import sys

import pytest

import fusion_jupyter as fj

REPORTS = """
import sys, time
from fusion_jupyter import report
for step in range(1, 11):
    assert report(step=step, total=10, loss=1 / step)
    time.sleep(0.02)
heavy = {"pandas", "numpy", "ipywidgets", "traitlets"} & set(sys.modules)
assert not heavy, heavy
"""


def test_a_python_program_reports_its_progress():
    run = fj.start(command=[sys.executable, "-c", REPORTS], name="training")
    seen = []
    run.observe(lambda change: seen.append(change.new.fraction), "progress")
    record = run.wait(20)
    assert (record.status, record.simulator, record.error_message) == ("COMPLETED", "command", None)
    assert run.progress.fraction == 1.0
    assert run.progress.events == 10
    assert run.progress.metrics["loss"] == pytest.approx(0.1)
    assert [f for f in seen if f is not None] == sorted(f for f in seen if f is not None)


def test_outside_a_run_a_report_does_nothing(monkeypatch):
    monkeypatch.delenv("FUSION_PROGRESS_FILE", raising=False)
    assert fj.report(0.5) is False
    with pytest.raises(ValueError, match=r"fraction is 1\.5"):
        fj.report(1.5)


def test_a_report_takes_numbers_of_numpy(monkeypatch, tmp_path):
    import numpy as np

    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv("FUSION_PROGRESS_FILE", str(path))
    fj.report(np.float64(0.5), loss=np.float32(0.25), skipped=None)
    assert '"fraction": 0.5, "loss": 0.25}' in path.read_text()


def test_patterns_turn_the_log_of_any_program_into_progress():
    text = "for i in 1 2 3 4; do echo \"epoch $i/8 loss 0.$i\"; sleep 0.15; done; printf 'epoch 6/8 loss 1e-3\\r'"
    run = fj.start(
        command=["/bin/sh", "-c", text],
        progress=r"epoch (?P<step>\d+)/(?P<total>\d+) loss (?P<loss>\S+)",
    )
    seen = []
    run.observe(lambda change: seen.append(change.new.fraction), "progress")
    assert run.wait(20).status == "COMPLETED"
    assert run.progress.events == 5
    assert run.progress.metrics["loss"] == pytest.approx(1e-3)
    assert 0.25 in seen or 0.375 in seen


def test_what_a_program_reports_itself_wins_over_its_log():
    text = (
        "echo '{\"fraction\": 0.5}' >> $FUSION_PROGRESS_FILE; echo step 1; sleep 0.3; echo step 2"
    )
    run = fj.start(command=["/bin/sh", "-c", text], progress=[r"step (?P<step>\d)"])
    run.wait(20)
    assert (run.directory / "progress.jsonl").read_text() == '{"fraction": 0.5}\n'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"command": ["true"], "progress": "(unclosed"}, r"\(unclosed"),
        ({"command": ["true"], "progress": r"step \d+"}, "named groups"),
        ({"progress": r"(?P<step>\d+)"}, "with command only"),
        ({"command": ["true"], "k_paths": 3}, "k_paths"),
        ({"command": "sleep 1"}, "a list of program and arguments"),
    ],
)
def test_bad_commands_and_patterns_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        fj.start(**options)
