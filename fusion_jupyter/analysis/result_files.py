"""FUSION's result files: listing them, and decoding only the needed keys.

A file has 41 keys per iteration; a typed decoder skips keys that its type does not name, so a frame
costs less than decoding everything to dictionaries.

A file saved on a signal contains an unfinished iteration: lists in place of dictionaries, and
``sim_block_list`` without its value. Sometimes the same key occurs again with the finished
iteration. Unfinished iterations are always skipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from fusion_jupyter.artifacts.formats import parse_json
from fusion_jupyter.artifacts.listing import erlang_of, list_files

_DATE = re.compile(r"\d{4}")


class ResultFile(NamedTuple):
    """One results file.

    Attributes:
        path: Relative to the run's output directory.
        process: The folder of the process that wrote it, ``"s1"`` for the first.
        erlang: Offered load in Erlang.
        network: The network in its path, None if the path has no such part.
    """

    path: str
    process: str
    erlang: float
    network: str | None


class Iteration(Protocol):
    """The fields of an iteration that every level decodes."""

    @property
    def sim_block_list(self) -> list[float | None] | None:
        """Blocking of this iteration and all before it."""


class Results(Protocol):
    """The fields of a file that every level decodes."""

    @property
    def iter_stats(self) -> Mapping[str, Iteration]:
        """Saved iterations by their number, counted from 0."""


R = TypeVar("R", bound=Results)


def result_files(output: Path) -> list[ResultFile]:
    """The result files of a run, by process and load.

    Args:
        output: The run's output directory; it need not exist.
    """
    found = []
    for info in list_files(output):
        erlang = erlang_of(info.name)
        if erlang is not None:
            found.append((info.path.split("/"), erlang))
    folders = {tuple(parts[:-1]) for parts, _ in found}
    names = [folder[-1] for folder in folders if folder]
    files = []
    for parts, erlang in found:
        name = parts[-2] if len(parts) > 1 else ""
        # Two folders with the same name come from two simulations in one run: distinguish them.
        process = name if names.count(name) < 2 else "/".join(parts[:-1])
        network = parts[-5] if len(parts) >= 5 and _DATE.fullmatch(parts[-4]) else None
        files.append(ResultFile("/".join(parts), process, erlang, network))
    return sorted(files, key=lambda file: (file.process, file.erlang, file.path))


def decode(decoder: msgspec.json.Decoder[R], data: bytes) -> R:
    """Decode a results file; only finished iterations are returned.

    Args:
        decoder: Decoder for the type that names the needed keys.
        data: The whole file.

    Raises:
        ValueError: The file is incomplete, or not a results file.
    """
    try:
        results = decoder.decode(data)
    except msgspec.DecodeError:
        pass  # truncated, or an unfinished iteration, or NaN, which only Python's decoder accepts
    else:
        if all(is_finished(number, it) for number, it in results.iter_stats.items()):
            return results
    content = parse_json(data)
    if not isinstance(content, dict):
        raise ValueError(f"it holds {type(content).__name__}, not an object")
    return decoder.decode(msgspec.json.encode(_without_unfinished(content)))


def is_finished(number: str, iteration: Iteration) -> bool:
    """Return whether an iteration has ended, that is, the blocking list has its value."""
    values = iteration.sim_block_list
    return is_number(number) and (values is None or len(values) > int(number))


def is_number(key: str) -> bool:
    """Return whether a key (an iteration or Gb/s) is a number that fits an int64 column."""
    return key.isdecimal() and len(key) < 16


class _Known(NamedTuple):
    sim_block_list: list[float | None] | None


def _without_unfinished(content: dict[str, Any]) -> dict[str, Any]:
    saved = content.get("iter_stats")
    if not isinstance(saved, dict):
        return {**content, "iter_stats": {}, "link_usage": {}}
    finished = {}
    for number, iteration in saved.items():
        if not isinstance(iteration, dict):
            continue
        blocking = iteration.get("sim_block_list")
        if is_finished(number, _Known(blocking if isinstance(blocking, list) else None)):
            finished[number] = iteration
    if len(finished) == len(saved):
        return content
    # The file's own link usage is that of the unfinished iteration.
    last = max(finished, key=int, default=None)
    usage = {} if last is None else finished[last].get("link_usage_dict", {})
    return {**content, "iter_stats": finished, "link_usage": usage}
