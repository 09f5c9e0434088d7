"""A page's messages in other threads of a real kernel, beside a cell that computes."""

from __future__ import annotations

import json
import os
import queue
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

SETUP = """
import faulthandler, fusion_jupyter as fj, os, signal
stacks = open({stacks!r}, "w")
faulthandler.register(signal.SIGUSR1, stacks)
fj.configure(runs_dir={runs_dir!r}, cancel_grace_seconds=0)
done = fj.start("minimal", simulator="embedded", max_iters=1, name="done")
done.wait(60)
long = fj.start(command=["/bin/sleep", "600"], name="long")
from fusion_jupyter.widgets import launcher, view
views = [view(done), view(long)]
form = launcher()._form
table = fj.dashboard().table
for widget in (*views, form, table):
    # Some releases of ipykernel answer where the widget spoke last; here the page chooses.
    vars(widget.comm).pop("_reply_subshell_id", None)
print(done.id, long.id)
"""
COMPUTES = """
while not os.path.exists({go!r}):
    # Each look at the disk lets go of the interpreter and takes it again before a waiting thread is
    # awake, which then begins to wait anew: with a look every millisecond it may wait for ever.
    for _ in range(2_000):
        sum(range(1_000))
print(long.status, len(fj.runs()), form.started is not None and form.started.name)
"""
SECONDS = 60.0


class Page:
    """What a notebook's page does: asks widgets by comm messages and takes the answers.

    Attributes:
        models: Comm ids by what they are for.
        replies: Answers by the question's id.
        idle: Ids of requests that are done.
        printed: What cells have printed.
        stacks: File into which the kernel writes the stacks of its threads.
    """

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)
        self.models: dict[str, str] = {}
        self.replies: dict[str, dict[str, Any]] = {}
        self.idle: set[str] = set()
        self.printed = ""
        self.stacks = Path()

    def wait_for(self, condition: Any) -> None:
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"in vain; answered: {self.why()}"
            try:
                self._take(self.client.get_iopub_msg(timeout=0.2))
            except queue.Empty:
                continue

    def why(self) -> str:
        """What was answered last, and where the kernel's threads are."""
        os.kill(self.manager.provisioner.process.pid, signal.SIGUSR1)
        time.sleep(1)
        return f"{list(self.replies)[-5:]}\n{self.stacks.read_text()}"

    def _take(self, message: dict[str, Any]) -> None:
        content, kind = message["content"], message["msg_type"]
        if kind == "comm_open":
            self._note_model(content)
        elif kind == "comm_msg":
            for reply in content["data"].get("content", {}).get("replies", ()):
                self.replies[reply["id"]] = reply
        elif kind == "status" and content["execution_state"] == "idle":
            self.idle.add(message["parent_header"].get("msg_id"))
        elif kind == "stream":
            self.printed += content["text"]
        elif kind == "error":
            raise AssertionError("\n".join(content["traceback"]))

    def _note_model(self, content: dict[str, Any]) -> None:
        state = content["data"].get("state", {})
        if "run_id" in state:
            self.models[state["run_id"]] = content["comm_id"]
        elif "form" in state:
            self.models["form"] = content["comm_id"]
        elif "every" in state:
            self.models["table"] = content["comm_id"]

    def run_cell(self, code: str) -> None:
        request = self.client.execute(code)
        self.wait_for(lambda: request in self.idle)

    def new_subshell(self) -> str:
        client = self.client
        request = client.session.msg("create_subshell_request")
        client.control_channel.send(request)
        while True:
            reply = client.get_control_msg(timeout=SECONDS)
            if reply["parent_header"]["msg_id"] == request["header"]["msg_id"]:
                return str(reply["content"]["subshell_id"])

    def ask(self, subshell: str, model: str, question: str, operation: str, **details: Any) -> None:
        content = {"kind": "ask", "id": question, "operation": operation, **details}
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": self.models[model], "data": data})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)


@pytest.fixture
def page() -> Iterator[Page]:
    manager = KernelManager()
    manager.start_kernel()
    found = Page(manager)
    yield found
    found.client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


def test_everything_that_a_page_can_ask_is_answered_in_other_threads_while_a_cell_computes(
    page, tmp_path
):
    go = tmp_path / "go"
    page.stacks = tmp_path / "stacks"
    page.run_cell(SETUP.format(runs_dir=str(tmp_path / "runs"), stacks=str(page.stacks)))
    done, long = page.printed.split()
    subshells = [page.new_subshell() for _ in range(3)]
    computing = page.client.execute(COMPUTES.format(go=str(go)))

    questions = []
    for number in range(20):
        subshell = subshells[number % 3]
        questions += [f"list {number}", f"read {number}", f"index {number}"]
        page.ask(subshell, done, f"list {number}", "list", first=0)
        path = f"logs/{done}.log"
        page.ask(subshell, done, f"read {number}", "read", path=path, start=0, end=50)
        page.ask(subshell, done, f"index {number}", "index", **{"from": 0})
    page.wait_for(lambda: set(questions) <= set(page.replies))
    assert not [reply for reply in page.replies.values() if "error" in reply]
    assert all(page.replies[f"list {number}"]["value"]["total"] > 0 for number in range(20))

    # Each tag is kept, whichever thread adds it.
    for number in range(6):
        page.ask(
            subshells[number % 3], "table", f"open {number}", "open", run=[done, long][number % 2]
        )
        tags = {"ids": [done], "tags": [f"tag {number}"]}
        page.ask(subshells[number % 3], "table", f"tag {number}", "tag", **tags)
    page.wait_for(
        lambda: {f"{act} {n}" for act in ("open", "tag") for n in range(6)} <= set(page.replies)
    )
    assert [page.replies[f"tag {number}"]["value"]["done"] for number in range(6)] == [1] * 6
    labels = json.loads((tmp_path / "runs" / done / "labels.json").read_text())
    assert sorted(labels["tags"]) == [f"tag {number}" for number in range(6)]

    # Two at once: one run is started by each, no more.
    begin = {"template": "minimal", "simulator": "embedded", "overrides": {"max_iters": "1"}}
    for number in range(2):
        page.ask(subshells[number], "form", f"start {number}", "start", name="form", **begin)
    for number in range(3):
        page.ask(subshells[number], long, f"cancel {number}", "cancel")
    page.wait_for(
        lambda: {"start 0", "start 1", "cancel 0", "cancel 1", "cancel 2"} <= set(page.replies)
    )
    assert page.replies["start 0"]["value"]["errors"] == {}

    def is_deleted() -> bool:
        """Only a run that has ended can be deleted; the cancel takes a moment."""
        asked = len(page.replies)
        page.ask(subshells[0], long, f"delete {asked}", "delete")
        page.wait_for(lambda: f"delete {asked}" in page.replies)
        return "error" not in page.replies[f"delete {asked}"]

    page.wait_for(is_deleted)
    assert computing not in page.idle, "the cell has computed all the time"
    go.touch()
    page.wait_for(lambda: computing in page.idle)
    assert page.printed.split()[2:] == ["UNKNOWN", "3", "form"]
