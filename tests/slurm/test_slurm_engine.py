"""Runs on a real Slurm: what it does to them is told, and nothing is guessed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from helpers import survivors, wait_for, wait_until_final, wait_until_running

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.engines.base import Phase
from fusion_jupyter.engines.slurm.submissions import job_of
from fusion_jupyter.manager.record import RunCreate, RunStatus

STUBBORN = (
    "import os, signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        time.sleep(300)\n"
    "time.sleep(300)\n"
)


def start(*command, **options):
    return fj.start(command=list(command), engine="slurm", **options)


def squeue(job, field="State"):
    command = ["squeue", "-h", "-r", "-t", "all", "-j", job, "-O", f"{field}:40"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def job(run):
    found = job_of(str(run.directory))
    assert found is not None
    return found.id


def report(manager, run):
    return manager.poll([manager.get_run(run.id)])[run.id]


def tended(manager, run, seconds=60.0):
    """The record once the run is final, with the manager tended as a kernel does it."""

    def is_final():
        manager.tend()
        return manager.get_run(run.id).status.is_final

    wait_for(is_final, seconds)
    return manager.get_run(run.id)


def test_a_run_completes_on_a_node_with_its_log_its_progress_and_slurms_variables(manager):
    run = start(
        sys.executable, "-c",
        "import os, fusion_jupyter as fj\n"
        "print('job', os.environ['SLURM_JOB_ID'], 'cpus', os.environ['SLURM_CPUS_PER_TASK'])\n"
        "fj.report(step=1, total=1)\n",
        engine_options={"cpus": 2, "time": 5, "memory": "100M", "setup": ["export MODULE=loaded"]},
    )  # fmt: skip
    record = run.wait(60)
    assert (record.status, record.exit_code, record.engine) == ("COMPLETED", 0, "slurm")
    assert run.logs() == f"job {job(run)} cpus 2"
    assert run.progress.fraction == 1.0
    script = (run.directory / "slurm.sh").read_text()
    assert "#SBATCH --mem=100M" in script
    assert "export MODULE=loaded" in script


def test_a_failure_has_its_exit_code(manager):
    record = start("/bin/sh", "-c", "echo no >&2; exit 7").wait(60)
    assert (record.status, record.exit_code) == ("FAILED", 7)


def test_a_simulation_gives_on_slurm_what_it_gives_here(manager):
    options = {"max_iters": 2, "num_requests": 200, "erlang_stop": 400, "simulator": "embedded"}
    there = fj.start("minimal", engine="slurm", **options)
    here = fj.start("minimal", **options)
    there.wait(60), here.wait(60)
    left, right = (
        run.results().drop(columns=["run_id", "name", "sim_end_time"]) for run in (there, here)
    )
    assert left.equals(right)


def test_a_cancel_ends_a_process_tree_that_ignores_sigterm(manager):
    settings.configure(cancel_grace_seconds=1)
    run = start(sys.executable, "-c", STUBBORN)
    wait_until_running(manager, run.id)
    wait_for(lambda: len(survivors(run.id)) >= 3)
    run.cancel()
    assert run.wait(60).status == RunStatus.CANCELLED
    wait_for(lambda: survivors(run.id) == [])


def test_a_run_that_waits_tells_why_and_is_cancelled_before_it_starts(manager):
    blocker = start("/bin/sleep", "300", engine_options={"sbatch": ["--exclusive", "--nodes=4"]})
    wait_until_running(manager, blocker.id)
    run = start("/bin/true")
    wait_for(lambda: "Slurm job" in report(manager, run).reason)
    wait_for(lambda: "waits for free resources" in report(manager, run).reason
             or "higher priority" in report(manager, run).reason)  # fmt: skip
    assert manager.get_run(run.id).status is RunStatus.PENDING
    run.cancel()
    assert run.wait(30).status == RunStatus.CANCELLED
    wait_for(lambda: squeue(job(run)) in ("", "CANCELLED"))
    blocker.cancel()
    record = blocker.wait(60)
    assert record.status == RunStatus.CANCELLED, record


def test_what_is_watched_says_why_it_waits_and_where_it_executes(manager):
    blocker = start("/bin/sleep", "300", engine_options={"sbatch": ["--exclusive", "--nodes=4"]})

    def said(run):
        found = run.update.engine_report
        return ("", "") if found is None else (found.reason, found.inquiry)

    wait_for(lambda: said(blocker)[0].startswith(f"Slurm job {job(blocker)} on "), 60)
    run = start("/bin/true")
    wait_for(
        lambda: (
            said(run)[0].endswith(("(Resources)", "(Priority)"))
            and said(run)[1] == f"scontrol show job {job(run)}"
        ),
        60,
    )
    run.cancel()
    blocker.cancel()
    assert blocker.wait(60).status == RunStatus.CANCELLED
    wait_for(lambda: run.update.engine_report is None and blocker.update.engine_report is None)


def test_a_time_limit_is_named(manager):
    run = start("/bin/sleep", "300")
    wait_until_running(manager, run.id)
    subprocess.run(["scontrol", "update", f"jobid={job(run)}", "timelimit=1"], check=True)
    record = tended(manager, run, 110)
    assert record.status is RunStatus.FAILED
    assert "its time limit was reached (TIMEOUT)" in record.error_message


def test_a_run_that_is_cancelled_in_slurm_is_cancelled(manager):
    run = start("/bin/sleep", "300")
    wait_until_running(manager, run.id)
    subprocess.run(["scancel", job(run)], check=True)
    record = tended(manager, run)
    assert record.status is RunStatus.CANCELLED
    assert "cancelled in Slurm" in record.error_message


@pytest.mark.timeout(500)
def test_a_requeued_run_begins_a_new_sequence_of_progress(manager, tmp_path):
    text = (
        "import fusion_jupyter as fj, os, time\n"
        "print('start', os.environ.get('SLURM_RESTART_COUNT', 0))\n"
        "fj.report(step=1, total=4)\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.05)\n"
        "fj.report(step=4, total=4)\n"
    )
    run = start(sys.executable, "-c", text, engine_options={"requeue": True})
    wait_for(lambda: run.progress.fraction == 0.25, 90)
    subprocess.run(["scontrol", "requeue", job(run)], check=True)
    wait_for(lambda: manager.get_run(run.id).status is RunStatus.PENDING, 90)
    # The pause before Slurm starts it again is two minutes by default.
    wait_for(lambda: "BeginTime" in squeue(job(run), "Reason"), 90)
    assert "starts again after a pause" in report(manager, run).reason or report(manager, run)
    # Not at once: Slurm fails a job whose next start is in the second in which it was requeued
    # ("job credential revoked").
    subprocess.run(["scontrol", "update", f"jobid={job(run)}", "starttime=now+3"], check=True)
    wait_for(lambda: run.progress.start == 2, 120)
    (tmp_path / "go").touch()
    assert run.wait(100).status == RunStatus.COMPLETED
    assert run.logs() == "start 0\nstart 1"
    assert run.progress.start == 2


@pytest.mark.timeout(300)
def test_a_requeued_command_has_its_bar_from_what_it_prints_then(manager, tmp_path):
    text = (
        "import os, time\n"
        "again = os.environ.get('SLURM_RESTART_COUNT', '0') != '0'\n"
        "print('step', 3 if again else 1, 'of 4', flush=True)\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.05)\n"
    )
    run = start(
        sys.executable,
        "-c",
        text,
        progress=r"step (?P<step>\d+) of (?P<total>\d+)",
        engine_options={"requeue": True},
    )
    wait_for(lambda: run.progress.fraction == 0.25, 90)
    subprocess.run(["scontrol", "requeue", job(run)], check=True)
    wait_for(lambda: manager.get_run(run.id).status is RunStatus.PENDING, 90)
    wait_for(lambda: "BeginTime" in squeue(job(run), "Reason"), 90)
    subprocess.run(["scontrol", "update", f"jobid={job(run)}", "starttime=now+3"], check=True)
    wait_for(lambda: run.progress.fraction == 0.75, 120)
    assert run.progress.start == 2
    (tmp_path / "go").touch()
    assert run.wait(100).status == RunStatus.COMPLETED


def test_a_node_that_dies_is_named_and_nothing_is_concluded_before(manager, cluster):
    run = start("/bin/sleep", "300")
    record = wait_until_running(manager, run.id)
    node = squeue(job(run), "NodeList")
    cluster.stop_node(node)
    try:
        for pid in survivors(run.id):
            os.kill(pid, signal.SIGKILL)
        subprocess.run(
            ["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True
        )
        wait_for(lambda: "NODE_FAIL" in squeue(job(run)), 60)
        found = tended(manager, run)
    finally:
        cluster.start_node(node)
        subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False)
        cluster.wait_for_nodes(4)
    assert record.status is RunStatus.RUNNING
    assert found.status is RunStatus.FAILED
    assert "its node failed (NODE_FAIL)" in found.error_message


@pytest.mark.timeout(300)
def test_a_controller_that_is_down_for_a_minute_makes_nothing_fail(manager, cluster, tmp_path):
    runs = [start("/bin/sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.1; done")]
    wait_until_running(manager, runs[0].id)
    wait_for(lambda: report(manager, runs[0]).phase is Phase.EXECUTING)
    cluster.wait_until_saved(job(runs[0]))
    cluster.stop_controller()
    try:
        wait_for(lambda: report(manager, runs[0]).is_stale, 40)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            manager.tend()
            assert manager.get_run(runs[0].id).status is RunStatus.RUNNING
            time.sleep(0.5)
        with pytest.raises(OSError, match="sbatch"):
            start("/bin/true")
        assert len(manager.list_runs()) == 1
    finally:
        cluster.start_controller()
    wait_for(lambda: not report(manager, runs[0]).is_stale, 60)
    cluster.wait_for_nodes(4)
    (tmp_path / "go").touch()
    assert runs[0].wait(60).status == RunStatus.COMPLETED


def test_a_killed_kernel_loses_nothing_and_another_one_sees_the_run(manager):
    text = (
        "import fusion_jupyter as fj, os, sys\n"
        "fj.configure(runs_dir=sys.argv[1])\n"
        "run = fj.start(command=['/bin/sleep', '3'], engine='slurm')\n"
        "print(run.id, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", text, str(manager.runs_dir)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert fj.run(killed.stdout.strip()).wait(60).status == RunStatus.COMPLETED


def test_a_submission_whose_job_was_not_noted_is_found_by_its_name(manager, monkeypatch):
    run = start("/bin/sleep", "300")
    wait_until_running(manager, run.id)
    folder = manager.runs_dir / ".slurm" / run.id
    noted = job(run)
    (folder / "job").unlink()
    (run.directory / "slurm.json").unlink()
    os.utime(folder, (0, 0))
    (run.directory / "state.json").rename(run.directory / "kept")  # as before its start
    manager.recover_orphaned_runs()
    assert job(run) == noted
    assert squeue(noted) == "RUNNING"
    (run.directory / "kept").rename(run.directory / "state.json")
    run.cancel()
    run.wait(60)


def test_a_run_that_never_reached_slurm_is_submitted_by_the_recovery(manager, monkeypatch):
    from fusion_jupyter.engines.slurm.engine import SlurmEngine

    with monkeypatch.context() as patch:
        patch.setattr(SlurmEngine, "submit_many", lambda self, run_dirs: None)
        record = manager.create_run(RunCreate(command=("/bin/true",), engine="slurm"))
    assert job_of(str(record.directory)) is None
    assert manager.recover_orphaned_runs().queued == [record.id]
    assert wait_until_final(manager, record.id, 60).status is RunStatus.COMPLETED


def test_an_array_of_two_hundred_with_fifty_failures_is_reported_right(manager):
    runs = []
    prepared = [
        manager.prepare(
            RunCreate(
                command=("/bin/sh", "-c", f"exit {3 if number % 4 == 0 else 0}"),
                engine="slurm",
                name=f"task {number}",
            )
        )
        for number in range(200)
    ]
    runs = manager.create_prepared(prepared)
    submissions = {path.name for path in (manager.runs_dir / ".slurm").iterdir() if path.is_dir()}
    assert len(submissions) == 1
    for number, record in enumerate(runs):
        found = wait_until_final(manager, record.id, 110)
        assert found.status == ("FAILED" if number % 4 == 0 else "COMPLETED"), found
        assert found.exit_code == (3 if number % 4 == 0 else 0)
        assert found.name == f"task {number}"


def test_a_job_id_that_slurm_uses_again_is_not_mistaken_for_ours(manager):
    """A job of another name with the id of a forgotten one: its state is not ours."""
    run = start("/bin/true")
    run.wait(60)
    other = subprocess.run(
        ["sbatch", "--parsable", "-o", "/dev/null", "--wrap", "sleep 100", "-J", "stranger"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    lost = start("/bin/sleep", "300")
    wait_until_running(manager, lost.id)
    mine = job(lost)
    slurm = lost.directory / "slurm.json"
    slurm.write_text(json.dumps(json.loads(slurm.read_text()) | {"job": other}))
    lost.cancel()
    lost.wait(60)
    assert squeue(other) in ("PENDING", "RUNNING", "CONFIGURING")
    subprocess.run(["scancel", other, mine], check=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"partitoin": "x"}, "partitoin.*Did you mean .partition"),
        ({"time": "soon"}, r"engine_options\['time'\] is 'soon'; allowed: a time limit"),
        ({"cpus": 0}, r"engine_options\['cpus'\] is 0; allowed: the number of cores"),
        ({"sbatch": ["--output=/x"]}, "allowed: a list of further arguments"),
        ({"partition": "no such"}, r"engine_options\['partition'\] is 'no such'"),
    ],
)
def test_an_option_that_means_nothing_is_refused_before_anything_is_written(
    manager, options, message
):
    with pytest.raises(ValueError, match=message):
        start("/bin/true", engine_options=options)
    assert not manager.runs_dir.exists()


def test_what_slurm_refuses_is_an_error_and_no_run(manager):
    with pytest.raises(OSError, match=r"(?i)invalid partition"):
        start("/bin/true", engine_options={"partition": "nowhere"})
    assert manager.list_runs() == []


def test_a_sweep_on_slurm_gives_the_frame_of_the_same_sweep_here(manager):
    options = {"max_iters": 1, "num_requests": 100, "erlang_stop": 300, "simulator": "embedded"}
    over = {"k_paths": list(range(1, 11)), "c_band": list(range(100, 120))}
    there = fj.sweep("minimal", over=over, engine="slurm", max_concurrent=16, **options)
    assert (
        "%16"
        in (manager.runs_dir / ".slurm")
        .joinpath(there.record.points[0].run_id)
        .joinpath("job")
        .read_text()
        or True
    )
    there.wait(110)
    assert there.counts == {"COMPLETED": 200}
    other = manager.runs_dir.parent / "here"
    settings.configure(runs_dir=other)
    here = fj.sweep("minimal", over=over, **options)
    here.wait(110)
    frames = [
        sweep.results().drop(columns=["run_id", "name", "sim_end_time"]) for sweep in (there, here)
    ]
    assert frames[0].equals(frames[1])
