"""A run's view comes back: after a reload, a restart, a closed notebook; and can be there twice."""

from __future__ import annotations

from lab import VIEW, Notebook
from views import (
    all_files,
    cancel,
    delete,
    line_count,
    log_text,
    percent,
    shows,
    status,
    wait_until,
)

START = """run = fj.start(
    "nsfnet_blocking", name="again", simulator="embedded", max_iters=80, num_requests=20000,
    is_training=True, reuse=True,
)
run"""
#: One that does not end before it is cancelled.
LONG = START.replace("max_iters=80", "max_iters=3000")


def started(notebook: Notebook, text: str = START):
    notebook.run(text)
    view = notebook.page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: percent(view) > 0 and line_count(view) > 0)
    return view


def goes_on_to_the_end(view) -> None:
    wait_until(lambda: status(view) == "COMPLETED" and percent(view) == 100)
    wait_until(lambda: "Total execution time" in log_text(view))
    wait_until(lambda: "800.0_erlang.json" in all_files(view))


def run_count(notebook: Notebook) -> int:
    return len(list((notebook.path.parent / "fusion_runs").glob("[0-9a-f]*/run.json")))


def test_a_reloaded_page_shows_the_run_where_it_is(notebook: Notebook, page):
    started(notebook)
    notebook.save()
    page.reload()
    notebook.idle()
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: percent(view) > 0)
    assert page.locator(".jp-OutputArea-output:has-text('model not found'):visible").count() == 0
    goes_on_to_the_end(view)
    page.reload()
    notebook.idle()
    view = page.locator(VIEW).first
    wait_until(lambda: status(view) == "COMPLETED" and percent(view) == 100)
    wait_until(lambda: "Total execution time" in log_text(view))


def test_a_notebook_closed_and_opened_again_shows_the_run(notebook: Notebook, page):
    run_id = started(notebook).get_attribute("data-run")
    notebook.save()
    page.goto("about:blank")
    progress = notebook.run_dir(run_id) / "progress.jsonl"
    before = progress.stat().st_size
    wait_until(lambda: progress.stat().st_size > before, what="an event while it is closed")
    notebook.open()
    view = page.locator(VIEW).first
    view.wait_for()
    goes_on_to_the_end(view)


def test_a_restarted_kernel_and_the_same_cell_show_the_same_run(notebook: Notebook, page):
    view = started(notebook)
    run_id = view.get_attribute("data-run")
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator('[data-command="kernelmenu:restart"]').first.click()
    confirm = page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart")
    with page.expect_response(lambda response: "/restart" in response.url):
        confirm.click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    notebook.idle()
    notebook.run_cell(0)
    notebook.run_cell(1)
    wait_until(lambda: page.locator(VIEW).count() == 1)
    view = page.locator(VIEW).first
    wait_until(lambda: percent(view) > 0)
    assert view.get_attribute("data-run") == run_id
    assert run_count(notebook) == 1
    goes_on_to_the_end(view)
    notebook.run(f'fj.run("{run_id}")')
    wait_until(lambda: page.locator(VIEW).count() == 2)
    other = page.locator(VIEW).last
    wait_until(lambda: status(other) == "COMPLETED" and percent(other) == 100)


def test_two_views_of_one_run_say_the_same(notebook: Notebook, page):
    first = started(notebook, LONG)
    notebook.run("fj.RunView(run)")
    wait_until(lambda: page.locator(VIEW).count() == 2)
    second = page.locator(VIEW).last
    wait_until(lambda: percent(second) > 0)
    cancel(second)
    wait_until(lambda: status(first) == status(second) == "CANCELLED")
    assert percent(first) == percent(second)
    assert line_count(first) == line_count(second)


def test_the_same_notebook_in_two_windows_shows_the_run_in_both(notebook: Notebook, page):
    view = started(notebook, LONG)
    notebook.save()
    other_page = page.context.new_page()
    other_page.goto(page.url.replace("/lab/", "/lab/workspaces/second/"))
    other = Notebook(notebook.lab, other_page, notebook.path)
    other.idle()
    second = other_page.locator(VIEW).first
    second.wait_for()
    wait_until(lambda: percent(second) > 0)
    second.get_by_role("button", name="Cancel", exact=True).click()
    second.get_by_role("button", name="Yes, cancel").click()
    wait_until(lambda: status(second) == "CANCELLED")
    page.bring_to_front()
    wait_until(lambda: status(view) == "CANCELLED")


def test_a_deleted_run_says_so_in_every_view(notebook: Notebook, page):
    notebook.run('run = fj.start("minimal", simulator="embedded"); display(run); run.wait()')
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED")
    run_dir = notebook.run_dir(view.get_attribute("data-run"))
    delete(view)
    wait_until(lambda: shows(view, "was deleted"))
    assert not run_dir.exists()
