"""The house: imports run one way, without cycles, and modules stay small. Part of `make check`."""

import ast
from pathlib import Path
from statistics import median

import fusion_jupyter

ROOT = Path(fusion_jupyter.__file__).parent

#: The floors from the top down. A module imports from its own room and from floors below it.
FLOORS = (
    ("__init__",),
    ("widgets", "cli", "magics"),
    ("api",),
    ("run_list", "waiting", "studies", "completion", "short_errors"),
    ("handle",),
    ("run_verbs", "first_run"),
    ("watch", "plots"),
    ("maps",),
    ("analysis",),
    ("artifacts",),
    ("progress",),
    ("manager",),
    ("engines", "simulators", "logs"),
    ("sim",),
    ("config",),
    (
        "storage",
        "settings",
        "settings_table",
        "project",
        "errors",
        "reporting",
        "terminal",
        "formatting",
        "palette",
        "nearest",
        "_version",
    ),
    ("arguments", "choices"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

#: What may import sideways, and why.
SIDEWAYS = {
    # Names in a run directory, for a program that reports its progress.
    ("reporting", "storage"),
    ("settings", "project"),
    ("project", "storage"),
    # A value and how it is shown.
    ("settings", "settings_table"),
    # Messages hold what a program wrote.
    ("errors", "terminal"),
    # The same verbs in a notebook.
    ("magics", "cli"),
    # What was waited for shows itself as a table.
    ("waiting", "run_list"),
}

LONGEST_MODULE = 400
MEDIAN_MODULE = 150


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name without the package's own."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "__pycache__" not in parts:
            found[".".join(parts)] = path
    return found


def room(module: str) -> str:
    return module.partition(".")[0]


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of this package that a file imports, in functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if not name.startswith("fusion_jupyter."):
                continue
            inner = name.removeprefix("fusion_jupyter.")
            while inner and inner not in known and f"{inner}.__init__" not in known:
                inner = inner.rpartition(".")[0]
            if inner:
                found.add(inner if inner in known else f"{inner}.__init__")
    return found


def test_every_room_has_its_floor():
    assert {room(module) for module in modules()} == set(FLOOR)


def test_no_import_runs_up_or_sideways():
    known = modules()
    wrong = [
        f"{module} -> {target}"
        for module, path in known.items()
        for target in imports(path, known)
        if room(module) != room(target)
        and FLOOR[room(target)] <= FLOOR[room(module)]
        and (room(module), room(target)) not in SIDEWAYS
    ]
    assert not wrong, "\n".join(sorted(wrong))


def test_every_exception_is_in_use():
    known = modules()
    crossings = {
        (room(module), room(target))
        for module, path in known.items()
        for target in imports(path, known)
    }
    assert crossings >= SIDEWAYS


def test_there_is_no_import_cycle():
    known = modules()
    graph = {
        module: {
            target
            for target in imports(path, known)
            if target in known and not target.endswith("__init__")
        }
        for module, path in known.items()
        if not module.endswith("__init__")
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module not in done:
            for target in sorted(graph[module]):
                visit(target, (*trail, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_modules_stay_small():
    sizes = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules().items()}
    long = {name: size for name, size in sizes.items() if size > LONGEST_MODULE}
    assert not long
    assert median(size for size in sizes.values() if size > 3) <= MEDIAN_MODULE


def test_no_two_test_files_have_one_name():
    """Pytest imports them by their names alone."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert not {name for name in names if names.count(name) > 1}
