import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fusion_jupyter

ROOT = Path(fusion_jupyter.__file__).parent


def test_every_public_name_is_there_and_listed_once():
    assert sorted(fusion_jupyter.__all__) == sorted({*fusion_jupyter._HOME, "__version__"})
    for name in fusion_jupyter.__all__:
        assert getattr(fusion_jupyter, name) is not None
    assert set(dir(fusion_jupyter)) == set(fusion_jupyter.__all__)


def test_type_checkers_know_every_public_name():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    known = {alias.name for node in imports for alias in node.names} - {"Any"}
    assert known == set(fusion_jupyter._HOME)
    # Unseen by them: with it, every name would seem to exist.
    assert not [node for node in tree.body if getattr(node, "name", "") == "__getattr__"]


def public_functions() -> Iterator[Any]:
    for name in fusion_jupyter._HOME:
        found = getattr(fusion_jupyter, name)
        if inspect.isclass(found):
            ours = [cls for cls in found.__mro__ if cls.__module__.startswith("fusion_jupyter")]
            for attribute, value in [item for cls in ours for item in vars(cls).items()]:
                method = getattr(value, "fget", getattr(value, "__func__", value))
                if not attribute.startswith("_") and inspect.isfunction(method):
                    yield method
        elif inspect.isfunction(found):
            yield found


def test_what_public_functions_return_and_raise_is_public():
    own = {
        node.name
        for path in ROOT.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    } - {"Path"}  # in these signatures, the one of pathlib
    for function in public_functions():
        told = re.findall(r"^ +(\w+Error): ", inspect.getdoc(function) or "", re.MULTILINE)
        returned = re.findall(r"\w+", str(inspect.signature(function).return_annotation))
        missing = (own & {*told, *returned}) - set(fusion_jupyter.__all__)
        assert not missing, f"{function.__module__}.{function.__qualname__}"


def test_start_and_check_take_the_same_arguments():
    one, other = (
        {name: (each.kind, each.default) for name, each in inspect.signature(f).parameters.items()}
        for f in (fusion_jupyter.start, fusion_jupyter.check)
    )
    assert one == other


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lunch'"):
        _ = fusion_jupyter.lunch


def test_no_public_name_is_also_a_module():
    # Importing such a module would put it in the place of the function.
    modules = {path.stem for path in ROOT.glob("*.py")}
    modules |= {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert not modules & set(fusion_jupyter.__all__)


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("fusion_jupyter", ["pandas", "ipywidgets", "numpy", "traitlets"]),
        ("fusion_jupyter.sim.cli", ["pandas", "ipywidgets", "traitlets", "fusion_jupyter.manager"]),
        ("fusion_jupyter.watch.watcher", ["ipywidgets", "pandas", "fusion_jupyter.widgets"]),
        ("fusion_jupyter.manager.manager", ["ipywidgets", "pandas", "fusion_jupyter.watch"]),
    ],
)
def test_a_room_does_not_load_what_it_must_not(module, never):
    text = f"import sys, {module}; print(*[n for n in {never!r} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []


def test_the_supervisor_imports_the_standard_library_and_its_own_light_modules():
    text = (
        "import sys; before = set(sys.modules); "
        f"sys.path.append({str(ROOT.parent)!r}); "
        "import fusion_jupyter.manager.supervisor; "
        "print(*sorted(set(sys.modules) - before))"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", text], check=True, capture_output=True, text=True
    ).stdout.split()
    own = [name for name in found if name.startswith("fusion_jupyter")]
    assert own == [
        "fusion_jupyter",
        "fusion_jupyter._version",
        "fusion_jupyter.engines",
        "fusion_jupyter.engines.queue",
        "fusion_jupyter.engines.waiting_run",
        "fusion_jupyter.manager",
        "fusion_jupyter.manager.appearance",
        "fusion_jupyter.manager.instructions",
        "fusion_jupyter.manager.launch",
        "fusion_jupyter.manager.preloaded",
        "fusion_jupyter.manager.process",
        "fusion_jupyter.manager.program",
        "fusion_jupyter.manager.run_processes",
        "fusion_jupyter.manager.succession",
        "fusion_jupyter.manager.supervisor",
        "fusion_jupyter.sim",
        "fusion_jupyter.sim.entry",
        "fusion_jupyter.storage",
        "fusion_jupyter.storage.atomic_io",
        "fusion_jupyter.storage.deadline",
        "fusion_jupyter.storage.descriptors",
        "fusion_jupyter.storage.files",
        "fusion_jupyter.storage.held",
        "fusion_jupyter.storage.layout",
    ]
    others = {name.partition(".")[0] for name in found if name not in own}
    assert others <= set(sys.stdlib_module_names)
    assert not others & {"pathlib", "subprocess", "asyncio", "dataclasses", "inspect", "typing"}
