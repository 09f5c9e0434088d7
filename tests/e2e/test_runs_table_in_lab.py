"""The live table of many runs, and what can be done with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from health import Health, Messages
from lab import VIEW, Notebook
from made_runs import make_runs
from test_look import violations
from test_saved_notebook import plain_text, stop_kernels
from views import box, percent, status, wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"
TABLE = ".jp-OutputArea-output .fj-runs-table"
#: Some that have ended, one that fails, one that goes on until a file is there, two that wait.
STUDY = """import sys
fj.configure(max_concurrent_runs=1, cancel_grace_seconds=1)
options = dict(simulator="embedded", max_iters=3, num_requests=500)
done = [
    fj.start("minimal", name=f"k-paths {k}", k_paths=k, tags=["study"], **options) for k in (1, 3, 5)
]
failed = fj.start(command=[sys.executable, "-c", "raise ValueError('no such link')"], name="wrong")
for run in (*done, failed): run.wait(120)
code = '''
import json, os, time
with open(os.environ["FUSION_PROGRESS_FILE"], "ab", buffering=0) as file:
    for number in range(1, 10001):
        file.write(json.dumps({"step": number, "total": 10000}).encode() + bytes([10]))
        time.sleep(0.1)
'''
talker = fj.start(command=[sys.executable, "-c", code], name="talker", tags=["long"])
waiting = [fj.start("minimal", name=f"waits {n}", **options) for n in (1, 2)]
"""


def row_of(table, name: str):
    return table.locator(f".fj-table-body .fj-table-row:has(.fj-open:text-is('{name}'))")


def names(table) -> list[str]:
    """The names on the screen, from the top."""
    return table.locator(".fj-table-body .fj-open").all_inner_texts()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_table_is_readable_and_axe_finds_nothing_wrong_with_it(lab, page, dark):
    lab.set_theme(dark=dark)
    try:
        notebook = Notebook.create(lab, page)
        notebook.run(STUDY + "fj.runs()")
        table = page.locator(TABLE)
        wait_until(lambda: table.count() == 1)
        wait_until(lambda: "1st in line" in row_of(table, "waits 1").inner_text())
        name = "dark" if dark else "light"
        table.screenshot(path=SCREENSHOTS / f"runs_{name}.png")
        assert violations(page) == ""
        for chosen in ("k-paths 1", "k-paths 3"):
            row_of(table, chosen).get_by_role("checkbox").check()
        table.get_by_role("button", name="Compare 2").click()
        table.locator(".fj-comparison-table").wait_for()
        wait_until(lambda: table.locator(".fj-comparison circle").count() > 0)
        table.screenshot(path=SCREENSHOTS / f"runs_compared_{name}.png")
        assert violations(page) == ""
        table.get_by_label("Group runs").select_option("tag")
        table.get_by_role("button", name="Delete").click()
        assert violations(page) == ""
        table.screenshot(path=SCREENSHOTS / f"runs_grouped_{name}.png")
    finally:
        lab.set_theme(dark=False)
        page.keyboard.press("Escape")


def test_the_name_of_each_column_can_be_read_in_a_window_of_1280_pixels(notebook: Notebook, page):
    options = "simulator='embedded', max_iters=3, num_requests=500, spectrum_priority='BSC'"
    notebook.run(
        f"""fj.start("minimal", guard_slots=0, tags=["study"], {options}).wait(60)
