"""Starting runs in a terminal, finding them again, and taking their results away."""

import io
import json
import os
import pty
import signal
import subprocess
import sys

import pandas as pd
import pytest
from helpers import wait_for, wait_until_final, wait_until_running

import fusion_jupyter as fj
from fusion_jupyter.cli import assignments
from fusion_jupyter.manager.record import RunCreate, RunStatus

QUICK = ("erlang_stop=400", "max_iters=2", "num_requests=100")


def test_start_starts_what_the_notebook_would(verb, manager):
    code, out, _ = verb(
        "start", "minimal", "--name", "mine", "k_paths=5", "--tag", "a", "--tag", "b", *QUICK
    )
    assert code == 0
    record = wait_until_final(manager, out.split()[0])
    assert (record.status, record.name, list(record.tags)) == ("COMPLETED", "mine", ["a", "b"])
    same = fj.start("minimal", k_paths=5, erlang_stop=400, max_iters=2, num_requests=100)
    assert same.config == fj.run(record.id).config
    same.wait(30)


def test_start_can_wait_and_tells_the_outcome_by_its_status(verb):
    code, out, _ = verb("start", *QUICK, "--wait")
    assert code == 0
    assert "100 %" in out
    code, _, err = verb("start", "minimal", "k_paths=0", "max_iterz=3", "--wait")
    assert code == 1
    assert "k_paths is '0'" in err
    assert "did you mean max_iters?" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["minimal", "k_paths"], "'k_paths' is not an assignment"),
        (["minimal", "k_paths=1", "k_paths=2"], "k_paths is given twice"),
        (["minimla"], "Did you mean 'minimal'?"),
    ],
)
def test_a_word_that_means_nothing_starts_nothing(verb, words, told):
    code, _, err = verb("start", *words)
    assert code == 1
    assert told in err
    assert fj.runs() == []


def test_an_option_that_is_not_there_exits_with_2(verb):
    with pytest.raises(SystemExit) as caught:
        verb("start", "minimal", "--nix")
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5), ("0.5", 0.5), ("1e3", 1000.0), ("True", True), ("false", False), ("None", None),
        ("NSFNet", "NSFNet"), ("NaN", "NaN"), ('{"100": 1.0}', {"100": 1.0}), ("a=b", "a=b"),
        ("3f9c", "3f9c"), ("", ""),
    ],
)  # fmt: skip
def test_a_value_is_read_as_python_would_write_it(text, value):
    assert assignments.value(text) == value
    assert type(assignments.value(text)) is type(value)


def test_a_sweep_runs_each_combination(verb, manager):
    code, out, _ = verb(
        "sweep", "minimal", "--over", "k_paths=1,2", "--over", "network=NSFNet,USNet", *QUICK,
        "--wait",
    )  # fmt: skip
    assert code == 0
    assert out.split()[1:] == ["4", "completed"]
    sweep = fj.sweep_by_id(out.split()[0])
    assert sorted(sweep.points["k_paths"]) == [1, 1, 2, 2]
    code, out, _ = verb("sweep", "--over", "k_paths=1,3", "network=NSFNet", *QUICK, "--dry-run")
    assert (code, "2 runs" in out) == (0, True)
    assert len(fj.runs()) == 4


def test_a_sweep_with_a_wrong_point_starts_nothing(verb):
    code, _, err = verb("sweep", "minimal", "--over", "k_paths=0,1", *QUICK)
    assert code == 1
    assert "k_paths is '0'" in err
    assert fj.runs() == []


@pytest.fixture
def done(manager):
    request = RunCreate(
        simulator="embedded",
        name="first",
        tags=("paper",),
        config={"erlang_stop": 400, "max_iters": 2, "num_requests": 100},
    )
    return wait_until_final(manager, manager.create_run(request).id)


def test_results_come_as_csv_json_and_parquet(verb, done, tmp_path):
    expected = fj.results(done.id)["blocking"].tolist()
    assert pd.read_csv(io.StringIO(verb("results", done.id)[1]))["blocking"].tolist() == expected
    rows = json.loads(verb("results", done.id, "--format", "json")[1])
    assert [row["blocking"] for row in rows] == pytest.approx(expected)
    for name in ("a.csv", "a.json", "a.parquet"):
        path = tmp_path / name
        assert verb("results", done.id, "-o", str(path))[:2] == (0, "")
        read = getattr(pd, f"read_{path.suffix[1:]}")
        assert read(path)["erlang"].tolist() == [300.0, 400.0]


