"""Which run belongs to which sweep, as the sweeps' records say."""

from __future__ import annotations

from pathlib import Path

from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.studies import record


class SweepNames:
    """The sweeps of a runs directory, read again where they have changed.

    Args:
        runs_dir: The runs directory.

    Attributes:
        names: Human-readable names, by the sweeps' ids.
        of_run: A run's sweep; of several, the newest.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.names: dict[str, str] = {}
        self.of_run: dict[str, str] = {}
        self._runs_dir = runs_dir
        self._seen = -1
        self.poll()

    def poll(self) -> set[str]:
        """Read the records where one is new or has changed: each is written by renaming.

        Returns:
            Ids of the runs that belong to another sweep than before.
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
