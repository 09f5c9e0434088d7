"""The Python half of the view: states, answers, plain forms."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree
from dataclasses import replace

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter.manager.record import ArtifactInfo
from fusion_jupyter.palette import STATUS_COLOURS
from fusion_jupyter.progress.state import RunProgress
from fusion_jupyter.widgets import display, fallback_html, run_state
from fusion_jupyter.widgets.fallback_chart import Curve, Value, chart_svg, curves_svg
from fusion_jupyter.widgets.launcher import check, launcher
from fusion_jupyter.widgets.rpc import MOST_BYTES, Requests
from fusion_jupyter.widgets.run_view import RunView, view
from fusion_jupyter.widgets.snapshot import log_state, snapshot

PROGRAM = """
import os
for n in range(5000): print("line", n)
out = os.environ["FUSION_OUTPUT_DIR"]
os.mkdir(out + "/deep")
open(out + "/deep/data.bin", "wb").write(bytes(range(256)) * 8192)
os.symlink("/etc/passwd", out + "/link.txt")
"""


@pytest.fixture
def run():
    found = fj.start(command=[sys.executable, "-c", PROGRAM], name="<b>bold</b> & more")
    found.wait(30)
    return found


def test_views_of_one_run_count_the_same_changes(tmp_path):
    """A view made later would else begin to count anew, and the first would take no more news."""
    go = tmp_path / "go"
    text = f"for n in 1 2 3 4 5; do echo $n; sleep 0.15; done; while [ ! -e {go} ]; do sleep 0.05; done"
    found = fj.start(command=["/bin/sh", "-c", text])
    first = RunView(found)
    wait_for(lambda: first._state.rev > 3)
    second = RunView(found)
    assert second.get_state()["snapshot"]["rev"] == first.get_state()["snapshot"]["rev"] > 3
    go.touch()
    found.wait(30)
    assert first.get_state()["snapshot"] | {"now": 0} == second.get_state()["snapshot"] | {"now": 0}
    first.close()
    assert run_state._states[found].views == 1
    second.close()
    second.close()
    assert found not in run_state._states


def test_the_state_is_the_newest_on_each_access(run):
    shown = view(run)
    assert view(run) is shown
    state = shown.get_state()["snapshot"]
    assert (state["status"], state["log"]["count"]) == ("COMPLETED", 5000)
    assert state["log"]["tail"]["lines"][-1] == "line 4999"
    json.dumps(state, allow_nan=False)
    assert "0x" not in repr(shown)


def test_no_number_in_a_state_is_beyond_json(run):
    odd = RunProgress(fraction=float("nan"), eta_seconds=float("inf"))
    json.dumps(snapshot(replace(run.update, progress=odd), rev=1), allow_nan=False)


@pytest.mark.parametrize(
    ("known", "expected"),
    [(None, (0, "abcd")), (2, (1, "bcd")), (4, (3, "d")), (9, (0, "abcd")), (0, (0, "abcd"))],
)
def test_a_receiver_gets_the_lines_it_lacks_and_its_last_one_again(known, expected):
    tail = log_state(list("abcd"), 4, known)["tail"]
    assert (tail["first"], "".join(tail["lines"])) == expected


def test_bytes_of_a_run_are_read_in_ranges(run):
    requests = Requests(run)
    value, data = requests.answer("read", {"path": "output/deep/data.bin", "start": 10, "end": 14})
    assert (value, data) == ({"size": 256 * 8192}, bytes([10, 11, 12, 13]))
    value, data = requests.answer("read", {"path": "output/deep/data.bin", "start": 0, "end": 9**9})
    assert len(data) == MOST_BYTES
    log = f"logs/{run.id}.log"
    value, data = requests.answer("read", {"path": log, "start": 0, "end": 7})
    assert data == b"line 0\n"
    value, data = requests.answer("read", {"path": log, "start": value["size"], "end": 9**9})
    assert data == b""
    value, _ = requests.answer("index", {"from": 0})
    assert value["newlines"] == 5000
    value, data = requests.answer("list", {"first": 0})
    assert value == {"total": 1}
    assert json.loads(data)[0][:2] == ["deep/data.bin", 256 * 8192]


@pytest.mark.parametrize(
    "path",
    [
        "config.ini",
        "environment.json",
        "run.json",
        "output/../run.json",
        "output/link.txt",
        "/etc/passwd",
        "../x",
        "output/",
        "",
        None,
        5,
        "logs/../state.json",
    ],
)
def test_nothing_but_the_log_the_state_and_the_output_is_given(run, path):
    with pytest.raises((ValueError, OSError)):
        Requests(run).answer("read", {"path": path, "start": 0, "end": 10})


def test_a_link_in_the_place_of_the_log_or_its_folder_is_not_followed(run, tmp_path):
    path = f"logs/{run.id}.log"
    secret = tmp_path / "secret" / f"{run.id}.log"
    secret.parent.mkdir()
    secret.write_text("private")
    (run.directory / path).unlink()
    (run.directory / path).symlink_to(secret)
    with pytest.raises(OSError, match="a link"):
        Requests(run).answer("read", {"path": path, "start": 0, "end": 10})
    (run.directory / path).unlink()
    (run.directory / "logs").rmdir()
    (run.directory / "logs").symlink_to(secret.parent)
    with pytest.raises(OSError, match="link"):
        Requests(run).answer("read", {"path": path, "start": 0, "end": 10})


@pytest.mark.parametrize(
    ("operation", "details"),
    [
        ("read", {"path": "state.json", "start": -1, "end": 5}),
        ("read", {"path": "state.json", "start": True, "end": 5}),
        ("read", {"path": "state.json", "start": 0}),
        ("list", {"first": "0"}),
        ("execute", {}),
        (None, {}),
    ],
)
def test_a_wrong_question_is_refused_by_name(run, operation, details):
    with pytest.raises(ValueError, match="allowed"):
        Requests(run).answer(operation, details)


def test_an_answer_says_what_is_wrong_and_hurts_nothing(run):
    shown = view(run)
    answers = []
    shown._channel.answer = lambda content, data=None: answers.append((content, data))
    shown._on_message(None, {"kind": "ask", "id": "1", "operation": "read", "path": "x"}, [])
    shown._on_message(None, {"kind": "ask", "id": "2", "operation": "list", "first": 0}, [])
    shown._on_message(None, "nonsense", [])
    assert "allowed" in answers[0][0]["error"]
    assert answers[1][0] == {"id": "2", "value": {"total": 1}}
    del shown._channel.answer


def test_everything_in_the_plain_form_is_text(run):
    data = view(run).fallback()
    page = data["text/html"]
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "line 4999" in page
    assert "deep/data.bin" in page
    for forbidden in ("<script", "<b>bold", "http:", "https:", "onerror"):
        assert forbidden not in page
    assert data["text/plain"] == f"Run '<b>bold</b> & more' ({run.id}): COMPLETED · 100 %"


def test_a_failure_is_reported_in_the_plain_form():
    failed = fj.start(command=[sys.executable, "-c", "raise ValueError('<i>no link</i>')"])
    failed.wait(30)
    data = view(failed).fallback()
    assert "ValueError: &lt;i&gt;no link&lt;/i&gt;" in data["text/html"]
    assert data["text/plain"].endswith("FAILED · ValueError: <i>no link</i>")


def test_a_chart_needs_two_values_and_says_where_none_was_observed():
    assert chart_svg([(300, 0.01, None, 3, True), (400, None, None, 0, False)]) is None
    drawn = chart_svg([(200, 0.0, 0, 3, True), (300, 0.01, 0.01, 3, True), (400, 0.3, 0, 1, False)])
    assert drawn.count("<circle") == 3
    assert ">none</text>" in drawn
    assert "no blocking observed" in drawn
    assert "nan" not in drawn
    assert ">none</text>" not in chart_svg([(300, 0.01, 0.1, 3, True), (400, 0.3, 0, 1, True)])


def test_an_interval_that_is_not_symmetric_is_drawn_between_its_own_ends():
    values = [Value(300, 0.01, 0.006, 0.09), Value(400, 0.02, 0.012, 0.09)]
    drawn = curves_svg([Curve([Value(200, 0.0, 0.0, 0.05), *values])])
    (band,) = re.findall(r'<path d="M([^"Z]*)Z"', drawn)
    heights = [float(corner.split()[1]) for corner in band.split("L")]
    foot = float(re.search(r"M[\d.]+ ([\d.]+)V", drawn)[1])
    assert heights[0] == heights[1] < heights[2] < heights[3] < foot, "not down to the axis"
    top = float(re.search(r"V([\d.]+)", drawn)[1])
    assert heights[1] < top < heights[2], "the upper bound of a load without blocking"


def test_an_interval_of_a_program_is_shown_as_it_reports_it_without_a_confidence():
    lines = "".join(
        f'{{"erlang": {erlang}, "blocking": 0.01, "ci": 0.002}}\n' for erlang in (300, 400)
    )
    found = fj.start(command=["/bin/sh", "-c", f"printf '%s' '{lines}' >> $FUSION_PROGRESS_FILE"])
    found.wait(30)
    state = view(found).get_state()["snapshot"]
    assert [point[2] for point in state["progress"]["points"]] == [0.002, 0.002]
    data = view(found).fallback()["text/html"]
    picture = base64.b64decode(re.search('base64,([^"]+)', data)[1]).decode()
    assert "Blocking over load" in picture
    assert "confidence" not in picture
    assert "rough" not in data


def test_each_status_has_its_colour_in_saved_html(run):
    for status in fj.RunStatus:
        page = fallback_html.to_html(snapshot(run.update, rev=1) | {"status": status.value})
        assert f'color:{STATUS_COLOURS[status]}">●' in page


def test_a_form_that_was_closed_is_made_anew_and_ends_with_its_view(tmp_path):
    found = fj.start("minimal", erlang_stop=300, max_iters=1, num_requests=50)
    found.wait(60)
    shown = RunView(found)
    first = shown.form()
    assert shown.form() is first
    first.close()
    second = shown.form()
    assert second.comm is not None
    shown.close()
    assert second.comm is None


@pytest.mark.parametrize("blocking", [5e-324, 1e-300, 1.0, 1e300])
def test_no_value_breaks_the_static_chart(blocking):
    drawn = chart_svg([(300, blocking, blocking, 3, True), (400, blocking, None, 3, True)])
    xml.etree.ElementTree.fromstring(drawn)
    assert not re.search(r"nan|inf", drawn)


def test_a_run_whose_folder_is_gone_is_not_shown_as_completed(run):
    shown = view(run)
    run.directory.rename(run.directory.with_name("elsewhere"))
    assert shown._state.poll()
    state = shown.get_state()["snapshot"]
    assert state["problem"] == "gone"
    data = shown.fallback()
    assert "This run&#x27;s folder is gone" in data["text/html"]
    assert "completed" not in data["text/html"]
    assert "COMPLETED" not in data["text/plain"]
    run.directory.with_name("elsewhere").rename(run.directory)
    assert shown._state.poll()
    assert shown.get_state()["snapshot"]["problem"] is None


def test_log_lines_in_the_fallback_are_read_as_in_the_live_view(run):
    line = "2026-11-23 19:05:52,072 - fusion.core.request - WARNING - \x1b[31mdeprecated\x1b[0m <b>"
    state = snapshot(run.update, rev=1, log=log_state([line, "\u202eturned"], 2))
    page = fallback_html.to_html(state)
    assert "19:05:52,072 request  WARNING deprecated &lt;b&gt;" in page
    assert "⟨U+202E⟩turned" in page
    assert "\x1b" not in page


def test_the_fallback_lists_files_in_a_table_with_short_paths(run):
    moment = run.record.created_at
    infos = [
        ArtifactInfo(
            name=name, path=f"NSFNet/1127/s1/{name}", size=74_210, modified_at=moment, kind="json"
        )
        for name in ("<x>.json", "y.json")
    ]
    page = fallback_html.to_html(snapshot(run.update, rev=1), infos)
    assert "<table" in page
    assert "Files: 2, 148 kB, below <code>NSFNet/1127/</code>" in page
    assert "<code>s1/&lt;x&gt;.json</code>" in page
    assert "<code>s1/y.json</code>" in page


def test_the_fallback_says_why_a_run_waits_or_stopped_and_what_is_doubtful(run):
    state = snapshot(run.update, rev=1)
    state["status"], state["simulator"] = "PENDING", "embedded"
    state["report"] = {"words": "queued, 2 ahead, 1 at a time", "inquiry": ""}
    assert "queued, 2 ahead, 1 at a time" in fallback_html.to_html(state)
    points = [(300.0, 0.1, 0.01, 2, True), (400.0, 0.2, 0.01, 2, True)]
    state["report"], state["status"] = None, "COMPLETED"
    state["progress"] |= {"points": points, "erlang": 400.0, "iteration": 2, "total_iterations": 15}
    page = fallback_html.to_html(state)
    assert "stopped early after 2 iterations: interval small enough" in page
    assert "Fewer than five iterations" in page


def test_the_fallback_shows_numbers_as_the_live_view_does(run):
    state = snapshot(run.update, rev=1)
    state["duration"] = 89.6
    points = [(300.0, 0.5, 0.002, 9, True), (400.0, 0.0000123, 0.00000456, 9, True)]
    state["progress"] |= {"points": points, "fraction": 0.999}
    made = run.record.created_at
    files = [ArtifactInfo(name="a.txt", path="a.txt", size=99_970, modified_at=made, kind="text")]
    page = fallback_html.to_html(state, files)
    assert " · 1:29</div>" in page
    assert "blocking 1.2·10⁻⁵ ± 4.6·10⁻⁶" in page
    assert "0.500 at 300, 1.2·10⁻⁵ at 400" in page
    assert ">100 kB</td>" in page
    assert "99 %" in fallback_html.to_text(state | {"status": "RUNNING"})


def test_a_compact_view_begins_folded_and_is_a_view_of_its_own(run):
    small = RunView(run, compact=True)
    assert small.get_state()["compact"] is True
    assert view(run).get_state()["compact"] is False
    small.close()


def test_the_form_names_what_is_wrong_at_its_field_and_starts_nothing(tmp_path):
    found = check("minimal", {"erlang_step": "0", "k_paths": "many"}, "embedded")
    assert set(found["errors"]) == {"erlang_step", "k_paths"}
    assert check("minimal", {}, "embedded")["summary"].endswith("requests on NSFNet")
    assert set(check("minimal", {}, "ns3")["errors"]) == {"simulator"}
    form = launcher()._form
    question = {"template": "minimal", "simulator": "embedded", "overrides": {"k_paths": "0"}}
    assert form._answer("start", question)["errors"]
    assert form.started is None
    assert not (tmp_path / "runs").exists()


def test_the_form_starts_runs_and_shows_the_newest_first(tmp_path):
    shown = launcher("minimal")
    question = {"template": "minimal", "simulator": "embedded", "overrides": {"max_iters": "1"}}
    for name in ("first", "second"):
        assert shown._form._answer("start", {**question, "name": name})["errors"] == {}
    assert [run.name for run in shown.runs] == ["second", "first"]
    assert [type(child).__name__ for child in shown.children] == [
        "LaunchForm",
        "RunView",
        "RunView",
    ]
    for run in shown.runs:
        run.wait(60)
    assert shown.fallback()["text/plain"].count("COMPLETED") == 2


def test_a_run_says_itself_as_text_where_there_is_no_kernel(run):
    with pytest.raises(NotImplementedError):
        display.show(run)
    assert display.bundle(run)["text/plain"].endswith("COMPLETED · 100 %")
    assert "0x" not in repr(run)


def test_ipython_learns_from_the_package_how_a_run_is_displayed(tmp_path):
    text = (
        "from IPython.testing.globalipapp import start_ipython\n"
        "shell = start_ipython()\n"
        "import sys, fusion_jupyter as fj\n"
        "assert 'ipywidgets' not in sys.modules\n"
        f"fj.configure(runs_dir={str(tmp_path / 'elsewhere')!r})\n"
        "run = fj.start(command=['true'])\n"
        "run.wait(30)\n"
        "bundle, _ = shell.display_formatter.format(run)\n"
        "assert run.id in bundle['text/plain'], bundle\n"
        "assert 'application/vnd.jupyter.widget-view+json' in bundle, bundle\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", text], check=True)


def test_what_was_made_before_the_end_never_comes_behind_the_end(monkeypatch):
    """A cell's thread makes the first fallback HTML while the watcher's thread replaces it."""
    published = []
    monkeypatch.setattr(
        display, "_publish", lambda data, *_, **__: published.append(data["text/plain"])
    )
    slow = threading.Event()

    class Widget:
        model_id = "0"
        state = "running"

        def fallback(self):
            state = self.state
            if state == "running":
                slow.wait(5)
            return {"text/html": state, "text/plain": state}

    widget = Widget()
    shown = display.Display("0123456789ab", widget, "Run")
    first = threading.Thread(target=shown._publish_fallback, kwargs={"update": False})
    first.start()
    wait_for(lambda: shown._due > 0)
    widget.state = "completed"
    last = threading.Thread(target=shown.refresh, kwargs={"now": True})
    last.start()
    last.join(0.2)
    slow.set()
    first.join(10)
    last.join(10)
    assert published == ["running", "completed"]
