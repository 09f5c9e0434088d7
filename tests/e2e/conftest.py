"""A real JupyterLab and a real Chromium for each module of tests.

Where no browser can be used the tests are skipped and say why, unless
FUSION_JUPYTER_REQUIRE_BROWSER=1: then they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, Notebook, find_chromium

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-precise-memory-info",
]


#: Modules that measure a page: `make test` runs them last, when nothing else runs beside them.
MEASURING = {"test_hostile_log", "test_load", "test_runs_table_in_lab"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if item.path.stem in MEASURING:
                item.add_marker(pytest.mark.measuring)
            # A browser and its server on a busy machine: patience costs nothing where all is well.
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(480))


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    required = os.environ.get("FUSION_JUPYTER_REQUIRE_BROWSER") == "1"
    # Its driver is a program of its own that outlives no test; what it leaves open is not ours.
    with playwright_api.sync_playwright() as playwright:
        try:
            made = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        except playwright_api.Error as error:
            reason = "No usable Chromium (install it, or name it in FUSION_JUPYTER_CHROMIUM): "
            reason += f"{str(error).splitlines()[0]}"
            if required:
                pytest.fail(reason)
            pytest.skip(reason)
        yield made
        made.close()


@pytest.fixture(scope="module")
def lab(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab server with a home of its own, and its root in a fresh folder."""
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def page(browser, request: pytest.FixtureRequest) -> Iterator[object]:  # type: ignore[no-untyped-def]
    """A page of its own, 1280 x 900, whose foreign requests fail the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    foreign: list[str] = []

    def note(asked: object) -> None:
        address = asked.url  # type: ignore[attr-defined]
        if address.startswith(("http:", "https:", "ws:")) and "//127.0.0.1" not in address:
            foreign.append(address)

    page.on("request", note)
    page.set_default_timeout(20_000)
    yield page
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
    context.close()
    assert foreign == [], "the page must ask nobody but its own server"


@pytest.fixture
def notebook(lab: Lab, page: object) -> Notebook:
    """An empty notebook, open with an idle kernel, where fusion_jupyter is imported as fj."""
    return Notebook.create(lab, page)
