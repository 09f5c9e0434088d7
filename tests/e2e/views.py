"""What a user does with the view of a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from pathlib import Path

    from lab import Notebook
    from playwright.sync_api import Locator, Page


def wait_until(condition: Callable[[], object], seconds: float = 60.0, what: str = "it") -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: It does not in this time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.02)


def status(view: Locator) -> str | None:
    """The run's status as the view knows it."""
    return view.get_attribute("data-status")


def percent(view: Locator) -> float:
    """How far the bar is, 0 to 100."""
    return float(view.get_by_role("progressbar").get_attribute("aria-valuenow") or 0)


def log_text(view: Locator) -> str:
    """The rows of the log that are on the screen."""
    return view.locator(".fj-log-rows").inner_text()


def log_of(notebook: Notebook, view: Locator) -> Path:
    """The log's file."""
    run_id = view.get_attribute("data-run") or ""
    return notebook.run_dir(run_id) / "logs" / f"{run_id}.log"


def found_words(view: Locator) -> str:
    """What the search says of its result."""
    return view.locator(".fj-result").inner_text()


def line_count(view: Locator) -> int:
    """How many lines the view says that the log has."""
    return int(view.locator(".fj-log .fj-lines").inner_text().split()[0].replace(",", ""))


def go_to_line(view: Locator, number: int) -> str:
    """Type a line's number, and give the text that stands there."""
    field = view.get_by_label("Line", exact=True)
    field.fill(str(number))
    field.press("Enter")
    row = view.locator(f'.fj-row[data-line="{number}"]:not(.fj-missing)')
    row.wait_for()
    return row.inner_text()


def search(view: Locator, words: str, **toggles: bool) -> None:
    """Type into the search field of the log."""
    for name, on in toggles.items():
        button = view.get_by_role("button", name=name.replace("_", " "), exact=True)
        if (button.get_attribute("aria-pressed") == "true") != on:
            button.click()
    view.get_by_role("textbox", name="Search the log").fill(words)


def cancel(view: Locator) -> None:
    """Press Cancel, and Yes."""
    view.get_by_role("button", name="Cancel", exact=True).click()
    view.get_by_role("button", name="Yes, cancel").click()


def choose(view: Locator, label: str) -> None:
    """Open the menu, and choose what is called so."""
    view.get_by_role("button", name="More actions").click()
    view.get_by_role("menuitem", name=label).click()


def delete(view: Locator) -> None:
    """Choose Delete, and press Yes."""
    choose(view, "Delete…")
    view.get_by_role("button", name="Yes, delete").click()


def all_files(view: Locator) -> str:
    """What stands in the table of files, with the rows that are folded away at first."""
    more = view.locator(".fj-unfold")
    if more.is_visible() and "more" in more.inner_text():
        more.click()
    return view.locator(".fj-files").inner_text()


def shows(view: Locator, words: str) -> bool:
    """Whether these words are to be read in the view."""
    return words in view.inner_text()


def box(locator: Locator) -> dict[str, Any]:
    """Where an element is on the page."""
    found = locator.bounding_box()
    assert found is not None
    return dict(found)


def violations(page: Page) -> str:
    """What axe finds wrong in our own elements."""
    found = Axe().run(page, {"include": [[".fj-root"]]}, {"resultTypes": ["violations"]})
    return "\n".join(
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found.response["violations"]
    )
