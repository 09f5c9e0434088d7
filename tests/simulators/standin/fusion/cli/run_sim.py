"""Replays what the real FUSION did: its log with its timing, its files, its habits.

The environment says what: ``STANDIN_LOG`` is a recorded log, ``STANDIN_OUTPUT`` the recorded
output tree, ``STANDIN_EXIT`` the exit code or ``KILL``, ``STANDIN_SPEED`` how much faster than
recorded. Like FUSION it catches SIGTERM after its start-up and carries on, has a child process of
multiprocessing's, writes to standard error alone, and rewrites its result files in place: emptied
first, then in two halves.
"""

import argparse
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

from fusion.utils.os import find_project_root

TORN_SECONDS = 0.03


def rest() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def save(folder: Path, erlang: str) -> None:
    for source in Path(os.environ["STANDIN_OUTPUT"]).rglob(f"{erlang}_erlang.json"):
        if source.parent.name != folder.name:
            continue
        content = source.read_bytes()
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / source.name).open("wb") as file:
            time.sleep(TORN_SECONDS)
            file.write(content[: len(content) // 2])
            file.flush()
            time.sleep(TORN_SECONDS)
            file.write(content[len(content) // 2 :])


def replay(root: Path) -> None:
    speed = float(os.environ.get("STANDIN_SPEED", "20"))
    before = None
    erlang = ""
    for line in Path(os.environ["STANDIN_LOG"]).read_text().splitlines():
        found = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - ", line)
        if found:
            now = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S,%f")
            if before is not None:
                time.sleep(max(0.0, (now - before).total_seconds()) / speed)
            before = now
        found = re.search(r"Simulation started for Erlang: (\S+)", line)
        erlang = found[1] if found else erlang
        found = re.search(r"Saving to: \S+?/(data/output/.+)$", line)
        if found:
            folder = root / found[1]
            line = line.replace(line[line.index("Saving to: ") :], f"Saving to: {folder}")
            save(folder, erlang)
        sys.stderr.write(line + "\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["run_sim"])
    parser.add_argument("--config_path", required=True)
    parser.add_argument("--run_id", required=True)
    options = parser.parse_args()
    assert Path(options.config_path).is_absolute()
    child = multiprocessing.get_context("fork").Process(target=rest, daemon=True)
    child.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.stderr.write("Received signal 15\n"))
    root = Path(find_project_root())
    assert (root / "data" / "raw").is_dir()
    replay(root)
    ending = os.environ.get("STANDIN_EXIT", "0")
    if ending == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    child.kill()
    child.join()
    shutil.rmtree(root / "nothing", ignore_errors=True)
    return int(ending)


if __name__ == "__main__":
    sys.exit(main())
