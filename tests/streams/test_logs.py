"""Logs stay on the disk: lines by number, the end, and search."""

import pytest

from fusion_jupyter.logs.line_index import LogFile, log_tail


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


def test_any_line_is_found_by_its_number_as_the_file_grows(path):
    lines = [f"{number} " + "x" * (number % 700) for number in range(20_000)]
    path.write_text("\n".join(lines[:10_000]) + "\n")
    log = LogFile(path)
    assert log.count == 10_000
    assert log.lines(5_000, 5_003) == lines[5_000:5_003]
    with path.open("a") as file:
        file.write("\n".join(lines[10_000:]) + "\n")
    assert log.count == 20_000
    for start in (0, 1, 9_999, 10_000, 19_998):
        assert log.lines(start, start + 2) == lines[start : start + 2]
    assert log.lines(30_000, 30_010) == []
    with pytest.raises(ValueError, match="start is 5, stop is 3"):
        log.lines(5, 3)


def test_search_finds_lines_and_says_where_to_go_on(path):
    path.write_text("".join(f"{'ERROR' if n % 100 == 0 else 'info'} {n}\n" for n in range(5_000)))
    log = LogFile(path)
    found = log.search(r"ERROR (\d+)", limit=3)
    assert [match.line for match in found.matches] == [0, 100, 200]
    rest = log.search("error", ignore_case=True, start=4_900)
    assert [match.line for match in rest.matches] == [4_900]
    with pytest.raises(ValueError, match="regular expression"):
        log.search("(")


def test_a_search_in_a_log_that_is_not_there_yet_finds_nothing(path):
    found = LogFile(path).search("ERROR")
    assert (found.matches, found.complete, found.next_line) == ((), True, 0)


@pytest.mark.parametrize("pattern", ["(", "[", "(?P<n>", "*", "(?:" * 5000 + "a" + ")" * 5000])
def test_what_is_no_regular_expression_is_named_and_not_at_length(path, pattern):
    path.write_text("a line\n")
    with pytest.raises(ValueError, match="not a regular expression") as raised:
        LogFile(path).search(pattern)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b\\1c", "(?=(a+))\\1$|" * 3 + "(a|a)+c"]
)
def test_a_hostile_pattern_is_stopped_and_what_was_found_before_is_told(path, pattern):
    path.write_text("".join("needle\n" for _ in range(3)) + "a" * 5000 + "b\n")
    found = LogFile(path).search("needle|" + pattern, timeout=0.5)
    assert found.timed_out
    assert not found.complete
    assert [match.line for match in found.matches] == [0, 1, 2]
    assert found.next_line == 3
