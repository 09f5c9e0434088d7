"""Templates: those of the package, and the user's own, which are INI files in a folder.

The user's templates are in ``fusion_templates/`` beside the runs directory, so each project has its
own, they are visible in the file browser, and they can be versioned together with the notebooks.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from fusion_jupyter import arguments, settings
from fusion_jupyter.config import reading
from fusion_jupyter.config.frozen import FrozenTemplate
from fusion_jupyter.config.locations import FORMATS, NETWORK, PATHS
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.nearest import did_you_mean

ENDING = ".ini"
_OURS = Path(__file__).parent / "templates"
_FIRST = "minimal"
_USER_FOLDER = "fusion_templates"


def template_names() -> list[str]:
    """Return the names of the templates: the package's, simplest first, then the user's own.

    Example:
        >>> template_names()[0]
        'minimal'
    """
    return [*our_names(), *user_template_names()]


def user_template_names() -> list[str]:
    """Names of the templates saved by `fusion_jupyter.save_template`."""
    try:
        folder = user_folder()
    except FileNotFoundError:  # the working directory was deleted
        return []
    return [name for name in _names_in(folder) if name not in our_names()]


def user_folder() -> Path:
    """The folder of the user's own templates; it need not exist."""
    return settings.runs_dir().parent / _USER_FOLDER


class Template(NamedTuple):
    """Content of a template or an INI file.

    Attributes:
        sections: Its sections, without invalid lines.
        folder: Base of its relative paths; empty: the working directory.
        fault: Message about invalid lines; empty if there are none.
        files: Name to text of files that it names and that are not on disk.
    """

    sections: reading.Sections
    folder: str = ""
    fault: str = ""
    files: Mapping[str, str] = MappingProxyType({})


def read(template: str | os.PathLike[str]) -> Template:
    """Read a template or an INI file.

    Args:
        template: A template's name, the path of an INI file, or a frozen template.

    Raises:
        ConfigError: There is no such template, or the file cannot be read.
    """
    if isinstance(template, FrozenTemplate):
        sections = reading.parse_ini(template.text, template.source)
        return Template(sections, files=template.files)
    if isinstance(template, str) and template in our_names():
        return Template({name: dict(values) for name, values in _read_ours(template).items()})
    path = Path(checked(template)).expanduser()
    if isinstance(template, str) and template in user_template_names():
        path = user_folder() / f"{template}{ENDING}"
    elif _is_name(template, path):
        hint = did_you_mean(template, template_names())
        raise ConfigError(
            {
                "template": f"template is {str(template)!r}; allowed: "
                f"{', '.join(template_names())}, or the path of an INI file{hint}"
            }
        )
    try:
        # A FIFO would block, and a device may never end.
        if path.exists() and not path.is_file():
            raise OSError(None, "it is not a file")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: not text, or a NUL in the path
        reason = getattr(error, "strerror", None) or error
        message = f"Cannot read the INI file {path}: {reason}"
        if isinstance(error, FileNotFoundError):
            message = (
                f"template is {str(template)!r}; there is no such file in {path.absolute().parent}"
            )
        raise ConfigError({"template": message}) from None
    sections, fault = reading.parse_lines(text, str(path))
    return Template(sections, os.fspath(path.absolute().parent), fault)


def checked(template: object) -> str | Path:
    """A template as the user named it: a name, or a path.

    Raises:
        ConfigError: It is neither.
    """
    if isinstance(template, str):
        return template
    if isinstance(template, os.PathLike):
        return Path(template)
    what = "a template's name, or the path of an INI file"
    raise ConfigError({"template": str(arguments.refuse("template", template, what))})


def lasting(template: str | os.PathLike[str]) -> str:
    """The template's name, or the absolute path of its file, for a record that others read.

    Example:
        >>> lasting("minimal")
        'minimal'
    """
    if isinstance(template, str) and template in template_names():
        return template
    return os.fspath(Path(template).expanduser().absolute())


def _is_name(template: object, path: Path) -> bool:
    """Whether this was meant as a template's name, not as a path."""
    looks_like_path = path.suffix == ENDING or len(path.parts) > 1 or not isinstance(template, str)
    # Unlike that of a path, this method knows of names that no file can have.
    return not looks_like_path and not os.path.isfile(path)  # noqa: PTH113


@functools.cache
def our_names() -> tuple[str, ...]:
    """Names of the package's templates, simplest first."""
    return tuple(sorted(_names_in(_OURS), key=lambda name: (name != _FIRST, name)))


@functools.cache
def _read_ours(name: str) -> reading.Sections:
    sections = reading.parse_ini((_OURS / f"{name}{ENDING}").read_text(encoding="utf-8"), name)
    for section, option in (NETWORK, FORMATS, PATHS):
        path = _OURS / sections.get(section, {}).get(option, "")
        if path.is_file():  # it is beside the template
            sections[section][option] = str(path)
    return sections


def _names_in(folder: Path) -> list[str]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
    return [name.removesuffix(ENDING) for name in names if name.endswith(ENDING)]
