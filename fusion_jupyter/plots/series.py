"""The rows and the label of each curve."""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from fusion_jupyter import arguments
from fusion_jupyter.analysis.captions import (
    escaped,
    italic,
    option_columns,
    own_names,
    reading,
    values_of,
)
from fusion_jupyter.analysis.option_values import first
from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

#: Columns that distinguish curves, if the frame has them.
_KEYS = ("run_id", "process", "bandwidth_gbps")


@dataclass(frozen=True)
class Series:
    """The rows of one curve.

    Attributes:
        label: For the legend; empty for a single curve of a run without a name.
        rows: Its part of the frame.
        hue: Number of its colour and marker.
        style: Number of its dashes.
        panel: Number of its panel, of the values of the column `col`.
    """

    label: str
    rows: pd.DataFrame
    hue: int = 0
    style: int = 0
    panel: int = 0


@dataclass
class Numbers:
    """The numbers of colours and of dashes, by label.

    Axes keep them: a curve with a label that is there looks like that one, and no other does. The
    panels of a figure share them, because they have one legend.
    """

    hues: dict[Hashable, int] = field(default_factory=dict)
    styles: dict[Hashable, int] = field(default_factory=dict)

    def of(
        self, labels: Sequence[str], hues: Meanings, styles: Meanings
    ) -> tuple[list[int], list[int]]:
        """The numbers of the curves of one call, which are known from then on.

        Args:
            labels: Label of each curve.
            hues: What colours stand for.
            styles: What dashes stand for.
        """
        # A curve without a label is another one than that of an earlier call.
        keys = [text or object() for text in labels]
        new = 1 + max(self.hues.values(), default=-1)
        return _numbered(self.hues, keys, hues, new), _numbered(self.styles, keys, styles, 0)


class Meanings(NamedTuple):
    """What the colours, or the dashes, of some curves stand for.

    Attributes:
        each: For each curve.
        in_order: All of it, in the order of its numbers.
    """

    each: Sequence[Hashable]
    in_order: Sequence[Hashable]

    @classmethod
    def of(
        cls, frame: pd.DataFrame, groups: Sequence[pd.DataFrame], column: str | None
    ) -> Meanings:
        """The values of a column; without one, all curves have the same."""
        if column is None:
            return cls([""] * len(groups), [""])
        values = [first(rows, column) for rows in groups]
        return cls(values, values_of(frame, column))


def _numbered(
    known: dict[Hashable, int], keys: Sequence[Hashable], meanings: Meanings, least: int
) -> list[int]:
    """Number what has no number by the key of one of its curves: the next free ones."""
    pairs = list(zip(keys, meanings.each, strict=True))
    numbers = {meaning: known[key] for key, meaning in pairs if key in known}
    for meaning in meanings.in_order:
        if meaning not in numbers:
            taken = set(numbers.values())
            numbers[meaning] = next(n for n in itertools.count(least) if n not in taken)
    known.update((key, numbers[meaning]) for key, meaning in pairs)
    return [numbers[meaning] for meaning in meanings.each]


def require_columns(frame: pd.DataFrame, level: str, columns: Sequence[str]) -> None:
    """Check that a frame has what a plot needs.

    Raises:
        ValueError: A column is missing.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"The frame has no column {', '.join(missing)}; "
            f"it must be of level {level!r}, as returned by results(runs, level={level!r})"
        )


def check_by(frame: pd.DataFrame, **columns: str | None) -> None:
    """Check that each of these is a column of the frame, or None.

    Raises:
        ValueError: One is not.
    """
    for argument, column in columns.items():
        if column is not None and not isinstance(column, str):
            raise arguments.refuse(argument, column, "the name of a column, or None")
        if column is not None and column not in frame.columns:
            raise ValueError(
                f"{argument} is {column!r}; allowed: a column of the frame: "
                f"{', '.join(frame.columns)}{did_you_mean(column, frame.columns)}"
            )


def each_series(
    frame: pd.DataFrame,
    *,
    hue: str | None = None,
    style: str | None = None,
    col: str | None = None,
    label: str | None = None,
    numbers: Numbers | None = None,
) -> list[Series]:
    """Split a frame into its curves: one per run, process and bandwidth class.

    Args:
        frame: Of any level, or computed from one.
        hue: Column whose values become colours.
        style: Column whose values become dashes.
        col: Column whose values become panels; labels do not repeat it.
        label: Label of a curve: a template such as ``"k = {k_paths}"`` with the frame's columns; a
            text without braces is put before what distinguishes the curves.
        numbers: What is drawn on the axes already; what is new is added.

    Raises:
        ValueError: The label names an unknown column, or is not a template.
    """
    by = list(dict.fromkeys([*_KEYS, *filter(None, (hue, style, col))]))
    keys = [column for column in by if column in frame.columns]
    if not keys or not len(frame):
        groups = [frame] if len(frame) else []
    else:
        groups = [rows for _, rows in frame.groupby(keys, sort=False, observed=True, dropna=False)]
    chosen = [column for column in (hue, style) if column]
    labels = _labels(frame, groups, chosen, col, label)
    further = _further(frame, groups, chosen, col, label)
    labels = [", ".join(filter(None, pair)) for pair in zip(labels, further, strict=True)]
    rest = further if chosen else labels
    hues, dashes = (numbers or Numbers()).of(
        labels,
        Meanings.of(frame, groups, hue) if hue else Meanings(rest, rest),
        Meanings.of(frame, groups, style) if style else Meanings(further, further),
    )
    values = values_of(frame, col) if col else []
    panels = [values.index(first(rows, col)) if col else 0 for rows in groups]
    found = zip(labels, groups, hues, dashes, panels, strict=True)
    return [Series(*each) for each in found]


def _shown(groups: list[pd.DataFrame], columns: Iterable[str | None]) -> list[tuple[str, ...]]:
    """What each curve has in some columns, as text."""
    names = [column for column in columns if column]
    return [tuple(str(first(rows, name)) for name in names) for rows in groups]


def _further(
    frame: pd.DataFrame,
    groups: list[pd.DataFrame],
    chosen: list[str],
    col: str | None,
    label: str | None,
) -> list[str]:
    """What else distinguishes curves that look alike by the chosen columns; empty if none do."""
    none = [""] * len(groups)
    if not chosen or (label and "{" in label):
        return none
    if len(set(_shown(groups, [*chosen, col]))) == len(groups):
        return none
    options = [*option_columns(frame), *(("network",) if "network" in frame.columns else ())]
    varied = [c for c in options if c not in (*chosen, col) and _several(frame, c)]
    return [", ".join(reading(c, first(rows, c)) for c in varied) for rows in groups]


def _labels(
    frame: pd.DataFrame,
    groups: list[pd.DataFrame],
    by: list[str],
    col: str | None,
    label: str | None,
) -> list[str]:
    arguments.check_text("label", label, "a text such as 'k = {k_paths}'")
    if label and "{" in label:
        return [_filled(label, rows) for rows in groups]
    if by:
        found = [", ".join(reading(c, first(rows, c)) for c in by) for rows in groups]
    else:
        found = _telling_apart(frame, groups, col)
    before = italic(escaped(label)) if label else ""
    return [", ".join(filter(None, (before, text))) for text in found]


def template_names(label: object) -> list[str]:
    """The names of columns in a label's template; none if it is not one."""
    if not isinstance(label, str):
        return []
    try:
        return [name for _, name, _, _ in string.Formatter().parse(label) if name]
    except ValueError:
        return []


