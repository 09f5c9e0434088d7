"""Tab in a notebook: templates, options and their values."""

import inspect

import pytest
from jupyter_client.manager import start_new_kernel

import fusion_jupyter as fj
from fusion_jupyter.completion import CallSite, completions, find_call
from fusion_jupyter.config import schema


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ('fj.start("min', CallSite("fj.start", 0, None, "min", True)),
        ("start('min", CallSite("start", 0, None, "min", True)),
        ("fj.start(", CallSite("fj.start", 0, None, "", False)),
        ('fj.start("a, b", k_', CallSite("fj.start", 1, None, "k_", False)),
        ('fj.start("minimal", network="N', CallSite("fj.start", 1, "network", "N", True)),
        ('fj.start("minimal",\n    network=', CallSite("fj.start", 1, "network", "", False)),
        ('fj.start("minimal", x=[1, (2, 3)], k', CallSite("fj.start", 2, None, "k", False)),
        ('f(g("a"), {"k": fj.start("m', CallSite("fj.start", 0, None, "m", True)),
        ('fj.sweep("m", over={"k_', CallSite("fj.sweep", 1, "over", "k_", True, True)),
        ('fj.sweep("m", {"a": [1], ne', CallSite("fj.sweep", 1, None, "ne", False, True)),
        ('fj.start(r"\\', CallSite("fj.start", 0, None, "\\", True)),
        ('fj.start("""mi', CallSite("fj.start", 0, None, "mi", True)),
        ("# it's\nfj.start(\"min", CallSite("fj.start", 0, None, "min", True)),
        ('fj.sweep("m", over={"k_paths": [1', None),
        ('fj.sweep("m", over={"k_paths": ', None),
        ('fj.start("minimal")', None),
        ("fj.start(  # min", None),
        ("x = [1, 2", None),
        ("", None),
    ],
)
def test_the_cursor_is_found_in_code_that_is_not_complete(text, site):
    assert find_call(text) == site


@pytest.mark.parametrize("function", [fj.start, fj.check, fj.sweep, fj.find_load], ids=str)
def test_a_signature_lists_the_options_that_change_a_run(function):
    parameters = inspect.signature(function).parameters
    assert parameters["k_paths"].kind is inspect.Parameter.KEYWORD_ONLY
    assert list(parameters)[-1] == "options"
    assert "gamma" not in parameters
    assert ("erlang_start" in parameters) == (function is not fj.find_load)


def test_every_value_that_is_offered_is_allowed():
    for option in schema.OPTIONS.values():
        for text, _ in completions(CallSite("fj.start", 1, option.name, "", True), fj.start):
            schema.find(option.name).kind.parse(text)


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """Ask a real kernel for completions."""
    manager, client = start_new_kernel(kernel_name="python3")

    def ask(code):
        client.complete(code, len(code))
        while True:
            message = client.get_shell_msg(timeout=60)
            if message["msg_type"] == "complete_reply":
                content = message["content"]
                return content["matches"], code[content["cursor_start"] : content["cursor_end"]]

    client.execute_interactive("import fusion_jupyter as fj", timeout=60)
    client.execute_interactive("from fusion_jupyter import start as go", timeout=60)
    client.execute_interactive(f"fj.configure(runs_dir={str(tmp_path_factory.mktemp('runs'))!r})")
    client.execute_interactive("run = fj.start(max_iters=1, erlang_stop=300)", timeout=60)
    yield ask
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    ("code", "first", "replaced"),
    [
        ('fj.start("min', "minimal", "min"),
        ('fj.check("', "minimal", ""),
        ('go("min', "minimal", "min"),
        ('fj.start("minimal", k_', "k_paths=", "k_"),
        ('fj.check("minimal", k_', "k_paths=", "k_"),
        ('fj.sweep("minimal", k_', "k_paths=", "k_"),
        ('fj.start("minimal", gam', "gamma=", "gam"),
        ('fj.start("minimal", network="N', "NSFNet", "N"),
        ('fj.start("minimal", network=', '"NSFNet"', ""),
        ('fj.start("minimal", guard_slots=', "0", ""),
        ('fj.start("minimal", simulator="', "auto", ""),
        ('fj.sweep("minimal", over={"k_', "k_paths", "k_"),
        ('fj.start("minimal", engine="s', "slurm", "s"),
        ('fj.results(found, level="l', "link", "l"),
        ('run.results(level="', "erlang", ""),
        ("run.again(k_", "k_paths=", "k_"),
        ('fj.runs(status="F', "FAILED", "F"),
        ('fj.runs("COM', "COMPLETED", "COM"),
        ('fj.runs(simulator="c', "command", "c"),
        ('fj.topology("NSF', "NSFNet", "NSF"),
    ],
)
def test_a_real_kernel_completes(complete, code, first, replaced):
    matches, fragment = complete(code)
    assert matches[0] == first
    assert fragment == replaced


def test_another_function_is_left_alone(complete):
    assert "minimal" not in complete('print("min')[0]
