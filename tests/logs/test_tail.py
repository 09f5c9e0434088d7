"""Following a file: what happens to logs must neither lose nor repeat a line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fusion_jupyter.logs import tail as tail_module
from fusion_jupyter.logs.line_index import LineIndex, log_tail
from fusion_jupyter.logs.tail import Tail, split_lines
from fusion_jupyter.logs.window import LogWindow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_file_that_is_missing_at_first_is_read_from_its_start(path):
    for last_bytes in (None, 0, 10):
        path.unlink(missing_ok=True)
        tail = Tail(path, last_bytes=last_bytes)
        assert tail.poll() == []
        append(path, b"one\ntwo\n")
        assert tail.poll() == [b"one", b"two"]


def test_a_line_that_arrives_byte_by_byte_comes_out_once_and_whole(path):
    tail = Tail(path)
    found = []
    for byte in b'{"erlang": 300.0}\r\n\xff\0\n':
        append(path, bytes([byte]))
        found += tail.poll()
    assert found == [b'{"erlang": 300.0}', b"\xff\0"]


def test_a_last_line_without_an_end_is_kept_and_handed_out_at_the_end(path):
    append(path, b"one\ntw")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    assert tail.partial(10) == b"tw"
    append(path, b"o")
    assert tail.poll() == []
    assert tail.partial(2) == b"wo"
    assert tail.finish() == b"two\n"
    assert tail.finish() == b""


def test_carriage_returns_inside_a_line_do_not_end_it(path):
    append(path, b"10%\r20%\r\n30%\x0b\x0c\x85\xe2\x80\xa8 still\n")
    assert Tail(path).poll() == [b"10%\r20%", b"30%\x0b\x0c\x85\xe2\x80\xa8 still"]


def test_a_line_of_100_megabytes_comes_out_whole(path):
    size = 100_000_000
    append(path, b"first\n" + b"x" * size + b"\nlast\n")
    tail = Tail(path)
    lines = []
    while not tail.caught_up:
        lines += split_lines(tail.read())
    assert [len(line) for line in lines] == [5, size, 4]


def test_a_file_without_line_ends_does_not_fill_the_memory(path, monkeypatch):
    monkeypatch.setattr(tail_module, "LONGEST_LINE", 1 << 16)
    append(path, b"x" * 200_000)
    tail = Tail(path)
    sizes = []
    while not tail.caught_up:
        sizes += [len(line) for line in split_lines(tail.read(10_000))]
        assert tail.partial_size < (1 << 16)
    assert sum(sizes) + tail.partial_size == 200_000


def test_a_cut_file_is_read_from_its_start_again(path):
    append(path, b"one\ntwo\nhalf")
    tail = Tail(path)
    assert tail.poll() == [b"one", b"two"]
    path.write_bytes(b"three\n")
    assert tail.poll() == [b"half"], "a line ends where its text ends"
    assert tail.restarts == 0, "that line was of the text before"
    assert tail.poll() == [b"three"]
    assert tail.restarts == 1


def test_a_file_cut_and_written_to_the_same_size_is_noticed(path):
    path.write_bytes(b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    path.write_bytes(b"two\n")
    assert tail.poll() == [b"two"]


def test_a_file_cut_and_grown_past_the_old_position_is_noticed(path):
    path.write_bytes(b"run 1\n" + b"same\n" * 20)
    tail = Tail(path)
    assert len(tail.poll()) == 21
    path.write_bytes(b"run 2\n" + b"same\n" * 50)
    assert tail.poll() == [b"run 2"] + [b"same"] * 50


def test_a_hole_left_by_a_writer_that_does_not_append_is_skipped(path):
    with path.open("wb", buffering=0) as file:
        file.write(b"before the cut\n")
        tail = Tail(path)
        assert tail.poll() == [b"before the cut"]
        os.truncate(path, 0)
        file.write(b"\0 after it\n")
        assert path.read_bytes().startswith(b"\0" * 15)
        assert tail.poll() == [b" after it"]
        file.write(b"\0next\n")
        assert tail.poll() == [b"\0next"], "only the hole is skipped"


def test_lines_of_a_renamed_file_are_read_to_its_end_before_the_new_one(path):
    append(path, b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    with path.open("ab", buffering=0) as old:
        path.rename(path.with_suffix(".1"))
        path.touch()
        old.write(b"two\n")
        assert tail.poll() == [b"two"], "the next file is empty, so its writer is still here"
        old.write(b"three")
        append(path, b"four\n")
        assert tail.poll() == [b"three"]
    assert tail.poll() == [b"four"]


def test_lines_copied_away_and_cut_before_they_were_read_are_found_in_the_copy(path):
    append(path, b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    append(path, b"two\n")
    path.with_name("run.log.1").write_bytes(path.read_bytes())
    path.write_bytes(b"three, longer than all before\n")
    assert tail.poll() == [b"two"]
    assert tail.poll() == [b"three, longer than all before"]


def test_a_file_replaced_by_its_own_longer_copy_goes_on(path):
    append(path, b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    copy = path.with_name("copy")
    copy.write_bytes(b"one\ntwo\n")
    copy.replace(path)
    assert tail.poll() == [b"two"]
    assert tail.restarts == 0


@pytest.mark.parametrize("check", [True, False])
def test_a_size_reported_late_repeats_and_loses_nothing(path, monkeypatch, check):
    """A network file system may report the size of some seconds ago, though data is there."""
    append(path, b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    stale = path.stat()
    append(path, b"two\n")
    assert tail.read(check=check) == b"two\n"
    append(path, b"three\n")
    monkeypatch.setattr(tail_module.os, "stat", lambda *_, **__: stale)
    monkeypatch.setattr(tail_module.os, "fstat", lambda _: stale)
    assert [tail.read(check=check) for _ in range(3)] == [b"three\n", b"", b""]
    monkeypatch.undo()
    assert tail.restarts == 0


def test_without_a_check_the_old_file_is_read_on_and_a_cut_is_seen(path):
    append(path, b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    with path.open("ab", buffering=0) as old:
        path.rename(path.with_suffix(".1"))
        append(path, b"new\n")
        old.write(b"two\n")
    assert tail.read(check=False) == b"two\n"
    assert tail.read(check=False) == b""
    assert tail.read() == b"new\n"
    os.truncate(path, 0)
    append(path, b"cut\n")
    assert tail.read(check=False) == b"cut\n"
    assert tail.restarts == 2


@pytest.mark.parametrize(
    ("last_bytes", "expected"),
    [(0, []), (1, [b"three"]), (6, [b"three"]), (7, [b"two", b"three"]), (99, None)],
)
def test_reading_can_begin_near_the_end_at_the_beginning_of_a_line(path, last_bytes, expected):
    append(path, b"one\ntwo\nthree\n")
    everything = [b"one", b"two", b"three"]
    tail = Tail(path, last_bytes=last_bytes)
    assert tail.poll() == (everything if expected is None else expected)
    append(path, b"four\n")
    assert tail.poll() == [b"four"]


def test_beginning_at_the_end_hands_out_the_line_under_way_whole(path):
    append(path, b"x" * 200_000 + b"\nhalf a ")
    tail = Tail(path, last_bytes=0)
    assert tail.poll() == []
    append(path, b"line\n")
    assert tail.poll() == [b"half a line"]
    assert tail.skipped == 200_001


def test_a_negative_number_of_bytes_is_refused(path):
    with pytest.raises(ValueError, match="last_bytes is -1; allowed"):
        Tail(path, last_bytes=-1)


def test_a_pipe_or_a_folder_in_the_files_place_holds_up_nothing(path):
    os.mkfifo(path)
    tail = Tail(path)
    assert tail.poll() == []
    path.unlink()
    path.mkdir()
    assert tail.poll() == []
    path.rmdir()
    append(path, b"one\n")
    assert tail.poll() == [b"one"]


def test_a_followed_file_is_closed_when_the_tail_is_gone(path):
    append(path, b"one\n")
    before = len(list(Path("/dev/fd").iterdir()))
    tail = Tail(path)
    tail.poll()
    assert len(list(Path("/dev/fd").iterdir())) == before + 1
    del tail
    assert len(list(Path("/dev/fd").iterdir())) == before


WRITER = """
import os, sys
path, pieces = sys.argv[1], int(sys.argv[2])
data = b"".join(b"%d:" % n + b"y" * (n % 97) + (b"\\r\\n" if n % 3 else b"\\n") for n in range(pieces))
file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
position = 0
step = 1
while position < len(data):
    os.write(file, data[position:position + step])
    position += step
    step = step % 61 + 1
