"""Runs that hold anything: nobody's private file is shown, and no other view falls silent."""

from __future__ import annotations

import json
import os
import sys

import pytest
from benchmarks.bench_watch import running
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter.handle import handle_of
from fusion_jupyter.storage import atomic_io
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.rpc import Requests
from fusion_jupyter.widgets.run_state import RunState
from fusion_jupyter.widgets.run_view import RunView

LINKS = {
    "log": "os.remove(log); os.symlink(private + '/file', log)",
    "logs folder": "shutil.rmtree(logs); os.symlink(private, logs)",
    "progress": "os.symlink(private + '/file', os.environ['FUSION_PROGRESS_FILE'])",
    "output folder": "os.rmdir(out); os.symlink(private, out)",
    "output file": "os.symlink(private + '/file', out + '/file')",
}
PROGRAM = """
import os, shutil, sys
private, out = sys.argv[1], os.environ["FUSION_OUTPUT_DIR"]
logs = os.path.dirname(out) + "/logs"
log = f"{logs}/{os.environ['FUSION_RUN_ID']}.log"
print("harmless", flush=True)
"""


@pytest.mark.parametrize("link", LINKS)
def test_a_link_to_a_private_file_is_shown_nowhere(tmp_path, link):
    private = tmp_path / "private"
    private.mkdir()
    secret = '{"erlang": 31415926.0, "secret": 31415926, "note": "SECRET"}\n'
    for name in ("file", "31415926.0_erlang.json"):
        (private / name).write_text(secret * 3)
    run = fj.start(command=[sys.executable, "-c", PROGRAM + LINKS[link], str(private)])
    (private / f"{run.id}.log").write_text(secret)
    run.wait(30)
    view = RunView(run)
    wait_for(lambda: run.update.final)
    shown = json.dumps([view.get_state()["snapshot"], view.fallback()])
    shown += repr(run.log_tail()) + run.logs() + repr(run.artifacts) + repr(run.progress)
    requests = Requests(run)
    for path in (
        f"logs/{run.id}.log",
        "progress.jsonl",
        "output/file",
        "output/31415926.0_erlang.json",
    ):
        try:
            _, data = requests.answer("read", {"path": path, "start": 0, "end": 1000})
        except (OSError, ValueError):
            continue
        shown += repr(data)
    shown += repr(requests.answer("list", {"first": 0}))
    assert "SECRET" not in shown
    assert "31415926" not in shown
    view.close()


NESTED = "[" * 5000
HOSTILE = {
    "state.json": [
        '{"status": "RUNNING", "error_message": {"text": []}}',
        '{"status": "COMPLETED", "error_message": 5, "exit_code": "x", "started_at": 1e999}',
        '{"status": []}',
        NESTED,
        "null",
        "\0" * 100,
    ],
    "run.json": ['{"version": 1, "erlangs": [1e999]}', '{"version": 9}', NESTED, "", "[]"],
    "labels.json": ['{"name": 5, "tags": 7}', NESTED, '{"tags": [["a"]]}', '{"name": "\\ud800"}'],
    "cancel.json": [NESTED, "\0"],
    "progress.jsonl": [
        '{"erlang": 1e999, "iteration": 1}\n{"blocking": 5e-324, "erlang": 300.0, "iteration": 1}\n'
        '{"blocking": 1e308, "erlang": 1e-300, "iteration": 2, "ci": 1e308}\n',
        NESTED + "\n",
        '{"metrics": {"blocking": [], "a": {}}, "type": "iteration", "timestamp": "x"}\n',
        '{"timestamp": "9999-12-31T23:59:59+00:00", "fraction": 0.5}\n{"ts": -1e300}\n',
    ],
    "logs": ["\x1b[31m\x07\ud800\u202e" * 1000, "\r" * 100_000, "\0" * 100_000],
}


def put(directory, name: str, content: str) -> None:
    path = directory.log_file if name == "logs" else directory.path / name
    path.write_bytes(content.encode("utf-8", errors="surrogatepass"))


def put_something_else(directory, name: str, kind: str) -> None:
    path = directory.log_file if name == "logs" else directory.path / name
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else path)


class Kept(Channel):
    """A channel that keeps what it sends."""

    def __init__(self) -> None:
        self.sent: list[dict] = []
        super().__init__()

    def send(self, content, buffers=None):
        json.dumps(content, allow_nan=False)
        self.sent.append(content)


@pytest.mark.timeout(120)
def test_nothing_that_one_run_holds_silences_another_s_view(tmp_path, capsys):
    cases = [(name, content) for name, contents in HOSTILE.items() for content in contents]
    kinds = ("fifo", "folder", "device", "loop")
    odd = [(name, kind) for name in (*HOSTILE, "supervisor.lock") for kind in kinds]
    with running(tmp_path, len(cases) + len(odd) + 1) as (good, *directories):
        # Some are so before they are looked at, the others become so while they are watched.
        hostile = list(zip(directories, [*cases, *odd], strict=True))

        def spoil(which):
            for directory, (name, what) in which:
                if what in kinds:
                    put_something_else(directory, name, what)
                else:
                    put(directory, name, what)

        spoil(hostile[::2])
        channel = Kept()
        runs = [handle_of(directory.path) for directory in (*directories, good)]
        states = [RunState(run, channel) for run in runs]
        wait_for(lambda: all(run.update is not None for run in runs))
        spoil(hostile[1::2])
        for number in range(1, 6):
            with good.progress_file.open("a") as file:
                file.write(f'{{"erlang": 300.0, "iteration": {number}, "total_iterations": 5}}\n')

            def is_told(number=number):
                told = [
                    each["subjects"].get(good.id) for each in channel.sent if "subjects" in each
                ]
                return any(state and state["progress"]["iteration"] == number for state in told)

            wait_for(is_told)
        state = json.loads(good.state_file.read_text())
        atomic_io.write_json(str(good.state_file), {**state, "status": "COMPLETED"})
        wait_for(
            lambda: any(
                each.get("subjects", {}).get(good.id, {}).get("status") == "COMPLETED"
                for each in channel.sent
            )
        )
        for state in states:
            json.dumps(state.whole(), allow_nan=False)
        assert len(fj.RunManager(tmp_path).list_runs()) == len(runs)
    assert "Traceback" not in capsys.readouterr().err
