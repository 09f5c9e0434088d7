"""`save_template`: what a run was asked to do, or an INI file, as a template by name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from fusion_jupyter import settings
from fusion_jupyter.config import modulation, schema, template_files
from fusion_jupyter.config.compose import Config, compose, to_ini
from fusion_jupyter.config.locations import FORMATS, NETWORK, PATHS, TABLE
from fusion_jupyter.errors import ConfigError, RunNotFoundError
from fusion_jupyter.storage import atomic_io, layout

_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,79}")
_RUN_ID = re.compile(r"[0-9a-f]{12}")


class HasDirectory(Protocol):
    """A `Run` or a `RunRecord`."""

    @property
    def directory(self) -> Path:
        """The run directory."""


def save_template(
    source: HasDirectory | str | os.PathLike[str],
    name: str,
    *,
    replace: bool = False,
    **options: object,
) -> Path:
    """Keep a configuration as a template of your own, which ``start(name)`` starts from.

    It is an INI file in ``fusion_templates/`` beside the runs directory, with the options that are
    not at their default; files that it names (a network, a modulation table) are copied beside it.

    Args:
        source: A `Run`, its record or its id; a template's name, or the path of an INI file.
        name: The template's name: letters, digits, ``_`` and ``-``.
        replace: Whether a template of yours that has the name is replaced.
        **options: Options that differ from the source, for example ``k_paths=5``.

    Returns:
        The path of the INI file.

    Raises:
        ConfigError: An option is not allowed, or the source is neither.
        RunNotFoundError: The run has no configuration, or is not there.
        ValueError: The name is not allowed, or taken.
        OSError: The file cannot be written.

    Example:
        >>> save_template("minimal", "wide", c_band=640).name
        'wide.ini'
    """
    path = template_files.user_folder() / f"{_checked(name)}{template_files.ENDING}"
    if path.exists() and not replace:
        raise ValueError(f"There is a template {name!r} already; allowed: replace=True")
    made = _composed(_template(source), options)
    folder = f"{name}_{layout.INPUT_FOLDER}"
    files, sections = _own_files(made, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    if files:
        (path.parent / folder).mkdir(exist_ok=True)
    for file, text in files.items():
        atomic_io.write_atomically(os.fspath(path.parent / folder / file), text.encode("utf-8"))
    atomic_io.write_atomically(os.fspath(path), to_ini(_shortened(sections)).encode("utf-8"))
    return path


def _checked(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; allowed: letters, digits, _ and -")
    if name in template_files.our_names():
        raise ValueError(f"name is {name!r}, which comes with the package; allowed: another one")
    return name


def _template(source: HasDirectory | str | os.PathLike[str]) -> str | os.PathLike[str]:
    if isinstance(source, str) and _RUN_ID.fullmatch(source):
        directory = settings.runs_dir() / source
    elif isinstance(source, str | os.PathLike):
        return source
    else:
        directory = source.directory
    path = directory / layout.CONFIG_FILE
    if not path.is_file():
        raise RunNotFoundError(f"There is no configuration in {directory}")
    return path


def _composed(template: str | os.PathLike[str], options: Mapping[str, object]) -> Config:
    try:
        return compose(template, options, "embedded")
    except ConfigError as error:
        try:
            return compose(template, options, "fusion")
        except ConfigError:
            raise error from None


def _own_files(made: Config, folder: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The files that the template needs, and its sections with their paths."""
    files = dict(made.files)
    sections = {section: dict(values) for section, values in made.sections.items()}
    formats = os.path.basename(sections[FORMATS[0]][FORMATS[1]])  # noqa: PTH119 (of a path in an INI)
    table = sections[TABLE[0]][TABLE[1]]
    if formats in files:
        if modulation.is_built_in(table, modulation.parse_formats(files[formats], table)):
            del files[formats]
            del sections[FORMATS[0]][FORMATS[1]]
        else:
            sections[FORMATS[0]][FORMATS[1]] = f"{folder}/{formats}"
    if f"{made.network}.txt" in files:
        sections[NETWORK[0]][NETWORK[1]] = f"{folder}/{made.network}.txt"
    if PATHS[1] in sections[PATHS[0]]:
        sections[PATHS[0]][PATHS[1]] = sections[PATHS[0]][PATHS[1]].replace(
            layout.INPUT_FOLDER, folder, 1
        )
    return files, sections


def _shortened(sections: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The options that are not at their default."""
    return {
        section: {
            name: text
            for name, text in values.items()
            if text != schema.OPTIONS[section, name].default
        }
        for section, values in sections.items()
    }