"""


def test_no_line_of_a_process_that_writes_in_pieces_is_lost(path):
    count = 20_000
    lines = []
    with subprocess.Popen([sys.executable, "-c", WRITER, path, str(count)]) as writer:
        tail = Tail(path)
        while writer.poll() is None:
            lines += tail.poll()
        tail.caught_up = False
        while not tail.caught_up:
            lines += split_lines(tail.read())
    assert lines == [b"%d:" % n + b"y" * (n % 97) for n in range(count)]


def test_a_text_of_the_same_length_and_end_is_distinguished_from_the_one_before(path):
    end = b"x" * 1000
    append(path, b"one\n" + end + b"\n")
    tail = Tail(path)
    assert tail.poll() == [b"one", end]
    path.write_bytes(b"two\n" + end + b"\n")
    assert tail.poll() == [b"two", end]


def test_a_second_start_with_the_same_events_at_other_times_is_distinguished_from_the_first(path):
    event = b'{"erlang": 300.0, "iteration": 1, "total_iterations": 20, "timestamp": "%d"}\n'
    path.write_bytes(event % 1 + b"{}\n" * 100)
    tail = Tail(path)
    assert len(tail.poll()) == 101
    path.write_bytes(event % 2 + b"{}\n" * 200)
    assert len(tail.poll()) == 201
    assert tail.restarts == 1


def test_what_is_written_after_a_cut_that_was_seen_may_begin_like_the_text_before(path):
    append(path, b"5")
    tail = Tail(path)
    assert tail.poll() == []
    os.truncate(path, 0)
    assert tail.poll() == [b"5"]
    append(path, b"5928\n")
    assert tail.poll() == [b"5928"]
    assert tail.restarts == 1


def test_a_file_moved_away_and_back_is_the_same(path):
    append(path, b"one\n")
    tail = Tail(path)
    assert tail.poll() == [b"one"]
    away = path.with_name("away")
    path.rename(away)
    assert tail.poll() == []
    away.rename(path)
    assert tail.poll() == []
    copy = path.with_name("copy")
    copy.write_bytes(b"one\ntwo\n")
    copy.replace(path)
    assert tail.poll() == [b"two"]
    assert tail.restarts == 0


def test_a_size_that_is_reported_before_the_content_makes_no_line_and_repeats_none(path):
    """As NFS does it: until the content arrives, zeros stand in its place."""
    path.write_bytes(b"one\ntw")
    with Tail(path) as tail:
        assert tail.poll() == [b"one"]
        with path.open("r+b") as file:
            file.truncate(20_000)
            assert tail.poll() == []
            assert tail.is_waiting
            file.seek(6)
            file.write(b"o\nthree\n")
            file.flush()
            assert tail.poll() == [b"two", b"three"]
            file.write(b"x" * (20_000 - file.tell() - 1) + b"\n")
        assert [len(line) for line in tail.poll()] == [20_000 - len("one\ntwo\nthree\n") - 1]
        assert (tail.restarts, tail.is_waiting) == (0, False)


def test_zeros_that_stay_are_text_at_the_end_and_many_of_them_at_once(path):
    path.write_bytes(b"a\0\0")
    with Tail(path) as tail:
        assert tail.poll() == []
        assert tail.finish() == b"a\0\0\n"
    path.write_bytes(bytes((1 << 20) + 5) + b"\n")
    with Tail(path) as tail:
        assert tail.poll() == [bytes((1 << 20) + 5)]


@pytest.mark.parametrize("link", ["the file", "the folder"])
def test_no_link_is_followed_below_a_directory(tmp_path, link):
    run, outside = tmp_path / "run", tmp_path / "outside"
    for folder in (run / "logs", outside):
        folder.mkdir(parents=True)
    (outside / "x.log").write_text("secret\n")
    path = run / "logs" / "x.log"
    if link == "the file":
        path.symlink_to(outside / "x.log")
    else:
        path.parent.rmdir()
        path.parent.symlink_to(outside)
    with Tail(path, below=run) as tail:
        assert tail.poll() == []
    window = LogWindow(path, below=run)
    window.poll()
    assert (window.lines, window.count) == ((), 0)
    assert log_tail(path, 5, below=run) == []
    assert LineIndex(path, below=run).count == 0
    # Nor when a link takes the place of a file that is read.
    path.parent.unlink() if link == "the folder" else path.unlink()
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine\n")
    with Tail(path, below=run) as tail:
        assert tail.poll() == [b"mine"]
        path.unlink()
        path.symlink_to(outside / "x.log")
        assert tail.poll() == tail.poll() == []
    window.close()


def test_the_index_of_lines_waits_for_content_that_is_announced(path):
    path.write_bytes(b"one\n")
    index = LineIndex(path)
    assert index.count == 1
    with path.open("r+b") as file:
        file.truncate(12)
        assert index.count == 1
        file.seek(4)
        file.write(b"two\n3\n4\n")
    assert index.count == 4
