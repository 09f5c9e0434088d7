"""Under load: a million lines, and fifty runs at once."""

from __future__ import annotations

import random
import re
import time

from health import Health, Messages
from lab import VIEW, Notebook
from views import (
    found_words,
    go_to_line,
    line_count,
    log_of,
    log_text,
    percent,
    search,
    status,
    wait_until,
)

LINES = 1_000_000
# As fast as the disk takes them, after a moment in which the view gets ready.
WRITER = f"""import sys, time
code = '''
import sys, time
time.sleep(5)
for first in range(0, {LINES}, 1000):
    sys.stdout.write("".join("%07d %s{{}}".format(chr(10)) % (n, "x" * 91) for n in range(first, first + 1000)))
'''
run = fj.start(command=[sys.executable, "-c", code], name="a million lines")
display(run)
run.wait()"""


def test_a_million_lines_in_a_synchronous_cell_cost_nothing_and_lose_nothing(
    notebook, page, capsys
):
    health = Health(page)

    def write_and_watch() -> tuple[float, float, float]:
        views = page.locator(VIEW)
        known = views.count()
        notebook.run(WRITER)
        wait_until(lambda: views.count() > known)
        view = views.last
        wait_until(lambda: status(view) == "RUNNING")
        before = health.memory()
        health.forget()
        log = log_of(notebook, view)
        last = f"{LINES - 1:07d} xxx"
        wait_until(lambda: last in log_text(view))
        late = time.time() - log.stat().st_mtime
        assert log.stat().st_size == LINES * 100
        wait_until(lambda: status(view) == "COMPLETED")
        return late, health.longest_block(), health.memory() - before

    # A busy machine holds up a page too: what we do ourselves shows in every attempt.
    for _ in range(3):
        late, block, growth = write_and_watch()
        with capsys.disabled():
            print(
                f"\n  {LINES:,} lines: the last one shown {late:.2f} s after it was written, "
                f"longest block {block:.0f} ms, renderer memory {growth:+.0f} MB"
            )
        if late < 2 and block <= 100 and growth < 50:
            break
    assert late < 2
    assert block <= 100
    assert growth < 50

    view = page.locator(VIEW).last
    assert line_count(view) == LINES
    generator = random.Random(7)
    for number in [1, LINES, *(generator.randrange(1, LINES + 1) for _ in range(20))]:
        assert go_to_line(view, number) == f"{number - 1:07d} " + "x" * 91
    search(view, "0[0-9]{3}321 x", Regular_expression=True)
    wait_until(lambda: found_words(view).startswith("1,000 match"))
    view.get_by_label("Next match").click()
    wait_until(lambda: re.search(r"^\d+ of 1,000", found_words(view)))
    number = int(view.locator(".fj-row.fj-current").get_attribute("data-line") or 0)
    assert (number - 1) % 1000 == 321


RUNS = 50
# Each says 100 times a second how far it is, from the moment in which the file is there; they end
# one after another, after 1,000 events or more. None waits for ever, should the test fail.
TALKERS = f"""import sys, ipywidgets
fj.configure(max_concurrent_runs={RUNS})
code = '''
import json, os, sys, time
total, go = int(sys.argv[1]), sys.argv[2]
late = time.monotonic() + 200
while not os.path.exists(go) and time.monotonic() < late:
    time.sleep(0.1)
begin = time.monotonic() + 1
with open(os.environ["FUSION_PROGRESS_FILE"], "ab", buffering=0) as file:
    for number in range(1, total + 1):
        time.sleep(max(0, begin + number / 100 - time.monotonic()))
        event = {{"erlang": 300.0, "total_erlangs": 1, "iteration": number, "total_iterations": total}}
        file.write(json.dumps(event).encode() + bytes([10]))
'''
runs = [
    fj.start(
        command=[sys.executable, "-I", "-S", "-c", code, str(1000 + 10 * k), GO], name=f"run {{k}}"
    )
    for k in range({RUNS})
]
ipywidgets.VBox([fj.RunView(run) for run in runs])"""


def test_fifty_runs_at_once_end_on_the_right_value_with_few_messages(lab, page, capsys, tmp_path):
    messages = Messages(page)
    notebook = Notebook.create(lab, page)
    health = Health(page)
    views = page.locator(VIEW)

    def with_status(status: str) -> int:
        return page.locator(f'{VIEW}[data-status="{status}"]').count()

    for attempt in range(1, 4):  # see above
        seen = set()
        go = tmp_path / f"go-{attempt}"
        notebook.run(TALKERS.replace("GO", repr(str(go))))
        # Fifty processes and fifty views on a few cores take their time.
        wait_until(lambda: with_status("RUNNING") == RUNS, 150, "that all of them run")
        opening = health.longest_block()
        health.forget()
        messages.forget()
        go.touch()

        def all_done(seen: set[float] = seen) -> bool:
            seen.add(percent(views.nth(views.count() - RUNS)))
            page.wait_for_timeout(200)
            return with_status("COMPLETED") == views.count()

        wait_until(all_done, 90, "that all of them end")
        # Messages that follow the end count too.
        page.wait_for_timeout(1500)
        block, most = health.longest_block(), messages.most_in_a_second()
        with capsys.disabled():
            print(
                f"\n  {RUNS} runs: at most {most} messages in a second, longest block "
                f"{block:.0f} ms ({opening:.0f} ms while the views were made)"
            )
        if len(seen) > 5 and most < 30 and block <= 100:
            break
    assert len(seen) > 5
    assert most < 30
    assert block <= 100
    values = page.eval_on_selector_all(
        f"{VIEW} [role=progressbar]", "bars => bars.map(bar => bar.getAttribute('aria-valuenow'))"
    )
    assert values == ["100"] * len(values)
    for number in (0, 24, RUNS - 1):
        view = views.nth(number)
        view.scroll_into_view_if_needed()
        total = 1000 + 10 * number
        wait_until(
            lambda view=view, total=total: f"iteration {total} of {total}" in view.inner_text()
        )