def _filled(label: str, rows: pd.DataFrame) -> str:
    """Fill a label's template with the first row."""
    row = {str(column): value for column, value in rows.iloc[0].items()}
    try:
        parts = list(string.Formatter().parse(label))
        unknown = [name for _, name, _, _ in parts if name is not None and name not in row]
        if unknown:
            raise ValueError(
                f"label is {label!r}: there is no column {unknown[0]!r}; allowed: "
                f"{', '.join(row)}{did_you_mean(unknown[0], row)}"
            )
        texts = {
            name: italic(escaped(value)) if isinstance(value, str) else value
            for name, value in row.items()
        }
        return italic(label).format(**texts)
    except (ValueError, IndexError, TypeError) as error:
        if str(error).startswith("label is"):
            raise
        raise ValueError(f"label is {label!r}, which is not a template: {error}") from None


def _telling_apart(frame: pd.DataFrame, groups: list[pd.DataFrame], col: str | None) -> list[str]:
    """For each curve, what distinguishes it from the others.

    That is the name that the user gave each run, else the varied options; also the network, the
    process and the bandwidth class if there are several. The panel says its value of `col`.
    """

    def texts(column: str, show: Callable[[Any], str] | None = None) -> list[str]:
        chosen = show or (lambda value: reading(column, value))
        return [chosen(first(rows, column)) for rows in groups]

    parts: list[list[str]] = [[] for _ in groups]

    def add(found: list[str]) -> None:
        for part, text in zip(parts, found, strict=True):
            part.append(text)

    columns = [column for column in frame.columns if column != col]
    named = _names(frame, col) if len(groups) == 1 or not _one_run(frame) else {}
    if named:
        add(texts("run_id", lambda run_id: italic(escaped(named[run_id]))))
    else:
        for column in option_columns(frame):
            # A run without results may differ in options that all curves have in common.
            one = len(groups) == 1
            if column in columns and (one or _several(frame, column)):
                add(texts(column))
        if "network" in columns and _several(frame, "network"):
            add(texts("network"))
    if "run_id" in columns:
        known = [(panel, *part) for panel, part in zip(_shown(groups, [col]), parts, strict=True)]
        runs = zip(known, _shown(groups, ["run_id"]), strict=True)
        if len(set(known)) < len(set(runs)):
            add(texts("run_id", lambda value: f"run {value[:6]}"))
        several = frame.groupby("run_id", observed=True)
        if "process" in columns and several["process"].nunique().max() > 1:
            add(texts("process"))
    if "bandwidth_gbps" in columns and _several(frame, "bandwidth_gbps"):
        for part, text in zip(parts, texts("bandwidth_gbps"), strict=True):
            part.insert(0, text)
    return [", ".join(part) for part in parts]


def _names(frame: pd.DataFrame, col: str | None) -> dict[str, str]:
    """Names by run id, if the user gave the runs of each panel distinct names; else empty."""
    if col is None:
        return own_names(frame)
    panels = frame.groupby(col, sort=False, observed=True, dropna=False)
    found = [own_names(rows) for _, rows in panels]
    return {key: name for each in found for key, name in each.items()} if all(found) else {}


def _several(frame: pd.DataFrame, column: str) -> bool:
    """Whether a column has several values; as texts, of which no value at all is one."""
    return frame[column].map(str).nunique() > 1


def _one_run(frame: pd.DataFrame) -> bool:
    return "run_id" not in frame.columns or frame["run_id"].nunique() < 2
