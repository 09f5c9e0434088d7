"""What is left of a view without its kernel: in JupyterLab, in exported HTML, as text."""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
from lab import VIEW, Notebook
from nbconvert import HTMLExporter, MarkdownExporter
from views import percent, status, wait_until

START = """run = fj.start(
    "nsfnet_blocking", name="kept", simulator="embedded", max_iters=4, num_requests=3000
)
run"""
# Its third line is not markup.
TALKER = """import sys
code = '''
import os, time
for number in range(600):
    print("line <b>", number, flush=True)
    time.sleep(0.1)
'''
run = fj.start(command=[sys.executable, "-c", code], name="talker")
run"""


def plain_text(page) -> str:
    """What is to be seen of the plain forms in the notebook."""
    found = page.locator("[class^=fj-fallback-]:visible")
    return "\n".join(found.all_inner_texts())


def stop_kernels(lab) -> None:
    import urllib.request

    from lab import TOKEN

    for session in lab.api("sessions"):
        address = f"{lab.url}/api/sessions/{session['id']}?token={TOKEN}"
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=30)


def outputs(document) -> list:
    return [out for cell in document.cells for out in cell.get("outputs", ())]


def saved(notebook: Notebook):
    notebook.save()
    return nbformat.read(notebook.path, as_version=4)


def test_a_saved_notebook_shows_how_the_run_ended_without_a_kernel(lab, notebook, page):
    notebook.run(START)
    view = page.locator(VIEW).first
    wait_until(lambda: view.count() == 1 and status(view) == "COMPLETED")
    wait_until(lambda: plain_text(page) == "", what="the live view alone")
    document = saved(notebook)

    stop_kernels(lab)
    page.goto("about:blank")
    notebook.lab.clear_workspaces()
    # Opened with a fresh kernel, which knows nothing of the run.
    notebook.open()
    wait_until(lambda: "kept" in plain_text(page))
    shown = plain_text(page)
    for words in ("completed", "NSFNet", "100 %", "800 Erlang", "blocking", "800.0_erlang.json"):
        assert words in shown
    assert "Total execution time" in shown
    assert page.locator("[class^=fj-fallback-] img").count() == 1
    assert page.locator(":text('model not found'):visible").count() == 0

    # The same in exported HTML, once, and with nothing to fetch.
    text, _ = HTMLExporter(embed_images=True).from_notebook_node(document)
    body = text[text.index("<main>") :]
    assert body.count("800.0_erlang.json") == 1
    assert body.count("<b>kept</b>") == 1
    assert "data:image/svg+xml;base64," in body
    # And as text.
    text, _ = MarkdownExporter().from_notebook_node(document)
    assert "kept" in text
    plain = [out.data["text/plain"] for out in outputs(document) if "data" in out]
    run_id = view_id(document)
    assert plain[0] == f"Run 'kept' ({run_id})"
    assert re.fullmatch(
        rf"Run 'kept' \({run_id}\): COMPLETED · 100 % · load 7 of 7: 800 Erlang · .*", plain[1]
    )


def view_id(document) -> str:
    found = re.search(r"fj-fallback-([0-9a-f]{12})", str(document))
    assert found
    return found[1]


def test_a_notebook_saved_in_mid_run_shows_what_was_known_then(lab, notebook, page):
    notebook.run(TALKER)
    view = page.locator(VIEW).first
    view.wait_for()

    def fallback() -> str:
        (html,) = [o.data["text/html"] for o in outputs(saved(notebook)) if "fj-fallback" in str(o)]
        return html

    def lines() -> list[int]:
        return [int(number) for number in re.findall(r"line &lt;b&gt; (\d+)", fallback())]

    # It is renewed every ten seconds.
    wait_until(lambda: max(lines(), default=0) > 60)
    assert "running" in fallback()
    assert "as of 20" in fallback()
    view.get_by_role("button", name="Cancel", exact=True).click()
    view.get_by_role("button", name="Yes, cancel").click()
    wait_until(lambda: status(view) == "CANCELLED")
    wait_until(lambda: "cancelled" in str(outputs(saved(notebook))))


def test_an_executed_notebook_holds_the_end_without_a_browser(tmp_path):
    document = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("import fusion_jupyter as fj"),
            nbformat.v4.new_code_cell(START),
            nbformat.v4.new_code_cell("await run\nprint(run.status)"),
        ]
    )
    path = tmp_path / "study.ipynb"
    nbformat.write(document, path)
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
    command += ["--output", "done.ipynb", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    text = str(outputs(nbformat.read(tmp_path / "done.ipynb", as_version=4)))
    assert "COMPLETED · 100 %" in text
    assert "800.0_erlang.json" in text


def test_a_view_in_a_layout_is_readable_too(notebook, page):
    notebook.run(START.replace("\nrun", "\nawait run\nfj.RunView(run)"))
    view = page.locator(VIEW).first
    wait_until(lambda: view.count() == 1 and percent(view) == 100)
    document = saved(notebook)
    (out,) = [o for o in outputs(document) if "data" in o]
    assert "800.0_erlang.json" in out.data["text/html"]
    assert "COMPLETED · 100 %" in out.data["text/plain"]


def test_the_form_leaves_the_runs_that_it_started(lab, notebook, page):
    notebook.run("fj.launcher()")
    form = page.locator(".fj-launcher")
    form.get_by_label("name", exact=True).fill("from the form")
    form.get_by_label("simulator", exact=True).select_option("embedded")
    form.get_by_role("button", name="Start", exact=True).click()
    view = page.locator(VIEW).first
    wait_until(lambda: view.count() == 1 and status(view) == "COMPLETED")
    wait_until(lambda: plain_text(page) == "", what="the live view alone")
    notebook.save()
    stop_kernels(lab)
    page.goto("about:blank")
    notebook.open()
    wait_until(lambda: "from the form" in plain_text(page))
    assert "completed" in plain_text(page)
    assert page.locator(":text('model not found'):visible").count() == 0
