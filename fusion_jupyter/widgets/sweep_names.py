"""The sweep of each run, from the sweeps' records."""

from __future__ import annotations

from pathlib import Path

from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.studies import record


class SweepNames:
    """The sweeps of a runs directory, re-read when they have changed.

    Args:
        runs_dir: The runs directory.

    Attributes:
        names: Human-readable names, by sweep id.
        of_run: Sweep id by run id; of several sweeps, the newest.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.names: dict[str, str] = {}
        self.of_run: dict[str, str] = {}
        self._runs_dir = runs_dir
        self._seen = -1
        self.poll()

    def poll(self) -> set[str]:
        """Read new and changed records, noticed because records are replaced by renaming.

        Returns:
            Ids of the runs whose sweep has changed.
        """
        try:
            seen = (self._runs_dir / record.FOLDER).stat().st_mtime_ns
        except OSError:
            seen = -1
        if seen == self._seen:
            return set()
        self._seen = seen
        before = self.of_run
        self.names, self.of_run = {}, {}
        for sweep in record.list_ids(self._runs_dir):
            try:
                found = record.read(self._runs_dir, sweep)
            except FusionJupyterError:
                continue
            self.names[sweep] = found.name
            for point in found.points:
                self.of_run.setdefault(point.run_id, sweep)
        return {
            run_id
            for run_id in before.keys() | self.of_run.keys()
            if before.get(run_id) != self.of_run.get(run_id)
        }
