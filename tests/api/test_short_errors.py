"""What a user sees in a notebook when something that was asked for is not allowed."""

import pytest
from kernels import Kernel, started

HINT = "%tb shows where."

#: A cell, and what is said of it.
SLIPS = {
    'fj.start("minimla")': ("ConfigError: template is 'minimla'", "Did you mean 'minimal'?"),
    "fj.start(max_iterz=3)": ("ConfigError: max_iterz is not an option; did you mean max_iters?",),
    "fj.start(k_paths=0)": ("routing_settings.k_paths is '0'; allowed: a whole number, 1 or more",),
    "fj.start(simulatr='fusion')": ("did you mean simulator?",),
    "fj.start(simulator='embeded')": ("ValueError: simulator is", "Did you mean 'embedded'?"),
    "fj.start(engine='slrm')": ("ValueError: engine is", "Did you mean 'slurm'?"),
    "fj.start(network='nsfnett')": ("Did you mean 'NSFNet'?",),
    "fj.start(command='ls')": ("ValueError: command is 'ls'; allowed: a list",),
    "fj.run('0123')": ("RunNotFoundError: There is no run '0123'",),
    "fj.results(3)": ("TypeError: runs has int '3'",),
    "fj.runs(status='faild')": ("ValueError: status is 'faild'", "Did you mean 'FAILED'?"),
    "fj.results([], level='erlng')": ("ValueError: level is 'erlng'", "Did you mean 'erlang'?"),
    "fj.sweep('minimal', {'k_pths': [1, 2]})": ("ConfigError: k_pths", "did you mean k_paths"),
    "fj.sweep_by_id('abc')": ("SweepNotFoundError: There is no sweep 'abc'",),
    "fj.reference('deeprmsa')": ("Did you mean 'deeprmsa-nsfnet'?",),
    "fj.configure(max_concurrent_runs=0)": ("max_concurrent_runs is 0; allowed: 1 or more",),
    "await fj.wait(fj.start(command=['/bin/sleep', '60'], reuse=True), 0.1)": (
        "TimeoutError: 1 of 1 run has not ended",
    ),
}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    with started(cwd=str(folder)) as found:
        found.execute(f"import fusion_jupyter as fj; fj.configure(runs_dir={str(folder / 'r')!r})")
        yield found
        found.execute("[run.cancel() for run in fj.runs(['pending', 'running'])]")


@pytest.mark.parametrize("cell", SLIPS)
def test_a_slip_is_answered_by_its_message_alone(kernel: Kernel, cell: str):
    said = kernel.text(cell)
    for words in SLIPS[cell]:
        assert words in said
    assert "Traceback" not in said
    assert "Cell In" not in said
    assert "fusion_jupyter/" not in said
    assert said.rstrip().endswith(HINT)


def test_all_problems_are_reported_at_once_each_on_its_line(kernel):
    said = kernel.text("fj.start(k_paths=0, max_iterz=3, network='nsfnett')").splitlines()
    assert said[0] == "ConfigError:"
    assert [line.split()[0] for line in said[1:-1]] == [
        "max_iterz",
        "routing_settings.k_paths",
        "topology_settings.network",
    ]


def test_the_full_traceback_comes_on_request(kernel):
    assert kernel.text("fj.run('0123')").endswith(HINT)
    said = kernel.text("%tb")
    assert "Traceback" in said
    assert "selection.py" in said
    kernel.execute("%xmode Verbose")
    try:
        said = kernel.text("fj.run('0123')")
        assert "selection.py" in said
        assert HINT not in said
    finally:
        kernel.execute("%xmode Context")
    assert kernel.text("fj.run('0123')").endswith(HINT)


def test_errors_of_others_are_shown_as_ever(kernel):
    assert "Cell In" in kernel.text("{}['x']")
    assert "Cell In" in kernel.text("raise ValueError('mine')")
    assert "Cell In" in kernel.text("fj.configure(runs_dirr='x')")


def test_a_fault_of_this_package_keeps_its_traceback(kernel):
    broken = (
        "from unittest import mock\n"
        "with mock.patch('fusion_jupyter.manager.selection.find', lambda *_: {}['x']):\n"
        "    fj.run('0123')"
    )
    assert "api.py" in kernel.text(broken)
    broken = (
        "with mock.patch('fusion_jupyter.manager.manager.RunManager.get_run', lambda *_: int('x')):\n"
        "    fj.run('0123')"
    )
    assert "selection.py" in kernel.text(broken)


def test_a_handler_of_the_users_own_goes_on(kernel):
    code = (
        "def mine(shell, kind, error, tb, tb_offset=None): print('mine:', error)\n"
        "shell = get_ipython(); before = shell.custom_exceptions, shell.CustomTB\n"
        "shell.set_custom_exc((ZeroDivisionError,), mine)\n"
        "from fusion_jupyter import short_errors\n"
        "shell._fusion_jupyter_errors = False; short_errors.register()"
    )
    kernel.execute(code)
    assert kernel.text("1/0").strip() == "mine: division by zero"
    assert kernel.text("fj.run('0123')").endswith(HINT)


def test_a_message_does_nothing_to_the_terminal(kernel):
    said = kernel.text(r"fj.run('\x1b]0;owned\x07')")
    assert "\x1b" not in said
    assert "\x07" not in said
