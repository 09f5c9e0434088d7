"""Other users, for tests that run as root: an ordinary one, and his programs that become root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534
_AS_NOBODY = f"exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"


def as_nobody(*command: str, mounts: str = "true") -> list[str]:
    """The command as an ordinary user's, in a mount namespace of its own.

    Args:
        command: Program and arguments.
        mounts: Shell commands that mount something before.
    """
    text = f'set -e; {_opened()}; {mounts}; {_AS_NOBODY} "$@"'
    return ["unshare", "--mount", "sh", "-c", text, "sh", *command]


def _opened() -> str:
    """Shell commands by which the interpreter can be reached although a home is closed to others."""
    python = Path(sys.executable).resolve()
    closed = [folder for folder in python.parents if not folder.stat().st_mode & 0o001]
    if not closed:
        return "true"
    home, top = closed[-1], python.relative_to(closed[-1]).parts[0]
    return (
        f"mount --bind {home / top} /mnt; mount -t tmpfs -o mode=755 tmpfs {home}; "
        f"mkdir {home / top}; mount --bind /mnt {home / top}"
    )


def ordinary_user() -> Iterator[Path]:
    """A folder in which an ordinary user may write, as a fixture's body."""
    folder = Path(tempfile.mkdtemp(prefix="fusion-jupyter-"))
    folder.chmod(0o777)
    tried = subprocess.run(
        as_nobody(sys.executable, "-c", "import fusion_jupyter"),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    if tried.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip(f"cannot become another user here: {tried.stderr.strip()[-200:]}")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def root_sleeper(folder: Path) -> list[str]:
    """Command of a process that becomes root wholly, as below sudo, and sleeps."""
    python = folder / "root-python"
    shutil.copyfile(Path(sys.executable).resolve(), python)
    python.chmod(0o4755)
    text = "import os, time; os.setresuid(0, 0, 0); print('ready', flush=True); time.sleep(60)"
    tried = subprocess.run(
        as_nobody(str(python), "-c", "import os; os.setresuid(0, 0, 0)"),
        capture_output=True,
        check=False,
    )
    if os.getuid() != 0 or tried.returncode != 0:
        pytest.skip("no program can become root here")
    return [str(python), "-c", text]


def script_of_user(folder: Path, text: str, *arguments: str, mounts: str = "true") -> str:
    """What a Python script of the ordinary user prints; see `as_nobody`."""
    done = subprocess.run(
        as_nobody(sys.executable, "-c", text, str(folder / "runs"), *arguments, mounts=mounts),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
