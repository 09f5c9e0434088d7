"""From bytes to DataFrames and objects, by what a file holds where its name is wrong.

Nothing here executes what it reads: no pickles (alone, or inside NumPy files), no evaluation.
What a small file can blow up to is looked up before it is unpacked.
"""

from __future__ import annotations

import codecs
import configparser
import io
import json
import math
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from fusion_jupyter.artifacts.reading import TooLargeError, too_large

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}
_PICKLES = {"pkl", "pickle", "joblib", "pt", "pth"}
_TABLES = {"csv": ",", "tsv": "\t"}
_PLAIN_TEXT = {"txt", "log", "md", "toml", "yaml", "yml", "html", "xml", "py"}
_SNIFFED_BYTES = 64 * 1024


def parse(name: str, data: bytes, max_bytes: int | None = None) -> object:
    """Make a DataFrame or an object from a file's content.

    See `fusion_jupyter.artifacts.loading.load` for what gives what.

    Args:
        name: The file's name; its extension decides where the content leaves a choice.
        data: The whole content.
        max_bytes: Largest size of the unpacked result where it can be told beforehand.

    Raises:
        ValueError: The content is damaged, cut off or a pickle.
        TooLargeError: Unpacked, it would be larger than `max_bytes`.
    """
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    binary = _binary(name, extension, data, max_bytes)
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
        return _svg(data)
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
    """Decode JSON with the fast decoder; what only Python writes (``NaN``) with Python's.

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
    """Decode text: UTF-8, UTF-16 with its mark, else Latin-1; None where this is not text."""
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


def _binary(name: str, extension: str, data: bytes, max_bytes: int | None) -> tuple[object] | None:
    """Formats that are known by their first bytes; None for all others."""
    for magic, format_ in _IMAGES.items():
        if data.startswith(magic):
            return (_image(data, format_),)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return (_image(data, "webp"),)
    if data.startswith(b"\x93NUMPY"):
        return (_array(data, max_bytes, name),)
    if data.startswith(b"PAR1"):
        return (_parquet(data, max_bytes, name),)
    if data.startswith(b"PK\x03\x04") and _is_arrays(data):
        return (_arrays(data, max_bytes, name),)
    if extension in _PICKLES or (data[:1] == b"\x80" and data[1:2] in b"\2\3\4\5" and data[1:2]):
        raise ValueError("it is a pickle, which is never loaded: it could execute anything")
    if extension in ("png", "jpg", "jpeg", "gif", "webp", "npy", "npz", "parquet"):
        try:
            whole = data != b"" and b"\0" not in data and data.decode("utf-8") != ""
        except UnicodeDecodeError:
            whole = False
        if not whole:  # neither that format nor text under a wrong name
            raise ValueError(f"it is not a whole {extension} file")
    return None


def _json_document(text: str) -> object:
    try:
        return _rows(parse_json(text))
    except ValueError as error:
        try:
            lines = _json_lines(text)
        except ValueError:
            raise error from None
        # One cut-off object over several lines is no JSON Lines; two whole ones are.
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
                break  # the line that is being written
            raise ValueError(f"line {number}: {error}") from None
    return values


def _rows(value: Any) -> object:
    """A list of objects is a table; everything else stays what it is."""
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        import pandas as pd

        return pd.DataFrame(value)
    return value


def _separator(text: str, usual: str | None) -> str | None:
    """The separator of a table; `usual` where its first line leaves a choice, None for no table."""
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
    """How often a character stands outside quotes."""
    return sum(part.count(character) for part in line.split('"')[::2])


def _table(text: str, separator: str) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(io.StringIO(text), sep=separator)


def _parquet(data: bytes, max_bytes: int | None, name: str) -> pd.DataFrame:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError("Loading Parquet files needs pyarrow: pip install pyarrow") from error
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        metadata = file.metadata
        # A constant column takes a few bytes in the file and 8 a row in memory.
        groups = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
        cells = metadata.num_rows * metadata.num_columns
        _check_size(name, max(sum(groups), 8 * cells), max_bytes)
        frame: pd.DataFrame = file.read().to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from error
    return frame


def _array(data: bytes, max_bytes: int | None, name: str) -> np.ndarray[Any, Any]:
    from numpy.lib import format as npy

    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    read_header: Callable[[Any], tuple[tuple[int, ...], bool, Any]] = (
        npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    )
    shape, _, dtype = read_header(stream)
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which are never loaded")
    size = dtype.itemsize * math.prod(shape)
    # NumPy allocates what the header says before it reads: a header alone must not cost memory.
    if size > len(data):
        raise ValueError(f"its header says {size} bytes, the file has {len(data)}")
    _check_size(name, size, max_bytes)
    stream.seek(0)
    return npy.read_array(stream, allow_pickle=False)


def _is_arrays(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def _arrays(data: bytes, max_bytes: int | None, name: str) -> dict[str, np.ndarray[Any, Any]]:
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_size(name, sum(member.file_size for member in members), max_bytes)
            for member in members:
                with archive.open(member) as file:
                    # The declared size was checked; a member that unpacks to more is cut there.
                    content = file.read(member.file_size)
                arrays[member.filename.removesuffix(".npy")] = _array(content, max_bytes, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(str(error)) from error
    return arrays


def _check_size(name: str, size: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size > max_bytes:
        raise TooLargeError(too_large(f"{name}, unpacked,", size, max_bytes))


def _image(data: bytes, format_: str) -> object:
    from IPython.display import Image

    return Image(data=data, format=format_)  # type: ignore[no-untyped-call]


def _svg(data: bytes) -> object:
    """An SVG as a picture: in an ``<img>`` no script of its own can run."""
    import base64

    from IPython.display import Image

    url = f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
    return Image(url=url)  # type: ignore[no-untyped-call]
