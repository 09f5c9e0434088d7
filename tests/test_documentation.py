"""Every example of the documentation runs: the README's blocks and the docstrings' examples."""

import ast
import asyncio
import doctest
import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import networkx as nx
import pytest

import fusion_jupyter
import fusion_jupyter as fj
from fusion_jupyter.manager import provenance
from fusion_jupyter.manager.directory import RunDirectory

ROOT = Path(fusion_jupyter.__file__).parent
README = ROOT.parent / "README.md"
ID = "3f9c0a7be214"
SHORT = {"simulator": "embedded", "erlang_start": 300, "erlang_stop": 600, "num_requests": 200}

#: Examples whose output is made up, because it depends on the user's runs. They are run all the
#: same, with real runs behind their names.
ILLUSTRATIVE = {
    "fusion_jupyter",
    "fusion_jupyter.analysis.results.results",
    "fusion_jupyter.analysis.references.reference",
    "fusion_jupyter.analysis.tables.ResultTable.to_latex",
    "fusion_jupyter.analysis.tables.table",
    "fusion_jupyter.api.runs",
    "fusion_jupyter.studies.bundles.export",
    "fusion_jupyter.studies.bundles.import_runs",
    "fusion_jupyter.studies.labelling.SweepLabels.tag",
    "fusion_jupyter.artifacts.listing.list_artifacts",
    "fusion_jupyter.artifacts.listing.get_artifact_path",
    "fusion_jupyter.artifacts.loading.load",
    "fusion_jupyter.handle.Run",
    "fusion_jupyter.handle.Run.cite",
    "fusion_jupyter.logs.line_index.LineIndex",
    "fusion_jupyter.logs.line_index.log_tail",
    "fusion_jupyter.logs.tail.Tail",
    "fusion_jupyter.plots.blocking.plot_blocking",
    "fusion_jupyter.reporting.report",
    "fusion_jupyter.run_list.RunList",
    "fusion_jupyter.run_list.RunList.summary",
    "fusion_jupyter.run_verbs.RunVerbs.again",
    "fusion_jupyter.run_verbs.RunVerbs.tag",
    "fusion_jupyter.studies.api.sweep",
    "fusion_jupyter.studies.comparing.compare",
    "fusion_jupyter.studies.reproduction.reproduce",
    "fusion_jupyter.studies.sweep.Sweep",
    "fusion_jupyter.studies.sweep_html.totals",
    "fusion_jupyter.studies.sweep.Sweep.extend",
    "fusion_jupyter.waiting.wait",
    "fusion_jupyter.watch.sse.stream_progress",
    "fusion_jupyter.watch.sse.stream_run_logs",
    "fusion_jupyter.widgets.launcher.launcher",
    "fusion_jupyter.widgets.run_view.RunView",
    "fusion_jupyter.widgets.runs_table.dashboard",
    "fusion_jupyter.widgets.sweep_view.SweepView",
}
#: Examples of how inner pieces fit together, with names that stand for what a caller has.
SKETCHES = {
    "fusion_jupyter.artifacts.listing.open_artifact",
    "fusion_jupyter.analysis.capacity.load_at",
    "fusion_jupyter.analysis.comparison.compare_iterations",
    "fusion_jupyter.storage.files.open_regular",
    "fusion_jupyter.studies.find_load.find_load",  # minutes
    "fusion_jupyter.studies.load_search.LoadSearch",
    "fusion_jupyter.studies.root_search",
    "fusion_jupyter.watch.watcher.watch",
}


def examples() -> list[doctest.DocTest]:
    """The examples of all docstrings."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        module = ".".join(("fusion_jupyter", *path.relative_to(ROOT).with_suffix("").parts))
        if ">>>" not in text or module.endswith(("__main__", "fusion_launcher")):
            continue
        home = importlib.import_module(module.removesuffix(".__init__"))
        for test in doctest.DocTestFinder(exclude_empty=True).find(home, home.__name__):
            if test.examples:
                found[test.name] = test
    return list(found.values())


EXAMPLES = examples()
EXACT = [test for test in EXAMPLES if test.name not in ILLUSTRATIVE | SKETCHES]


def test_the_lists_of_examples_name_existing_examples():
    assert {test.name for test in EXAMPLES} >= ILLUSTRATIVE | SKETCHES


@pytest.mark.parametrize("test", EXACT, ids=lambda test: test.name)
def test_an_example_gives_what_it_says(test, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=options).run(test, out=said.append)
    assert result.failed == 0, "".join(said)


async def run_code(text: str, names: dict) -> None:
    """Execute text in which `await` may stand at the top, as in a notebook."""
    code = compile(text, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.isawaitable(result):
        await result


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Real runs behind the names that the examples use."""
    pytest.importorskip("matplotlib").use("agg")
    folder = tmp_path_factory.mktemp("documentation")
    fj.configure(runs_dir=folder / "fusion_runs")
    runs = [fj.start("minimal", k_paths=k, max_iters=6, tags=["ofc27"], **SHORT) for k in (1, 3)]
    for run in runs:
        run.wait(60)
    provenance.finish()  # the run copied below changes no more
    sweep = fj.sweep(
        "minimal", {"k_paths": [1, 3], "network": ["NSFNet", "USNet"]}, max_iters=2, **SHORT
    ).wait(100)
    fj.export(runs, folder / "study.zip")
    shutil.copytree(runs[1].directory, folder / "fusion_runs" / ID, symlinks=True)
    for path in (folder / "fusion_runs" / ID).rglob(f"{runs[1].id}.log"):
        path.rename(path.with_name(f"{ID}.log"))
    (folder / "sweep.ini").write_text(runs[0].config)
    return folder, runs, sweep


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def names(study) -> dict:
    import ipywidgets
    import matplotlib.pyplot as plt

    folder, runs, sweep = study
    fj.configure(runs_dir=folder / "fusion_runs", max_concurrent_runs=2)
    return {
        **{name: getattr(fj, name) for name in fj.__all__},
        "fj": fj, "run": runs[1], "other": runs[0], "runs": fj.runs, "sweep": sweep,
        "run_a": runs[0], "run_b": runs[1], "first": runs[0], "second": runs[1],
        "directory": RunDirectory(runs[0].directory), "ipywidgets": ipywidgets, "sys": sys,
        "time": time, "json": json, "Path": Path, "axes": plt.subplots(1, 2)[1],
        "axis": plt.subplots()[1], "timedelta": __import__("datetime").timedelta,
    }  # fmt: skip


