"""``results`` as CSV, JSON or Parquet, and ``export``: runs in a bundle."""

from __future__ import annotations

import argparse
import io
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter.cli import targets
from fusion_jupyter.cli.output import clean
from fusion_jupyter.manager.manager import RunManager
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

    return read(targets.all_runs(RunManager(), options.targets), options.level)


def export(manager: RunManager, options: argparse.Namespace) -> int:
    """Write runs to a bundle."""
    path = make_bundle(options)
    print(f"{path} ({path.stat().st_size:,} bytes)")
    return 0


def make_bundle(options: argparse.Namespace) -> Path:
    """Write runs to a bundle, in a notebook."""
    from fusion_jupyter.studies.bundles import export as write

    return write(targets.all_runs(RunManager(), options.targets), options.output)


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
