"""`table`: results formatted for a paper, "0.0164 ± 0.0004" by load and configuration."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Context
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from fusion_jupyter import arguments
from fusion_jupyter.analysis.captions import option_columns, reading
from fusion_jupyter.analysis.repeats import distinguishes, pooled
from fusion_jupyter.analysis.results import results
from fusion_jupyter.analysis.wording import with_interval
from fusion_jupyter.choices import LevelName
from fusion_jupyter.manager.selection import Runs
from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    from os import PathLike

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
#: From here on three digits would need a power of ten; from there on whole numbers are too long.
_THREE_DIGITS, _LONGEST = 999.5, 1e15
#: How a bound is shown.
_UP = Context(prec=2, rounding=ROUND_CEILING)
_NONE = "\N{EN DASH}"


class ResultTable(pd.DataFrame):
    """A frame of texts that can be used in LaTeX directly.

    All methods of a DataFrame are available: ``to_csv``, ``to_html``, ``to_markdown``.
    """

    @property
    def _constructor(self) -> Callable[..., ResultTable]:
        return ResultTable

    def to_latex(  # type: ignore[override]
        self,
        buf: str | PathLike[str] | None = None,
        *,
        caption: str | None = None,
        label: str | None = None,
    ) -> str | None:
        r"""Return the table as LaTeX; it needs only the package booktabs.

        Args:
            buf: A file to write; None: return the text.
            caption: Makes it a ``table`` with this caption, in LaTeX.
            label: For ``\ref``.

        Example:
            >>> print(table(runs, columns="k_paths").to_latex())
        """
        lines = _tabular(self)
        if caption is not None or label is not None:
            lines = [
                r"\begin{table}",
                r"\centering",
                *([rf"\caption{{{caption}}}"] if caption is not None else []),
                *([rf"\label{{{label}}}"] if label is not None else []),
                *lines,
                r"\end{table}",
            ]
        text = "\n".join(lines) + "\n"
        if buf is None:
            return text
        with open(buf, "w", encoding="utf-8") as file:  # noqa: PTH123 (as pandas takes paths)
            file.write(text)
        return None


def table(
    data: Runs | pd.DataFrame,
    *,
    rows: str | Sequence[str] = "erlang",
    columns: str | Sequence[str] | None = None,
    value: str = "blocking",
    confidence: float = 0.95,
) -> ResultTable:
    """Make a table of results with their uncertainty.

    A cell reads "0.0164 ± 0.0004": mean and half width of the confidence interval, with as many
    decimals as it justifies. If the interval is asymmetric, because little was blocked, both ends
    are printed: "0.0012 (0.0004 to 0.0031)". If nothing was blocked: "< 0.00081", rounded up.
    One iteration has no interval: "0.0164". Repeats of a point are pooled, see
    `fusion_jupyter.results`.

    Args:
        data: Runs, or a frame of level ``"erlang"`` or ``"bandwidth"``.
        rows: Column, or columns, whose values become the rows.
        columns: Column, or columns, whose values become the table's columns; default: the options
            in which the runs differ.
        value: What to print: ``"blocking"``, ``"bit_rate_blocking"``, or any column of numbers,
            without an interval: counts in full, others with three digits.
        confidence: Confidence level of the intervals, if `data` are runs.

    Returns:
        A DataFrame of texts with ``to_latex`` and ``to_csv``.

    Raises:
        ValueError: There is no such column, or two results belong in one cell.

    Warns:
        IncompleteResultsWarning: Some of the runs failed, see `fusion_jupyter.results`.

    Example:
        >>> table(runs, columns=["network", "k_paths"])
        network           NSFNet
        k_paths                1                3
        erlang
        300      0.0363 ± 0.0017  0.0091 ± 0.0009
    """
    down = _names("rows", rows)
    across = _names("columns", columns or ())
    pool = not distinguishes([*down, *across])
    if isinstance(data, pd.DataFrame):
        frame = pooled(data) if pool else data
    else:
        level: LevelName = "bandwidth" if "bandwidth_gbps" in (*down, *across) else "erlang"
        frame = results(data, level, confidence=confidence, pool=pool)
    if columns is None:
        across = [column for column in _varying(frame) if column not in down]
    (value,) = _names("value", value)
    _check_columns(frame, [*down, *across, value])
    keys = [*down, *across]
    twice = frame[frame.duplicated(keys)]
    if len(twice):
        where = ", ".join(f"{key} = {twice.iloc[0][key]}" for key in keys)
        others = [c for c in (*_varying(frame), "run_id", "process") if c not in keys]
        raise ValueError(
            f"Two results belong in one cell ({where}); columns is {across}; allowed: add columns "
            f"that distinguish them, such as {', '.join(others)}"
        )
    named = {key: frame[key].map(str) for key in keys if frame[key].isna().any()}  # None is a value
    texts = frame[keys].assign(**{value: _cells(frame, value)}, **named)
    if not across:
        return ResultTable(texts.set_index(down))
    # For a single column, pass just its name to get plain columns, not an index of one level.
    by: Any = across if len(across) > 1 else across[0]
    wide = texts.pivot(index=down, columns=by, values=value).sort_index(axis="columns")
    return ResultTable(wide.sort_index().fillna(_NONE))


def _names(argument: str, given: str | Sequence[str]) -> list[str]:
    names = [given] if isinstance(given, str) else arguments.as_tuple(given)
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise arguments.refuse(argument, given, "the name of a column, or a list of names")
    return list(names)


def _varying(frame: pd.DataFrame) -> list[str]:
    """The columns that distinguish runs."""
    several = "network" in frame.columns and frame["network"].nunique() > 1
    return [*(["network"] if several else []), *option_columns(frame)]


def _check_columns(frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"There is no column {', '.join(missing)}; allowed: {', '.join(frame.columns)}"
            f"{did_you_mean(missing[0], frame.columns)}"
        )


def _cells(frame: pd.DataFrame, value: str) -> list[str]:
    unknown = [math.nan] * len(frame)
    low = frame.get(f"{value}_low", unknown)
    high = frame.get(f"{value}_high", unknown)
    return [_cell(*ends) for ends in zip(frame[value], low, high, strict=True)]


def _cell(value: float, low: float, high: float) -> str:
    if pd.isna(value):
        return _NONE
    if pd.isna(low) or pd.isna(high):
        return _plain(value)
    if value == 0 and high > 0:
        return f"< {_rounded_up(high)}"
    return with_interval(value, low, high)


def _plain(value: float) -> str:
    """A number without an interval: counts in full, others with three digits or all whole ones."""
    whole = float(value).is_integer() or abs(value) >= _THREE_DIGITS
    return f"{value:.0f}" if whole and abs(value) < _LONGEST else f"{value:.3g}"


def _rounded_up(bound: float) -> str:
    """A bound with two digits, rounded up: rounded down it would not hold."""
    # Its last bits are no reason to round up: 0.07 is less than 0.070000000000000007.
    return f"{_UP.create_decimal(f'{bound:.12g}'):f}"


def _tabular(frame: ResultTable) -> list[str]:
    down, levels = frame.index.nlevels, frame.columns.nlevels
    labels = [key if isinstance(key, tuple) else (key,) for key in frame.columns]
    heads: list[list[str]] = []
    rules: list[str] = []
    for level in range(levels):
        name = str(frame.columns.names[level]) if frame.columns.names[level] is not None else ""
        upper = level < levels - 1
        cells, rule, start = [""] * down, [], down + 1
        for text, width in _spans(labels, level) if upper else [(k[level], 1) for k in labels]:
            shown = _heading(name, text)
            cells.append(rf"\multicolumn{{{width}}}{{c}}{{{shown}}}" if width > 1 else shown)
            rule.append(rf"\cmidrule(lr){{{start}-{start + width - 1}}}")
            start += width
        heads.append(cells)
        rules.append("".join(rule) if upper else "")
    names = [_READABLE.get(str(name), _escaped(str(name))) for name in frame.index.names]
    heads[-1][:down] = names
    body = []
    for key, row in zip(frame.index, frame.itertuples(index=False), strict=True):
        keys = key if isinstance(key, tuple) else (key,)
        body.append([*(_escaped(_number(part)) for part in keys), *map(_math, row)])
    lines = [rf"\begin{{tabular}}{{{'r' * down}{'c' * len(labels)}}}", r"\toprule"]
    for cells, rule_text in zip(heads, rules, strict=True):
        lines.append(" & ".join(cells) + r" \\")
        lines += [rule_text] if rule_text else []
    lines += [r"\midrule", *(" & ".join(row) + r" \\" for row in body)]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


_READABLE = {"erlang": "Load (Erlang)", "bandwidth_gbps": "Gb/s"}


def _spans(labels: list[tuple[Any, ...]], level: int) -> list[tuple[Any, int]]:
    """Neighbouring columns that share a heading, with their number."""
    found: list[tuple[Any, int]] = []
    before: tuple[Any, ...] | None = None
    for key in labels:
        if before is not None and key[: level + 1] == before:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((key[level], 1))
        before = key[: level + 1]
    return found


def _heading(name: str, value: Any) -> str:
    if not name:
        return _escaped(str(value))
    parts = reading(name, value).split("$")  # every second part is a formula already
    if len(parts) % 2 == 0 or r"\$" in reading(name, value):
        return _escaped(f"{name} = {value}").replace("$", r"\$")
    return "$".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))


#: A power of ten as Python writes it.
_POWER = re.compile(r"(?<=\d)e([+-]\d+)")


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _math(cell: object) -> str:
    """A cell as a formula, if it is a number."""
    text = cast(str, cell)
    if text == _NONE:
        return "--"
    if not text[:1].isdigit() and text[:1] not in "<-":
        return _escaped(text)
    text = _POWER.sub(lambda found: rf" \times 10^{{{int(found[1])}}}", text)
    value, _, ends = text.partition(" (")
    if not ends:
        return f"${value.replace('±', chr(92) + 'pm')}$"
    low, _, high = ends.rstrip(")").partition(" to ")
    return f"${value}$ (${low}$ to ${high}$)"


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
