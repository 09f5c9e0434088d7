"""Nothing that a run writes can become markup or script, and nothing in it can hurt the page."""

from __future__ import annotations

from health import Health
from lab import VIEW, Notebook
from views import (
    all_files,
    found_words,
    go_to_line,
    line_count,
    log_text,
    search,
    shows,
    status,
    wait_until,
)

HOSTILE = r'''import sys
code = r"""
import json, os
lines = [
    "<script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 2'>",
    "\x1b]8;;javascript:window.hurt=3\x07click\x1b]8;;\x07",
    "\x1b[31mred\x1b[0m and \x1b[999999999;1Hfar away\x1b[2J\x1b]0;title\x07",
    "\x1b[" + "1;" * 5000 + "m bomb",
    "\u202egnp.exe\u202c \u2066hidden\u2069 \x00\x07\x08",
    "2026-11-23 19:05:52,072 - fusion.core - WARNING - beware",
    "2026-11-23 19:05:52,072 - fusion.core - ERROR - broken",
    "a" * 3000 + "b",
]
sys_out = open(1, "w", encoding="utf-8", closefd=False)
for line in lines: print(line, file=sys_out)
print("x" * 100_000_000, file=sys_out)
print("last line", file=sys_out, flush=True)
out = os.environ["FUSION_OUTPUT_DIR"]
open(out + "/<img src=x onerror=window.hurt=4>.txt", "w").write("<script>window.hurt = 5</script>")
open(out + "/table.json", "w").write(json.dumps([{"<b>": "<img src=x onerror=window.hurt=6>"}]))
open(out + "/picture.svg", "w").write(
    "<svg xmlns='http://www.w3.org/2000/svg' onload='window.hurt=7'><script>window.hurt=8</script></svg>")
"""
run = fj.start(command=[sys.executable, "-c", code], name="<script>window.hurt = 9</script>")
run'''


def test_a_hostile_log_runs_nothing_and_shows_as_text(notebook: Notebook, page):
    health = Health(page)
    notebook.run(HOSTILE)
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED")
    wait_until(lambda: "last line" in log_text(view))
    assert line_count(view) == 11
    assert "<script>window.hurt = 9</script>" in view.locator(".fj-head").inner_text()
    view.locator(".fj-log-view").press("Home")
    wait_until(lambda: "<script>window.hurt = 1</script>" in log_text(view))
    rows = view.locator(".fj-log-rows")
    assert "<img src=x onerror='window.hurt = 2'>" in rows.inner_text()
    assert rows.locator("script, img, a, iframe").count() == 0
    third = go_to_line(view, 3)
    assert "click" in third
    assert "javascript" not in third
    assert "red and far away" in go_to_line(view, 4)
    assert go_to_line(view, 5) == "… (10,008 bytes)", "a sequence without an end styles nothing"
    sixth = go_to_line(view, 6)
    assert "\u202e" not in sixth, "a mark that turns text round is shown by name"
    assert "gnp.exe" in sixth
    levels = [
        view.locator(f'.fj-row[data-line="{n}"]').evaluate("r => getComputedStyle(r).color")
        for n in (4, 7, 8)
    ]
    assert len(set(levels)) == 3, "warnings and errors stand out"
    # A line of 100 MB is cut on the screen, and searched without stopping the page.
    assert len(go_to_line(view, 10)) < 5000
    health.forget()
    search(view, "last line")
    wait_until(lambda: found_words(view).startswith("1 match"))
    # A pattern that tries every way to fail ends by itself, and the page goes on meanwhile.
    search(view, "(a+)+$", Regular_expression=True)
    wait_until(lambda: "takes too long" in found_words(view), 15)
    assert health.longest_block() < 1000
    # Files and their previews.
    all_files(view)
    for name, words in (("onerror", "<script>window.hurt = 5</script>"), ("table", "<img src=x")):
        view.locator(".fj-files").get_by_role("button", name=name).first.click()
        button = view.get_by_role("button", name="Preview", exact=True)
        shown = view.locator(".fj-preview", has_text=words)
        button.or_(shown).first.wait_for()  # a page that would execute something asks first
        if button.count():
            button.click()
        shown.wait_for()
    view.locator(".fj-files").get_by_role("button", name="picture.svg").click()
    view.locator(".fj-preview img").wait_for()
    # Nothing happens: a script in any of this would have been executed by now.
    page.wait_for_timeout(300)
    assert page.evaluate("window.hurt") is None
    document = notebook.save()
    html = [o["data"]["text/html"] for c in document["cells"] for o in c["outputs"] if "data" in o]
    joined = "".join("".join(each) for each in html)
    assert "&lt;script&gt;window.hurt = 9" in joined
    assert "<script" not in joined
    assert shows(view, "completed")


def test_a_selection_longer_than_the_screen_is_copied_whole(notebook: Notebook, page):
    notebook.run(
        'import sys\nrun = fj.start(command=[sys.executable, "-c", '
        "\"for n in range(5000): print(f'row {n}')\"])\nrun"
    )
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED" and line_count(view) == 5000)
    log = view.locator(".fj-log-view")
    log.press("Home")
    wait_until(lambda: "row 0\n" in log_text(view))
    log.click(position={"x": 60, "y": 5})
    log.press("Control+a")
    log.press("Control+c")
    rows = [f"row {n}" for n in range(5000)]
    wait_until(lambda: page.evaluate("navigator.clipboard.readText()").splitlines() == rows)
