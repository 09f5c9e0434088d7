"""Where the stand-in's root is: the folder above its package, as in a checkout of FUSION."""

from pathlib import Path


def find_project_root(start_path: str | None = None) -> str:
    return str(Path(start_path or __file__).resolve().parents[2])
