"""Whatever is done to a file, exactly its lines come out: each once, in order, whole."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion_jupyter.logs.tail import Tail, split_lines

# Bytes that matter to a reader of lines, and others.
piece = st.lists(
    st.sampled_from(
        [b"\n", b"\r\n", b"\r", b"\0", b"a", b"{}", b"\xff", "ä".encode(), b"x" * 70, b"\n\n"]
    ),
    max_size=5,
).map(b"".join)
operation = st.one_of(
    st.tuples(st.just("write"), st.one_of(piece, st.binary(max_size=12))),
    st.tuples(st.just("write"), piece),
    # Longer than the marks by which a text is known again, and the same each time.
    st.tuples(st.just("write"), st.just(b"x" * 300)),
    st.tuples(st.just("write one by one"), st.binary(max_size=12)),
    st.tuples(st.just("look"), st.sampled_from([1, 2, 7, 64, 4096])),
    st.tuples(
        st.sampled_from(["cut", "copy and cut", "rename", "replace", "grow by replace", "remove"]),
        st.booleans(),
    ),
)


class Writer:
    """Writes a file and does to it what happens to logs; knows which lines a reader must see.

    Attributes:
        texts: What was written; another text begins with each rotation.
        fresh: So many bytes of the last text stood in another file before.
    """

    def __init__(self, folder: Path, *, appends: bool) -> None:
        self.path = folder / "run.log"
        self.texts = [b""]
        self.fresh = 0
        self.appends = appends
        self.file: int | None = None
        self.copies = 0

    def write(self, data: bytes) -> None:
        if self.file is None:
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self.appends else 0)
            self.file = os.open(self.path, flags)
            os.lseek(self.file, 0, os.SEEK_END)
        if not self.texts[-1] and data.startswith(b"\0"):
            # After a cut, zeros at the start are the hole that a writer leaves who does not
            # append: nobody can tell how many of them the writer meant.
            data = b"\n" + data
        # In two writes, so that a reader could see the first alone.
        half = len(data) // 2
        os.write(self.file, data[:half])
        os.write(self.file, data[half:])
        self.texts[-1] += data

    def begin_text(self) -> None:
        self.texts.append(b"")
        self.fresh = 0

    def first_line(self) -> bytes:
        """A first line that no reader can take for more of the text before.

        A text that begins with all that was read of the one before, and takes its place between
        two looks, is more of the same for any reader.
        """
        before = next(filter(None, reversed(self.texts)), b"")
        return b"%s %d\n" % (b">" if before.startswith(b"<") else b"<", len(self.texts))

    def close(self) -> None:
        if self.file is not None:
            os.close(self.file)
            self.file = None

    def put(self, content: bytes) -> None:
        """Put another file in the file's place, as an atomic write does."""
        self.close()
        fresh = self.path.with_name("fresh")
        fresh.write_bytes(content)
        fresh.replace(self.path)

    def aside(self) -> Path:
        self.copies += 1
        return self.path.with_name(f"run.log.{self.copies:04d}")


def closed(text: bytes) -> bytes:
    """A text's last line ends where the text ends."""
    return text + b"\n" if text and not text.endswith(b"\n") else text


class Reader:
    def __init__(self, path: Path) -> None:
        self.tail = Tail(path)
        self.text = b""

    def look(self, limit: int = 4096) -> None:
        block = self.tail.read(limit)
        assert not block or block.endswith(b"\n")
        self.text += block

    def read_all(self) -> None:
        self.tail.caught_up = False
        while not self.tail.caught_up:
            self.look()

    def begin(self, texts: list[bytes], fresh: int) -> None:
        """Read something of the last text, if it has any, in the file where it stands."""
        wanted = sum(len(closed(text)) for text in texts[:-1]) + fresh
        for _ in range(10_000):
            if not texts[-1] or len(self.text) + self.tail.partial_size > wanted:
                return
            self.look(64)
        raise AssertionError(f"{self.text[-100:]!r} is all that comes of {texts!r}")


def perform(writer: Writer, reader: Reader, name: str, argument: object) -> None:
    if name == "write":
        writer.write(argument)
    elif name == "write one by one":
        for byte in argument:
            writer.write(bytes([byte]))
            reader.look()
    elif name == "look":
        reader.look(argument)
    elif writer.file is not None:
        # What is gone before anybody could look at it cannot be read.
        reader.begin(writer.texts, writer.fresh)
        rotate(writer, reader, name, seen=argument)


def rotate(writer: Writer, reader: Reader, name: str, *, seen: bool) -> None:
    """End a text, or go on with it in another file.

    Args:
        seen: The reader looks before anything more is written, and sees that something has
            happened: what is written then may be anything, also the beginning of the same text.
    """
    if name == "grow by replace":
        if writer.texts[-1]:
            writer.put(writer.path.read_bytes() + b"more\n")
            writer.fresh = len(writer.texts[-1])
            writer.texts[-1] += b"more\n"
        return
    if name == "replace":
        writer.begin_text()
        writer.texts[-1] = writer.first_line()
        writer.put(writer.texts[-1])
        writer.write(b"")
        return
    if name == "cut":
        reader.read_all()  # what is not read by then is gone
        os.truncate(writer.path, 0)
    elif name == "copy and cut":
        shutil.copyfile(writer.path, writer.aside())
        os.truncate(writer.path, 0)
    elif name == "rename":
        writer.path.rename(writer.aside())
        writer.close()
    elif name == "remove":
        writer.path.unlink()
        writer.close()
    before = writer.texts[-1]
    writer.begin_text()
    if not seen:
        writer.write(writer.first_line())
    elif "cut" in name:
        reader.look()
        writer.write(before[:3])
    else:
        reader.read_all()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    parent = tmp_path_factory.mktemp("tails")
    return (parent / str(number) for number in itertools.count())


@pytest.mark.timeout(900)
@settings(
    max_examples=10_000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(appends=st.booleans(), operations=st.lists(operation, max_size=25))
def test_what_goes_in_comes_out(folders, appends, operations):
    folder = next(folders)
    folder.mkdir()
    writer = Writer(folder, appends=appends)
    reader = Reader(writer.path)
    try:
        for name, argument in operations:
            perform(writer, reader, name, argument)
        reader.read_all()
        found = reader.text + reader.tail.finish()
        assert found == b"".join(map(closed, writer.texts))
        assert split_lines(found) == [
            line.removesuffix(b"\r")
            for text in writer.texts
            for line in closed(text).split(b"\n")[:-1]
        ]
    finally:
        reader.tail.close()
        writer.close()
        shutil.rmtree(folder)
