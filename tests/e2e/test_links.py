"""No link that a run makes is followed by its view, and a folder that is gone is told as such."""

from __future__ import annotations

import os
import signal

from lab import VIEW, Notebook
from views import all_files, log_text, shows, status, wait_until

#: Makes links of every kind, waits for a sign, makes more of them, and waits for its end.
MAKER = """import sys, os, pathlib
pathlib.Path("kernel.pid").write_text(str(os.getpid()))
code = '''
import os, pathlib, time
out = pathlib.Path(os.environ["FUSION_OUTPUT_DIR"])
def links(word):
    (out / f"{word}_hosts.txt").symlink_to("/etc/hosts")
    (out / "s1" / f"{word}_up").symlink_to("..")
    (out / f"{word}_up").symlink_to("../..")
    (out / f"{word}_etc").symlink_to("/etc")
    (out / "s1" / f"{word}.json").write_text("{}")
    (out / f"{word}.txt").write_text("text")
    print("made", word, flush=True)
def wait(name):
    while not (out.parent / name).exists(): time.sleep(0.1)
(out / "s1").mkdir()
links("early")
wait("go-on")
(out / "s2").mkdir()
(out / "s2" / "unseen.json").write_text("{}")
links("late")
wait("go-home")
'''
run = fj.start(command=[sys.executable, "-c", code], name="maker")
run
"""


def files_of(view) -> str:
    return all_files(view)


def has_none_of_the_links(words: str) -> bool:
    return not any(name in words for name in ("hosts", "passwd", "etc/", "run.json", "up/"))


def test_a_listing_has_no_links_with_the_kernel_and_without_it(notebook: Notebook, page):
    read: list[str] = []
    page.on("request", lambda each: each.method == "GET" and read.append(each.url))
    notebook.run(MAKER)
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: "early.json" in files_of(view) and "early.txt" in files_of(view))
    assert has_none_of_the_links(files_of(view))
    run_dir = notebook.run_dir(view.get_attribute("data-run"))
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    notebook.accept_restart()
    wait_until(lambda: shows(view, "this view reads the run's files itself"))
    (run_dir / "go-on").touch()
    wait_until(lambda: "made late" in log_text(view))
    (run_dir / "go-home").touch()
    wait_until(lambda: status(view) == "COMPLETED")
    # New files in folders that Python had looked into; of others only their number is told.
    wait_until(lambda: "late.json" in files_of(view) and "late.txt" in files_of(view))
    assert has_none_of_the_links(files_of(view))
    assert "unseen.json" not in files_of(view)
    assert "not listed while the kernel is away" in files_of(view)
    assert [url for url in read if "_etc" in url or "_up" in url] == []
    assert [url for url in read if "/files/" in url and "hosts" in url] == []


def test_a_run_whose_folder_is_gone_says_so_instead_of_completed(notebook: Notebook, page):
    notebook.run('run = fj.start("minimal", simulator="embedded"); display(run); run.wait()')
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED")
    run_dir = notebook.run_dir(view.get_attribute("data-run"))
    away = run_dir.with_name("away")
    run_dir.rename(away)
    head = view.locator(".fj-head")
    wait_until(lambda: shows(view, "This run's folder is gone"))
    wait_until(lambda: "folder gone" in head.inner_text())
    assert "completed" not in head.inner_text()
    away.rename(run_dir)
    wait_until(lambda: not shows(view, "folder is gone"))
    wait_until(lambda: "completed" in head.inner_text())
