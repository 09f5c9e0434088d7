"""Filter for listings: by status, tags, name, network, simulator and age."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fusion_jupyter import arguments
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.nearest import did_you_mean

#: A span until now, as text.
_SPAN = re.compile(r"(\d{1,6})\s*([mhdw])")
#: The simulators that a record may name.
_SIMULATORS = ("embedded", "fusion", "command")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Conditions that a run must all meet; None: no condition.

    Attributes:
        statuses: One of these.
        tags: All of these.
        name: Part of the name, or a pattern with ``*`` and ``?`` that matches it.
        network: Name of the topology; case-insensitive.
        simulator: ``"embedded"``, ``"fusion"`` or ``"command"``.
        since: Created at this moment or later.

    Example:
        >>> Filter.of(status="failed", since="2026-11-01").statuses
        frozenset({'FAILED'})
    """

    statuses: frozenset[RunStatus] | None = None
    tags: frozenset[str] = frozenset()
    name: str | None = None
    network: str | None = None
    simulator: str | None = None
    since: datetime | None = None

    @classmethod
    def of(
        cls,
        *,
        status: RunStatus | str | Iterable[RunStatus | str] | None = None,
        tags: str | Iterable[str] | None = None,
        name: str | None = None,
        network: str | None = None,
        simulator: str | None = None,
        since: datetime | timedelta | str | None = None,
    ) -> Filter:
        """Make a filter from user input; see `fusion_jupyter.runs`.

        Raises:
            ValueError: A status or simulator is unknown, `since` is not a point in time, or another
                value is not a text.
        """
        statuses = None
        if status is not None:
            several = arguments.as_tuple(status)
            given = several if isinstance(several, tuple) else (several,)
            statuses = frozenset(checked_status(each) for each in given)
        words = labels.checked_tags([tags] if isinstance(tags, str) else tags or ())
        for label, text in (("name", name), ("network", network)):
            arguments.check_text(label, text, "a text")
        if simulator is not None and simulator not in _SIMULATORS:
            hint = did_you_mean(simulator, _SIMULATORS)
            raise arguments.refuse("simulator", simulator, ", ".join(_SIMULATORS) + hint)
        return cls(
            statuses=statuses,
            tags=frozenset(words),
            name=name,
            network=network,
            simulator=simulator,
            since=None if since is None else _moment(since),
        )

    def fits(self, record: RunRecord) -> bool:
        """Return whether a run meets all conditions."""
        return (
            (self.statuses is None or record.status in self.statuses)
            and self.tags <= set(record.tags)
            and (self.name is None or _name_fits(record.name, self.name))
            and (self.network is None or _is_on(record, self.network))
            and (self.simulator is None or record.simulator == self.simulator)
            and (self.since is None or record.created_at >= self.since)
        )


def similar_network(network: str, records: Iterable[RunRecord]) -> str:
    """The suggestion if no run is on a network, but one is on a similar one; else empty."""
    networks = {record.network for record in records if record.network is not None}
    if network.lower() in {each.lower() for each in networks}:
        return ""
    return did_you_mean(network, sorted(networks))


def checked_status(status: RunStatus | str) -> RunStatus:
    """The status of this name, in upper or lower case.

    Raises:
        ValueError: There is none.
    """
    try:
        return RunStatus(status.upper())
    except (ValueError, AttributeError):
        allowed = ", ".join(RunStatus)
        hint = did_you_mean(status, RunStatus)
        raise ValueError(f"status is {status!r}; allowed: {allowed}{hint}") from None


def _is_on(record: RunRecord, network: str) -> bool:
    return record.network is not None and record.network.lower() == network.lower()


def _name_fits(name: str, wanted: str) -> bool:
    name, wanted = name.lower(), wanted.lower()
    if "*" in wanted or "?" in wanted:
        return fnmatch.fnmatchcase(name, wanted)
    return wanted in name


def _moment(since: datetime | timedelta | str) -> datetime:
    span = _SPAN.fullmatch(since) if isinstance(since, str) else None
    try:
        if span is not None:
            since = timedelta(**{_UNITS[span[2]]: int(span[1])})
        if isinstance(since, timedelta):
            return datetime.now(UTC) - since
        moment = datetime.fromisoformat(since) if isinstance(since, str) else since
        return moment.astimezone(UTC)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise ValueError(
            f"since is {since!r}; allowed: a datetime, a timedelta, or a text such as "
            "'2026-11-27', '2026-11-27T14:00', '2h' or '7d'"
        ) from None
