"""What every room's tests share: settings of their own, and runs that end with the test."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusion_jupyter import settings
from fusion_jupyter.manager import launch
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.watch import watcher


def pytest_sessionstart() -> None:
    """Background jobs of a shell ignore SIGINT, and so would every process that a test starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the user's variables, nor leaves a setting to the next."""
    for name in (
        settings.RUNS_DIR_VARIABLE,
        settings.MAX_CONCURRENT_VARIABLE,
        settings.FUSION_PYTHON_VARIABLE,
    ):
        monkeypatch.delenv(name, raising=False)
    settings.reset()
    settings.configure(runs_dir=tmp_path / "runs", max_concurrent_runs=4)
    yield
    settings.reset()


@pytest.fixture(autouse=True, scope="module")
def watches_of_its_own() -> Iterator[None]:
    """What a module leaves displayed or watched is closed; the next one counts its own threads."""
    yield
    if "ipywidgets" in sys.modules:
        from ipywidgets.widgets import widget

        from fusion_jupyter.widgets.channel import Channel

        for shown in [each for each in widget._instances.values() if not isinstance(each, Channel)]:
            shown.close()
    current = watcher._watcher
    for stream in list(current.streams.values()) if current is not None else ():
        for subscription in [*stream.subscriptions, *stream.newcomers]:
            subscription.close()
    # A file that was left open is an error of the module that left it, not of a later one.
    gc.collect()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[RunManager]:
    """A manager of a runs directory of its own; whatever still runs is ended afterwards."""
    found = RunManager(tmp_path / "runs")
    yield found
    for record in found.list_runs():
        if not record.status.is_final:
            settings.configure(cancel_grace_seconds=0)
            found.cancel(record.id)
    launch.reap()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: their driver keeps an event loop in this thread until the session ends."""
    items.sort(key=lambda item: "e2e" in item.path.parts)
