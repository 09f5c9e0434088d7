"""``results``: the results of runs as CSV, JSON or Parquet."""

from __future__ import annotations

import argparse
import io
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter.cli.output import clean
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.selection import find
from fusion_jupyter.terminal import one_line

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "json", "parquet")


def results(manager: RunManager, options: argparse.Namespace) -> int:
    """Print the results of runs, or write them to a file."""
    kind = options.format or _kind_of(options.output)
    if kind == "parquet" and options.output is None and sys.stdout.isatty():
        raise ValueError("a terminal cannot show Parquet; allowed: --output FILE, or a pipe")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = find_results(options)
    for warning in caught:
        print(f"Note: {one_line(str(warning.message))}", file=sys.stderr)
    data = _encoded(frame, kind)
    if options.output is not None:
        options.output.write_bytes(data)
    elif kind == "parquet":
        sys.stdout.buffer.write(data)
    else:
        print(data.decode(), end="")
    return 0


def find_results(options: argparse.Namespace) -> pd.DataFrame:
    """The results of runs, for a notebook."""
    from fusion_jupyter.analysis.results import results as read

    manager = RunManager()
    return read([find(manager, run_id) for run_id in options.run_ids], options.level)


def _kind_of(output: Path | None) -> str:
    """The format implied by a file's name."""
    kind = "" if output is None else output.suffix[1:].lower()
    if kind and kind not in FORMATS:
        raise ValueError(
            f"--output is {output}; allowed: an ending .{', .'.join(FORMATS)}, or --format"
        )
    return kind or FORMATS[0]


def _encoded(frame: pd.DataFrame, kind: str) -> bytes:
    if kind == "json":
        return (frame.to_json(orient="records", indent=1) + "\n").encode()
    if kind == "parquet":
        data = io.BytesIO()
        frame.to_parquet(data, index=False)
        return data.getvalue()
    return clean(frame.to_csv(index=False)).encode()
