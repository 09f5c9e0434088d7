"""`save_template`: save a run's configuration or an INI file as a named template."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from fusion_jupyter import arguments, settings
from fusion_jupyter.config import schema, template_files
from fusion_jupyter.config.compose import Config, compose, to_ini
from fusion_jupyter.config.locations import FORMATS, NETWORK, PATHS
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
    """Save a configuration as your own template, for use with ``start(name)``.

    The template is an INI file in ``fusion_templates/`` beside the runs directory, with the options
    that differ from their defaults; files it names (a network, a modulation table) are copied
    beside it.

    Args:
        source: A `Run`, its record or its id; a template's name, or the path of an INI file.
        name: The template's name: letters, digits, ``_`` and ``-``.
        replace: Whether to replace your existing template of this name.
        **options: Options to change from the source, for example ``k_paths=5``.

    Returns:
        The path of the INI file.

    Raises:
        ConfigError: An option is not allowed, or the source is none of these.
        RunNotFoundError: The run has no configuration, or does not exist.
        ValueError: The name is not allowed, or taken.
        OSError: The file cannot be written.

    Example:
        >>> save_template("minimal", "wide", c_band=640).name
        'wide.ini'
    """
    path = template_files.user_folder() / f"{_checked(name)}{template_files.ENDING}"
    if path.exists() and not replace:
        raise ValueError(f"A template {name!r} already exists; allowed: replace=True")
    made = _composed(_template(source), options)
    folder = f"{name}_{layout.INPUT_FOLDER}"
    sections, files = _moved(made, folder), made.own_files
    path.parent.mkdir(parents=True, exist_ok=True)
    if files:
        (path.parent / folder).mkdir(exist_ok=True)
    for file, text in files.items():
        atomic_io.write_atomically(os.fspath(path.parent / folder / file), text.encode("utf-8"))
    atomic_io.write_atomically(os.fspath(path), to_ini(_shortened(sections)).encode("utf-8"))
    # Files of the template that was replaced.
    for left in (path.parent / folder).glob("*"):
        if left.name not in files:
            left.unlink()
    return path


def _checked(name: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; allowed: letters, digits, _ and -")
    if name in template_files.our_names():
        raise ValueError(f"name is {name!r}, a template of the package; allowed: another name")
    return name


def _template(source: HasDirectory | str | os.PathLike[str]) -> str | os.PathLike[str]:
    if isinstance(source, str) and _RUN_ID.fullmatch(source):
        directory = settings.runs_dir() / source
    elif isinstance(source, str | os.PathLike):
        return source
    elif hasattr(source, "directory"):
        directory = source.directory
    else:
        what = "a run or its id, a template's name, or the path of an INI file"
        raise ConfigError({"source": str(arguments.refuse("source", source, what))})
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


def _moved(made: Config, folder: str) -> dict[str, dict[str, str]]:
    """The sections, with paths to copies of their files beside the template."""
    sections = {section: dict(values) for section, values in made.sections.items()}
    if f"{made.network}.txt" in made.own_files:
        sections[NETWORK[0]][NETWORK[1]] = f"{folder}/{made.network}.txt"
    for section, name in (FORMATS, PATHS):
        file = sections[section].get(name, "").removeprefix(f"{layout.INPUT_FOLDER}/")
        if file in made.own_files:
            sections[section][name] = f"{folder}/{file}"
        else:
            sections[section].pop(name, None)
    return sections


def _shortened(sections: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The options that differ from their defaults."""
    return {
        section: {
            name: text
            for name, text in values.items()
            if text != schema.OPTIONS[section, name].default
        }
        for section, values in sections.items()
    }
