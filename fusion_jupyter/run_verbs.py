"""Methods of a run's handle that need no watching: outcome, labels, repeating and comparing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis import run_options
from fusion_jupyter.errors import RunFailedError
from fusion_jupyter.manager import labels, rerun
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.manager.selection import records_of

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd


class RunVerbs:
    """The part of `fusion_jupyter.Run` that needs no watching."""

    if TYPE_CHECKING:
        id: Any
        record: Any
        _directory: RunDirectory
        _manager: RunManager

        def wait(self, timeout: float | None = None) -> RunRecord:
            """See `fusion_jupyter.Run.wait`."""

        def _handle_of(self, record: RunRecord) -> Self: ...

        def _reread(self) -> None: ...

        def _require_folder(self) -> None: ...

        def _readable(self) -> RunRecord: ...

    # -- its outcome ---------------------------------------------------------------------------

    def done(self) -> bool:
        """Return whether the run has ended, successfully or not; does not wait."""
        return bool(self.record.is_final)

    def exception(self, timeout: float | None = None) -> RunFailedError | None:
        """Wait for the end and return the error with which the run ended.

        Args:
            timeout: Seconds; None: as long as it takes.

        Returns:
            The error of a FAILED or CANCELLED run; None for a COMPLETED one.

        Raises:
            TimeoutError: It has not ended by then.
        """
        record = self.wait(timeout)
        return None if record.status is RunStatus.COMPLETED else RunFailedError.of(record)

    def raise_for_status(self) -> None:
        """Raise an error if the run has ended and did not complete; does not wait.

        Raises:
            RunFailedError: It FAILED or was CANCELLED, or its outcome is UNKNOWN; the message says
                why.
            RunNotFoundError: The run directory is gone.
        """
        record = self.record
        if record.problem == "gone":
            self._require_folder()
        elif record.status.is_final and record.status is not RunStatus.COMPLETED:
            raise RunFailedError.of(record)

    def logs(self) -> str:
        """The whole log as one text.

        For a long log prefer `log_tail` or the view. Text that is not UTF-8 is shown with
        replacement characters.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.logs.line_index import log_tail

        return "\n".join(log_tail(self._directory.log_file, 1 << 40, below=self._directory.path))

    # -- its labels ----------------------------------------------------------------------------

    @property
    def tags(self) -> tuple[str, ...]:
        """The run's labels for filtering."""
        return tuple(self.record.tags)

    def tag(self, *tags: str | list[str]) -> None:
        """Add tags, one by one or as a list; existing ones are ignored.

        Raises:
            ValueError: A tag is not allowed; nothing was written.
            RunNotFoundError: The run directory is gone.
            DamagedRunError: Its files cannot be read.

        Example:
            >>> run.tag("ofc27", "figure 3")
        """
        new = labels.checked_tags(labels.flat(tags))
        self._label(lambda known: (known.name, [*known.tags, *new]))

    def untag(self, *tags: str | list[str]) -> None:
        """Remove tags, one by one or as a list; missing ones are ignored.

        Raises:
            RunNotFoundError: The run directory is gone.
            DamagedRunError: Its files cannot be read.
        """
        gone = labels.flat(tags)
        self._label(lambda known: (known.name, [tag for tag in known.tags if tag not in gone]))

    def rename(self, name: str) -> None:
        """Rename the run.

        Raises:
            ValueError: It is empty, too long, or contains an unprintable character.
            RunNotFoundError: The run directory is gone.
            DamagedRunError: Its files cannot be read.
        """
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"name is {name!r}; allowed: printable characters")
        self._label(lambda known: (name, known.tags))

    def _label(self, change: Callable[[RunRecord], tuple[str, Iterable[str]]]) -> None:
        self._readable()  # before anything is written
        with labels.changing(self._directory):
            # Read afresh: a sweep or another kernel may have changed them.
            name, tags = change(self._readable())
            labels.write(self._directory, name=name, tags=tags)
        self._reread()

    # -- other runs ----------------------------------------------------------------------------

    def again(
        self, *, name: str | None = None, tags: Iterable[str] | None = None, **changes: object
    ) -> Self:
        """Start the same run again, with some options changed; a command starts as it was.

        Args:
            name: Human-readable name of the new run.
            tags: Its labels for filtering; default: those of this run.
            **changes: Options to change, by name.

        Returns:
            The handle of the new run.

        Raises:
            ConfigError: An option is unknown or its value not allowed; nothing was started.
            ValueError: An option of a command, which has none, is to be changed; the command came
                in a bundle; or `name` or a tag is not allowed.
            RunNotFoundError: The run directory is gone.
            DamagedRunError: Its files cannot be read.

        Example:
            >>> run.again(k_paths=7)
        """
        request = replace(rerun.request_of(self._readable(), changes), name=name)
        if tags is not None:
            request = replace(request, tags=tuple(labels.checked_tags(tags)))
        return self._handle_of(self._manager.create_run(request))

    def diff(self, other: RunVerbs | str) -> pd.DataFrame:
        """The options that differ between this run and another one.

        Args:
            other: A run, or its id.

        Returns:
            A DataFrame with one row per option whose value differs in the frozen configurations.
            Columns ``option`` (``section.key``), ``this`` and ``other`` (text; None if absent).

        Raises:
            ValueError: `other` is not one run.
            RunNotFoundError: The directory of one of them is gone.
            DamagedRunError: The files of one of them cannot be read.
        """
        import pandas as pd

        found = records_of(other)
        if len(found) != 1:
            raise ValueError(f"other is {len(found)} runs; allowed: one, or its id")
        theirs = RunDirectory(found[0].directory).check()
        mine, others = (
            run_options.configuration(self._readable()),
            run_options.configuration(theirs),
        )
        rows = run_options.differences(mine, others)
        return pd.DataFrame(rows, columns=["option", "this", "other"])
