"""The simulator as a process: arguments, files, lines, signals."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import fusion_jupyter.sim
from fusion_jupyter.sim.fast import reason_for_python

ROOT = Path(fusion_jupyter.sim.__file__).parents[2]
MODULE = [sys.executable, "-m", "fusion_jupyter.sim"]
PREFIX = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - [a-z_.]+ - (INFO|WARNING|ERROR) - ")


class Ran:
    """A finished process and what it left behind."""

    def __init__(self, process: subprocess.CompletedProcess[str], output: Path) -> None:
        self.status = process.returncode
        self.stdout = process.stdout
        self.log = process.stderr
        self.output = output

    @property
    def files(self) -> dict[str, Any]:
        return {
            path.name.removesuffix("_erlang.json"): json.loads(path.read_text(encoding="utf-8"))
            for path in self.output.rglob("*_erlang.json")
        }


@pytest.fixture
def run(tmp_path: Path, config_file: Any, environment: dict[str, str]) -> Any:
    def run(*arguments: str, command: tuple[str, ...] = ("run_sim",), **changes: Any) -> Ran:
        output = tmp_path / "out"
        process = subprocess.run(
            [*MODULE, *command, "--config_path", str(config_file(**changes)), "--run_id", "abc",
             "--output_dir", str(output), *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return Ran(process, output)

    return run


def progress(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def iterations(path: Path) -> list[dict[str, Any]]:
    return [line for line in progress(path) if "type" not in line]


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "sim_end_time"}


@pytest.mark.parametrize("command", [(), ("run_sim",)])
def test_a_run_leaves_one_file_for_each_load(run: Any, command: tuple[str, ...]) -> None:
    ran = run(command=command)
    assert ran.status == 0
    assert ran.stdout == ""
    assert sorted(ran.files) == ["100.0", "200.0"]
    for path in ran.output.rglob("*_erlang.json"):
        assert re.fullmatch(
            r"NSFNet/\d{4}/\d\d_\d\d_\d\d_\d{6}/s1/\d+\.0_erlang\.json",
            path.relative_to(ran.output).as_posix(),
        )
    assert not list(ran.output.rglob(".*"))
    document = ran.files["200.0"]
    assert list(document) == [
        "iter_stats", "link_usage", "blocking_mean", "blocking_variance", "ci_rate_block",
        "ci_percent_block", "bit_rate_blocking_mean", "bit_rate_blocking_variance",
        "ci_rate_bit_rate_block", "ci_percent_bit_rate_block", "lightpath_utilization",
        "sim_end_time",
    ]  # fmt: skip
    assert list(document["iter_stats"]) == ["0", "1"]
    assert len(document["iter_stats"]["0"]["sim_block_list"]) == 1
    assert len(document["iter_stats"]["1"]["sim_block_list"]) == 2


def test_output_goes_below_the_working_directory_by_default(
    tmp_path: Path, config_file: Any, environment: dict[str, str]
) -> None:
    command = [*MODULE, "--config_path", str(config_file(max_iters=1)), "--run_id", "abc"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert len(list((tmp_path / "data" / "output" / "NSFNet").rglob("*_erlang.json"))) == 2


def test_the_log_has_fusions_lines(run: Any) -> None:
    log = run(max_iters=3, print_step=2).log
    lines = [line for line in log.splitlines() if PREFIX.match(line)]
    text = "\n".join(lines)
    assert re.findall(r"Starting simulation for (\S+) Erlang \(load (\d+)/(\d+)\)", text) == [
        ("100.0", "1", "2"), ("200.0", "2", "2"),
    ]  # fmt: skip
    assert len(re.findall(r"CHILD=(s\d+) iteration=(\d+), done_units=(\d+)", text)) == 6
    assert re.findall(r"Iteration (\d+) out of (\d+) completed for Erlang: (\S+)", text) == [
        (number, "3", load) for load in ("100.0", "200.0") for number in "123"
    ]
    assert len(re.findall(r"Mean of blocking: (\S+)", text)) == 6
    assert re.search(r"Saving to: /.+/NSFNet/\d{4}/\S+/s1$", text, re.MULTILINE)
    assert len(re.findall(r"Completed (\S+) Erlang in (\S+) seconds", text)) == 2


def test_progress_has_a_line_for_each_iteration(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "new" / "progress.jsonl"
    ran = run("--progress_file", str(path), max_iters=3)
    lines = progress(path)
    assert len(lines) == 6
    assert [(line["erlang"], line["iteration"]) for line in lines] == [
        (load, number) for load in (100.0, 200.0) for number in (1, 2, 3)
    ]
    assert all(line["total_iterations"] == 3 and line["total_erlangs"] == 2 for line in lines)
    assert [line["erlang_index"] for line in lines] == [1, 1, 1, 2, 2, 2]
    assert [line["requests"] for line in lines] == [200, 400, 600, 800, 1000, 1200]
    assert [line["fraction"] for line in lines] == pytest.approx([n / 6 for n in range(1, 7)])
    assert ["ci" in line for line in lines] == [False, True, True] * 2
    assert lines[-1]["blocking"] == ran.files["200.0"]["blocking_mean"]
    assert lines[-1]["ci"] == ran.files["200.0"]["ci_rate_block"]


def test_an_early_stop_is_saved_and_announced(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    ran = run(
        "--progress_file", str(path),
        erlang_start=3000, erlang_stop=3000, max_iters=50, num_requests=2000, c_band=40,
        save_step=10, print_step=10, k_paths=1,
    )  # fmt: skip
    assert "Confidence interval of 4.10% reached. 2, ending for Erlang: 3000.0" in ran.log
    *before, last = progress(path)
    assert [line["iteration"] for line in before] == [1, 2]
    assert last["type"] == "erlang_complete"
    assert last["early_stop"] is True
    assert last["fraction"] == 1.0
    assert last["metrics"]["iterations"] == 2
    assert last["metrics"]["blocking_prob"] == ran.files["3000.0"]["blocking_mean"]
    assert list(ran.files["3000.0"]["iter_stats"]) == ["0", "1"]


def test_save_step_decides_which_iterations_are_kept(run: Any) -> None:
    ran = run(max_iters=7, save_step=3, erlang_stop=100)
    kept = ran.files["100.0"]["iter_stats"]
    assert list(kept) == ["0", "2", "5", "6"]
    assert len(kept["6"]["sim_block_list"]) == 7


def test_processes_give_the_same_files(run: Any, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"erlang_stop": 600, "max_iters": 3, "num_requests": 500}
    alone = {load: without_times(file) for load, file in run(**changes).files.items()}
    for path in run(**changes).output.rglob("*.json"):
        path.unlink()
    progress_file = tmp_path / "progress.jsonl"
    ran = run("--processes", "3", "--progress_file", str(progress_file), **changes)
    assert ran.status == 0
    assert {load: without_times(file) for load, file in ran.files.items()} == alone
    lines = iterations(progress_file)
    done = sum(len(file["iter_stats"]) for file in alone.values())
    assert len(lines) == done
    assert max(line["fraction"] for line in lines) == 1.0
    assert max(line["requests"] for line in lines) == 500 * done
    assert all(PREFIX.match(line) for line in ran.log.splitlines() if " - " in line)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_signal_at_any_moment_leaves_only_whole_files(
    processes: int, signum: int, tmp_path: Path, config_file: Any, environment: dict[str, str]
) -> None:
    config = config_file(
        erlang_stop=900, max_iters=500, num_requests=2000, save_step=7, is_training=True
    )
    source = random.Random(100 * processes + signum)
    for attempt in range(4):
        output, lines = tmp_path / f"out{attempt}", tmp_path / f"progress{attempt}.jsonl"
        process = subprocess.Popen(
            [*MODULE, "--config_path", str(config), "--run_id", "abc", "--output_dir", str(output),
             "--progress_file", str(lines), "--processes", str(processes)],
            env=environment, stderr=subprocess.PIPE, start_new_session=True, text=True,
        )  # fmt: skip
        wait_for(lines)
        time.sleep(source.uniform(0, 0.3))
        if attempt % 2:
            os.killpg(process.pid, signum)
        else:
            process.send_signal(signum)
        _, log = process.communicate(timeout=20)
        assert process.returncode == -signum, log
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
        assert not list(output.rglob(".*"))
        assert f"Ended by signal {signum:d}" in log
        announced: dict[float, int] = {}
        for line in iterations(lines):
            announced[line["erlang"]] = max(announced.get(line["erlang"], 0), line["iteration"])
        for path in output.rglob("*_erlang.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            *_, last = document["iter_stats"].values()
            saved = announced[float(path.name.removesuffix("_erlang.json"))]
            assert len(last["sim_block_list"]) == saved
            assert document["blocking_mean"] == pytest.approx(sum(last["sim_block_list"]) / saved)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not (path.exists() and path.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("options", [(), ("--plain",)])
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_obeyed_in_the_middle_of_a_long_iteration(
    options: tuple[str, ...],
    signum: int,
    tmp_path: Path,
    config_file: Any,
    environment: dict[str, str],
) -> None:
    """By its own handler, which saves and says so: the signal's default would end it as well."""
    config, output = config_file(num_requests=100_000_000), tmp_path / "out"
    process = subprocess.Popen(
        [*MODULE, "--config_path", str(config), "--run_id", "abc", "--output_dir", str(output),
         *options],
        env=environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "Generated 100000000 requests" in line:
            break
    process.send_signal(signum)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=20) == -signum
    assert f"Received signal {int(signum)}, saving statistics..." in rest
    assert "CHILD=" not in rest, "the iteration was broken off, not finished"
    assert not list(output.rglob("*_erlang.json"))