fj.start("minimal", guard_slots=1, erlang_start=200, {options}).wait(60)
fj.start("multicore", {options}).wait(60)
fj.dashboard()"""
    )
    heads = page.locator(TABLE).get_by_role("columnheader")
    wait_until(lambda: heads.count() > 9)
    texts = [text for text in heads.all_inner_texts() if text]
    assert "guard_slots" in texts
    for head in heads.all():
        for sort in head.get_by_role("button").all():
            sort.click()  # a mark for the order stands behind its name
            assert head.evaluate("it => it.scrollWidth <= it.clientWidth"), head.inner_text()
            assert head.evaluate("it => it.scrollHeight <= it.clientHeight"), head.inner_text()
    page.locator(TABLE).screenshot(path=SCREENSHOTS / "runs_headers.png")


def shown(table) -> int:
    return int(table.get_attribute("data-shown") or -1)


def choose(table, *wanted: str) -> None:
    for name in wanted:
        row_of(table, name).get_by_role("checkbox").check()


def code(table) -> str:
    return str(table.locator(".fj-code").inner_text())


def press(table, name: str) -> None:
    table.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def table(notebook: Notebook, page):
    notebook.run(
        "import os; open('kernel.pid', 'w').write(str(os.getpid()))\n" + STUDY + "fj.dashboard()"
    )
    found = page.locator(TABLE).first
    wait_until(lambda: found.count() == 1 and shown(found) == 7)
    return found


def test_a_user_finds_compares_tags_exports_cancels_and_deletes_runs(table, notebook, page):
    field = table.get_by_role("searchbox", name="Filter runs")
    field.fill("network:NSFNet status:completed")
    wait_until(lambda: shown(table) == 3)
    assert code(table) == 'fj.runs(network="NSFNet", status="completed")'
    field.fill("")
    wait_until(lambda: shown(table) == 7)
    # From one to another with the shift key.
    row_of(table, "k-paths 1").get_by_role("checkbox").check()
    row_of(table, "k-paths 5").get_by_role("checkbox").click(modifiers=["Shift"])
    press(table, "Compare 3")
    wait_until(lambda: table.locator(".fj-comparison .fj-line").count() == 3)
    assert "fj.compare([" in code(table)
    press(table, "Copy the line of Python")
    wait_until(lambda: page.evaluate("navigator.clipboard.readText()") == code(table))

    press(table, "Tag…")
    table.get_by_role("textbox", name="Tag").fill("ofc27")
    press(table, "Add")
    wait_until(lambda: "3 runs tagged" in table.inner_text())
    wait_until(lambda: "study, ofc27" in row_of(table, "k-paths 3").inner_text())
    press(table, "Export…")
    press(table, "Export")
    wait_until(lambda: "3 runs exported" in table.inner_text())
    assert (notebook.path.parent / "runs.zip").is_file()
    press(table, "Export…")
    press(table, "Export")
    wait_until(lambda: "runs.zip already exists; choose another name" in table.inner_text())
    press(table, "No")

    press(table, "Choose none")
    choose(table, "wrong", "talker")
    press(table, "Delete")
    assert "Delete 1 run with all files? 1 run not ended yet" in table.inner_text()
    press(table, "Yes, delete")
    wait_until(lambda: row_of(table, "wrong").count() == 0)
    press(table, "Cancel")
    press(table, "Yes, cancel")
    wait_until(lambda: "cancelled" in row_of(table, "talker").inner_text())
    # What waited has its turn now.
    wait_until(lambda: "completed" in row_of(table, "waits 2").inner_text())


def test_a_row_opens_the_view_of_its_run_below_the_table(table, notebook, page):
    view = page.locator(VIEW)
    row_of(table, "k-paths 3").locator(".fj-open").click()
    wait_until(lambda: view.count() == 1 and status(view) == "COMPLETED")
    assert "k-paths 3" in view.inner_text()
    assert box(view)["y"] > box(table)["y"] + box(table)["height"] - 5
    row_of(table, "talker").locator(".fj-open").click()
    wait_until(lambda: view.count() == 1 and status(view) == "RUNNING")
    wait_until(lambda: percent(view) > 0)
    page.locator(".jp-OutputArea-output:has(.fj-runs-table)").screenshot(
        path=SCREENSHOTS / "runs_opened.png"
    )
    row_of(table, "talker").locator(".fj-open").click()
    wait_until(lambda: view.count() == 0)


def test_new_runs_appear_by_themselves_while_the_kernel_is_busy(table, notebook, page):
    notebook.run(
        "import time; more = fj.start(command=['/bin/true'], name='later')\ntime.sleep(30)"
    )
    wait_until(lambda: row_of(table, "later").count() == 1)
    wait_until(lambda: "3rd in line" in row_of(table, "later").inner_text())
    choose(table, "talker")
    press(table, "Cancel")
    press(table, "Yes, cancel")
    wait_until(lambda: "cancelled" in row_of(table, "talker").inner_text(), 20)
    wait_until(lambda: "completed" in row_of(table, "later").inner_text(), 20)
    assert page.locator(".jp-InputPrompt:has-text('*')").count() == 1, "the kernel is still busy"


def test_a_run_is_started_from_the_form_below_the_table(table, notebook, page):
    press(table, "New run")
    form = page.locator(".fj-launcher")
    form.get_by_label("name", exact=True).fill("from the form")
    form.get_by_role("button", name="Start", exact=True).click()
    wait_until(lambda: row_of(table, "from the form").count() == 1)
    wait_until(lambda: page.locator(VIEW).count() == 1)
    press(table, "New run")
    wait_until(lambda: form.count() == 0)


def test_with_its_kernel_dead_the_table_says_so_and_goes_on_with_what_is_on_the_screen(
    table, notebook, page
):
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    notebook.accept_restart()
    wait_until(lambda: "The kernel is away" in table.inner_text())
    assert len(names(table)) == 7
    # What needs no kernel goes on.
    table.get_by_role("searchbox", name="Filter runs").fill("name:k-paths")
    wait_until(lambda: shown(table) == 3)
    table.get_by_role("searchbox", name="Filter runs").fill("")
    wait_until(lambda: shown(table) > 3)
    choose(table, "talker")
    press(table, "Cancel")
    press(table, "Yes, cancel")
    # What is on the screen is read by the page itself.
    wait_until(lambda: "cancelled" in row_of(table, "talker").inner_text())
    # What needs one says what helps.
    row_of(table, "k-paths 1").locator(".fj-open").click()
    wait_until(lambda: "no kernel for this view: execute the cell again" in table.inner_text())
    notebook.run("import fusion_jupyter as fj\nfj.dashboard()")
    again = page.locator(TABLE).last
    wait_until(lambda: page.locator(TABLE).count() == 2)
    wait_until(lambda: "cancelled" in row_of(again, "talker").inner_text())


def test_a_saved_notebook_shows_the_runs_without_a_kernel(table, lab, notebook, page):
    choose(table, "talker")
    press(table, "Cancel")
    press(table, "Yes, cancel")
    wait_until(lambda: "completed" in row_of(table, "waits 2").inner_text())
    notebook.run("fj.runs(name='k-paths')")
    wait_until(lambda: page.locator(TABLE).count() == 2)
    assert plain_text(page) == "", "the live tables say it already"
    notebook.save()
    stop_kernels(lab)
    page.goto("about:blank")
    notebook.open()
    wait_until(lambda: plain_text(page).count("k-paths 5") == 2)
    assert "ValueError" not in plain_text(page)
    assert page.locator(":text('model not found'):visible").count() == 0


def test_the_table_can_be_used_with_the_keyboard_alone(table, notebook, page):
    row_of(table, "k-paths 5").locator(".fj-open").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    wait_until(lambda: "2 chosen" in table.inner_text())
    page.keyboard.press("Delete")
    wait_until(lambda: "Delete 2 runs" in table.inner_text())
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    # 'd d' would delete the cell in JupyterLab.
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert table.count() == 1


RUNS = 10_000
#: Of every 105 runs, one is on NSFNet, has failed and has three paths.
FITTING = sum(n % 3 == 0 and n % 5 == 3 and n % 7 == 2 for n in range(RUNS))
#: Notes when all of them are in a table behind those that are known, in the frame that draws them.
WATCH = f"""(known) => {{
  window.shownAt = null;
  const look = () => {{
    const table = document.querySelectorAll({TABLE!r})[known];
    const there = table?.dataset.runs === "{RUNS}" && table.querySelector(".fj-table-body .fj-open");
    if (there) window.shownAt = Date.now() / 1000;
    else requestAnimationFrame(look);
  }};
  look();
}}"""


def test_ten_thousand_runs_are_shown_at_once_and_scroll_filter_and_sort_without_a_block(
    lab, page, capsys
):
    messages = Messages(page)
    notebook = Notebook.create(lab, page)
    folder = notebook.path.parent
    make_runs(folder / "fusion_runs", RUNS)
    health = Health(page)
    tables = page.locator(TABLE)
    # What every page with a table has: the modules of its widgets.
    notebook.run("import time, pathlib; found = fj.runs(); fj.RunList(found[:3])")
    wait_until(lambda: tables.count() == 1 and tables.get_attribute("data-final") == "true")
    for attempt in range(1, 4):  # a busy machine holds up a page too
        before = health.memory()
        health.forget()
        messages.forget()
        known = tables.count()
        page.evaluate(WATCH, known)
        executed = folder / "executed"
        executed.unlink(missing_ok=True)
        notebook.run(
            f"display(fj.RunList(found[{attempt - 1}:] + found[:{attempt - 1}]))\n"
            "pathlib.Path('executed').write_text(repr(time.time()))"
        )
        wait_until(lambda: page.evaluate("window.shownAt") is not None)
        # The page may be faster than the cell.
        wait_until(lambda: executed.exists() and executed.read_text())  # noqa: B023
        late = page.evaluate("window.shownAt") - float(executed.read_text())
        opening = health.longest_block()
        health.forget()
        table = tables.nth(known)
        # While what has been simulated is still being read.
        body = table.locator(".fj-table-body")
        for share in (0.1, 0.35, 0.6, 0.85, 1.0):
            body.evaluate(f"(list) => {{ list.scrollTop = {share} * list.scrollHeight; }}")
            page.wait_for_timeout(100)
        wait_until(lambda: names(table)[-1] == "study 0")  # noqa: B023
        field = table.get_by_role("searchbox", name="Filter runs")
        field.press_sequentially("network:NSFNet status:failed k_paths:3 study")
        wait_until(lambda: table.get_attribute("data-shown") == str(FITTING))  # noqa: B023
        field.fill("")
        for column in ("Blocking", "Name", "k_paths", "Started"):
            table.get_by_role("button", name=column).click()
            page.wait_for_timeout(100)
        wait_until(lambda: table.get_attribute("data-final") == "true")  # noqa: B023
        block, most = health.longest_block(), messages.most_in_a_second()
        growth = health.memory() - before
        with capsys.disabled():
            print(
                f"\n  {RUNS:,} runs: shown {late:.2f} s after the cell was executed, longest block "
                f"{opening:.0f} ms while it was opened, {block:.0f} ms while it was scrolled, "
                f"filtered and sorted, at most {most} messages in a second, renderer memory "
                f"{growth:+.0f} MB"
            )
        if late < 1 and block <= 100 and most < 30 and growth < 50:
            break
    assert late < 1
    assert block <= 100
    assert most < 30
    assert growth < 50
    assert "0.0300 ± 0.015" in table.locator(".fj-table-body .fj-table-row").first.inner_text()
