"""A view goes on living while its kernel is busy, dead or restarting."""

from __future__ import annotations

import json
import os
import signal

from lab import VIEW, Notebook
from views import all_files, cancel, line_count, log_text, percent, shows, status, wait_until

#: Says ten times a second how far it is, and leaves a file when it ends; some 25 s.
TALKER = """import sys, os, pathlib
pathlib.Path("kernel.pid").write_text(str(os.getpid()))
code = '''
import json, os, sys, time
with open(os.environ["FUSION_PROGRESS_FILE"], "ab", buffering=0) as file:
    for number in range(1, 401):
        time.sleep(0.1)
        event = {"step": number, "total": 400}
        file.write(json.dumps(event).encode() + bytes([10]))
        print("line", number, flush=True)
open(os.environ["FUSION_OUTPUT_DIR"] + "/done.txt", "w").write("done")
'''
fj.configure(cancel_grace_seconds=1)
run = fj.start(command=[sys.executable, "-c", code], name="talker")
run
"""


def goes_on(view, count: int = 5) -> None:
    """Wait until the bar and the number of lines have had this many values."""
    values, lines = set(), set()

    def have_moved() -> bool:
        values.add(percent(view))
        lines.add(line_count(view))
        return len(values) >= count and len(lines) >= count

    wait_until(have_moved, 60, "that the view goes on")


def started(notebook: Notebook):
    notebook.run(TALKER)
    view = notebook.page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: percent(view) > 0)
    return view


def state_of(notebook: Notebook, view) -> dict:
    return json.loads((notebook.run_dir(view.get_attribute("data-run")) / "state.json").read_text())


def test_a_busy_kernel_stops_neither_the_view_nor_its_cancel_button(notebook: Notebook, page):
    view = started(notebook)
    notebook.run("import time; time.sleep(60)")
    goes_on(view)
    cancel(view)
    wait_until(lambda: "Cancelling" in view.inner_text() or status(view) == "CANCELLED", 10)
    wait_until(lambda: status(view) == "CANCELLED", 20)
    assert page.locator(".jp-InputPrompt:has-text('*')").count() == 1, "the kernel is still busy"
    assert state_of(notebook, view)["status"] == "CANCELLED"
    assert percent(view) < 100


def test_a_view_goes_on_when_its_kernel_is_killed(notebook: Notebook, page):
    view = started(notebook)
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    # JupyterLab starts another kernel, which knows nothing of this view.
    notebook.accept_restart()
    goes_on(view)
    wait_until(lambda: shows(view, "this view reads the run's files itself"))
    wait_until(lambda: status(view) == "COMPLETED")
    wait_until(lambda: "line 400" in log_text(view))
    assert percent(view) == 100
    wait_until(lambda: "done.txt" in all_files(view))
    assert state_of(notebook, view)["exit_code"] == 0


def test_the_cancel_button_works_without_a_kernel(notebook: Notebook, page):
    view = started(notebook)
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    notebook.accept_restart()
    cancel(view)
    wait_until(lambda: status(view) == "CANCELLED", 10)
    assert state_of(notebook, view)["status"] == "CANCELLED"


def test_a_new_kernel_takes_the_run_up_again(notebook: Notebook, page):
    view = started(notebook)
    run_id = view.get_attribute("data-run")
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    notebook.accept_restart()
    notebook.run(f'import fusion_jupyter as fj\nrun = fj.run("{run_id[:8]}")\nrun')
    views = page.locator(VIEW)
    wait_until(lambda: views.count() == 2)
    again = views.last
    wait_until(lambda: percent(again) > 0)
    goes_on(again)
    assert not shows(again, "kernel is away")
    notebook.run("print((await run).status)")
    wait_until(lambda: status(again) == "COMPLETED" and status(view) == "COMPLETED")
    wait_until(lambda: page.locator(".jp-OutputArea-output:has-text('COMPLETED')").count() > 0)
