"""Describe the FUSION installation of an interpreter: prints one JSON object.

Runs in FUSION's own environment, so it needs only the standard library and FUSION.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from importlib import metadata
from typing import Any


def project_root() -> str:
    """The base folder of relative paths in a configuration, as FUSION finds it."""
    fusion_os: Any = importlib.import_module("fusion.utils.os")

    try:
        return str(fusion_os.find_project_root())
    except (AttributeError, RuntimeError):
        # Installed without its repository: the data may be beside the package.
        package = os.path.dirname(os.path.dirname(os.path.abspath(fusion_os.__file__)))
        return str(os.path.dirname(package))


def commit(project: str) -> str | None:
    """The checked-out commit of a folder, determined without running git."""
    folder = os.path.join(project, ".git")
    try:
        with open(os.path.join(folder, "HEAD"), encoding="utf-8") as file:
            head = file.read().strip()
        if not head.startswith("ref: "):
            return head
        name = head[len("ref: ") :]
        path = os.path.join(folder, *name.split("/"))
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        with open(os.path.join(folder, "packed-refs"), encoding="utf-8") as file:
            return next(
                (line.split()[0] for line in file if line.rstrip().endswith(" " + name)), None
            )
    except OSError:
        return None


def version(distribution: str) -> str | None:
    """The version of an installed distribution; None if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def main() -> None:
    """Print the description."""
    # Nothing may be imported from this file's folder: it has a module called fusion.
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    root = project_root()
    found: dict[str, Any] = {
        "project": root,
        "version": version("fusion-optical-networks"),
        "commit": commit(root),
        "python_version": platform.python_version(),
        "numpy_version": version("numpy"),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
