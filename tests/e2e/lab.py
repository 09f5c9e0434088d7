"""Starting a real JupyterLab and driving its notebooks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
TOKEN = "fusion-jupyter-tests"
VIEW = ".jp-OutputArea-output .fj-run-view"


def find_chromium() -> str | None:
    """The browser to use; None: Playwright's own."""
    named = os.environ.get("FUSION_JUPYTER_CHROMIUM")
    if named:
        return named
    return next(
        (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).is_file()), None
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Lab:
    """A JupyterLab server below a folder; everything it writes stays there."""

    def __init__(self, folder: Path, app: str = "lab") -> None:
        self.folder = folder
        self.root = folder / "root"
        self.app = app
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Lab:
        self.root.mkdir()
        homes = {
            name: self.folder / name.lower()
            for name in (
                "HOME",
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "IPYTHONDIR",
                "JUPYTERLAB_SETTINGS_DIR",
                "JUPYTERLAB_WORKSPACES_DIR",
            )
        }
        for home in homes.values():
            home.mkdir()
        page_config = homes["JUPYTER_CONFIG_DIR"] / "labconfig" / "page_config.json"
        page_config.parent.mkdir()
        page_config.write_text(
            json.dumps(
                {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
            )
        )
        self.settings = homes["JUPYTERLAB_SETTINGS_DIR"]
        self.workspaces = homes["JUPYTERLAB_WORKSPACES_DIR"]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, **{k: str(v) for k, v in homes.items()}, "PYTHONPATH": path}
        command = [sys.executable, "-m", "jupyter", self.app, "--no-browser", "--allow-root"]
        command += ["--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0"]
        command += [f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={TOKEN}"]
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.root,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.api("status")
                return self
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    text = (self.folder / "server.log").read_text()
                    raise RuntimeError(f"JupyterLab did not start:\n{text}") from None
                time.sleep(0.1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def api(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/{path}?token={TOKEN}", timeout=10) as answer:
            return json.load(answer)

    def set_theme(self, dark: bool) -> None:
        """The theme of pages opened from now on."""
        file = self.settings / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}))

    def clear_workspaces(self) -> None:
        shutil.rmtree(self.workspaces, ignore_errors=True)
        self.workspaces.mkdir()


def notebook_json(cells: list[str]) -> dict[str, Any]:
    return {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell{number}",
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


class Notebook:
    """A notebook open in a page."""

    def __init__(self, lab: Lab, page: Page, path: Path) -> None:
        self.lab = lab
        self.page = page
        self.path = path

    @classmethod
    def create(cls, lab: Lab, page: Page, *cells: str) -> Notebook:
        """A new notebook with these cells; the first cell, run already, imports the package."""
        folder = lab.root / uuid.uuid4().hex[:8]
        folder.mkdir()
        path = folder / "test.ipynb"
        path.write_text(json.dumps(notebook_json(["import fusion_jupyter as fj", *cells, ""])))
        notebook = cls(lab, page, path)
        notebook.open()
        # On a busy machine the notebook drops a cell that is run as soon as its kernel is idle.
        for _ in range(5):
            notebook.run_cell(0)
            notebook.idle()
            deadline = time.monotonic() + 60
            while (prompt := notebook.prompt(0)) == "*" and time.monotonic() < deadline:
                page.wait_for_timeout(100)  # the kernel had been idle, before it began
            if prompt.isdecimal():
                return notebook
            page.wait_for_timeout(1000)
        raise AssertionError("The first cell was not run")

    def open(self) -> None:
        """Open it in a fresh workspace and wait for its kernel."""
        self.lab.clear_workspaces()
        prefix = "notebooks" if self.lab.app == "notebook" else "lab/tree"
        relative = self.path.relative_to(self.lab.root).as_posix()
        self.page.goto(f"{self.lab.url}/{prefix}/{relative}?token={TOKEN}")
        self.idle()

    def idle(self, timeout: float = 60) -> None:
        """Wait until the kernel is there and has nothing to do."""
        self.page.wait_for_function(
            """() => {
              const panel = [...document.querySelectorAll('.jp-NotebookPanel')].find(p => p.offsetParent);
              const name = panel?.querySelector('.jp-KernelName')?.textContent ?? '';
              const light = panel?.querySelector('.jp-Notebook-ExecutionIndicator');
              return name !== '' && name !== 'No Kernel' && light?.dataset.status === 'idle'
                && !panel.querySelector('.jp-mod-running');
            }""",
            timeout=timeout * 1000,
        )

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-NotebookPanel:visible .jp-CodeCell").nth(number)

    def prompt(self, number: int) -> str:
        """The number of a cell's execution, ``*`` while it waits or is executed, else nothing."""
        return self.cell(number).locator(".jp-InputPrompt").inner_text().strip("[]: ")

    def run_cell(self, number: int) -> None:
        editor = self.cell(number).locator(".cm-content")
        editor.click()
        editor.press("Shift+Enter")

    def run(self, source: str) -> Locator:
        """Type this into the last cell, run it, and give the cell."""
        cells = self.page.locator(".jp-NotebookPanel:visible .jp-CodeCell")
        last = cells.count() - 1
        editor = self.cell(last).locator(".cm-content")
        editor.click()
        self.page.keyboard.insert_text(source)
        editor.press("Shift+Enter")
        return self.cell(last)

    def accept_restart(self) -> None:
        """Close the dialog that tells of a dead kernel, and wait for the next one."""
        self.page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")
        self.idle()

    def run_dir(self, run_id: str) -> Path:
        return self.path.parent / "fusion_runs" / run_id

    def save(self) -> dict[str, Any]:
        """Save it and give what stands in the file."""
        before = self.path.stat().st_mtime_ns
        deadline = time.monotonic() + 60
        next_press = 0.0
        while True:
            # A key is lost on a page that is moving the focus at that moment.
            if time.monotonic() > next_press:
                self.page.keyboard.press("Escape")
                self.page.keyboard.press("Control+s")
                next_press = time.monotonic() + 10
            try:
                # While it is being written, what stands in it is cut.
                if self.path.stat().st_mtime_ns != before:
                    return json.loads(self.path.read_text())
            except json.JSONDecodeError:
                pass
            assert time.monotonic() < deadline, "the notebook was not saved in time"
            time.sleep(0.1)

    @property
    def kernel_pid(self) -> int:
        """Process id of the kernel, from the notebook's own folder."""
        return int((self.path.parent / "kernel.pid").read_text())
