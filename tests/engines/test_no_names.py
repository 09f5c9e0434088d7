"""Nothing outside `engines/` asks which engine a run has."""

import ast
from pathlib import Path

import fusion_jupyter
from fusion_jupyter.engines import registry

ROOT = Path(fusion_jupyter.__file__).parent


def names_in_comparisons(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            words = [each for each in ast.walk(node) if isinstance(each, ast.Constant)]
            found |= {word.value for word in words if word.value in registry.names()}
    return found


def test_no_decision_outside_the_engines_names_one():
    for path in ROOT.rglob("*.py"):
        if path.parts[len(ROOT.parts)] != "engines":
            assert not names_in_comparisons(ast.parse(path.read_text(encoding="utf-8"))), path
    for path in (ROOT.parent / "js" / "src").rglob("*.ts"):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in registry.names() if f'engine === "{name}"' in text], path


def test_the_table_learns_the_order_of_the_queue_from_the_manager(manager):
    import fusion_jupyter as fj

    fj.configure(max_concurrent_runs=1)
    runs = [fj.start(command=["/bin/sleep", "60"]) for _ in range(3)]
    assert manager.queued() == [run.id for run in runs[1:]]
    reports = manager.poll([run.record for run in runs])
    assert [reports[run.id].ahead for run in runs] == [None, 0, 1]
    for run in runs:
        run.cancel()
