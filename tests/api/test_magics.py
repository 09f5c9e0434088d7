"""``%fusion`` in a real kernel: the terminal's verbs, whose objects show themselves."""

import pytest
from kernels import started

QUICK = "erlang_stop=400 max_iters=2 num_requests=100"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    with started(cwd=str(folder)) as found:
        found.execute(f"import fusion_jupyter as fj; fj.configure(runs_dir={str(folder / 'r')!r})")
        assert found.text("%load_ext fusion_jupyter") == ""
        yield found


def test_start_shows_the_run_and_can_be_assigned(kernel):
    outputs = kernel.execute(f"%fusion start minimal k_paths=5 --name mine {QUICK}")
    assert any("application/vnd.jupyter.widget-view+json" in each["data"] for each in outputs)
    kernel.execute(f"run = %fusion start k_paths=3 {QUICK}")
    # The other run's last known state may be refreshed in this cell too.
    assert kernel.text("run.wait(60).status.value").splitlines()[-1] == "'COMPLETED'"


def test_runs_and_results_are_objects(kernel):
    assert "2 runs: 2 completed" in kernel.text("%fusion runs --status completed")
    assert kernel.text("found = %fusion run {run.id[:5]}\nfound is run") == "True"
    kernel.execute("frame = %fusion results {run.id} --level iteration")
    assert kernel.text("len(frame)") == "4"


def test_the_other_verbs_print_what_the_terminal_prints(kernel):
    lines = kernel.text("%fusion logs {run.id} -n 3").splitlines()
    assert str(lines) == kernel.text("print(run.log_tail(3))").strip()
    assert "the embedded simulator" in kernel.text("%fusion doctor")
    assert "usage: %fusion" in kernel.text("%fusion --help")
    assert "deleted" in kernel.text("%fusion delete {run.id}")


def test_what_is_wrong_is_told_in_a_line_and_the_kernel_lives(kernel):
    assert kernel.text("%fusion fly").startswith("UsageError: %fusion: argument COMMAND")
    said = kernel.text("%fusion start minimal k_paths=0 max_iterz=2")
    assert said.startswith("ConfigError:")
    assert "did you mean max_iters?" in said
    assert "Cell In" not in said
    assert kernel.text("1 + 1") == "2"


def test_tab_completes_verbs_templates_options_and_values(kernel):
    assert "start" in kernel.complete("%fusion st")
    assert "minimal" in kernel.complete("%fusion start min")
    assert "route_method=" in kernel.complete("%fusion start minimal route_meth")
    assert "NSFNet" in kernel.complete("%fusion start minimal network=NSF")
    assert "start" in kernel.complete("run = %fusion st")
