"""``templates``, ``options`` and ``networks``: what a run can be started with."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from fusion_jupyter.cli.output import print_json, print_table
from fusion_jupyter.config.options import options as options_of
from fusion_jupyter.config.template_files import template_names, user_template_names
from fusion_jupyter.manager.manager import RunManager

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.config.options import OptionTable

_LONGEST = 40


def list_templates(_: RunManager, options: argparse.Namespace) -> int:
    """Print the names of the templates."""
    own = set(user_template_names())
    if options.format == "json":
        print_json([{"name": name, "own": name in own} for name in template_names()])
    else:
        for name in template_names():
            print(f"{name} (your own)" if name in own else name)
    return 0


def find_templates(_: argparse.Namespace) -> list[str]:
    """The names of the templates, for a notebook."""
    return template_names()


def list_options(_: RunManager, options: argparse.Namespace) -> int:
    """Print the options of a template with their values."""
    table = find_options(options)
    if options.format == "json":
        print_json(json.loads(table.to_frame().to_json(orient="records")))
        return 0
    chosen = [info for info in table.values() if info.main or options.all]
    rows = [
        (info.name, _clipped(info.value), _clipped(info.allowed), _clipped(info.description, 60))
        for info in chosen
    ]
    print_table([("OPTION", "VALUE", "ALLOWED", "MEANING"), *rows])
    if len(chosen) < len(table):
        print(f"{len(table) - len(chosen)} more options: --all")
    return 0


def find_options(options: argparse.Namespace) -> OptionTable:
    """The options of a template, for a notebook."""
    return options_of(options.template, simulator=options.simulator)


def list_networks(_: RunManager, options: argparse.Namespace) -> int:
    """Print the networks of the package."""
    frame = find_networks(options)
    if options.format == "json":
        print_json(json.loads(frame.reset_index().to_json(orient="records")))
        return 0
    rows = [
        (str(name), f"{row.nodes}", f"{row.links}", f"{row.mean_link_km:.0f}", str(row.source))
        for name, row in zip(frame.index, frame.itertuples(), strict=True)
    ]
    heads = ("NETWORK", "NODES", "LINKS", "MEAN LINK KM", "SOURCE")
    print_table([heads, *((*row[:4], _clipped(row[4], 60)) for row in rows)])
    return 0


def find_networks(_: argparse.Namespace) -> pd.DataFrame:
    """The networks of the package, for a notebook."""
    from fusion_jupyter.config.network_table import networks

    return networks()


def _clipped(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
