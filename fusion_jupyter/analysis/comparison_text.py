"""A comparison in words: as text, and as HTML that needs no style sheet."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fusion_jupyter.analysis.wording import percentage, probability, with_half_width, with_interval

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.analysis.capacity import Curve
    from fusion_jupyter.analysis.gain import Gain

#: Options that papers write as one letter.
_LETTERS = {"k_paths": "k"}
#: An interval so many times as wide as its value tells nothing about the value.
_USELESS = 10
#: Loads with this ratio are too far apart to interpolate between: at a ratio of 1.5 the load of a
#: blocking was wrong by 3 to 5 % on NSFNet and JPN12, at 1.2 by less than half a per cent.
_FAR = 1.2


class Shown(NamedTuple):
    """The displayed parts of a comparison.

    Attributes:
        statements: A sentence for each configuration.
        table: From `Comparison.to_frame`.
        baselines: For each of `labels`, the label of its baseline.
        labels: Labels of the others.
        notes: How the numbers were computed.
    """

    statements: tuple[str, ...]
    table: pd.DataFrame
    baselines: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def label_of(label: object) -> str:
    """Name a run by what distinguishes it from the others.

    Example:
        >>> label_of({"k_paths": 5, "network": "NSFNet"})
        'k = 5, network = NSFNet'
    """
    if isinstance(label, Mapping):
        return ", ".join(f"{_LETTERS.get(name, name)} = {value}" for name, value in label.items())
    return str(label)


def against(label: str, base: str) -> str:
    """Two labels in words; what both begin with is said once.

    Example:
        >>> against("NSFNet, k = 3", "NSFNet, k = 1")
        'NSFNet, k = 3 against k = 1'
    """
    ours, theirs = label.split(", "), base.split(", ")
    same = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), 0)
    return f"{label} against {', '.join(theirs[same:])}"


def notes(
    table: pd.DataFrame,
    confidence: float,
    curves: Mapping[str, Curve],
    pairs: Sequence[tuple[str, str]],
) -> tuple[str, ...]:
    """Describe how the numbers of a comparison were computed.

    Args:
        table: From `Comparison.to_frame`.
        confidence: Confidence level of the intervals.
        curves: The iterations of each run, by label.
        pairs: Labels of each compared run and its baseline.
    """
    if table.empty:
        return ("No load in common: only the gain is compared.",)
    counts = sorted(set(table["iterations"].tolist()))
    how_many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    by_seed = table["paired"]
    found = [
        f"{how_many} iteration{'s' if counts[-1] > 1 else ''}, Student's t. Intervals hold at "
        f"{percentage(confidence)} for all {len(table)} rows together; p by Holm."
        if len(table) > 1
        else f"{how_many} iteration{'s' if counts[-1] > 1 else ''}, Student's t at "
        f"{percentage(confidence)}."
    ]
    if by_seed.all():
        words = "Same seeds in each iteration: paired."
    elif by_seed.any():
        words = f"Paired by seed, except at {_unpaired(table)}, where the seeds differ."
    else:
        words = "The seeds differ: not paired (Welch's test)."
    narrowed = table.loc[np.isfinite(table["narrowed"]), "narrowed"]
    if len(narrowed):
        factor = float(narrowed.median())
        if factor >= 1.05:
            words += f" Pairing makes the intervals {factor:.1f} times narrower."
    found.append(words)
    found += _common_iterations(table, curves)
    found += _not_told_apart(table)
    if counts[0] < 5:
        found.append("Fewer than five iterations: rough intervals.")
    left_out: set[float] = set()
    for base in dict.fromkeys(base for _, base in pairs):
        compared = [base, *(label for label, other in pairs if other == base)]
        loads_of = [set(curves[label].loads.tolist()) for label in compared]
        left_out |= set.union(*loads_of) - set.intersection(*loads_of)
    if left_out:
        found.append(
            f"Not simulated in all runs: {', '.join(f'{x:g}' for x in sorted(left_out))} Erlang."
        )
    return tuple(found)


def interpolated(gains: Iterable[Gain | str], curves: Mapping[str, Curve]) -> list[str]:
    """Say so if a gain depends on blocking between loads that are far apart.

    Args:
        gains: The gains; texts stand for those that are not known.
        curves: The iterations of each run, by label.
    """
    wide = 0.0
    for gain in gains:
        if isinstance(gain, str):
            continue
        for label, load in ((gain.run, gain.load), (gain.baseline, gain.baseline_load)):
            loads = curves[label].loads
            below, above = loads[loads <= load].max(), loads[loads >= load].min()
            if above > below * _FAR:
                wide = max(wide, float(above - below))
    if not wide:
        return []
    return [
        f"The gain interpolates between loads up to {wide:g} Erlang apart: this may be wrong by "
        "some per cent, which its interval does not contain. Smaller steps or find_load tell more."
    ]


def _not_told_apart(table: pd.DataFrame) -> list[str]:
    """At which loads nothing told two runs apart, and what their interval says then."""
    same = table[(table["difference"] == 0) & table["narrowed"].isna() & (table["iterations"] > 1)]
    found = []
    for bounded, words in (
        (True, "± is the bound for nothing blocked."),
        (False, "no interval, because the number of requests is unknown."),
    ):
        rows = same[same["difference_high"].notna() == bounded]
        loads = ", ".join(f"{load:g}" for load in sorted(set(rows["erlang"])))
        if loads:
            found.append(f"Equal in all iterations at {loads} Erlang: {words}")
    return found


def _common_iterations(table: pd.DataFrame, curves: Mapping[str, Curve]) -> list[str]:
    """Whose iterations are not all used, because the other run has fewer."""
    more: dict[str, list[tuple[float, int, int]]] = {}
    for row in table[table["paired"]].to_dict("records"):
        for label in (row["run"], row["baseline"]):
            curve = curves[label]
            column = curve.blocking[:, np.searchsorted(curve.loads, row["erlang"])]
            known = int(np.count_nonzero(~np.isnan(column)))
            if known > row["iterations"]:
                more.setdefault(label, []).append((row["erlang"], int(row["iterations"]), known))
    found = []
    for label, rows in more.items():
        loads = ", ".join(f"{load:g}" for load in sorted({load for load, *_ in rows}))
        used = _count_range([common for _, common, _ in rows])
        every = _count_range([known for *_, known in rows])
        found.append(
            f"Only common iterations are used: {used} of {every} of {label} at {loads} Erlang."
        )
    return found


def _count_range(counts: Sequence[int]) -> str:
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least} to {most}"


def to_text(shown: Shown) -> str:
    """Return a comparison as plain text."""
    lines = [*shown.statements]
    heads, rows = _cells(shown)
    if rows:
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines.append("")
        lines += [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (heads, *rows)
        ]
        lines.append("")
    lines += shown.notes
    return "\n".join(lines)


def to_html(shown: Shown) -> str:
    """Return a comparison as HTML: inline styles, readable on a light and on a dark page."""
    heads, rows = _cells(shown)
    cell = 'style="text-align:right;padding:3px 10px;white-space:nowrap"'
    parts = [f"<div><b>{html.escape(text)}</b></div>" for text in shown.statements]
    if rows:
        head = "".join(f'<th scope="col" {cell}>{html.escape(text)}</th>' for text in heads)
        body = "".join(
            f'<tr><th scope="row" {cell}>{html.escape(row[0])}</th>'
            + "".join(f"<td {cell}>{html.escape(text)}</td>" for text in row[1:])
            + "</tr>"
            for row in rows
        )
        caption = html.escape(f"Compared with {'; '.join(dict.fromkeys(shown.baselines))}")
        parts.append(
            '<table style="border-collapse:collapse;font:inherit;'
            'font-variant-numeric:tabular-nums">'
            f'<caption style="text-align:left">{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
    notes_ = " ".join(shown.notes)
    parts.append(f'<div style="opacity:.75">{html.escape(notes_)}</div>')
    style = "font-family:system-ui,sans-serif;font-size:13px"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _cells(shown: Shown) -> tuple[list[str], list[list[str]]]:
    """Header and cells of the table, for text and HTML; a star marks a significant difference."""
    table = shown.table
    several = len(shown.labels) > 1
    grouped = len(set(shown.baselines)) > 1
    ours = "blocking" if several else shown.labels[0]
    theirs = "baseline" if grouped else shown.baselines[0]
    heads = ["Erlang", theirs, ours, "difference", "ratio", "p (Holm)"]
    rows = []
    for row in table.to_dict("records"):
        half = (row["difference_high"] - row["difference_low"]) / 2
        star = " *" if row["differs"] else "  "
        cells = [
            f"{row['erlang']:g}",
            f"{row['baseline_blocking']:.3g}",
            f"{row['blocking']:.3g}",
            _difference(row["difference"], half),
            _ratio(row["ratio"], row["ratio_low"], row["ratio_high"]),
            probability(row["p_holm"]) + star,
        ]
        rows.append([row["run"], *cells] if several else cells)
    return (["run", *heads] if several else heads), rows


def _difference(difference: float, half: float) -> str:
    if abs(difference) > 0 and half > _USELESS * abs(difference):
        return f"{difference:.2g} ± {half:.1g}"
    return with_half_width(difference, half)


def _ratio(ratio: float, low: float, high: float) -> str:
    if low * _USELESS < ratio and high > _USELESS * ratio:
        return f"{ratio:.2g} (too few iterations)"
    return with_interval(ratio, low, high)


def _unpaired(table: pd.DataFrame) -> str:
    """The loads at which rows are not paired, with their runs where others are."""
    loads = []
    for load, rows in table[~table["paired"]].groupby("erlang"):
        every = int((table["erlang"] == load).sum())
        runs = f" ({', '.join(rows['run'])})" if len(rows) < every else ""
        loads.append(f"{load:g} Erlang{runs}")
    return ", ".join(loads)
