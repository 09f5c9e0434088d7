"""The live table of many runs, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from health import Health, Messages
from lab import Notebook
from made_runs import make_runs
from test_look import violations
from views import wait_until

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
        table.wait_for()
        wait_until(lambda: "1st in line" in row_of(table, "waits 1").inner_text())
        name = "dark" if dark else "light"
        table.screenshot(path=SCREENSHOTS / f"runs_{name}.png")
        assert violations(page) == ""
        for chosen in ("k-paths 1", "k-paths 3"):
            row_of(table, chosen).get_by_role("checkbox").check()
        table.get_by_role("button", name="Compare 2").click()
        table.locator(".fj-comparison-text").wait_for()
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


RUNS = 10_000
#: Of every 105 runs, one is on NSFNet, has failed and has three paths.
FITTING = sum(n % 3 == 0 and n % 5 == 3 and n % 7 == 2 for n in range(RUNS))
#: Notes when all of them are on the page, at the end of the frame in which they are drawn.
WATCH = f"""() => {{
  window.shownAt = null;
  const look = () => {{
    const table = [...document.querySelectorAll({TABLE!r})].at(-1);
    const there = table?.dataset.runs === "{RUNS}" && table.querySelector(".fj-table-body .fj-open");
    if (there) window.shownAt = Date.now() / 1000;
    else requestAnimationFrame(look);
  }};
  look();
}}"""


def test_ten_thousand_runs_are_shown_at_once_and_never_block_the_page(lab, page, capsys):
    messages = Messages(page)
    notebook = Notebook.create(lab, page)
    folder = notebook.path.parent
    make_runs(folder / "fusion_runs", RUNS)
    health = Health(page)
    tables = page.locator(TABLE)
    # What every page with a table has: the modules of its widgets.
    notebook.run("import time, pathlib; found = fj.runs(); fj.RunList(found[:3])")
    wait_until(lambda: tables.count() == 1)
    page.wait_for_timeout(1000)
    for attempt in range(1, 4):  # a busy machine holds up a page too
        before = health.memory()
        health.forget()
        messages.forget()
        page.evaluate(WATCH)
        notebook.run(
            f"display(fj.RunList(found[{attempt - 1}:] + found[:{attempt - 1}]))\n"
            "pathlib.Path('executed').write_text(repr(time.time()))"
        )
        wait_until(lambda: page.evaluate("window.shownAt") is not None)
        late = page.evaluate("window.shownAt") - float((folder / "executed").read_text())
        opening = health.longest_block()
        health.forget()
        table = tables.last
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
        for column in ("Blocking", "Name", "Took", "Started"):
            table.get_by_role("button", name=column).click()
            page.wait_for_timeout(100)
        wait_until(lambda: table.get_attribute("data-final") == "true")  # noqa: B023
        page.wait_for_timeout(500)
        block, most = health.longest_block(), messages.most_in_a_second()
        growth = health.memory() - before
        with capsys.disabled():
            print(
                f"\n  {RUNS:,} runs: shown {late:.2f} s after the cell was executed, longest block "
                f"{opening:.0f} ms while it was opened, {block:.0f} ms while it was scrolled, "
                f"filtered and sorted, at most {most} messages in a second, renderer memory "
                f"{growth:+.0f} MB"
            )
        if late < 1 and max(opening, block) <= 100 and most < 30 and growth < 50:
            break
    assert late < 1
    assert max(opening, block) <= 100
    assert most < 30
    assert growth < 50
    assert "0.03 ± 0.002" in table.locator(".fj-table-body .fj-table-row").first.inner_text()
