"""A page's actions on several runs at once: cancel, delete, tag, export, compare."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.record import is_run_id
from fusion_jupyter.studies.bundles import export
from fusion_jupyter.studies.comparing import compare
from fusion_jupyter.widgets.runs_state import RunsState
from fusion_jupyter.widgets.snapshot import progress_state

if TYPE_CHECKING:
    from fusion_jupyter.widgets.messages import Bulk, Curve, RunsComparison

#: More curves than this cannot be distinguished.
MOST_COMPARED = 12


class RunsActions:
    """Executes a page's actions on runs, in any thread.

    A failure for one run does not affect the others.

    Args:
        state: The runs; a page cannot act on others.
    """

    def __init__(self, state: RunsState) -> None:
        self._state = state
        # Adding a tag reads the tags and writes them: two at once would lose one.
        self._labelling = threading.Lock()

    def run(self, run_id: object) -> Run:
        """The handle of one of the runs.

        Raises:
            RunNotFoundError: It is not in the table, or its folder is gone.
        """
        if not is_run_id(run_id) or self._state.summary(str(run_id)) is None:
            raise RunNotFoundError(f"There is no run {run_id!r} in this table")
        try:
            return handle_of(self._state.runs_dir / str(run_id))
        except FileNotFoundError as error:
            raise RunNotFoundError(str(error)) from None

    def cancel(self, run_ids: object) -> Bulk:
        """Cancel these runs; those that have ended are not changed."""
        # Last first, so that waiting runs are withdrawn before a slot becomes free for them.
        return self._each(_ids(run_ids)[::-1], Run.cancel)

    def delete(self, run_ids: object) -> Bulk:
        """Delete these runs with their files; those that have not ended are refused."""
        wanted = _ids(run_ids)
        done = self._each(wanted, Run.delete)
        failed = {run_id for run_id, _ in done["failed"]}
        gone = [run_id for run_id in wanted if run_id not in failed]
        self._state.forget(gone)
        for run_id in gone:
            self._state.channel.remove(run_id)  # its view shows that
        return done

    def tag(self, run_ids: object, tags: object, *, remove: bool = False) -> Bulk:
        """Add tags to these runs, or remove them.

        Raises:
            ValueError: A tag is not allowed; nothing was written.
        """
        words = labels.checked_tags(tags if isinstance(tags, list) else [tags])  # type: ignore[list-item]
        with self._labelling:
            done = self._each(_ids(run_ids), lambda run: (run.untag if remove else run.tag)(*words))
        self._state.reread(_ids(run_ids))
        return done

    def export(self, run_ids: object, path: object) -> Bulk:
        """Write these runs to a zip file that does not exist yet.

        Raises:
            ValueError: The file's name is invalid, or a run has not ended.
            FileExistsError: The file exists.
            OSError: It cannot be written.
        """
        text = str(path or "").strip()
        if not text:
            raise ValueError(f"path is {text!r}; allowed: the name of a file, such as 'runs.zip'")
        target = Path(text if text.endswith(".zip") else f"{text}.zip").expanduser()
        if target.exists():
            raise FileExistsError(f"{target} already exists; choose another name")
        runs = [self.run(run_id) for run_id in _ids(run_ids)]
        written = export(runs, target)
        return {"done": len(runs), "failed": [], "path": written.as_posix()}

    def compare(self, run_ids: object) -> RunsComparison:
        """The curves of these runs, and the statement of `compare` about them.

        Raises:
            ValueError: There are too many.
        """
        wanted = _ids(run_ids)
        if len(wanted) > MOST_COMPARED:
            raise ValueError(f"{len(wanted)} runs; allowed: up to {MOST_COMPARED} at once")
        runs = [self.run(run_id) for run_id in wanted]
        target = None
        try:
            comparison = compare(runs)
            text, target = repr(comparison), comparison.blocking
        except (ValueError, LookupError, OSError) as error:
            # The curves are useful even so.
            text = str(error)
        curves: list[Curve] = [
            {
                "id": run.id,
                "name": run.name,
                "simulator": run.record.simulator,
                "points": progress_state(run.progress, run.record.simulator)["points"],
            }
            for run in runs
        ]
        # The text names the runs without results; a legend would name curves that are not there.
        shown = [curve for curve in curves if curve["points"]]
        return {"curves": shown, "text": text, "target": target}

    def _each(self, run_ids: Iterable[str], act: Callable[[Run], Any]) -> Bulk:
        done: Bulk = {"done": 0, "failed": []}
        for run_id in run_ids:
            try:
                act(self.run(run_id))
            except (ValueError, LookupError, OSError) as error:
                done["failed"].append((run_id, str(error) or type(error).__name__))
            else:
                done["done"] += 1
        return done


def _ids(given: object) -> Sequence[str]:
    if not isinstance(given, list) or not given:
        raise ValueError(f"ids is {given!r}; allowed: a list of run ids")
    return [str(run_id) for run_id in given]