def test_results_of_several_runs_are_one_table(verb, done, manager):
    other = wait_until_final(
        manager,
        manager.create_run(RunCreate(config={"erlang_stop": 300, "num_requests": 100})).id,
    )
    table = pd.read_csv(io.StringIO(verb("results", done.id, other.id)[1]), dtype={"run_id": str})
    assert table["run_id"].tolist() == [done.id, done.id, other.id]


def test_parquet_is_not_written_to_a_terminal(manager, done):
    ours, theirs = pty.openpty()
    told = subprocess.run(
        [*command(manager), "results", done.id, "--format", "parquet"],
        stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert told.returncode == 1
    assert "allowed: --output FILE, or a pipe" in told.stderr


def test_list_finds_by_tag_status_and_age(verb, done, manager):
    other = manager.create_run(RunCreate(command=("/bin/false",), tags=("other",)))
    wait_until_final(manager, other.id)

    def listed(*words):
        return [line.split()[0] for line in verb("list", *words)[1].splitlines()[1:]]

    assert listed() == [other.id, done.id]
    assert listed("--tag", "paper") == [done.id]
    assert listed("--status", "failed") == [other.id]
    assert listed("--since", "2h") == [other.id, done.id]
    assert listed("--since", "2100-01-01") == []
    assert listed("--limit", "1") == [other.id]
    assert "allowed: a datetime" in verb("list", "--since", "yesterday")[2]


def test_the_first_characters_that_fit_several_runs_are_answered_by_their_names(verb, manager):
    for number in range(17):  # two of them begin with the same digit
        manager.create_run(RunCreate(command=("/bin/true",), name=f"number {number}"))
    ids = [record.id for record in manager.list_runs()]
    digit = next(each for each in "0123456789abcdef" if sum(i[0] == each for i in ids) > 1)
    code, _, err = verb("show", digit)
    assert code == 1
    for record in manager.list_runs():
        if record.id.startswith(digit):
            assert f"{record.id} ({record.name})" in err


def command(manager):
    return [sys.executable, "-m", "fusion_jupyter.cli", "--runs-dir", str(manager.runs_dir)]


def test_ctrl_c_leaves_a_clean_line_and_says_that_the_run_goes_on(manager):
    record = manager.create_run(RunCreate(command=("/bin/sleep", "60")))
    wait_until_running(manager, record.id)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command(manager), "watch", record.id],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as watching:  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"running" not in shown:
            shown += os.read(ours, 4096)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 130
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:
            pass  # the other end is closed
    os.close(ours)
    last = shown.decode().split("\r\n")
    assert last[-2:] == [f"The run continues: fusion-jupyter watch {record.id}", ""]
    assert "Traceback" not in shown.decode()
    wait_for(lambda: manager.get_run(record.id).status is RunStatus.RUNNING)


def test_doctor_tells_what_is_there(verb, done, manager):
    code, out, _ = verb("doctor")
    assert code == 0
    assert f"fusion_jupyter {fj.__version__}" in out
    assert "jupyterlab" in out
    assert f"runs are in {manager.runs_dir} (configured): 1," in out
    assert "the embedded simulator" in out
    assert out.splitlines()[-1] == "All is well."


def test_doctor_names_what_does_not_work(verb, monkeypatch, tmp_path):
    monkeypatch.setenv("FUSION_JUPYTER_FUSION_PYTHON", "/bin/false")
    code, out, _ = verb("doctor")
    assert code == 1
    assert "NO   FUSION cannot be used" in out


def test_doctor_tells_whether_a_server_can_serve_the_files(verb, monkeypatch, tmp_path):
    from jupyter_server import serverapp

    servers = [
        {"url": "http://localhost:1/", "root_dir": str(tmp_path)},
        {"url": "http://localhost:2/", "root_dir": str(tmp_path / "elsewhere")},
    ]
    monkeypatch.setattr(serverapp, "list_running_servers", lambda: iter(servers))
    out = verb("doctor")[1]
    assert "ok   the Jupyter server at http://localhost:1/ can serve" in out
    assert "note the Jupyter server at http://localhost:2/ cannot serve" in out
