"""Bulk reading by both ways: over HTTP below the server's root, through the kernel elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab import VIEW, Notebook
from views import all_files, cancel, found_words, go_to_line, line_count, search, status, wait_until

# A log of some megabytes, files of every kind that has a preview, and then a wait for a cancel.
PROGRAM = '''import sys
code = """
import os, time
for n in range(60000): print(f"{n:06d} " + "y" * 60)
out = os.environ["FUSION_OUTPUT_DIR"]
os.makedirs(out + "/deep/er")
open(out + "/deep/er/table.csv", "w").write("load,blocking\\\\n300,0.0077\\\\n")
open(out + "/notes.txt", "w").write("z" * 3_000_000 + "the end")
print("written", flush=True)
time.sleep(600)
"""
run = fj.start(command=[sys.executable, "-c", code], name="bulk")
run'''


@pytest.fixture(params=["http", "kernel"])
def away(request, notebook: Notebook, tmp_path):
    """A runs directory below the server's root, or outside of it; gives the requests made."""
    if request.param == "kernel":
        notebook.run(f"fj.configure(runs_dir={str(tmp_path / 'elsewhere')!r})")
        notebook.idle()
    return request.param


def test_log_files_and_cancel_work_by_either_way(notebook: Notebook, page, away, tmp_path):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    notebook.run(PROGRAM)
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: line_count(view) == 60001)
    for number in (1, 30_000, 59_999):
        assert go_to_line(view, number) == f"{number - 1:06d} " + "y" * 60
    search(view, "012345 Y")
    wait_until(lambda: found_words(view).startswith("1 match"))
    search(view, "012345 Y", Match_case=True)
    wait_until(lambda: found_words(view) == "no match")

    files = view.locator(".fj-files")
    files.get_by_role("button", name="table.csv").click()
    assert "load(" in files.locator("code").inner_text()
    files.get_by_role("button", name="Preview", exact=True).click()
    wait_until(lambda: files.locator(".fj-preview td").count() == 2)
    assert files.locator(".fj-preview").inner_text().split() == [
        "load",
        "blocking",
        "300",
        "0.0077",
    ]
    files.get_by_role("button", name="notes.txt").click()
    wait_until(lambda: "The first" in files.locator(".fj-preview").inner_text())
    with page.expect_download() as download:
        files.get_by_role("button", name="Download").click()
    content = Path(download.value.path()).read_text()
    assert (len(content), content[-7:]) == (3_000_007, "the end")

    run_id = view.get_attribute("data-run")
    by_server = [address for address in asked if f"{run_id}/" in address]
    if away == "http":
        assert any("/files/" in address for address in by_server)
        assert view.get_by_role("link", name="Folder").is_visible()
        run_dir = notebook.run_dir(run_id)
    else:
        assert by_server == []
        assert view.get_by_role("link", name="Folder").count() == 0
        run_dir = tmp_path / "elsewhere" / run_id
    cancel(view)
    wait_until(lambda: status(view) == "CANCELLED", 15)
    assert json.loads((run_dir / "state.json").read_text())["status"] == "CANCELLED"


def test_another_run_at_the_same_path_is_not_mistaken_for_this_one(notebook: Notebook, page):
    """The server may show another machine's folder of the same name."""
    notebook.run(
        'run = fj.start("minimal", simulator="embedded")\nawait run\n'
        "import json\npath = run.directory / 'run.json'\n"
        "content = json.loads(path.read_text())\n"
        "content['created_at'] = '2020-01-01T00:00:00+00:00'\n"
        "path.write_text(json.dumps(content))\nrun"
    )
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED")
    wait_until(lambda: "300.0_erlang.json" in all_files(view))
    assert view.get_by_role("link", name="Folder").count() == 0
