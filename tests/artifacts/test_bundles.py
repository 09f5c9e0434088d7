"""`export` and `import_runs`: the same frames elsewhere; a damaged or hostile bundle is refused."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from artifact_runs import SAMPLE_NAMES, SAMPLES, make_run

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.analysis.levels import LEVELS
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord

RUN, OTHER = "0123456789ab", "ba9876543210"
RESULT = f"runs/{RUN}/output/NSFNet/1123/18_57_27_225371/s1/300.0_erlang.json"
FORMATS = Path(__file__).parents[1] / "manager" / "data"


def there(tmp_path: Path, run_id: str) -> RunRecord:
    return RunDirectory(tmp_path / "there" / run_id).read()


def assert_same(tmp_path: Path, ids: list[str]) -> None:
    """The frames there are those here, and so are the files."""
    for level in LEVELS:
        pd.testing.assert_frame_equal(
            fj.results([there(tmp_path, run_id) for run_id in ids], level), fj.results(ids, level)
        )
    for run_id in ids:
        here = settings.runs_dir() / run_id
        for path in here.rglob("*"):
            copied = tmp_path / "there" / run_id / path.relative_to(here)
            if path.is_file() and path.suffix != ".lock":
                assert copied.read_bytes() == path.read_bytes()
                assert copied.stat().st_mtime_ns == path.stat().st_mtime_ns


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    make_run(RUN, "sigkill")
    return fj.export(RUN, tmp_path / "study.zip")


def refused(tmp_path: Path, path: Path, message: str, **options: Any) -> None:
    """Refused with this message, and nothing was written anywhere."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=message):
        fj.import_runs(path, runs_dir=tmp_path / "there", **options)
    assert sorted(tmp_path.rglob("*")) == before


