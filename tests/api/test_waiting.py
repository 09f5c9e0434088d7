"""Waiting for runs: many at once, in scripts and in notebooks, and given up in the middle."""

import asyncio
import os
import pty
import queue
import re
import subprocess
import sys
import time

import pytest
from helpers import wait_for
from jupyter_client.manager import KernelManager

import fusion_jupyter as fj

SECONDS = 60.0


def sleeping(seconds: float) -> fj.Run:
    return fj.start(command=["/bin/sleep", str(seconds)])


def test_a_script_blocks_until_all_have_ended_however_they_end(capsys):
    runs = [fj.start(command=["/bin/true"]), fj.start(command=["/bin/false"])]
    found = fj.wait([runs[0], runs[1].id])
    assert found == runs
    assert [run.status for run in found] == ["COMPLETED", "FAILED"]
    assert isinstance(found, fj.RunList)
    assert capsys.readouterr().out == "", "neither a terminal nor a notebook"
    assert fj.wait(runs[0])[0] is runs[0]
    assert fj.wait([]) == []


def test_a_time_that_is_over_is_reported_and_the_runs_go_on():
    runs = [fj.start(command=["/bin/true"]), sleeping(60)]
    runs[0].wait(20)
    with pytest.raises(TimeoutError, match="1 of 2 runs has not ended after 0.3 s"):
        fj.wait(runs, timeout=0.3)
    assert runs[1].status in ("PENDING", "RUNNING")
    runs[1].cancel()
    assert [run.status for run in fj.wait(runs)] == ["COMPLETED", "CANCELLED"]


def test_in_an_event_loop_it_is_awaited_and_others_go_on():
    async def use():
        runs = [sleeping(0.3), sleeping(0.6)]
        waiting, turns = fj.wait(runs), 0
        assert "await" in repr(waiting)

        async def other():
            nonlocal turns
            while True:
                await asyncio.sleep(0.01)
                turns += 1

        task = asyncio.create_task(other())
        found = await waiting
        task.cancel()
        return found == runs, [run.status for run in found], turns

    same, statuses, turns = asyncio.run(use())
    assert (same, statuses) == (True, ["COMPLETED", "COMPLETED"])
    assert turns > 10


def test_a_run_that_is_not_there_is_named_before_anything_is_waited_for():
    with pytest.raises(fj.RunNotFoundError, match="no run '0123'"):
        fj.wait(["0123"])


def test_a_terminal_shows_one_line_of_total_progress(tmp_path):
    text = (
        "import fusion_jupyter as fj, sys; fj.configure(runs_dir=sys.argv[1])\n"
        "runs = [fj.start(command=['/bin/sleep', s]) for s in ('0.2', '0.5')]\n"
        "runs.append(fj.start(command=['/bin/false']))\n"
        "fj.wait(runs); print('done')"
    )
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", text, str(tmp_path / "runs")], stdout=child, stderr=child
    )
    os.close(child)
    shown = b""
    try:
        while part := os.read(parent, 4096):
            shown += part
    except OSError:
        pass  # the other end is closed
    os.close(parent)
    assert process.wait(60) == 0
    drawings = shown.decode().split("\r\x1b[K")
    assert drawings[-1].startswith("3 of 3 runs ended · 1 failed · 100 %\r\n")
    assert drawings[-1].endswith("done\r\n")
    assert all("\n" not in drawing for drawing in drawings[:-1])


@pytest.mark.parametrize("what", ["await run", "await fj.wait([run])", "run.wait()"])
def test_a_cell_that_waits_can_be_interrupted(tmp_path, what):
    """The kernel's loop would sleep until something else wakes it."""
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        begin = (
            f"import fusion_jupyter as fj; fj.configure(runs_dir={str(tmp_path / 'runs')!r})\n"
            "run = fj.start(command=['/bin/sleep', '600'])"
        )
        client.execute(begin, reply=True, timeout=SECONDS)
        asked = client.execute("", user_expressions={"id": "run.id"}, reply=True, timeout=SECONDS)
        run_id = asked["content"]["user_expressions"]["id"]["data"]["text/plain"].strip("'")
        request = client.execute(what, stop_on_error=False)  # else what follows is aborted
        wait_for(lambda: _is_busy_with(client, request), SECONDS)
        reply = _interrupt(manager, client, request)
        assert reply["content"].get("ename") in ("KeyboardInterrupt", "CancelledError")
        (said,) = reply["content"]["traceback"][:1]
        assert said.endswith(
            f"The wait was interrupted; {'the runs continue' if 'fj.wait' in what else f'run {run_id} continues'}"
        )
        assert len(reply["content"]["traceback"]) == 2, "the message, and how to see more"
        after = client.execute("run.cancel(); run.wait(30).status", reply=True, timeout=SECONDS)
        assert after["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def _is_busy_with(client, request: str) -> bool:
    try:
        message = client.get_iopub_msg(timeout=0.2)
    except queue.Empty:
        return False
    return message["msg_type"] == "execute_input" and message["parent_header"]["msg_id"] == request


def _interrupt(manager, client, request: str) -> dict:
    """The reply of a cell that is interrupted.

    An interrupt before the kernel has begun with the cell reaches something else, so there are
    several; none of them wakes a loop that sleeps.
    """
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        manager.interrupt_kernel()
        try:
            reply = client.get_shell_msg(timeout=2)
        except queue.Empty:
            continue
        if reply["parent_header"]["msg_id"] == request:
            return reply
    raise AssertionError("the interrupt did nothing")


def test_a_notebook_shows_one_line_that_is_replaced(tmp_path):
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    outputs = []
    try:
        client.wait_for_ready(timeout=SECONDS)
        text = (
            f"import fusion_jupyter as fj; fj.configure(runs_dir={str(tmp_path / 'runs')!r})\n"
            "_ = await fj.wait([fj.start(command=['/bin/sleep', '1.5']) for _ in range(3)])"
        )
        reply = client.execute_interactive(text, timeout=SECONDS, output_hook=outputs.append)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
    kinds = [each["msg_type"] for each in outputs if "display_data" in each["msg_type"]]
    assert kinds[0] == "display_data"
    assert set(kinds[1:]) == {"update_display_data"}
    texts = [
        each["content"]["data"]["text/plain"] for each in outputs if "display" in each["msg_type"]
    ]
    assert texts[-1] == "3 of 3 runs ended · 100 %"
    assert all(re.match(r"\d of 3 runs ended", text) for text in texts)
