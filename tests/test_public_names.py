import subprocess
import sys
from pathlib import Path

import pytest

import fusion_jupyter

ROOT = Path(fusion_jupyter.__file__).parent


def test_every_public_name_is_there_and_listed_once():
    assert sorted(fusion_jupyter.__all__) == sorted({*fusion_jupyter._HOME, "__version__"})
    for name in fusion_jupyter.__all__:
        assert getattr(fusion_jupyter, name) is not None
    assert set(dir(fusion_jupyter)) == set(fusion_jupyter.__all__)


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
        "fusion_jupyter.storage.descriptors",
        "fusion_jupyter.storage.files",
        "fusion_jupyter.storage.held",
        "fusion_jupyter.storage.layout",
    ]
    others = {name.partition(".")[0] for name in found if name not in own}
    assert others <= set(sys.stdlib_module_names)
    assert not others & {"pathlib", "subprocess", "asyncio", "dataclasses", "inspect", "typing"}
