"""Limits that both halves keep, found by what they do."""

from __future__ import annotations

import numpy as np
from contract import load

from fusion_jupyter.logs.window import LogWindow
from fusion_jupyter.progress.loads import Loads
from fusion_jupyter.widgets.fallback_html import is_rough
from fusion_jupyter.widgets.file_table import file_table

LIMITS = load("limits.json")


def test_progress_keeps_as_many_loads_as_the_contract_says():
    loads = Loads()
    for number in range(LIMITS["loads"] + 1):
        loads.add(float(number), 1)
    assert len(loads) == LIMITS["loads"]


def test_a_preview_has_as_many_rows_and_columns_as_the_contract_says(tmp_path):
    rows, columns = LIMITS["preview_rows"], LIMITS["preview_columns"]
    np.save(tmp_path / "a.npy", np.zeros((rows + 1, columns)))
    grid = file_table(tmp_path, "a.npy")
    assert (len(grid["rows"]), len(grid["columns"])) == (rows, columns)


def test_as_many_last_lines_of_a_log_are_kept_as_the_contract_says(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("line\n" * (LIMITS["log_lines"] + 1))
    window = LogWindow(log)
    window.poll()
    assert len(window.lines) == LIMITS["log_lines"]
    window.close()


def test_an_interval_is_rough_below_the_iterations_that_the_contract_says():
    enough = LIMITS["iterations_of_an_interval"]
    assert is_rough((300.0, 0.1, 0.01, enough - 1, True))
    assert not is_rough((300.0, 0.1, 0.01, enough, True))
