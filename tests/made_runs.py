"""Run directories of runs that have ended, written without running anything: thousands in seconds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fusion_jupyter.manager import index

NETWORKS = ("NSFNet", "USbackbone60", "Pan-European")
STATUSES = ("COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "CANCELLED")
LOADS = [300.0, 400.0, 500.0]
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def make_runs(runs_dir: Path, count: int) -> list[str]:
    """Write so many runs, and the index beside them.

    Run number n is called ``study n``, has k_paths ``n % 7 + 1`` and the tag ``batch <n // 1000>``.

    Returns:
        Their ids, the oldest first.
    """
    runs_dir.mkdir(parents=True, exist_ok=True)
    made = [_make(runs_dir, number) for number in range(count)]
    index.read_all(runs_dir)
    return made


def _make(runs_dir: Path, number: int) -> str:
    run_id = f"{number + 0xA00000000000:012x}"
    folder = runs_dir / run_id
    folder.mkdir()
    created = _BEGIN + timedelta(minutes=number)
    status = STATUSES[number % len(STATUSES)]
    request = {
        "version": 1,
        "id": run_id,
        "name": f"study {number}",
        "template": "minimal",
        "simulator": "embedded",
        "engine": "local",
        "tags": [f"batch {number // 1000}"],
        "options": {"k_paths": number % 7 + 1, "max_iters": 2},
        "network": NETWORKS[number % len(NETWORKS)],
        "erlangs": LOADS,
        "max_iters": 2,
        "created_at": created.isoformat(),
        "command": ["/bin/true"],
    }
    state = {
        "version": 1,
        "status": status,
        "started_at": (created + timedelta(seconds=1)).isoformat(),
        "completed_at": (created + timedelta(seconds=31)).isoformat(),
        "duration_seconds": 30.0 + number % 10,
        "exit_code": 0 if status == "COMPLETED" else 1,
        "error_message": "Unknown network name 'COST240'" if status == "FAILED" else None,
    }
    (folder / "run.json").write_text(json.dumps(request))
    (folder / "state.json").write_text(json.dumps(state))
    if status != "FAILED":
        (folder / "progress.jsonl").write_text("".join(map(_line, range(len(LOADS)))))
    return run_id


def _line(load: int) -> str:
    event = {
        "erlang": LOADS[load],
        "erlang_index": load + 1,
        "total_erlangs": len(LOADS),
        "iteration": 2,
        "total_iterations": 2,
        "blocking": 0.01 * (load + 1),
        "ci": 0.002,
        "fraction": (load + 1) / len(LOADS),
    }
    return json.dumps(event) + "\n"
