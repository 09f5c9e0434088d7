"""Tab in a notebook: templates, options and their values."""

import inspect

import pytest
from jupyter_client.manager import start_new_kernel

import fusion_jupyter as fj
from fusion_jupyter.completion import Place, completions, find_place
from fusion_jupyter.config import schema


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('fj.start("min', Place("fj.start", 0, None, "min", True)),
        ("start('min", Place("start", 0, None, "min", True)),
        ("fj.start(", Place("fj.start", 0, None, "", False)),
        ('fj.start("a, b", k_', Place("fj.start", 1, None, "k_", False)),
        ('fj.start("minimal", network="N', Place("fj.start", 1, "network", "N", True)),
        ('fj.start("minimal",\n    network=', Place("fj.start", 1, "network", "", False)),
        ('fj.start("minimal", x=[1, (2, 3)], k', Place("fj.start", 2, None, "k", False)),
        ('f(g("a"), {"k": fj.start("m', Place("fj.start", 0, None, "m", True)),
        ('fj.sweep("m", over={"k_', Place("fj.sweep", 1, "over", "k_", True, True)),
        ('fj.sweep("m", {"a": [1], ne', Place("fj.sweep", 1, None, "ne", False, True)),
        ('fj.start(r"\\', Place("fj.start", 0, None, "\\", True)),
        ('fj.start("""mi', Place("fj.start", 0, None, "mi", True)),
        ("# it's\nfj.start(\"min", Place("fj.start", 0, None, "min", True)),
        ('fj.sweep("m", over={"k_paths": [1', None),
        ('fj.sweep("m", over={"k_paths": ', None),
        ('fj.start("minimal")', None),
        ("fj.start(  # min", None),
        ("x = [1, 2", None),
        ("", None),
    ],
)
def test_the_cursor_is_found_in_code_that_is_not_complete(text, place):
    assert find_place(text) == place


@pytest.mark.parametrize("function", [fj.start, fj.check, fj.sweep, fj.find_load], ids=str)
def test_a_signature_lists_the_options_that_change_a_run(function):
    parameters = inspect.signature(function).parameters
    assert parameters["k_paths"].kind is inspect.Parameter.KEYWORD_ONLY
    assert list(parameters)[-1] == "options"
    assert "gamma" not in parameters
    assert ("erlang_start" in parameters) == (function is not fj.find_load)


def test_every_value_that_is_offered_is_allowed():
    for option in schema.OPTIONS.values():
        for text, _ in completions(Place("fj.start", 1, option.name, "", True)):
            schema.find(option.name).kind.parse(text)


@pytest.fixture(scope="module")
def complete():
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
    ],
)
def test_a_real_kernel_completes(complete, code, first, replaced):
    matches, fragment = complete(code)
    assert matches[0] == first
    assert fragment == replaced


def test_another_function_is_left_alone(complete):
    assert "minimal" not in complete('print("min')[0]
