"""`get_artifact_path` and `open_artifact` against whatever a path, a link or an id may be."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from artifact_runs import make_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion_jupyter.artifacts import paths
from fusion_jupyter.artifacts.listing import get_artifact_path, list_artifacts, open_artifact

RUN = "0123456789ab"
OTHER = "ba9876543210"
SECRET = "TOP SECRET"
GOOD = "NSFNet/1123/s1/300.0_erlang.json"


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder full of traps, with secrets all around it."""
    output = make_run(RUN).directory / "output"
    make_run(OTHER)
    put(output / GOOD, "inside")
    put(output / "back\\slash.txt", "inside")
    put(output / "ünï ✓.txt", "inside")
    put(output / "con", "inside")
    put(output / ".hidden/x.txt", SECRET)
    put(output / ".secret", SECRET)
    runs = output.parent.parent
    put(output.parent / "config.ini", SECRET)
    put(output.parent / "output_other/secret.txt", SECRET)
    put(output.parent / "output.txt", SECRET)
    put(runs / f"{RUN}_other/output/secret.txt", SECRET)
    put(runs / OTHER / "output/secret.txt", SECRET)
    put(tmp_path / "secret.txt", SECRET)
    links = {
        "up": "..",
        "upup": "../..",
        "root": "/",
        "other_run": f"../../{OTHER}/output",
        "sibling": "../output_other",
        "absolute": os.fspath(tmp_path),
        "chain1": "chain2",
        "chain2": "NSFNet/../..",
        "back": f"../output/../../{OTHER}",
        "config.json": "../config.ini",
        "secret.json": os.fspath(tmp_path / "secret.txt"),
        "through": "up/config.ini",
        "loop1": "loop2",
        "loop2": "loop1",
        "self": "self",
        "dangling": "/nowhere",
        "zero": "/dev/zero",
        "tty": "/dev/tty",
        "stdin": "/dev/stdin",
        "environ": "/proc/self/environ",
        "cwd": "/proc/self/cwd",
        "fd": "/dev/fd/0",
        "to_hidden": ".hidden/x.txt",
        "hidden_folder": ".hidden",
        "to_pipe": "pipe",
        "here": ".",
        "here_again": "../output",
        "inside.json": GOOD,
        "inside_folder": "NSFNet",
    }
    for name, target in links.items():
        (output / name).symlink_to(target)
    os.mkfifo(output / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(output)  # a socket's path has 108 bytes at most
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    return output


def hostile_paths(output: Path) -> list[str]:
    """At least 300 paths that must not reach anything outside."""
    links = sorted(path.name for path in output.iterdir() if path.is_symlink())
    targets = [
        "config.ini",
        "run.json",
        "output_other/secret.txt",
        "output.txt",
        "../secret.txt",
        f"{OTHER}/output/secret.txt",
        "etc/passwd",
        "output/secret.txt",
        "secret.txt",
        "maps",
        "",
    ]
    through_links = ["/".join(pair) for pair in itertools.product(links, targets)]
    ups = ["..", "../..", "../../..", "s1/..", "NSFNet/../..", "./..", "..//", "up/..", f"{RUN}/.."]
    climbing = [f"{up}/{target}" for up, target in itertools.product(ups, targets)]
    disguised = [
        form.format(target)
        for target in ("config.ini", f"../{OTHER}/output/secret.txt", "etc/passwd")
        for form in (
            "..\\{}",
            "..%2f{}",
            "%2e%2e/{}",
            "%252e%252e%252f{}",
            "..%c0%af{}",
            "\uff0e\uff0e/{}",
            "..\u2215{}",
            "..\u2044{}",
            "\u2025/{}",
            ".. /{}",
            "..\t/{}",
            "..\n/{}",
            "..;/{}",
            "\u202e../{}",
            "..\u200b/{}",
            ".\u0300./{}",
            "..\0/{}",
            "{}\0.json",
            "file://{}",
            "file:///{}",
            "~/{}",
            "~root/{}",
            "$HOME/{}",
            "${{HOME}}/{}",
            "`{}`",
            "\\\\host\\share\\{}",
            "//host/{}",
            "/{}",
            "///{}",
            "C:\\{}",
            "C:{}",
            "\\\\?\\{}",
            "\ud800{}",
            "\udcff/{}",
            "{}/",
            "{}/.",
            "{}/..",
            GOOD + "/../../../../../{}",
        )
    ]
    odd = [
        "", " ", ".", "..", "...", "/", "//", "\\", "~", "-", "*", "?", "\0", "\n", "\x7f", "\ufeff",
        "CON", "NUL", "AUX", "COM1", "LPT1", "nul.txt", "NSFNet", "NSFNet/", "NSFNet/1123/s1",
        "pipe", "socket", "pipe/x", ".secret", ".hidden/x.txt", "NSFNet/.hidden", GOOD + "/",
        GOOD + "/x", "/" + GOOD, "./" + GOOD, "NSFNet//1123/s1/300.0_erlang.json", "a" * 300,
        "a/" * 3000 + "b", "../" * 50 + "etc/passwd", os.fspath(output / GOOD),
        os.fspath(output.parent / "config.ini"), "/etc/passwd", "/dev/zero", "/proc/self/environ",
    ]  # fmt: skip
    return [*links, *through_links, *climbing, *disguised, *odd]


def is_inside(output: Path, path: Path) -> bool:
    """An independent look: by device and inode, against every regular file that is inside."""
    inside = set()
    for folder, folders, names in os.walk(output, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            status = Path(folder, name).lstat()
            if not name.startswith("."):
                inside.add((status.st_dev, status.st_ino))
    status = path.stat()
    return (status.st_dev, status.st_ino) in inside


def check(output: Path, relative: str) -> bool:
    """Check that a path reaches an inside file or nothing; tell which."""
    found = get_artifact_path(RUN, relative)
    try:
        with open_artifact(RUN, relative) as file:
            content = file.read(100)
    except FileNotFoundError:
        assert found is None
        return False
    assert found is not None
    assert found.is_absolute()
    assert is_inside(output, found)
    assert content == b"inside"
    return True


def test_a_corpus_of_hostile_paths_finds_no_way_out(output: Path) -> None:
    corpus = hostile_paths(output)
    assert len(set(corpus)) >= 300
    reached = {path for path in corpus if check(output, path)}
    # The links that lead inside are good; everything else is refused.
    assert reached == {"inside.json"}


@pytest.mark.parametrize(
    "path", [GOOD, "back\\slash.txt", "ünï ✓.txt", "con", "inside_folder/1123/s1/300.0_erlang.json"]
)
def test_files_inside_are_found_whatever_their_names(output: Path, path: str) -> None:
    assert check(output, path)


def test_every_listed_path_is_found_and_nothing_secret_is_listed(output: Path) -> None:
    listed = [info.path for info in list_artifacts(RUN)]
    assert GOOD in listed
    assert all(check(output, path) for path in listed)


@pytest.mark.parametrize("path", [None, 3, b"x", ["x"], 1.5, object()])
def test_what_is_no_text_is_no_path(output: Path, path: str) -> None:
    assert get_artifact_path(RUN, path) is None
    with pytest.raises(FileNotFoundError):
        open_artifact(RUN, path)


PIECES = st.sampled_from(
    ["..", ".", "", "up", "root", "absolute", "NSFNet", "1123", "s1", "300.0_erlang.json", "loop1",
     "config.ini", "etc", "passwd", "chain1", "inside_folder", "pipe", OTHER, "output", "\0", "~"]
)  # fmt: skip


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.one_of(
        st.lists(PIECES, max_size=8).map("/".join),
        st.text(st.characters(), max_size=30),
        st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=6).map("/".join),
    )
)
def test_no_path_whatsoever_finds_a_way_out(output: Path, path: str) -> None:
    check(output, path)


