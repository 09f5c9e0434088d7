"""Methods of a sweep's handle that read the results of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis import incomplete
from fusion_jupyter.choices import LevelName
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.studies import adaptive, frames
from fusion_jupyter.studies import points as grid

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd
    from matplotlib.axes import Axes

    from fusion_jupyter.studies.record import SweepRecord
    from fusion_jupyter.watch.collection import RunSummary


class SweepResults:
    """The part of `fusion_jupyter.studies.sweep.Sweep` that reads results."""

    if TYPE_CHECKING:
        _record: SweepRecord

        def summary(self, run_id: str) -> RunSummary | None:
            """See `fusion_jupyter.studies.sweep.Sweep.summary`."""

        def wait_until_known(self) -> None:
            """See `fusion_jupyter.studies.sweep.Sweep.wait_until_known`."""

        def _checked(self) -> Self: ...

    @property
    def imprecise(self) -> pd.DataFrame:
        """The loads that have not reached the sweep's ``precision``; empty if all have.

        Columns: the parameters, ``run_id``, ``erlang``, ``iterations``, ``blocking``,
        ``relative_half_width`` (half width of its interval as a share of the mean; infinite where
        nothing was blocked) and ``reason``, in words.
        """
        known = self._known_records()
        return frames.with_parameters(
            self._record, adaptive.imprecise(_results(known), known), first=0
        )

    def results(
        self, level: LevelName = "erlang", *, confidence: float = 0.95, pool: bool = False
    ) -> pd.DataFrame:
        """The results of all runs in one tidy frame, also while they are executing.

        The parameters of the sweep are columns; deleted runs are omitted.

        Args:
            level: See `fusion_jupyter.results`.
            confidence: Confidence level of the intervals, between 0 and 1.
            pool: Combine the repeats of each point: one row for each point and load, over the
                iterations of all of them.

        Raises:
            ValueError: See `fusion_jupyter.results`.
            SweepNotFoundError: The sweep was deleted.

        Warns:
            IncompleteResultsWarning: The runs of some points failed, were cancelled, have lost
                their results, are damaged or are not there.
        """
        known = self._known_records()
        frame = _results(known, level, confidence=confidence, pool=pool)
        self._warn_of_incomplete(known, set(frame.attrs["lacking_loads"]))
        return frames.with_parameters(self._record, frame)

    def plot_blocking(
        self,
        *,
        hue: str | None = None,
        style: str | None = None,
        col: str | None = None,
        label: str | None = None,
        metric: str = "blocking",
        confidence: bool = True,
        style_sheet: str | None = None,
        reference: Any = None,
        ax: Axes | None = None,
    ) -> Any:
        """Draw blocking over load, one curve for each point with all its repeats.

        Args:
            hue: Parameter whose values become colours and markers, for example ``"k_paths"``.
            style: Parameter whose values become dashes.
            col: Parameter with a panel for each of its values.
            label: This and the following: see `fusion_jupyter.plot_blocking`.
            metric: ``"blocking"`` (of requests) or ``"bit_rate_blocking"``.
            confidence: Whether to draw the intervals.
            style_sheet: ``"ieee"``, ``"nature"`` or None.
            reference: Published values to compare with.
            ax: Axes to draw on; default: a new figure.

        Returns:
            The axes; with `col` an array of axes.

        Raises:
            ValueError: See `fusion_jupyter.plot_blocking`.
        """
        from fusion_jupyter.plots import blocking

        return blocking.plot_blocking(
            self.results(),
            hue=hue,
            style=style,
            col=col,
            label=label,
            metric=metric,
            confidence=confidence,
            style_sheet=style_sheet,
            reference=reference,
            ax=ax,
        )

    def _known_records(self) -> list[RunRecord]:
        self._checked().wait_until_known()
        known = [s.record for each in self._record.run_ids if (s := self.summary(each))]
        return [record for record in known if RunDirectory(record.directory).is_there]

    def _warn_of_incomplete(self, known: list[RunRecord], lacking: set[str]) -> None:
        """Name the points whose results are not all there."""
        there = {each.id for each in known}
        why = {each.id: incomplete.reason(each) for each in incomplete.incomplete(known, lacking)}
        why |= {
            point.run_id: "no run" for point in self._record.points if point.run_id not in there
        }
        names = [
            f"{grid.describe(point.parameters)} ({why[point.run_id]})"
            for point in self._record.points
            if point.run_id in why
        ]
        hint = "retry_failed() runs them again"
        incomplete.warn(names, len(self._record.points), "point", hint)


def _results(known: list[RunRecord], level: LevelName = "erlang", **options: Any) -> pd.DataFrame:
    from fusion_jupyter.analysis import results

    return results.read(known, level, **options)
