"""The view of a run as it is used every day: small, told in words, with what one needs at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import VIEW, Notebook
from views import all_files, box, choose, search, shows, status, violations, wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"
SIMULATION = """run = fj.start(
    "nsfnet_blocking", name="NSFNet, k = 3", simulator="embedded", max_iters=25, precision=0.1,
    num_requests=4000, erlang_start=200, erlang_stop=800, erlang_step=100,
)
await run
run"""
QUEUE = """import sys
fj.configure(max_concurrent_runs=1)
code = "import time\\nwhile True: time.sleep(1)"
runs = [fj.start(command=[sys.executable, "-c", code], name=f"run {n}") for n in range(4)]
fj.RunView(runs[3])"""
MAKER = '''import sys
code = r"""
import os, struct, zlib
from pathlib import Path
out = Path(os.environ["FUSION_OUTPUT_DIR"])
def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
head = struct.pack(">IIBBBBB", 1200, 2400, 8, 0, 0, 0, 0)
rows = zlib.compress(b"".join(b"\\0" + bytes([x % 256 for x in range(1200)]) for _ in range(2400)))
(out / "a_tall.png").write_bytes(
    b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
)
(out / "b_notes.md").write_text("# Notes\\n\\n- **one**\\n- <img src=x onerror='window.hurt = 1'>\\n")
import numpy, pandas
numpy.save(out / "c_loads.npy", numpy.linspace(0, 1, 12).reshape(3, 4))
pandas.DataFrame({"load": [300, 400], "blocking": [0.5, None]}).to_parquet(out / "d_table.parquet")
(out / "e_figure.pdf").write_bytes(b"%PDF-1.4\\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\\ntrailer<</Root 1 0 R>>")
for n in range(9): (out / f"f_{n}.txt").write_text("text")
print("=" * 60); print("STEP"); print("=" * 60); print("said")
"""
run = fj.start(command=[sys.executable, "-c", code], name="maker")
await run
run'''


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def themed(lab, page, request):
    """A notebook in one theme, and the theme's name."""
    lab.set_theme(dark=request.param)
    yield Notebook.create(lab, page), "dark" if request.param else "light"
    lab.set_theme(dark=False)


def finished(notebook: Notebook, source: str):
    notebook.run(source)
    view = notebook.page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED")
    return view


def test_a_finished_run_takes_at_most_420_pixels_and_says_why_it_stopped(themed, page):
    notebook, theme = themed
    view = finished(notebook, SIMULATION)
    wait_until(lambda: view.locator(".fj-files .fj-open").count() == 4)
    for width in (1280, 1600, 500):
        page.set_viewport_size({"width": width, "height": 900})
        if width == 500:
            page.keyboard.press("Control+b")  # the file browser leaves no room
        page.wait_for_timeout(500)
        view.screenshot(path=SCREENSHOTS / f"everyday_{theme}_{width}.png")
        if width == 1280:
            assert box(view)["height"] <= 420
            # Its tools stand in one row.
            assert box(view.locator(".fj-log .fj-tools"))["height"] < 40
    page.set_viewport_size({"width": 1280, "height": 900})
    assert view.locator(".fj-unfold").inner_text() == "3 more"
    assert shows(view, "interval small enough")
    assert "800.0_erlang.json" in all_files(view)
    assert violations(page) == ""


def test_a_line_for_each_run_opens_at_a_click(themed, page):
    notebook, theme = themed
    notebook.run(
        'runs = [fj.start("minimal", name=f"k = {k}", simulator="embedded", k_paths=k)'
        " for k in (1, 2, 3)]\nfj.wait(runs)\nimport ipywidgets\n"
        "ipywidgets.VBox([fj.RunView(run, compact=True) for run in runs])"
    )
    views = page.locator(VIEW)
    wait_until(
        lambda: views.count() == 3 and all(status(each) == "COMPLETED" for each in views.all())
    )
    assert all(box(each)["height"] < 45 for each in views.all())
    assert all("blocking" in each.inner_text() for each in views.all())
    page.locator(".jp-OutputArea-output:has(.fj-run-view)").last.screenshot(
        path=SCREENSHOTS / f"compact_{theme}.png"
    )
    assert violations(page) == ""
    views.nth(1).locator(".fj-status").click()
    wait_until(lambda: box(views.nth(1))["height"] > 200)
    assert shows(views.nth(1), "Total execution time")
    assert box(views.nth(0))["height"] < 45
    views.nth(1).get_by_role("button", name="Details").click()
    wait_until(lambda: box(views.nth(1))["height"] < 45)