@pytest.mark.parametrize(
    "test", [test for test in EXAMPLES if test.name in ILLUSTRATIVE], ids=lambda test: test.name
)
def test_an_example_with_runs_of_the_users_runs(test, study, monkeypatch):
    monkeypatch.chdir(study[0])
    home = importlib.import_module(re.sub(r"\.[A-Z].*|\.\w+$", "", test.name) or test.name)
    known = {**vars(home), **names(study)}
    if re.search(r"tables|compar|plots", test.name):
        known["runs"] = study[1]
    if test.name.endswith("api.sweep"):
        known["sweep"] = fj.sweep
    text = "".join(example.source for example in test.examples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.run(run_code(text, known))


DOCS = README.parent / "docs"
#: Pages whose blocks need what a test machine lacks: a cluster. `tests/slurm` has it.
ELSEWHERE = {"cluster.md", "errors.md"}  # of errors.md, each block raises: see below
PAGES = [README, *sorted(page for page in DOCS.glob("*.md") if page.name not in ELSEWHERE)]


def blocks(page: Path) -> list[str]:
    """The Python blocks of a page."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)


def test_every_kind_of_page_has_blocks():
    assert len(blocks(README)) >= 5
    assert sum(bool(blocks(page)) for page in PAGES) >= 5


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, study, monkeypatch):
    monkeypatch.chdir(study[0])
    triangle = nx.Graph([("A", "B"), ("B", "C"), ("C", "A")])
    nx.set_edge_attributes(triangle, 100.0, "length")
    nx.write_graphml(triangle, study[0] / "backbone.graphml")
    (study[0] / "train.py").write_text("import fusion_jupyter as fj\nfj.report(0.4, loss=0.1)\n")
    known = names(study)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in blocks(page):
            try:
                asyncio.run(run_code(text, known))
            except Exception as error:
                raise AssertionError(
                    f"{type(error).__name__}: {error}\nin the block\n{text}"
                ) from error
    for run in fj.runs(["pending", "running"]):
        run.cancel()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_the_document_with_the_figure_is_typeset(study, monkeypatch):
    page = DOCS / "three_routes.md"
    (document,) = re.findall(r"```latex\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(study[0])
    known = names(study)
    for text in blocks(page)[-2:]:
        asyncio.run(run_code(text, known))
    Path("paper.tex").write_text(document, encoding="utf-8")
    for _ in range(2):
        typeset = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
        done = subprocess.run(typeset, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    said = "".join(done.stdout.splitlines())  # pdflatex breaks its lines anywhere
    assert "<./blocking.pdf>" in said
    assert "undefined" not in said
    assert "Overfull" not in said


ERRORS = re.findall(
    r"```python\n(.*?)\n```\n\n```text\n(.*?)\n```",
    (DOCS / "errors.md").read_text(encoding="utf-8"),
    re.S,
)


@pytest.mark.parametrize(("code", "text"), ERRORS, ids=[code for code, _ in ERRORS])
def test_what_goes_wrong_in_the_first_hour_is_said_as_documented(
    code, text, study, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # without the templates that other examples save
    before = set((study[0] / "fusion_runs").iterdir())
    known = names(study)
    with warnings.catch_warnings(), pytest.raises(Exception) as caught:
        warnings.simplefilter("ignore")
        eval(code, known)
    said = f"{type(caught.value).__name__}: {caught.value}"
    pattern = ".*".join(map(re.escape, text.split("…")))
    assert re.fullmatch(pattern, said, re.S), said
    assert set((study[0] / "fusion_runs").iterdir()) == before, "something was written"
