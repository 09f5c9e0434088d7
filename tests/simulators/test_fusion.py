"""The real simulator under the toolkit: what the user sees of each recorded run."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from helpers import survivors, wait_for

import fusion_jupyter as fj
from fusion_jupyter import settings, simulators
from fusion_jupyter.config.topologies import read_network
from fusion_jupyter.simulators import fusion
from fusion_jupyter.simulators.fusion_launcher import LogReader, collect

SAMPLES = Path(__file__).parent.parent / "data" / "fusion_samples"
STANDIN = Path(__file__).parent / "standin"


@pytest.fixture
def replay(monkeypatch):
    """Start a run that replays a recorded one."""
    settings.configure(fusion_python=sys.executable, max_concurrent_runs=4)
    monkeypatch.setenv("PYTHONPATH", str(STANDIN))
    handles = []

    def start(sample, log="run.log", ending="0", speed="20", template=None, **options):
        folder = SAMPLES / sample
        monkeypatch.setenv("STANDIN_LOG", str(folder / log))
        monkeypatch.setenv("STANDIN_OUTPUT", str(folder / "output"))
        monkeypatch.setenv("STANDIN_EXIT", ending)
        monkeypatch.setenv("STANDIN_SPEED", speed)
        run = fj.start(template or folder / "config.ini", simulator="fusion", **options)
        handles.append(run)
        return run

    yield start
    settings.configure(cancel_grace_seconds=0)
    for run in handles:
        run.cancel()


def raw_blocking(sample):
    return {
        float(path.name.removesuffix("_erlang.json")): json.loads(path.read_text())["blocking_mean"]
        for path in (SAMPLES / sample / "output").rglob("*_erlang.json")
    }


def test_a_good_run_is_watched_to_its_end_and_its_files_are_the_runs(replay):
    run = replay("sequential_100G", speed="30")
    fractions, broken = [], []
    run.observe(lambda change: fractions.append(change.new.fraction or 0.0), "progress")
    while run.status in ("PENDING", "RUNNING"):
        # Half-written files all the time: a reader never crashes on one.
        try:
            run.results()
        except Exception as error:
            broken.append(error)
        time.sleep(0.01)
    record = run.wait(10)
    assert broken == []
    assert (record.status, record.simulator, record.exit_code) == ("COMPLETED", "fusion", 0)
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 10
    assert run.progress.fraction == 1.0
    assert [point.erlang for point in run.progress.points] == [200, 300, 400, 500, 600, 700, 800]
    assert all(point.done and point.iterations == 3 for point in run.progress.points)
    assert run.progress.points[3].blocking == 0.0628  # the log has four decimals
    assert len(run.artifacts) == 7
    frame = run.results()
    assert dict(zip(frame["erlang"], frame["blocking"], strict=True)) == raw_blocking(
        "sequential_100G"
    )
    assert not (STANDIN / "data" / "output").exists()
    assert survivors(run.id) == []


FAILURES = {
    "bad_missreq": "Missing required option 'holding_time' in section [general_settings]",
    "bad_type": "Failed to convert num_requests='abc' using int: invalid literal for int() with "
    "base 10: 'abc'",
    "missing": "Could not find config file at: /home/user/runs/nope.ini",
    "bad_syntax": "Failed to parse config file /home/user/runs/bad_syntax.ini: File contains no "
    "section headers.",
    "bad_net": "NotImplementedError: Unknown network name: 'COST239'",
    "bad_route": "NotImplementedError: Routing method 'foo' not recognized.",
    "bad_alloc": "NotImplementedError: Expected first_fit or best_fit, got: foo",
    "bad_modname": "NotImplementedError: Unknown modulation assumption 'FOO'",
    "bad_modpath": "FileNotFoundError: File not found: /opt/FUSION/nope.json",
    "bad_filetype": "NotImplementedError: CSV output not yet implemented",
    "bad_distkey": "ValueError: Bandwidth mismatch: ['75'] not in mod_per_bw. Available: "
    "['25', '50', '100', '200', '400']",
    "bad_dist": "ValueError: The number of requests could not be distributed according to the "
    "specified percentages. Please adjust either the number of requests or the bandwidth "
    "distribution percentages.",
    "alloc_best_fit": "BufferError: Attempted to allocate a taken spectrum.",
    "alloc_last_fit": "ValueError: Spectrum set cannot be empty.",
}


def test_there_is_an_expectation_for_every_recorded_failure():
    logs = {path.stem for path in (SAMPLES / "failing").glob("*.log")}
    assert logs == {*FAILURES, "bad_range"}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_tells_its_real_cause(replay, name):
    run = replay("failing", f"{name}.log", ending="1", template="minimal", speed="1000")
    record = run.wait(20)
    assert (record.status, record.exit_code) == ("FAILED", 1)
    assert record.error_message == FAILURES[name]


def test_success_without_any_result_is_a_failure(replay):
    run = replay("failing", "bad_range.log", template="minimal", speed="1000")
    record = run.wait(20)
    assert (record.status, record.exit_code) == ("FAILED", 0)
    assert record.error_message == "Ended with exit code 0 but wrote no results"


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("run.log", "TypeError: Pickling an AuthenticationString object is disallowed"),
        ("cli_parallel_option.log", "fusion-sim: error: unrecognized arguments: --parallel"),
    ],
)
def test_the_parallel_interface_that_does_not_work_is_reported_as_such(replay, log, message):
    run = replay("parallel_api_failure", log, ending="2", template="minimal", speed="1000")
    record = run.wait(20)
    assert record.status == "FAILED"
    assert message in record.error_message


def test_an_early_stop_jumps_to_the_end_of_its_load(replay):
    run = replay("ci_early_stop_unsaved")
    record = run.wait(30)
    assert record.status == "COMPLETED"
    (point,) = run.progress.points
    assert (point.erlang, point.iterations, point.done) == (3000.0, 2, True)
    events = [
        json.loads(line) for line in (run.directory / "progress.jsonl").read_text().splitlines()
    ]
    assert events[-1]["type"] == "erlang_complete"
    assert events[-1]["early_stop"] is True
    # FUSION lost the second iteration of this run, because save_step was not 1.
    assert run.results()["iterations"].tolist() == [1]


def test_a_killed_simulator_is_reported_as_such_and_keeps_its_files(replay):
    run = replay("sigkill", ending="KILL")
    record = run.wait(30)
    assert (record.status, record.signal) == ("FAILED", signal.SIGKILL)
    assert record.error_message.startswith("Ended by signal 9 (SIGKILL)")
    with pytest.warns(fj.IncompleteResultsWarning, match=rf"run {run.id} \(FAILED\)$"):
        assert run.results()["erlang"].tolist() == [300.0]
    assert survivors(run.id) == []


def test_cancel_really_ends_a_run_that_ignores_sigterm(replay):
    settings.configure(cancel_grace_seconds=0.5)
    run = replay("sigterm_ignored", speed="1")
    wait_for(lambda: run.progress.events > 1)
    assert len(survivors(run.id)) >= 2
    run.cancel()
    record = run.wait(20)
    assert (record.status, record.signal) == ("CANCELLED", signal.SIGKILL)
    assert "Received signal 15" in "\n".join(run.log_tail(500))
    assert survivors(run.id) == []


def test_a_run_that_saved_on_sigterm_and_went_on_has_all_its_results(replay):
    run = replay("sigterm_ignored")
    record = run.wait(30)
    assert record.status == "COMPLETED"
    assert run.results()["erlang"].tolist() == [300.0, 400.0, 500.0]
    assert run.progress.fraction == 1.0


def test_sections_for_several_processes_are_refused_before_the_start(replay):
    with pytest.raises(fj.ConfigError, match=r"\[s2\]"):
        replay("multiprocess_legacy_s1_s2")


def test_the_log_of_two_processes_gives_each_its_load():
    reader = LogReader(2)
    log = (SAMPLES / "multiprocess_legacy_s1_s2" / "run.log").read_text()
    events = [event for line in log.splitlines() if (event := reader.read(line))]
    loads = pd.DataFrame(events)
    assert sorted(loads["erlang"].unique()) == [300.0, 400.0]
    assert loads["iteration"].max() == 2
    assert len(reader.saved_to) == 2


def test_a_progress_file_of_fusions_own_wins(replay, tmp_path, monkeypatch):
    package = tmp_path / "own"
    shutil.copytree(STANDIN, package)
    path = package / "fusion" / "cli" / "run_sim.py"
    own = (
        "    Path(options.config_path).with_name('progress.jsonl').write_text("
        '\'{"fraction": 0.25, "erlang": 200.0}\\n\')\n'
    )
    text = path.read_text()
    path.write_text(text.replace("    replay(root)\n", own + "    replay(root)\n"))
    run = replay("sequential_100G", speed="1000", max_iters=3)
    run.wait(30)
    monkeypatch.setenv("PYTHONPATH", str(package))
    run = fj.start(SAMPLES / "sequential_100G" / "config.ini", simulator="fusion")
    run.wait(30)
    assert (run.directory / "progress.jsonl").read_text() == '{"fraction": 0.25, "erlang": 200.0}\n'


def test_results_saved_elsewhere_are_collected(tmp_path):
    elsewhere = tmp_path / "root" / "data" / "output" / "NSFNet" / "1123" / "19_05" / "s1"
    elsewhere.mkdir(parents=True)
    (elsewhere / "300.0_erlang.json").write_text("{}")
    output = tmp_path / "run" / "output"
    output.mkdir(parents=True)
    collect([str(elsewhere), str(tmp_path / "nowhere")], str(output))
    assert (output / "NSFNet" / "1123" / "19_05" / "s1" / "300.0_erlang.json").read_text() == "{}"


def test_fusion_is_found_where_it_is_configured_or_on_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fusion, "_is_importable", lambda: False)
    assert fusion.find_python() is None
    assert simulators.choose("minimal", {}, "auto").simulator == "embedded"
    with pytest.raises(ValueError, match="FUSION was not found"):
        simulators.choose("minimal", {}, "fusion")
    script = tmp_path / "fusion-sim"
    script.write_text(f"#!{sys.executable}\n")
    script.chmod(0o755)
    assert fusion.find_python() == Path(sys.executable)
    script.write_text("#!/no/such/python\n")
    assert fusion.find_python() is None
    monkeypatch.setenv(settings.FUSION_PYTHON_VARIABLE, sys.executable)
    assert fusion.find_python() == Path(sys.executable)


def test_a_configured_interpreter_is_asked_at_once_and_its_commit_is_in_the_record(
    tmp_path, monkeypatch, replay
):
    with pytest.raises(ValueError, match=r"cannot import FUSION.*No module named 'fusion"):
        monkeypatch.delenv("PYTHONPATH")
        fj.configure(fusion_python=sys.executable)
    with pytest.raises(ValueError, match="no such|No such"):
        fj.configure(fusion_python=tmp_path / "python")
    root = tmp_path / "checkout"
    shutil.copytree(STANDIN, root)
    (root / ".git" / "refs" / "heads").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "refs" / "heads" / "main").write_text("5e" * 20 + "\n")
    finder = root / "fusion" / "utils" / "os.py"
    finder.write_text(f"def find_project_root(start_path=None):\n    return {str(root)!r}\n")
    monkeypatch.setenv("PYTHONPATH", str(root))
    assert "commit 5e5e5e5e5e5e" in fj.configure(fusion_python=sys.executable).fusion
    choice = simulators.choose("minimal", {}, "fusion")
    assert (choice.installation.commit, choice.installation.project) == ("5e" * 20, str(root))
    assert choice.reason == "requested"


def test_fusion_takes_over_what_the_embedded_simulator_does_not_compute(replay, monkeypatch):
    own = SAMPLES / "sequential_100G" / "config.ini"
    settings.configure(fusion_python=sys.executable)
    choice = simulators.choose(own, {}, "auto")
    assert choice.simulator == "embedded"
    assert choice.reason == "it computes this configuration exactly as FUSION does"
    choice = simulators.choose(own, {"is_grooming_enabled": True, "save_snapshots": True})
    assert choice.simulator == "fusion"
    assert choice.reason == (
        "the embedded simulator does not compute save_snapshots = True, is_grooming_enabled = True"
    )


def test_the_engine_that_the_environment_asks_for_is_part_of_the_request(replay, monkeypatch):
    plain = simulators.plan(**REQUEST)
    assert plain.environment == {"FUSION_USE_ORCHESTRATOR": "0"}
    monkeypatch.setenv("FUSION_USE_ORCHESTRATOR", "yes")
    asked = simulators.plan(**REQUEST)
    assert asked.environment == {"FUSION_USE_ORCHESTRATOR": "1"}
    assert "use_orchestrator = True" in asked.config
    assert asked.fingerprint() != plain.fingerprint()
    monkeypatch.delenv("FUSION_USE_ORCHESTRATOR")
    by_option = simulators.plan(**{**REQUEST, "options": {"use_orchestrator": True}})
    assert by_option.fingerprint() == asked.fingerprint()


def test_the_modulation_file_of_fusions_project_is_copied_and_part_of_the_request(
    tmp_path, monkeypatch, replay
):
    root = tmp_path / "checkout"
    shutil.copytree(STANDIN, root)
    finder = root / "fusion" / "utils" / "os.py"
    finder.write_text(f"def find_project_root(start_path=None):\n    return {str(root)!r}\n")
    monkeypatch.setenv("PYTHONPATH", str(root))
    before = {name: simulators.plan(**{**REQUEST, "simulator": name}) for name in BOTH}
    assert before["embedded"].files == {}  # its own table, which is that of FUSION's file
    path = root / "data" / "json_input" / "example_mods" / "default_mod_formats.json"
    path.parent.mkdir(parents=True)
    table = json.loads(before["fusion"].files[path.name])
    table["DEFAULT"]["100"]["QPSK"]["slots_needed"] += 2
    path.write_text(json.dumps(table))
    for name in BOTH:
        edited = simulators.plan(**{**REQUEST, "simulator": name})
        assert edited.files[path.name] == path.read_text()
        assert f"mod_assumption_path = inputs/{path.name}" in edited.config
        assert edited.fingerprint() != before[name].fingerprint()


def test_a_network_that_somebody_edited_in_fusions_project_is_not_mistaken_for_the_known_one(
    tmp_path, monkeypatch, replay
):
    root = tmp_path / "checkout"
    shutil.copytree(STANDIN, root)
    finder = root / "fusion" / "utils" / "os.py"
    finder.write_text(f"def find_project_root(start_path=None):\n    return {str(root)!r}\n")
    monkeypatch.setenv("PYTHONPATH", str(root))
    path = root / "data" / "raw" / "toy_network.txt"
    # Both directions of each link, as in FUSION's file.
    known = "".join(
        f"{a}\t{b}\t{km:g}\n{b}\t{a}\t{km:g}\n" for a, b, km, _ in read_network("toy_network").links
    )
    request = {**REQUEST, "options": {"network": "toy_network"}}
    path.write_text(known)
    plans = [simulators.plan(**{**request, "simulator": name}) for name in BOTH]
    assert ["toy_network.txt" in plan.files for plan in plans] == [True, False]
    path.write_text(known.replace("200", "210"))
    for name in BOTH:
        plan = simulators.plan(**{**request, "simulator": name})
        assert plan.network == "toy_network"
        assert plan.files["toy_network.txt"] == path.read_text()


BOTH = ("fusion", "embedded")
REQUEST = {
    "run_dir": Path("/runs/0123456789ab"),
    "template": "minimal",
    "options": {},
    "simulator": "fusion",
    "program": None,
}


@pytest.mark.skipif(
    "FUSION_JUPYTER_TEST_FUSION_PYTHON" not in os.environ,
    reason="the real FUSION: set FUSION_JUPYTER_TEST_FUSION_PYTHON to its interpreter",
)
def test_the_real_fusion_and_the_embedded_simulator_agree():
    settings.configure(fusion_python=os.environ["FUSION_JUPYTER_TEST_FUSION_PYTHON"])
    options = {"erlang_start": 200, "erlang_stop": 300, "max_iters": 2, "num_requests": 200}
    real = fj.start("minimal", simulator="fusion", **options)
    own = fj.start("minimal", simulator="embedded", **options)
    assert real.wait(120).status == own.wait(60).status == "COMPLETED"
    columns = ["erlang", "iteration", "blocking"]
    pd.testing.assert_frame_equal(
        real.results("iteration")[columns], own.results("iteration")[columns]
    )
