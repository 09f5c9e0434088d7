"""`load`: every format, wrong names, damaged and growing files, limits, nothing executed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from artifact_runs import make_run, sample_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.display import Image

from fusion_jupyter.artifacts.formats import parse
from fusion_jupyter.artifacts.listing import list_files
from fusion_jupyter.artifacts.loading import load

RUN = "0123456789ab"
FRAME = pd.DataFrame({"erlang": [300.0, 400.0], "blocking": [0.0077, 0.0255]})
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0"
    b"\2\0\1H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82"
)


@pytest.fixture
def output() -> Path:
    return make_run(RUN).directory / "output"


def put(output: Path, name: str, content: bytes | str) -> str:
    path = output / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    # Nobody is writing it: a damaged file is then reported without waiting.
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return name


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


CSV = "erlang,blocking\n300.0,0.0077\n400.0,0.0255\n"
JSONL = '{"erlang": 300.0, "blocking": 0.0077}\n{"erlang": 400.0, "blocking": 0.0255}\n'
ROWS = json.dumps(FRAME.to_dict("records"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.tsv", CSV.replace(",", "\t")),
        ("semicolons.csv", CSV.replace(",", ";")),
        ("tabs.csv", CSV.replace(",", "\t")),
        ("commas.tsv", CSV),
        ("bom.csv", "\ufeff" + CSV),
        ("crlf.csv", CSV.replace("\n", "\r\n")),
        ("utf16.csv", CSV.encode("utf-16")),
        ("a.jsonl", JSONL),
        ("a.ndjson", JSONL),
        ("blank_lines.jsonl", JSONL.replace("\n", "\n\n")),
        ("a.json", ROWS),
        ("a.parquet", parquet(FRAME)),
        # The name lies:
        ("csv.json", CSV),
        ("jsonl.json", JSONL),
        ("json.csv", ROWS),
        ("jsonl.csv", JSONL),
        ("csv.dat", CSV),
        ("tsv.dat", CSV.replace(",", "\t")),
        ("json.dat", ROWS),
        ("no_extension", JSONL),
        ("parquet.csv", parquet(FRAME)),
        ("parquet.json", parquet(FRAME)),
        ("csv.png", CSV),
        ("jsonl.npy", JSONL),
    ],
)
def test_tables_become_data_frames(output: Path, name: str, content: bytes | str) -> None:
    frame = load(output, put(output, name, content))
    assert isinstance(frame, pd.DataFrame)
    pd.testing.assert_frame_equal(frame, FRAME)


def test_a_results_file_is_what_json_reads(output: Path) -> None:
    for path in sample_files("sequential_100G"):
        put(output, f"s1/{path.name}", path.read_bytes())
        assert load(output, path.name) == json.loads(path.read_bytes())


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("{}", {}),
        ('{"a": [1, 2]}', {"a": [1, 2]}),
        ("[1, 2.5, null]", [1, 2.5, None]),
        ('"text"', "text"),
        ("  7\n", 7),
        ("null", None),
        ('{"big": 123456789012345678901234567890}', {"big": 123456789012345678901234567890}),
        ('{"x": Infinity}', {"x": float("inf")}),
    ],
)
def test_json_objects_stay_objects(output: Path, content: str, value: object) -> None:
    assert load(output, put(output, "a.json", content)) == value


def test_nan_that_only_python_writes_is_read(output: Path) -> None:
    loaded = load(output, put(output, "a.json", '{"x": NaN}'))
    assert isinstance(loaded, dict)
    assert np.isnan(loaded["x"])


def test_arrays(output: Path) -> None:
    a, b = np.arange(6).reshape(2, 3), np.array(["x", "yy"])
    assert np.array_equal(load(output, put(output, "a.npy", npy(a))), a)  # type: ignore[arg-type]
    assert np.array_equal(load(output, put(output, "lies.txt", npy(a))), a)  # type: ignore[arg-type]
    loaded = load(output, put(output, "a.npz", npz(a=a, b=b)))
    assert isinstance(loaded, dict)
    assert list(loaded) == ["a", "b"]
    assert np.array_equal(loaded["a"], a)
    assert np.array_equal(loaded["b"], b)


def test_ini_keeps_the_case_of_keys_and_expands_nothing(output: Path) -> None:
    text = "[general_settings]\nKeyName = %(home)s ${x}\nempty\n"
    assert load(output, put(output, "a.ini", text)) == {
        "general_settings": {"KeyName": "%(home)s ${x}", "empty": ""}
    }


@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.md", "README"])
def test_text_is_text(output: Path, name: str) -> None:
    assert load(output, put(output, name, "Länge\n300 km\n")) == "Länge\n300 km\n"
    assert load(output, put(output, "latin.txt", "Länge".encode("latin-1"))) == "Länge"


def test_a_text_file_stays_text_though_it_looks_like_a_table(output: Path) -> None:
    assert load(output, put(output, "a.txt", CSV)) == CSV


def test_empty_text_is_text_and_an_empty_log_of_events_an_empty_table(output: Path) -> None:
    assert load(output, put(output, "a.txt", "")) == ""
    frame = load(output, put(output, "a.jsonl", ""))
    assert isinstance(frame, pd.DataFrame)
    assert frame.empty


@pytest.mark.parametrize("name", ["a.png", "lies.json", "lies.txt", "no_extension"])
def test_images_are_shown_as_images(output: Path, name: str) -> None:
    image = load(output, put(output, name, PNG))
    assert isinstance(image, Image)
    assert image.data == PNG


def test_a_script_in_an_svg_has_no_page_to_run_in(output: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    image = load(output, put(output, "a.svg", svg))
    assert isinstance(image, Image)
    html = image._repr_html_()
    assert html.startswith("<img ")
    assert "script" not in html


def test_unknown_binary_is_bytes(output: Path) -> None:
    assert load(output, put(output, "a.bin", b"\0\1\2\xff")) == b"\0\1\2\xff"


class Bomb:
    """Unpickling this would leave a trace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("executed"),)


