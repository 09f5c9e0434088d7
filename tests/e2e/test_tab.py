"""Tab in a cell of JupyterLab offers templates, options and their values."""

from __future__ import annotations

import pytest
from playwright.sync_api import TimeoutError as NothingOffered
from views import wait_until

#: JupyterLab drops an answer that takes longer than a second, as the first one may.
PATIENCE_MS = 3000


@pytest.mark.parametrize(
    ("typed", "offered", "completed"),
    [
        ('fj.start("min', "minimal", 'fj.start("minimal'),
        ('fj.start("minimal", k', "k_paths=", 'fj.start("minimal", k_paths='),
        ('fj.start("minimal", network="NSFN', "NSFNet", 'fj.start("minimal", network="NSFNet'),
    ],
    ids=["template", "option", "value"],
)
def test_tab_completes_a_template_an_option_and_a_value(notebook, page, typed, offered, completed):
    cell = notebook.cell(1)
    editor = cell.locator(".cm-content")
    editor.click()
    page.keyboard.insert_text(typed)
    item = page.locator(".jp-Completer .jp-Completer-item", has_text=offered).first

    def is_done() -> bool:
        """Whether the word is there, or offered and chosen; a single candidate has no list."""
        cell.locator(".jp-mod-completer-enabled").wait_for()  # else Tab indents
        page.keyboard.press("Tab")
        try:
            item.click(timeout=PATIENCE_MS)
        except NothingOffered:
            return completed in editor.inner_text()
        return True

    wait_until(is_done)
    wait_until(lambda: completed in editor.inner_text())