def rewrite(
    bundle: Path,
    *,
    manifest: Callable[[dict[str, Any]], None] = lambda manifest: None,
    contents: dict[str, bytes | None] | None = None,
    extra: dict[str | zipfile.ZipInfo, bytes] | None = None,
    attributes: dict[str, int] | None = None,
) -> Path:
    """The bundle with another manifest, other files, more files."""
    changed = bundle.with_name("changed.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(changed, "w") as new:
        for info in old.infolist():
            content: bytes | None = old.read(info)
            if info.filename == "manifest.json":
                described = json.loads(content or b"")
                manifest(described)
                content = json.dumps(described).encode()
            info.external_attr = (attributes or {}).get(info.filename, info.external_attr)
            content = (contents or {}).get(info.filename, content)
            if content is not None:
                new.writestr(info, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of two members with one name
            for name, more in (extra or {}).items():
                new.writestr(name, more)
    return changed


def in_manifest(path: str, **changes: Any) -> Callable[[dict[str, Any]], None]:
    """A change of what the manifest says of a file, or one more file."""

    def change(manifest: dict[str, Any]) -> None:
        files = manifest["runs"][0]["files"]
        found = [file for file in files if file["path"] == path]
        if not found:
            files.append({**files[0], "path": path, **changes})
        for file in found:
            file.update(changes)

    return change


def rewrite_manifest(bundle: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The bundle with another manifest and everything else as it is, byte for byte."""
    changed = bundle.with_name("agreeing.zip")
    shutil.copy(bundle, changed)
    with zipfile.ZipFile(changed, "a") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        change(manifest)
        archive.filelist.remove(archive.NameToInfo.pop("manifest.json"))
        archive.writestr("manifest.json", json.dumps(manifest))
    return changed


# -- there and back ---------------------------------------------------------------------------


def test_every_recorded_sample_gives_the_same_frames_elsewhere(tmp_path: Path) -> None:
    ids = [f"{number:012x}" for number in range(len(SAMPLE_NAMES))]
    for run_id, sample in zip(ids, SAMPLE_NAMES, strict=True):
        make_run(run_id, sample, options={"k_paths": int(run_id, 16) + 1})
    path = fj.export(ids, tmp_path / "study.zip")
    assert fj.import_runs(path, runs_dir=tmp_path / "there") == ids
    assert_same(tmp_path, ids)


def test_a_run_of_the_embedded_simulator_gives_the_same_frames_elsewhere(tmp_path: Path) -> None:
    run = fj.start("minimal", simulator="embedded", max_iters=2)
    run.wait(30)
    path = fj.export(run, tmp_path / "study.zip")
    assert fj.import_runs(path, runs_dir=tmp_path / "there") == [run.id]
    assert_same(tmp_path, [run.id])
    assert there(tmp_path, run.id).exit_code == 0


@pytest.mark.parametrize("version", sorted(path.name for path in FORMATS.glob("format_*")))
def test_a_run_of_an_older_format_gives_the_same_frames_elsewhere(
    tmp_path: Path, version: str
) -> None:
    target = settings.runs_dir() / RUN
    shutil.copytree(FORMATS / version, target)
    (target / "logs").mkdir(exist_ok=True)
    shutil.copytree(SAMPLES / "sequential_100G/output", target / "output", dirs_exist_ok=True)
    fj.import_runs(fj.export(RUN, tmp_path / "old.zip"), runs_dir=tmp_path / "there")
    assert_same(tmp_path, [RUN])
    assert there(tmp_path, RUN).name == RunDirectory(target).read().name


def test_a_bundle_holds_configuration_results_versions_and_checksums(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        names = set(archive.namelist())
    assert set(manifest["versions"]) == {"fusion_jupyter", "python", "platform"}
    (run,) = manifest["runs"]
    assert (run["id"], run["status"]) == (RUN, "COMPLETED")
    assert {f"runs/{RUN}/{file['path']}" for file in run["files"]} == names - {"manifest.json"}
    assert all(len(file["sha256"]) == 64 for file in run["files"])
    assert {f"runs/{RUN}/config.ini", f"runs/{RUN}/run.json", RESULT} <= names


def test_links_and_hidden_files_are_not_exported(tmp_path: Path) -> None:
    output = make_run(RUN, "sigkill").directory / "output"
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    (output / "link.txt").symlink_to(secret)
    (output / ".hidden").write_text("TOP SECRET")
    os.mkfifo(output / "pipe")
    with zipfile.ZipFile(fj.export(RUN, tmp_path / "study.zip")) as archive:
        names = archive.namelist()
    assert not [name for name in names if "link" in name or "hidden" in name or "pipe" in name]


def test_importing_again_changes_nothing_and_a_run_that_differs_stays(
    tmp_path: Path, bundle: Path
) -> None:
    for _ in range(2):
        assert fj.import_runs(bundle, runs_dir=tmp_path / "there") == [RUN]
    mine = tmp_path / "there" / RUN / "config.ini"
    mine.write_text("changed by hand")
    with pytest.raises(FileExistsError, match=f"Run {RUN} .* differs"):
        fj.import_runs(bundle, runs_dir=tmp_path / "there")
    assert mine.read_text() == "changed by hand"


@pytest.mark.parametrize(
    ("runs", "name", "error", "message"),
    [
        ([], "study.zip", ValueError, "no runs to export"),
        ("ffffffffffff", "study.zip", LookupError, "no run 'ffffffffffff'"),
        (RUN, "missing/study.zip", FileNotFoundError, "folder .*missing does not exist"),
        (RUN, "", IsADirectoryError, "allowed: the name of a file"),
    ],
)
def test_what_cannot_be_exported_is_named(
    tmp_path: Path, runs: Any, name: str, error: type[Exception], message: str
) -> None:
    make_run(RUN, "sigkill")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=message):
        fj.export(runs, tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


def test_a_run_that_has_not_ended_is_not_exported(tmp_path: Path) -> None:
    run = fj.start("minimal", simulator="embedded", num_requests=100_000)
    try:
        with pytest.raises(ValueError, match="allowed: runs that have ended"):
            fj.export(run, tmp_path / "study.zip")
    finally:
        run.cancel()
        run.wait(30)


# -- damaged and hostile ----------------------------------------------------------------------

ESCAPES = [
    "../evil.txt", "../../evil.txt", "output/../../evil.txt", "/tmp/evil.txt", "//evil.txt",
    "output//evil.txt", "output/./evil.txt", "output/", "", ".", "..", "evil.txt", "../run.json",
    ".lock", "output/.hidden", "logs/../.queue/x", "C:\\evil.txt\\..\\..\\x", "\\..\\evil.txt",
    "output\0/../../evil.txt", "index.sqlite3",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, bundle: Path, path: str) -> None:
    extra: dict[str | zipfile.ZipInfo, bytes] = {f"runs/{RUN}/{path}": b"evil"}
    # Said by the manifest as well, and only there in the archive.
    hostile = rewrite(bundle, manifest=in_manifest(path, size=4), extra=extra)
    refused(tmp_path, hostile, "not allowed|not in manifest")
    refused(tmp_path, rewrite(bundle, extra=extra), "not in manifest")


@pytest.mark.parametrize("name", ["evil.txt", "/etc/evil", "../evil", "runs/evil", "manifest.json"])
def test_a_member_that_the_manifest_does_not_know_is_refused(
    tmp_path: Path, bundle: Path, name: str
) -> None:
    refused(tmp_path, rewrite(bundle, extra={name: b"{}"}), "manifest")


@pytest.mark.parametrize(
    "run_id", ["..", "../../x", "", "0123456789AB", "0123456789ab/x", "x" * 12]
)
def test_a_run_id_that_is_none_is_refused(tmp_path: Path, bundle: Path, run_id: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["runs"][0]["id"] = run_id

    refused(tmp_path, rewrite(bundle, manifest=change), "run id .* is not allowed")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_special_files_are_refused(tmp_path: Path, bundle: Path, kind: int) -> None:
    hostile = rewrite(bundle, attributes={RESULT: (kind | 0o777) << 16})
    refused(tmp_path, hostile, "300.0_erlang.json is a link or a special file")


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path, bundle: Path) -> None:
    path = RESULT.removeprefix(f"runs/{RUN}/")
    hostile = rewrite(
        bundle,
        manifest=in_manifest(f"{path}/x.txt", size=1),
        extra={f"{RESULT}/x.txt": b"x"},
    )
    refused(tmp_path, hostile, "is a file, but also a folder in")


def test_an_unusual_compression_is_refused(tmp_path: Path, bundle: Path) -> None:
    path = bundle.with_name("lzma.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    refused(tmp_path, path, r"compression 14; allowed: 0 \(none\), 8 \(deflate\)")


def test_a_file_that_was_changed_is_refused(tmp_path: Path, bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        content = archive.read(RESULT)
    changed = content.replace(b"blocking_mean", b"blocking_nice")
    refused(tmp_path, rewrite(bundle, contents={RESULT: changed}), "300.0_erlang.json is damaged")
    refused(tmp_path, rewrite(bundle, contents={RESULT: content + b" "}), "bytes, manifest")
    refused(tmp_path, rewrite(bundle, contents={RESULT: None}), "is missing from")


def test_a_bundle_over_the_limit_is_refused_and_says_so(tmp_path: Path, bundle: Path) -> None:
    refused(
        tmp_path, bundle, r"unpacks to [\d,]+ bytes; allowed: 1,000 \(max_bytes\)", max_bytes=1000
    )
    assert fj.import_runs(bundle, runs_dir=tmp_path / "there", max_bytes=None) == [RUN]


def test_a_member_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    make_run(RUN, "sigkill")
    (settings.runs_dir() / RUN / "output" / "bomb.txt").write_bytes(b"0" * 20_000_000)
    path = fj.export(RUN, tmp_path / "study.zip")
    content = bytearray(path.read_bytes())
    assert len(content) < 200_000
    # The size in both of the member's headers, and in the manifest, says 1000 bytes.
    for magic, size_at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = 0
        while (start := content.find(magic, start + 1)) >= 0:
            if content[start + size_at : start + size_at + 4] == (20_000_000).to_bytes(4, "little"):
                content[start + size_at : start + size_at + 4] = (1000).to_bytes(4, "little")
    lying = tmp_path / "lying.zip"
    lying.write_bytes(content)
    refused(tmp_path, lying, "bomb.txt has 1000 bytes, manifest.json says 20000000")
    # And where the manifest lies too: what is unpacked stops at the size that was allowed for.
    agreeing = rewrite_manifest(lying, in_manifest("output/bomb.txt", size=1000))
    refused(tmp_path, agreeing, "bomb.txt is damaged")


@pytest.mark.parametrize(
    "state", [None, b"{}", b'{"status": "RUNNING"}', b'{"status": "PENDING"}', b"x"]
)
def test_a_run_that_has_not_ended_is_not_imported(
    tmp_path: Path, bundle: Path, state: bytes | None
) -> None:
    # It would be started here, with the command that the bundle says.
    def change(manifest: dict[str, Any]) -> None:
        files = manifest["runs"][0]["files"]
        files[:] = [file for file in files if state is not None or file["path"] != "state.json"]
        if state is not None:
            digest = hashlib.sha256(state).hexdigest()
            in_manifest("state.json", size=len(state), sha256=digest)(manifest)

    hostile = rewrite(bundle, manifest=change, contents={f"runs/{RUN}/state.json": state})
    with pytest.raises(ValueError, match=f"Run {RUN} has not ended"):
        fj.import_runs(hostile, runs_dir=tmp_path / "there")
    assert not list((tmp_path / "there").glob("[!.]*"))


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (b"", "damaged"),
        (b"[]", "damaged"),
        (
            b'{"format": "other", "version": 1, "created_at": "", "versions": {}, "runs": []}',
            "other",
        ),
        (
            b'{"format": "fusion-jupyter-bundle", "version": 99, "created_at": "", "versions": {},'
            b' "runs": []}',
            "version 99; this release reads up to",
        ),
    ],
)
def test_a_manifest_that_is_none_is_refused(
    tmp_path: Path, bundle: Path, manifest: bytes, message: str
) -> None:
    refused(tmp_path, rewrite(bundle, contents={"manifest.json": manifest}), message)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "study.zip"
    path.write_bytes(content)
    refused(tmp_path, path, r"study\.zip")


def test_a_bundle_damaged_anywhere_is_refused_or_brings_the_same_run(
    tmp_path: Path, bundle: Path
) -> None:
    whole = bundle.read_bytes()
    random_ = random.Random(1)
    damaged = tmp_path / "damaged.zip"
    expected = fj.results(RUN)
    outcomes = {"refused": 0, "whole": 0}
    for turn in range(150):
        content = bytearray(whole)
        if turn % 3 == 0:
            del content[random_.randrange(len(content)) :]
        for _ in range(random_.choice([1, 4, 50]) if turn % 3 else 0):
            content[random_.randrange(len(content))] = random_.randrange(256)
        damaged.write_bytes(content)
        target = tmp_path / f"there{turn}"
        try:
            fj.import_runs(damaged, runs_dir=target)
        except ValueError:
            outcomes["refused"] += 1
            assert not target.exists()
        else:  # what was hit does not count: a time stamp of the archive, say
            outcomes["whole"] += 1
            pd.testing.assert_frame_equal(fj.results(RunDirectory(target / RUN).read()), expected)
    assert outcomes["refused"] > 100


@pytest.mark.timeout(60)
def test_a_bundle_of_very_many_runs_costs_no_square_of_their_number(
    tmp_path: Path, bundle: Path
) -> None:
    """40,000 empty runs in 120 kB took 50 s."""

    def many(manifest: dict[str, Any]) -> None:
        file = {"size": 0, "sha256": "0" * 64, "modified_at_ns": 0}
        files = [{**file, "path": "run.json"}, {**file, "path": "state.json"}]
        run = {"name": "", "status": "COMPLETED", "files": files}
        manifest["runs"] = [{**run, "id": f"{number:012x}"} for number in range(40_000)]

    path = tmp_path / "many.zip"
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        described = json.loads(old.read("manifest.json"))
        many(described)
        new.writestr("manifest.json", json.dumps(described))
    refused(tmp_path, path, "is missing from")


def test_a_run_without_its_records_is_refused_before_anything_is_unpacked(
    tmp_path: Path, bundle: Path
) -> None:
    def empty(manifest: dict[str, Any]) -> None:
        manifest["runs"][0]["files"] = []

    refused(tmp_path, rewrite(bundle, manifest=empty), "run.json is missing")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", ["output/" + "a/" * 60_000 + "b", "output/" + "a" * 5000])
def test_a_path_without_end_is_refused_at_once_and_not_shown_whole(
    tmp_path: Path, bundle: Path, path: str
) -> None:
    """One path of 60,000 parts, 421 bytes in the file, took 33 s."""
    with pytest.raises(ValueError, match="allowed: 1,024 in 64") as caught:
        fj.import_runs(rewrite(bundle, manifest=in_manifest(path)), runs_dir=tmp_path / "there")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("created_at", "2026-01-01T00:00:00", "created_at"),
        ("max_iters", 10**400, "run.json"),
        ("version", 2, "newer version of fusion_jupyter"),
    ],
)
def test_a_run_whose_record_would_be_shown_as_damaged_is_refused(
    tmp_path: Path, field: str, value: object, message: str
) -> None:
    record = make_run(RUN, "sigkill")
    path = record.directory / "run.json"
    good = path.read_text()
    bundle = fj.export(RUN, tmp_path / "study.zip")
    bad = json.dumps({**json.loads(good), field: value}).encode()

    def described(manifest: dict[str, Any]) -> None:
        for file in manifest["runs"][0]["files"]:
            if file["path"] == "run.json":
                file.update(size=len(bad), sha256=hashlib.sha256(bad).hexdigest())

    changed = rewrite(bundle, manifest=described, contents={f"runs/{RUN}/run.json": bad})
    with pytest.raises(ValueError, match=message):
        fj.import_runs(changed, runs_dir=tmp_path / "there")
    assert not list((tmp_path / "there").glob("[0-9a-f]*"))


def test_a_name_and_tags_travel_and_make_no_other_run(tmp_path: Path) -> None:
    make_run(RUN, "sigkill")
    fj.run(RUN).rename("a later name")
    bundle = fj.export(RUN, tmp_path / "study.zip")
    fj.import_runs(bundle, runs_dir=tmp_path / "there")
    assert there(tmp_path, RUN).name == "a later name"
    fj.run(RUN).tag("figure 3")
    assert fj.import_runs(fj.export(RUN, bundle), runs_dir=tmp_path / "there") == [RUN]
    assert there(tmp_path, RUN).tags == ()


def test_a_network_of_ones_own_goes_along(tmp_path: Path) -> None:
    options = {"erlang_start": 50, "erlang_stop": 50, "max_iters": 1, "num_requests": 100}
    run = fj.start("minimal", network=[("A", "B", 100), ("B", "C", 50)], **options)
    assert run.wait(60).status == "COMPLETED"
    bundle = fj.export(run, tmp_path / "study.zip")
    there = tmp_path / "elsewhere"
    (run_id,) = fj.import_runs(bundle, runs_dir=there)
    name = f"inputs/{run.record.network}.txt"
    assert (there / run_id / name).read_text() == (run.directory / name).read_text()
    theirs = fj.results(fj.RunManager(there).get_run(run_id), "link")
    assert theirs["length_km"].tolist() == [100.0, 50.0]


def test_what_was_computed_elsewhere_is_not_shared_and_its_engine_not_used(tmp_path: Path) -> None:
    options = {"simulator": "embedded", "max_iters": 1, "erlang_start": 300, "erlang_stop": 300}
    first = fj.start("minimal", **options)
    first.wait(60)
    bundle = fj.export(first, tmp_path / "one.zip")

    first.delete()
    fj.import_runs(bundle)
    imported = fj.run(first.id)
    assert fj.start("minimal", reuse=True, **options).id != imported.id
    request = json.loads((imported.directory / "run.json").read_text())
    request |= {"engine": "slurm", "engine_options": {"setup": ["touch owned"]}}
    (imported.directory / "run.json").write_text(json.dumps(request))
    again = fj.run(first.id).again(k_paths=1)
    assert again.record.engine == "local"


def test_a_bundle_is_as_readable_as_the_umask_says(tmp_path: Path) -> None:
    run = fj.start(command=["/bin/true"])
    run.wait(60)
    before = os.umask(0o077)
    try:
        bundle = fj.export(run, tmp_path / "private.zip")
    finally:
        os.umask(before)
    assert bundle.stat().st_mode & 0o777 == 0o600


def test_a_runs_directory_made_by_an_import_is_for_its_owner_alone(tmp_path: Path) -> None:
    run = fj.start(command=["/bin/true"])
    run.wait(60)
    bundle = fj.export(run, tmp_path / "one.zip")
    fj.import_runs(bundle, runs_dir=tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o700