def test_workers_end_when_their_leader_is_killed(
    tmp_path: Path, config_file: Any, environment: dict[str, str]
) -> None:
    config, lines = config_file(erlang_stop=900, max_iters=2000), tmp_path / "progress.jsonl"
    process = subprocess.Popen(
        [*MODULE, "--config_path", str(config), "--run_id", "abc", "--output_dir", str(tmp_path),
         "--progress_file", str(lines), "--processes", "2"],
        env=environment, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for(lines)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_bad_configuration_ends_with_1_and_says_why(run: Any) -> None:
    ran = run(network="Atlantis")
    assert ran.status == 1
    (line,) = ran.log.splitlines()
    assert "ERROR - Configuration error: topology_settings.network is 'Atlantis'; allowed" in line
    assert not ran.output.exists()


def test_an_output_directory_that_cannot_be_made_ends_with_1(run: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file is in the way", encoding="utf-8")
    ran = run()
    assert ran.status == 1
    assert "ERROR - Simulation error: " in ran.log.splitlines()[-1]
    assert run("--processes", "2").status == 1


@pytest.mark.parametrize(
    "arguments", [[], ["--run_id", "x"], ["other"], ["--config_path", "x", "--run_id", "y", "-z"],
                  ["--config_path", "x", "--run_id", "y", "--processes", "0"]],
)  # fmt: skip
def test_bad_arguments_end_with_2(arguments: list[str], environment: dict[str, str]) -> None:
    process = subprocess.run(
        [*MODULE, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert "usage: python -m fusion_jupyter.sim" in process.stderr


#: Modules that take milliseconds to import and that a usual run does without.
HEAVY = (
    "argparse", "ast", "asyncio", "dataclasses", "importlib.resources", "inspect", "ipywidgets",
    "multiprocessing", "networkx", "numpy", "pandas", "pathlib", "random", "shutil", "subprocess",
    "tempfile", "fusion_jupyter.manager", "fusion_jupyter.sim.engine",
)  # fmt: skip


def test_a_usual_run_imports_nothing_heavy(tmp_path: Path, config_file: Any) -> None:
    arguments = [
        "run_sim", "--config_path", str(config_file()), "--run_id", "abc",
        "--output_dir", str(tmp_path / "out"), "--progress_file", str(tmp_path / "progress.jsonl"),
    ]  # fmt: skip
    code = (
        f"import sys; sys.path.append({str(ROOT)!r}); from fusion_jupyter.sim.cli import main;"
        f"main({arguments!r}); print(*(set({HEAVY!r}) & set(sys.modules)))"
    )
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    expected = {"fusion_jupyter.sim.engine"} if reason_for_python() is not None else set()
    assert set(process.stdout.split()) == expected


@pytest.mark.parametrize("flags", [(), ("-I",), ("-I", "-S")])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_it_starts_by_its_path_from_anywhere(
    flags: tuple[str, ...], processes: str, tmp_path: Path, config_file: Any
) -> None:
    program = ROOT / "fusion_jupyter" / "sim" / "__main__.py"
    process = subprocess.run(
        [sys.executable, *flags, str(program), "run_sim", "--config_path", str(config_file()),
         "--run_id", "abc", "--output_dir", "out", "--processes", processes],
        env={}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert len(list((tmp_path / "out").rglob("*_erlang.json"))) == 2
