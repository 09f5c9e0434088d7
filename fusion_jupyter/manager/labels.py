"""A run's name and tags, which may change after it was created.

``run.json`` never changes. Name and tags set later are stored beside it in ``labels.json``, which
takes precedence whenever the record is read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fusion_jupyter.storage import atomic_io, layout, lock_holder

if TYPE_CHECKING:
    from fusion_jupyter.manager.directory import RunDirectory

_LONGEST_NAME = 255
_LONGEST_TAG = 100
_MOST_TAGS = 100
_PATIENCE_SECONDS = 10.0


def checked_name(name: str | None) -> str | None:
    """The name as stored; None if none was given.

    Raises:
        ValueError: It is too long, or contains an unprintable character.
    """
    if name is None or (isinstance(name, str) and name.strip() == ""):
        return None
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ValueError(
            f"name is {str(name)[:60]!r}; allowed: up to {_LONGEST_NAME} printable characters"
        )
    return name.strip()


def checked_tags(tags: Iterable[str]) -> list[str]:
    """The tags as stored, without duplicates.

    Raises:
        ValueError: It is not a list of words, or a word is unprintable or too long.
    """
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise ValueError(f"tags is {tags!r}; allowed: a list of words")
    found: dict[str, None] = {}
    for tag in tags:
        if not isinstance(tag, str) or not tag.strip():
            raise ValueError(f"tags has {tag!r}; allowed: a list of words")
        if len(tag) > _LONGEST_TAG or not tag.isprintable():
            raise ValueError(
                f"tags has {tag[:60]!r}; allowed: up to {_LONGEST_TAG} printable characters each"
            )
        found[tag.strip()] = None
    if len(found) > _MOST_TAGS:
        raise ValueError(f"tags has {len(found)} words; allowed: up to {_MOST_TAGS}")
    return list(found)


def flat(tags: Iterable[Any]) -> list[Any]:
    """Tags given one by one or as lists.

    Example:
        >>> flat(["ofc27", ["figure 3", "new"]])
        ['ofc27', 'figure 3', 'new']
    """
    return [tag for each in tags for tag in (each if isinstance(each, list | tuple) else [each])]


@contextlib.contextmanager
def changing(directory: RunDirectory) -> Iterator[None]:
    """Read and write a run's labels inside: of two changes at the same time none is lost.

    Raises:
        TimeoutError: Another process changes them and makes no progress; the message names it.
        OSError: The run directory cannot be written.
    """
    path = os.fspath(directory.path / layout.LABELS_LOCK)
    lock = atomic_io.try_lock(path, patience=_PATIENCE_SECONDS)
    if lock is None:
        raise TimeoutError(
            f"The name and tags of run {directory.id} are being changed by "
            f"{lock_holder.describe(path)}, which has not finished within {_PATIENCE_SECONDS:.0f} s"
        )
    try:
        yield
    finally:
        atomic_io.unlock(lock)


def write(directory: RunDirectory, *, name: str, tags: Iterable[str]) -> None:
    """Change a run's name and tags; `changing` is held if they depend on those that it has.

    Raises:
        ValueError: The name or a tag is not allowed; nothing was written.
        OSError: The run directory cannot be written.
    """
    content = {
        "version": layout.FORMAT_VERSION,
        "name": checked_name(name),
        "tags": checked_tags(tags),
    }
    atomic_io.write_json(os.fspath(directory.labels_file), content)