def test_nothing_is_ever_executed(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bombs = np.array([Bomb()], dtype=object)
    traps = [pickle.dumps(Bomb(), protocol) for protocol in range(6)]
    traps += [npy(bombs, allow_pickle=True), npz(a=bombs)]
    names = ["a.pkl", "a.pickle", "a.joblib", "a.npy", "a.npz", "a.json", "a.csv", "a", "a.parquet"]
    refused = 0
    for content in traps:
        for name in names:
            try:
                load(output, put(output, name, content))
            except ValueError:
                refused += 1
    assert not (tmp_path / "executed").exists()
    assert refused > len(traps) * len(names) / 2
    with pytest.raises(ValueError, match="pickle"):
        load(output, put(output, "b.pkl", traps[2]))
    with pytest.raises(ValueError, match="pickled objects"):
        load(output, put(output, "b.npz", traps[-1]))


def test_the_end_of_a_path_is_enough_where_one_file_fits(output: Path) -> None:
    put(output, "NSFNet/1123/19_05/s1/300.0_erlang.json", '{"a": 1}')
    assert load(output, "300.0_erlang.json") == {"a": 1}
    assert load(output, "s1/300.0_erlang.json") == {"a": 1}
    assert load(output, Path("NSFNet/1123/19_05/s1/300.0_erlang.json")) == {"a": 1}
    assert load(output, list_files(output)[0]) == {"a": 1}


def test_two_files_that_fit_are_both_named(output: Path) -> None:
    put(output, "s1/300.0_erlang.json", "{}")
    put(output, "s2/300.0_erlang.json", "{}")
    with pytest.raises(ValueError, match=r"s1/300\.0_erlang\.json, s2/300\.0_erlang\.json"):
        load(output, "300.0_erlang.json")


def test_a_missing_file_gives_the_nearest_names(output: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no output files yet"):
        load(output, "300.0_erlang.json")
    for erlang in range(200, 2000, 100):
        put(output, f"s1/{erlang}.0_erlang.json", "{}")
    with pytest.raises(FileNotFoundError, match=r"s1/300\.0_erlang\.json"):
        load(output, "300_erlang.json")
    with pytest.raises(FileNotFoundError, match="and 8 more"):
        load(output, "zzz")


@pytest.mark.parametrize("path", ["../config.ini", "/etc/passwd", "", "..", "\0", "link.json"])
def test_a_path_that_leads_out_is_a_missing_file(output: Path, path: str) -> None:
    put(output, "a.json", "{}")
    (output.parent / "config.ini").write_text("[a]")
    (output / "link.json").symlink_to("../config.ini")
    with pytest.raises(FileNotFoundError):
        load(output, path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"a": 1, "b": [1, 2'),
        ("a.json", ""),
        ("a.json", "\0\0\0\0"),
        ("a.json", b"\xff\xfe\0"),
        ("a.json", "[" * 100_000),
        ("a.jsonl", '{"a": 1}\n{"a": \n{"a": 3}\n'),
        ("a.csv", ""),
        ("a.csv", b"a,b\n1,\0\n"),
        ("a.csv", 'a,b\n1,"x\n'),
        ("a.ini", "no section"),
        ("a.ini", "[a\n"),
        ("a.png", b"\x89PN"),
        ("a.npy", b"\x93NUMPY\1\0"),
        ("a.npy", npy(np.arange(100))[:-8]),
        ("a.npy", b"not numpy \0"),
        ("a.npz", npz(a=np.arange(100))[:-30]),
        ("a.parquet", parquet(FRAME)[:-10]),
        ("a.parquet", b"PAR1\0\0\0\0"),
        ("a.parquet", b"\0"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(
    output: Path, name: str, content: bytes | str
) -> None:
    with pytest.raises(ValueError, match=r"^a\."):
        load(output, put(output, name, content))


def test_the_line_that_is_being_written_is_left_out(output: Path) -> None:
    frame = load(output, put(output, "a.jsonl", JSONL + '{"erlang": 50'))
    assert isinstance(frame, pd.DataFrame)
    pd.testing.assert_frame_equal(frame, FRAME)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(
        ["a.json", "a.jsonl", "a.csv", "a.tsv", "a.npy", "a.npz", "a.parquet", "a.ini", "a.txt",
         "a.png", "a.svg", "a.bin", "a"]
    ),
    content=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.sampled_from([b"\x93NUMPY\1\0", b"PAR1", b"PK\3\4", b"\x80\4", b"{", b"[1,"]).flatmap(
            lambda magic: st.binary(max_size=100).map(lambda rest: magic + rest)
        ),
    ),
)  # fmt: skip
def test_whatever_a_file_holds_it_is_loaded_or_a_value_error(name: str, content: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse(name, content, 10_000_000)


def test_a_file_over_the_limit_says_how_to_load_it_anyway(output: Path) -> None:
    put(output, "a.txt", "x" * 1001)
    with pytest.raises(ValueError, match=r"max_bytes=1001"):
        load(output, "a.txt", max_bytes=1000)
    assert load(output, "a.txt", max_bytes=1001) == "x" * 1001
    assert load(output, "a.txt", max_bytes=None) == "x" * 1001
    with pytest.raises(ValueError, match="max_bytes is -1"):
        load(output, "a.txt", max_bytes=-1)


def test_a_sparse_file_of_a_terabyte_costs_nothing(output: Path) -> None:
    put(output, "a.json", "{}")
    os.truncate(output / "a.json", 2**40)
    with pytest.raises(ValueError, match="more than the limit"):
        load(output, "a.json")


def test_small_files_that_unpack_to_huge_ones_are_refused(output: Path) -> None:
    zeros = np.zeros(2_000_000)
    for name, content in [
        ("a.npz", npz(a=zeros)),
        ("a.parquet", parquet(pd.DataFrame({"a": zeros}))),
    ]:
        assert len(content) < 100_000
        put(output, name, content)
        with pytest.raises(ValueError, match="unpacked"):
            load(output, name, max_bytes=1_000_000)
        assert load(output, name) is not None


def test_a_header_that_promises_terabytes_costs_no_memory(output: Path) -> None:
    lie = npy(np.zeros(4)).replace(b"(4,)", b"(4" + b"0" * 12 + b",)")
    with pytest.raises(ValueError, match="header"):
        load(output, put(output, "a.npy", lie[:128] + lie[140:]), max_bytes=None)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.npy", lie)
    with pytest.raises(ValueError, match=r"a\.npz"):
        load(output, put(output, "a.npz", stream.getvalue()), max_bytes=None)


def test_a_file_rewritten_in_place_all_the_time_is_read_whole(output: Path) -> None:
    # As FUSION does: truncate, write a part, write the rest.
    texts = [json.dumps({"value": n, "filler": "x" * 5000}) for n in range(2)]
    path = output / "300.0_erlang.json"
    path.write_text(texts[0])
    ended = threading.Event()

    def rewrite() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            text = texts[number % 2]
            with path.open("w") as file:
                file.flush()
                file.write(text[:3000])
                file.flush()
                file.write(text[3000:])

    thread = threading.Thread(target=rewrite)
    thread.start()
    try:
        for _ in range(50):
            loaded = load(output, path.name, patience=60)
            assert isinstance(loaded, dict)
            assert json.dumps(loaded) in texts
    finally:
        ended.set()
        thread.join()


def test_nothing_is_remembered(output: Path) -> None:
    put(output, "a.json", '{"a": 1}')
    assert load(output, "a.json") == {"a": 1}
    # Same size, same time: only reading it again can tell.
    put(output, "a.json", '{"a": 2}')
    assert load(output, "a.json") == {"a": 2}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt.json"])
def test_objects_that_share_no_key_are_no_table_of_rows_times_columns(
    output: Path, name: str
) -> None:
    """115 kB of them took 26 s and 1.3 GB."""
    rows = [{f"k{number}": 1} for number in range(10_000)]
    lines = "\n".join(map(json.dumps, rows)) if "jsonl" in name else json.dumps(rows)
    assert load(output, put(output, name, lines)) == rows


def test_a_list_of_objects_with_some_keys_missing_is_a_table(output: Path) -> None:
    rows = [{"a": 1}, {"b": 2, "c": 3}] * 5_000
    frame = load(output, put(output, "a.json", json.dumps(rows)))
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (10_000, 3)


@pytest.mark.timeout(60)
def test_a_table_whose_first_line_has_columns_without_end_is_refused(output: Path) -> None:
    text = "a," * 20_000 + "a\n" + "1\n" * 40_000
    with pytest.raises(ValueError, match="20,001 columns"):
        load(output, put(output, "a.csv", text))
