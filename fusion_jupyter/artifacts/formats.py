"""Convert bytes to DataFrames and objects, by content if the file name is wrong.

Nothing here executes what it reads: no pickles (also not inside NumPy files), no evaluation.
"""

from __future__ import annotations

import codecs
import configparser
import io
import json
from typing import TYPE_CHECKING, Any

import msgspec

from fusion_jupyter.artifacts.binary_formats import parse_binary, svg

if TYPE_CHECKING:
    import pandas as pd

_TABLES = {"csv": ",", "tsv": "\t"}
_PLAIN_TEXT = {"txt", "log", "md", "toml", "yaml", "yml", "html", "xml", "py"}
_SNIFFED_BYTES = 64 * 1024
#: A table may have this many cells per filled cell, plus a constant.
_MOST_EMPTY_SHARE = 20
_FEW_CELLS = 100_000


def parse(name: str, data: bytes, max_bytes: int | None = None) -> object:
    """Make a DataFrame or an object from a file's content.

    See `fusion_jupyter.artifacts.loading.load` for the result by file type.

    Args:
        name: The file's name; its extension decides if the content is ambiguous.
        data: The whole content.
        max_bytes: Largest size of the unpacked result, if that can be determined beforehand.

    Raises:
        ValueError: The content is damaged, truncated or a pickle.
        TooLargeError: Unpacked, it would be larger than `max_bytes`.
    """
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    binary = parse_binary(name, extension, data, max_bytes)
    if binary is not None:
        return binary[0]
    if not data.strip(b"\0 \t\r\n"):
        if extension in _PLAIN_TEXT or extension in ("", "jsonl", "ndjson"):
            return _by_extension(extension, decode_text(data))
        raise ValueError("it is empty")
    text = decode_text(data)
    if text is None:
        if extension in ("json", "jsonl", "ndjson", "ini", "cfg", *_TABLES):
            raise ValueError("it holds binary data")
        return data
    if extension == "svg" or (extension == "" and text.lstrip()[:4] == "<svg"):
        return svg(data)
    return _by_extension(extension, text)


def _by_extension(extension: str, text: str | None) -> object:
    if text is None:
        raise ValueError("it holds binary data")
    if extension in _PLAIN_TEXT:
        return text
    if extension in ("ini", "cfg"):
        return parse_ini(text)
    if extension in ("jsonl", "ndjson"):
        return _rows(_json_lines(text))
    if extension == "json" and text.lstrip()[:1] in '{["-0123456789tfnNI':
        return _json_document(text)
    document = _guess_json(text)
    if document is not None:
        return document
    separator = _separator(text, _TABLES.get(extension))
    if separator is not None:
        return _table(text, separator)
    return text


def parse_json(data: bytes | str) -> Any:
    """Decode JSON with the fast decoder; Python's extensions (``NaN``) with Python's own.

    Raises:
        ValueError: It is not valid JSON.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            return json.loads(data)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def parse_ini(text: str) -> dict[str, dict[str, str]]:
    """Decode an INI file to section, key, value; nothing in values is expanded.

    Raises:
        ValueError: It is not a valid INI file.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from None
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    if parser.defaults():
        sections = {"DEFAULT": dict(parser.defaults()), **sections}
    return {s: {k: v or "" for k, v in values.items()} for s, values in sections.items()}


def decode_text(data: bytes) -> str | None:
    """Decode text: UTF-8, UTF-16 with byte order mark, else Latin-1; None if this is not text."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            return None
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in data[:_SNIFFED_BYTES])
    return None if controls else data.decode("latin-1")


def _json_document(text: str) -> object:
    try:
        return _rows(parse_json(text))
    except ValueError as error:
        try:
            lines = _json_lines(text)
        except ValueError:
            raise error from None
        # One truncated object over several lines is not JSON Lines; two complete ones are.
        if len(lines) < 2:
            raise
        return _rows(lines)


def _guess_json(text: str) -> object | None:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return _json_document(text)
    except ValueError:
        return None


def _json_lines(text: str) -> list[Any]:
    values = []
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values.append(parse_json(line))
        except ValueError as error:
            if number == len(lines):
                break  # the line being written
            raise ValueError(f"line {number}: {error}") from None
    return values


def _rows(value: Any) -> object:
    """Make a table from a list of objects with the same keys; return anything else unchanged."""
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        columns = len({key for row in value for key in row})
        filled = sum(map(len, value))
        # The table has a cell for each key in each row: ten thousand objects with one key each, all
        # different, take 115 kB in the file but a gigabyte as a table.
        if columns * len(value) <= _MOST_EMPTY_SHARE * filled + _FEW_CELLS:
            import pandas as pd

            return pd.DataFrame(value)
    return value


def _separator(text: str, usual: str | None) -> str | None:
    """The separator of a table; `usual` if its first line is ambiguous, None for no table."""
    lines = text.split("\n", 21)[:20]
    lines = [line for line in lines if line.strip()] or [""]
    counts = {c: [_count(line, c) for line in lines] for c in ",\t;|"}
    if usual is not None:
        best = max(counts, key=lambda c: (counts[c][0], c == usual))
        return best if counts[best][0] else usual
    for candidate, found in counts.items():
        if len(found) > 1 and found[0] > 0 and len(set(found)) == 1:
            return candidate
    return None


def _count(line: str, character: str) -> int:
    """Number of occurrences of a character outside quotes."""
    return sum(part.count(character) for part in line.split('"')[::2])


def _table(text: str, separator: str) -> pd.DataFrame:
    import pandas as pd

    head, _, _ = text.lstrip("\r\n").partition("\n")
    columns, rows = _count(head, separator) + 1, text.count("\n")
    # Each filled cell takes at least one character; short rows are padded.
    if columns * rows > _MOST_EMPTY_SHARE * len(text) + _FEW_CELLS:
        raise ValueError(f"its first line names {columns:,} columns, its rows have far fewer")
    return pd.read_csv(io.StringIO(text), sep=separator)
