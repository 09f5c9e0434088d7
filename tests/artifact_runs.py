"""Runs that have ended, made from recorded output of the real simulator."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from fusion_jupyter import settings
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord

SAMPLES = Path(__file__).parent / "data" / "fusion_samples"
#: The samples that have results; the others failed before they wrote any.
SAMPLE_NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/output"))


def sample_files(name: str) -> list[Path]:
    """The result files of a sample."""
    return sorted((SAMPLES / name / "output").rglob("*_erlang.json"))


def make_run(
    run_id: str,
    sample: str | None = None,
    *,
    runs_dir: Path | None = None,
    status: str = "COMPLETED",
    **request: Any,
) -> RunRecord:
    """A run directory as the process manager leaves it, with a sample's output."""
    folder = (runs_dir or settings.runs_dir()) / run_id
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / f"{run_id}.log").write_text("a line\n")
    if sample is None:
        (folder / "output").mkdir()
    else:
        shutil.copytree(SAMPLES / sample / "output", folder / "output")
        shutil.copy(SAMPLES / sample / "config.ini", folder / "config.ini")
    content = {
        "version": 1,
        "id": run_id,
        "name": sample or "empty",
        "simulator": "fusion",
        "options": {},
        "network": "NSFNet",
        "erlangs": [],
        "max_iters": 3,
        "created_at": "2026-11-23T18:00:00+00:00",
        **request,
    }
    (folder / "run.json").write_text(json.dumps(content))
    state = {"version": 1, "status": status, "exit_code": 0}
    (folder / "state.json").write_text(json.dumps(state))
    return RunDirectory(folder).read()