IDS = [
    "", ".", "..", "/", "../" + RUN, RUN + "/", RUN + "/..", f"{OTHER}/../{RUN}", RUN + "_other",
    RUN + "\n", RUN + "\0", " " + RUN, RUN.upper(), RUN[:-1], RUN + "0", "g" * 12, "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096fab",
    "\uff10123456789ab", "*", "????????????", "~", "index.sqlite3", ".queue", "/etc", "-rf",
    "0123456789a\u0300", "\ud800", "0x23456789ab", RUN.encode(), None, 12, [RUN], True,
]  # fmt: skip


@pytest.mark.parametrize("run_id", IDS)
def test_no_strange_id_reaches_a_run(output: Path, run_id: str) -> None:
    assert get_artifact_path(run_id, GOOD) is None
    with pytest.raises(LookupError):
        open_artifact(run_id, GOOD)
    with pytest.raises(LookupError):
        list_artifacts(run_id)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(run_id=st.one_of(st.text(max_size=15), st.text("0123456789abcdef./", max_size=14)))
def test_no_id_whatsoever_reaches_a_run(output: Path, run_id: str) -> None:
    if run_id not in (RUN, OTHER):
        assert get_artifact_path(run_id, GOOD) is None


def test_a_run_directory_that_is_a_link_is_no_run(output: Path) -> None:
    link = output.parent.parent / "fedcba987654"
    link.symlink_to(output.parent)
    assert get_artifact_path(link.name, GOOD) is None
    with pytest.raises(LookupError):
        list_artifacts(link.name)


@pytest.mark.parametrize("depth", range(4))
def test_a_folder_swapped_for_a_link_after_the_check_is_refused(
    output: Path, tmp_path: Path, depth: int
) -> None:
    # The state that an opener finds when the swap comes between its look and its opening.
    parts = tuple(GOOD.split("/"))
    victim = output.joinpath(*parts[: depth + 1])
    rest = parts[depth + 1 :]
    trap = tmp_path / "trap"
    put(trap.joinpath(*rest), SECRET)
    victim.rename(tmp_path / "away")
    victim.symlink_to(trap)
    with pytest.raises(OSError, match=r"(?i)symbolic|directory"):
        paths._open_walk(output, parts)


def swap_forever(swap: Callable[[], None], ended: threading.Event) -> threading.Thread:
    def work() -> None:
        while not ended.is_set():
            swap()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_links_swapped_in_all_the_time_never_lead_out(output: Path, tmp_path: Path) -> None:
    put(tmp_path / "trap/300.0_erlang.json", SECRET)
    folder, away, link = output / "NSFNet/1123/s1", tmp_path / "away", tmp_path / "link"
    ended = threading.Event()

    def swap() -> None:
        link.symlink_to(tmp_path / "trap")
        folder.rename(away)
        link.rename(folder)
        folder.rename(link)
        away.rename(folder)
        link.unlink()

    thread = swap_forever(swap, ended)
    outcomes = {"inside": 0, "refused": 0}
    try:
        for _ in range(600):
            try:
                with open_artifact(RUN, GOOD) as file:
                    assert file.read() == b"inside"
                outcomes["inside"] += 1
            except FileNotFoundError:
                outcomes["refused"] += 1
            for info in list_artifacts(RUN):
                assert info.size == len("inside")
    finally:
        ended.set()
        thread.join()
    assert outcomes["inside"] > 0
    assert outcomes["refused"] > 0


def test_nothing_stays_open_after_refusals(output: Path) -> None:
    corpus = hostile_paths(output)[:200]
    before = len(list(Path("/dev/fd").iterdir()))
    for path in corpus:
        check(output, path)
    assert len(list(Path("/dev/fd").iterdir())) == before
