"""The first rows of binary files, whatever stands in them."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from fusion_jupyter.widgets import file_table as module
from fusion_jupyter.widgets.file_table import PREVIEW_COLUMNS, PREVIEW_ROWS, file_table


def saved(tmp_path, name, content):
    path = tmp_path / name
    if isinstance(content, pd.DataFrame):
        content.to_parquet(path)
    else:
        np.save(path, content, allow_pickle=True)
    return file_table(tmp_path, name)


def test_an_array_is_its_values_with_shape_and_type_in_the_head(tmp_path):
    grid = saved(tmp_path, "a.npy", np.array([0.5, np.nan, np.inf]))
    assert grid["columns"] == ["#", "3, float64"]
    assert grid["rows"] == [[0, 0.5], [1, "nan"], [2, "inf"]]
    json.dumps(grid, allow_nan=False)
    grid = saved(tmp_path, "b.npy", np.arange(24).reshape(2, 3, 4))
    assert grid["columns"] == ["2 × 3 × 4, int64", "0", "1", "2", "3"]
    assert (grid["rows"][5], grid["total_rows"]) == ([5, 20, 21, 22, 23], 6)
    assert saved(tmp_path, "c.npy", np.array(7))["rows"] == [[0, 7]]
    records = np.array([(1, 2.5)], dtype=[("load", "i4"), ("blocking", "f8")])
    assert saved(tmp_path, "d.npy", records)["rows"] == [[1, 2.5]]


def test_a_parquet_file_is_its_first_rows_and_columns(tmp_path):
    frame = pd.DataFrame({f"c{n}": range(1000) for n in range(60)})
    grid = saved(tmp_path, "a.parquet", frame)
    assert (grid["total_rows"], grid["total_columns"]) == (1000, 60)
    assert (len(grid["rows"]), len(grid["rows"][0])) == (PREVIEW_ROWS, PREVIEW_COLUMNS)
    mixed = pd.DataFrame({"text": ["x" * 999, None], "when": pd.to_datetime(["2026-11-27", None])})
    grid = saved(tmp_path, "b.parquet", mixed)
    assert len(grid["rows"][0][0]) == 201
    assert grid["rows"][0][1].startswith("2026-11-27")
    assert grid["rows"][1] == [None, None]
    json.dumps(grid, allow_nan=False)


def test_what_is_hostile_is_refused_in_words(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="never loaded"):
        saved(tmp_path, "objects.npy", np.array([{"a": 1}], dtype=object))
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(ValueError, match="pickle"):
        file_table(tmp_path, "pickle.npy")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="Parquet|parquet"):
        file_table(tmp_path, "torn.parquet")
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(ValueError, match="neither a table nor an array"):
        file_table(tmp_path, "text.npy")
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="too large for a preview"):
        saved(tmp_path, "large.npy", np.zeros(10_000))
    for path in ("../../etc/passwd", "a.txt", None, 7):
        with pytest.raises(ValueError, match="allowed"):
            file_table(tmp_path, path)
    with pytest.raises(FileNotFoundError):
        file_table(tmp_path, "../x.npy")
