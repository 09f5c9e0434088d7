"""What a run is started from: the repository, Python, its distributions, the machine.

Nothing is cached; each function takes milliseconds. Unknown values are None.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

#: A larger diff is not kept, only its size.
LARGEST_DIFF_BYTES = 1 << 20
_GIT_SECONDS = 10.0
#: A repository may configure programs for git to call; this disables all of them.
_GIT = (
    "git",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.quotePath=false",
)
_DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-.+)?\.(?:dist|egg)-info")


def repository(folder: Path) -> tuple[dict[str, Any] | None, bytes]:
    """The git repository that contains a folder, and its uncommitted changes.

    Args:
        folder: The folder, usually the working directory.

    Returns:
        ``root``, ``commit`` (None before the first), ``branch`` (None where none is checked out),
        ``dirty`` (tracked files differ from the commit) and ``diff_bytes``; None without a
        repository or git. And the diff, empty if nothing differs or it is too large.
    """
    root = _git(folder, "rev-parse", "--show-toplevel")
    if root is None:
        return None, b""
    status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    if status is None:
        return None, b""
    lines = status.decode(errors="replace").splitlines()
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit, branch = heads.get("branch.oid"), heads.get("branch.head")
    commit = None if commit == "(initial)" else commit
    dirty = any(not line.startswith("#") for line in lines)
    diff, size = _diff(folder) if dirty and commit else (b"", 0)
    found = {
        "root": root.decode(errors="replace").rstrip("\n"),
        "commit": commit,
        "branch": None if branch == "(detached)" else branch,
        "dirty": dirty,
        "diff_bytes": size,
    }
    return found, diff


def python() -> dict[str, Any]:
    """Version and path of this interpreter."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
    }


def distributions(path: list[str]) -> dict[str, str]:
    """Name and version of the distributions installed in the folders of an import path.

    Read from the names of the folders that installers leave: this takes a millisecond, reading all
    metadata hundreds.

    Args:
        path: For example ``sys.path``; the first folder that has a distribution wins.
    """
    found: dict[str, str] = {}
    for folder in path:
        try:
            with os.scandir(folder or ".") as entries:
                names = [entry.name for entry in entries if entry.name.endswith("-info")]
        except OSError:
            continue
        for name in names:
            match = _DISTRIBUTION.fullmatch(name)
            if match:
                found.setdefault(match["name"].replace("_", "-").lower(), match["version"])
    return dict(sorted(found.items()))


def digest(installed: dict[str, str]) -> str:
    """Digest of an environment's distributions, 64 hexadecimal digits."""
    lines = "".join(f"{name}=={version}\n" for name, version in sorted(installed.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@functools.cache
def machine() -> dict[str, Any]:
    """This machine."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        memory = None
    return {
        "host": platform.node(),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "memory_bytes": memory,
    }


def _processor() -> str | None:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Output of a git command; None if it fails, takes too long, or git is missing."""
    try:
        done = subprocess.run(
            [*_GIT, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def _diff(folder: Path) -> tuple[bytes, int | None]:
    """The diff to the commit, and its size; empty if it is too large."""
    diff = _git(folder, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD")
    if diff is None:
        return b"", None
    return diff if len(diff) <= LARGEST_DIFF_BYTES else b"", len(diff)
