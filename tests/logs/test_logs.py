"""Logs stay on the disk: their last lines, and where each line begins."""

from bisect import bisect_left

import pytest

from fusion_jupyter.logs.line_index import LineIndex, log_tail


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.log"


def test_the_last_lines_are_read_from_the_end(path):
    assert log_tail(path, 5) == []
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(100_000)) + b"no end")
    assert log_tail(path, 3) == ["line 99998", "line 99999", "no end"]
    assert log_tail(path, 0) == []
    assert len(log_tail(path, 200_000)) == 100_001
    with pytest.raises(ValueError, match="n is -1"):
        log_tail(path, -1)


def test_lines_end_in_newlines_only_and_odd_bytes_are_shown(path):
    path.write_bytes(b"one\r\ntwo\rstill two\nthr\xffee\x00\n")
    assert log_tail(path, 9) == ["one", "two\rstill two", "thr\ufffdee\x00"]


def line_at(path, index, number):
    """A line, found as the browser finds it: by the index, then in one block of the file."""
    before, size, newlines = index
    assert number <= newlines
    block = max(0, bisect_left(before, number) - 1)
    data = path.read_bytes()[block * 65_536 : size]
    return data.split(b"\n")[number - before[block]].decode()


def test_any_line_is_found_by_the_index_as_the_file_grows(path):
    lines = [f"{number} " + "x" * (number % 700) for number in range(20_000)]
    path.write_text("\n".join(lines[:10_000]) + "\n")
    index = LineIndex(path)
    assert index.count == 10_000
    assert line_at(path, index.index(), 5_001) == lines[5_001]
    with path.open("a") as file:
        file.write("\n".join(lines[10_000:]) + "\n")
    assert index.count == 20_000
    for number in (0, 1, 9_999, 10_000, 19_998):
        assert line_at(path, index.index(), number) == lines[number]
    assert index.index(3)[0] == index.index()[0][3:]


def test_the_index_starts_over_if_the_file_was_truncated_or_is_missing(path):
    assert LineIndex(path).count == 0
    path.write_text("one\ntwo\nthree")
    index = LineIndex(path)
    assert index.count == 3
    path.write_text("other\n")
    assert index.index() == ([0], 6, 1)
