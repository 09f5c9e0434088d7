"""Runs configurations through FUSION: one JSON object a line in, one a line out.

Started with the Python of FUSION's environment, so it stands alone: the standard library, and
FUSION itself. Each configuration runs in a process of its own whose project root is a folder of its
own, with links to FUSION's data and, where a job brings one, a topology file in NSFNet's place.
FUSION pauses after each iteration and after each file; it does not here.

A job is ``{"ini": text, "files": {name: text}, "topology": text or null, "environment": {name:
text}, "seconds": limit}``. The answer is ``{"loads": {erlang: [blocking of each iteration]}, "saved": {erlang: whole output file},
"exit": code, "error": last error in the log}``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from time import sleep as pause
from typing import Any

import fusion.utils.os as fusion_os

ROOT = fusion_os.find_project_root()
NSFNET = "nsf_network.txt"
_root = [ROOT]
fusion_os.find_project_root = lambda start_path=None: _root[0]

import fusion.cli.run_sim  # noqa: E402  (its modules must see the function above)


def prepare(job: dict[str, Any], root: Path) -> None:
    """Make the folder that the configuration takes for FUSION's root."""
    data = root / "data"
    data.mkdir()
    for name in ("raw", "json_input"):
        source = Path(ROOT, "data", name)
        if name == "raw" and job.get("topology"):
            shutil.copytree(source, data / name)
            (data / name / NSFNET).write_text(job["topology"])
        else:
            (data / name).symlink_to(source)
    for name, text in {"config.ini": job["ini"], **job.get("files", {})}.items():
        (root / name).write_text(text)


def simulate(root: Path, environment: dict[str, str]) -> None:
    """Run FUSION in this process and end it; never returns."""
    os.setsid()
    log = os.open(root / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(root)
    os.environ.pop("FUSION_USE_ORCHESTRATOR", None)
    os.environ.update(environment)
    _root[0] = str(root)
    for name, module in list(sys.modules.items()):
        if name.startswith("fusion") and hasattr(module, "PROJECT_ROOT"):
            module.PROJECT_ROOT = str(root)
    time.sleep = lambda seconds: None
    config = str(root / "config.ini")
    sys.argv = ["fusion-sim", "run_sim", "--config_path", config, "--run_id", "compared"]
    (root / "exit").write_text(str(fusion.cli.run_sim.main()))
    os.killpg(0, signal.SIGKILL)  # its manager process too


def wait(pid: int, seconds: float) -> None:
    """Wait until a process has ended, and end it and its group when it takes too long."""
    deadline = time.monotonic() + seconds
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return
        pause(0.02)


def answer(root: Path) -> dict[str, Any]:
    """Read what FUSION wrote."""
    result: dict[str, Any] = {"loads": {}, "saved": {}, "exit": None, "error": ""}
    with contextlib.suppress(OSError):
        result["exit"] = int((root / "exit").read_text())
    for path in (root / "data" / "output").rglob("*_erlang.json"):
        content = json.loads(path.read_text())
        iterations = content["iter_stats"]
        erlang = path.name.removesuffix("_erlang.json")
        last = max(iterations, key=int)
        result["loads"][erlang] = iterations[last]["sim_block_list"]
        result["saved"][erlang] = {**content, "iter_stats": {last: iterations[last]}}
    lines = (root / "log").read_text(errors="replace").splitlines()
    errors = [line.strip() for line in lines if "Error" in line or "ERROR" in line]
    if errors and result["exit"] != 0:
        result["error"] = errors[-1]
    return result


def main() -> None:
    """Answer jobs until there are no more."""
    for line in sys.stdin:
        job = json.loads(line)
        root = Path(tempfile.mkdtemp(prefix="compared"))
        try:
            prepare(job, root)
            pid = os.fork()
            if pid == 0:
                try:
                    simulate(root, job.get("environment", {}))
                finally:
                    os._exit(1)
            wait(pid, job.get("seconds", 600))
            print(json.dumps(answer(root)), flush=True)
        finally:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