def test_a_waiting_run_says_how_many_are_ahead(notebook: Notebook, page):
    notebook.run(QUEUE)
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: shows(view, "queued, 2 ahead, 1 at a time"))
    view.screenshot(path=SCREENSHOTS / "waiting.png")
    notebook.run("for run in reversed(runs): run.cancel()\nfj.runs()[-1]")
    wait_until(lambda: status(view) == "CANCELLED")
    # It never said how far it is, so there is no bar.
    assert view.get_by_role("progressbar").count() == 0


def test_the_folder_is_shown_in_the_file_browser_of_the_same_page(notebook: Notebook, page):
    view = finished(notebook, 'run = fj.start("minimal", simulator="embedded"); run.wait(); run')
    run_id = view.get_attribute("data-run")
    view.get_by_role("link", name="Folder").click()
    crumbs = page.locator(".jp-FileBrowser .jp-BreadCrumbs")
    wait_until(lambda: run_id in (crumbs.first.text_content() or ""))
    page.locator(".jp-DirListing-item:has-text('output')").first.wait_for()
    assert len(page.context.pages) == 1
    assert page.locator(".jp-Dialog").count() == 0


def test_the_menu_has_what_is_not_needed_every_day(themed, page):
    notebook, theme = themed
    view = finished(notebook, 'run = fj.start("minimal", simulator="embedded"); run.wait(); run')
    run_id = view.get_attribute("data-run")
    choose(view, "Copy the line that runs it again")
    wait_until(lambda: shows(view, "Copied"))
    line = page.evaluate("navigator.clipboard.readText()")
    assert line == f'fj.run("{run_id}").again()'
    # With the keyboard alone.
    view.get_by_role("button", name="More actions").press("Enter")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") == "Delete…"
    page.screenshot(path=SCREENSHOTS / f"menu_{theme}.png")
    assert violations(page) == ""
    page.keyboard.press("Escape")
    assert view.get_by_role("menu").is_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More actions"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert view.locator(".fj-ask").is_hidden()
    assert notebook.run_dir(run_id).is_dir()


def test_run_again_opens_the_form_filled_from_the_run(themed, page):
    notebook, theme = themed
    view = finished(
        notebook, 'run = fj.start("minimal", simulator="embedded", k_paths=2); run.wait(); run'
    )
    choose(view, "Run again…")
    form = view.locator(".fj-launcher")
    form.wait_for()
    paths = form.get_by_label("k_paths", exact=True)
    wait_until(lambda: paths.input_value() == "2")
    assert violations(page) == ""
    page.screenshot(path=SCREENSHOTS / f"run_again_{theme}.png")
    paths.fill("4")
    form.get_by_role("button", name="Start", exact=True).click()
    wait_until(lambda: len(list(notebook.run_dir("").glob("*/run.json"))) == 2)
    again = page.locator(f"{VIEW} .fj-run-view")
    wait_until(lambda: again.count() == 1 and status(again) == "COMPLETED")
    view.get_by_role("button", name="More actions").first.click()
    view.get_by_role("menuitem", name="Run again…").first.click()
    wait_until(lambda: form.count() == 0)


def test_files_of_many_kinds_can_be_looked_into(themed, page):
    notebook, theme = themed
    view = finished(notebook, MAKER)
    view.get_by_role("button", name="10 more").click()
    preview = view.locator(".fj-preview")

    def look(name: str) -> None:
        view.locator(".fj-files").get_by_role("button", name=name).click()
        button = view.get_by_role("button", name="Preview", exact=True)
        wait_until(lambda: button.count() or preview.is_visible())
        if button.count():
            button.click()

    look("a_tall.png")
    preview.locator("img").wait_for()
    wait_until(lambda: box(preview.locator("img"))["height"] > 100)
    assert box(preview.locator("img"))["height"] <= 300
    # It is seen as a whole.
    wait_until(lambda: preview.evaluate("e => e.scrollHeight <= e.clientHeight"))
    look("b_notes.md")
    preview.get_by_role("heading", name="Notes").wait_for()
    assert preview.locator("li").count() == 2
    assert preview.locator("img").count() == 0
    assert violations(page) == ""
    look("c_loads.npy")
    wait_until(lambda: "3 × 4, float64" in preview.inner_text())
    look("d_table.parquet")
    wait_until(lambda: preview.locator("td").all_inner_texts() == ["300", "0.5", "400", ""])
    look("e_figure.pdf")
    preview.locator("object[type='application/pdf']").wait_for()
    view.screenshot(path=SCREENSHOTS / f"previews_{theme}.png")
    assert page.evaluate("window.hurt") is None
    # The frames of the log's banner are quieter than what it says.
    colours = [
        view.locator(f'.fj-row[data-line="{n}"]').evaluate("r => getComputedStyle(r).color")
        for n in (1, 2, 4)
    ]
    assert colours[0] == colours[1] != colours[2]
    search(view, "(", Regular_expression=True)
    wait_until(lambda: shows(view, "a ( has no )"))
