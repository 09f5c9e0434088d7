"""Completion of a command's words, in a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import wait_until_final

from fusion_jupyter.cli import verbs, words
from fusion_jupyter.manager.record import RunCreate


@pytest.fixture(scope="module")
def parser():
    return verbs.parser()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("st", ["start"]),
        ("start min", ["minimal"]),
        ("start minimal route_meth", ["route_method="]),
        ("start minimal network=NSF", ["network=NSFNet"]),
        ("start minimal --sim", ["--simulator"]),
        ("start --simulator emb", ["embedded"]),
        ("--runs-dir x start min", ["minimal"]),
        ("sweep --over network=NSFNet,USN", ["network=NSFNet,USNet"]),
        ("list --status fa", ["failed"]),
        ("results x --level ite", ["iteration"]),
        ("completion ba", ["bash"]),
        ("fly x", []),
        ("start 'min", []),
    ],
)
def test_what_can_stand_there_is_offered(parser, line, offered):
    assert words.candidates(parser, line) == offered


def test_runs_are_offered_by_their_ids(parser, manager):
    record = wait_until_final(manager, manager.create_run(RunCreate(command=("/bin/true",))).id)
    for verb in ("show", "watch", "logs", "cancel", "delete", "results"):
        assert words.candidates(parser, f"{verb} {record.id[:3]}") == [record.id]


def bash(line: str, folder: Path) -> list[str]:
    """What bash offers at the end of a line."""
    program = folder / "fusion-jupyter"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m fusion_jupyter.cli "$@"\n')
    program.chmod(0o755)
    script = f"""
eval "$(fusion-jupyter completion bash)"
COMP_LINE={line!r} COMP_POINT={len(line)}
COMP_WORDS=({line}) COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
compopt() {{ :; }}
_fusion_jupyter
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    told = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True, text=True, env=environment, check=False, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_offers_the_same(tmp_path):
    assert bash("fusion-jupyter start min", tmp_path) == ["minimal"]
    assert bash("fusion-jupyter start minimal route_meth", tmp_path) == ["route_method="]
    # bash takes the equals sign as the border of a word.
    assert bash("fusion-jupyter start minimal network=NSF", tmp_path) == ["NSFNet"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_can_read_its_script(tmp_path):
    from fusion_jupyter.cli.shell_completion import SHELLS

    path = tmp_path / "completion.zsh"
    path.write_text(SHELLS["zsh"])
    subprocess.run(["zsh", "-n", path], check=True, timeout=60)
