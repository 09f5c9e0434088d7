"""Formats recognised by their first bytes: images, NumPy, Parquet, and pickles, which are refused.

The unpacked size is checked before a file is unpacked.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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


def parse_binary(
    name: str, extension: str, data: bytes, max_bytes: int | None
) -> tuple[object] | None:
    """Load an object from a binary file's content.

    Args:
        name: The file's name, for messages.
        extension: Its extension in lower case, without the dot.
        data: The whole content.
        max_bytes: Largest size of the unpacked result, if that can be determined beforehand.

    Returns:
        The object in a one-item tuple; None for any other format.

    Raises:
        ValueError: The content is damaged, truncated or a pickle.
        TooLargeError: Unpacked, it would be larger than `max_bytes`.
    """
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
        raise ValueError("it is a pickle, which is never loaded because it could execute any code")
    if extension in ("png", "jpg", "jpeg", "gif", "webp", "npy", "npz", "parquet"):
        try:
            whole = data != b"" and b"\0" not in data and data.decode("utf-8") != ""
        except UnicodeDecodeError:
            whole = False
        if not whole:  # neither that format nor text
            raise ValueError(f"it is not a whole {extension} file")
    return None


def _parquet(data: bytes, max_bytes: int | None, name: str) -> pd.DataFrame:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError("Loading Parquet files needs pyarrow: pip install pyarrow") from error
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        metadata = file.metadata
        # A constant column takes a few bytes in the file but 8 per row in memory.
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
        raise ValueError("it contains pickled objects, which are never loaded")
    size = dtype.itemsize * math.prod(shape)
    # NumPy allocates the header's size before it reads: a header alone must not cost memory.
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
                    # The declared size was checked; a member that unpacks to more is truncated
                    # there.
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


def svg(data: bytes) -> object:
    """An SVG as a picture: inside an ``<img>`` its scripts cannot run."""
    import base64

    from IPython.display import Image

    url = f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
    return Image(url=url)  # type: ignore[no-untyped-call]
