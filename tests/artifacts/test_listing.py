"""`list_artifacts` and `artifacts_frame`."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from artifact_runs import make_run, sample_files

from fusion_jupyter.artifacts.listing import artifacts_frame, list_artifacts, list_files

RUN = "0123456789ab"


@pytest.fixture
def output() -> Path:
    return make_run(RUN).directory / "output"


def put(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_every_file_in_every_folder_is_listed_with_its_facts(output: Path) -> None:
    path = put(output / "NSFNet/1123/19_05_51_928118/s1/300.0_erlang.json", "{}")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    put(output / "a.txt")
    first, second = list_artifacts(RUN)
    assert (first.path, first.name) == (
        "NSFNet/1123/19_05_51_928118/s1/300.0_erlang.json",
        "300.0_erlang.json",
    )
    assert (first.size, first.kind) == (2, "results")
    assert first.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert (second.path, second.kind) == ("a.txt", "text")


def test_entries_are_like_those_made_by_the_class(output: Path) -> None:
    put(output / "a.txt")
    info = list_artifacts(RUN)[0]
    again = type(info)(
        name=info.name,
        path=info.path,
        size=info.size,
        modified_at=info.modified_at,
        kind=info.kind,
    )
    assert info == again
    assert hash(info) == hash(again)
    assert repr(info) == repr(again)


def test_a_recorded_run_lists_exactly_its_files() -> None:
    make_run(RUN, "multiprocess_legacy_s1_s2")
    names = [info.path for info in list_artifacts(RUN)]
    assert len(names) == len(sample_files("multiprocess_legacy_s1_s2"))
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("300.0_erlang.json", "results"),
        ("300_erlang.json", "results"),
        ("x_erlang.json", "json"),
        ("-1_erlang.json", "json"),
        ("1e5_erlang.json", "json"),
        ("_erlang.json", "json"),
        ("t.CSV", "table"),
        ("p.parquet", "table"),
        ("i.PNG", "image"),
        ("n.npz", "array"),
        ("c.ini", "config"),
        ("README", "other"),
        ("x.bin", "other"),
    ],
)
def test_kinds(output: Path, name: str, kind: str) -> None:
    put(output / name)
    assert list_artifacts(RUN)[0].kind == kind


def test_hidden_files_and_folders_are_left_out(output: Path) -> None:
    put(output / ".a.json.tmp")
    put(output / ".git/config")
    put(output / "s1/.b")
    assert list_artifacts(RUN) == []


def test_links_that_lead_out_are_neither_followed_nor_listed(output: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "elsewhere/secret.json")
    (output / "file.json").symlink_to(secret)
    (output / "folder").symlink_to(secret.parent)
    (output / "up").symlink_to("..")
    (output / "log").symlink_to(f"../logs/{RUN}.log")
    (output / "dangling").symlink_to("nothing")
    (output / "loop").symlink_to("loop")
    (output / "self").symlink_to(".")
    os.mkfifo(output / "pipe")
    assert list_artifacts(RUN) == []


def test_a_link_to_an_inside_file_is_listed_with_that_files_size(output: Path) -> None:
    put(output / "s1/300.0_erlang.json", "12345")
    (output / "latest.json").symlink_to("s1/300.0_erlang.json")
    assert [(i.path, i.size) for i in list_artifacts(RUN)] == [
        ("latest.json", 5),
        ("s1/300.0_erlang.json", 5),
    ]


def test_an_output_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    record = make_run(RUN)
    put(tmp_path / "elsewhere/secret.json")
    (record.directory / "output").rmdir()
    (record.directory / "output").symlink_to(tmp_path / "elsewhere")
    assert list_artifacts(RUN) == []


def test_a_run_without_output_has_no_artifacts() -> None:
    record = make_run(RUN)
    (record.directory / "output").rmdir()
    assert list_artifacts(RUN) == []


@pytest.mark.parametrize("run_id", ["ffffffffffff", "../x", "", "0123456789AB", RUN + "\n", None])
def test_an_unknown_run_is_named_in_the_error(output: Path, run_id: str) -> None:
    with pytest.raises(LookupError, match="There is no run"):
        list_artifacts(run_id)


def test_files_that_vanish_meanwhile_are_skipped(output: Path) -> None:
    for number in range(50):
        put(output / f"stays/{number}.txt")
    ended = threading.Event()

    def churn() -> None:
        while not ended.is_set():
            for number in range(20):
                put(output / f"goes/{number}/x.txt").unlink()
                (output / f"goes/{number}").rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(100):
            stays = [info for info in list_artifacts(RUN) if info.path.startswith("stays/")]
            assert len(stays) == 50
    finally:
        ended.set()
        thread.join()


def test_more_folders_than_a_process_may_have_open_files(output: Path) -> None:
    for number in range(1500):
        put(output / f"{number}/x.txt")
    assert len(list_artifacts(RUN)) == 1500


def test_folders_nested_deeper_than_a_recursion_may_go(output: Path) -> None:
    deep = os.fspath(output)
    for _ in range(1500):
        deep += "/d"
        os.mkdir(deep)  # noqa: PTH102 (pathlib recurses)
    file = Path(deep, "x.txt")
    file.write_text("x")
    try:
        assert [info.name for info in list_artifacts(RUN)] == ["x.txt"]
    finally:
        # What recurses cannot clear this away, pytest among it.
        file.unlink()
        for _ in range(1500):
            os.rmdir(deep)  # noqa: PTH106
            deep = deep[:-2]


def test_nothing_stays_open(output: Path) -> None:
    put(output / "a/b.txt")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(20):
        list_artifacts(RUN)
        list_files(output / "missing")
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_the_frame_has_the_same_columns_and_types_when_empty(output: Path) -> None:
    empty = artifacts_frame([])
    put(output / "a.txt")
    frame = artifacts_frame(list_artifacts(RUN))
    assert list(frame["path"]) == ["a.txt"]
    assert frame.dtypes.equals(empty.dtypes)
    assert str(frame["modified_at"].dt.tz) == "UTC"


def test_a_name_that_is_not_utf_8_is_listed_and_framed(output: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(output) + b"/\xff.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    infos = list_artifacts(RUN)
    assert list(artifacts_frame(infos)["name"]) == ["\udcff.txt"]
