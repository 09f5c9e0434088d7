"""A comparison in a notebook: what differs, the curves in one chart, the numbers beside it."""

from __future__ import annotations

import base64
import re

import pytest

import fusion_jupyter as fj
from fusion_jupyter.widgets import comparison_html


@pytest.fixture
def comparison(manager):
    sweep = fj.sweep(
        "nsfnet_blocking", over={"k_paths": [1, 3, 5]}, simulator="embedded", max_iters=5,
        num_requests=2000, erlang_start=300, erlang_stop=500,
    )  # fmt: skip
    return fj.compare(sweep.wait(60).runs, baseline={"k_paths": 3})


def test_a_comparison_shows_its_curves_beside_its_statement_and_table(comparison):
    page = comparison_html.to_html(comparison)
    assert "3 curves differ in" in page
    assert "k_paths 1 · 3 · 5" in page
    assert comparison._repr_html_() in page
    for label in ("k = 3", "k = 1", "k = 5"):
        assert f"</span> {label}</span>" in page
    picture = base64.b64decode(re.search(r"base64,([^\"]*)", page)[1]).decode()
    assert picture.count("<circle") == 3 * len(comparison.loads()["erlang"].unique())
    assert "1 %</text>" in picture, "the target blocking"
    assert len(set(re.findall(r'stroke="(#\w+)" stroke-width="2"', picture))) == 3


def test_what_a_user_named_a_run_is_text_in_the_page(manager):
    options = {"simulator": "embedded", "max_iters": 3, "num_requests": 500, "erlang_stop": 300}
    runs = [
        fj.start("nsfnet_blocking", name=name, k_paths=k, **options).wait(60).id
        for name, k in (("<b>one</b>", 1), ("two", 2))
    ]
    page = comparison_html.bundle(fj.compare(runs))["text/html"]
    assert "&lt;b&gt;one" in page
    assert "<b>one" not in page


def test_a_curve_that_is_the_baseline_of_one_group_only_is_explained_in_both_colours(manager):
    grid = {"network": ["NSFNet", "USNet"], "k_paths": [1, 3]}
    options = {"simulator": "embedded", "max_iters": 3, "num_requests": 500, "erlang_stop": 400}
    one, three, *others = fj.sweep("nsfnet_blocking", over=grid, **options).wait(60).runs
    found = fj.compare([one, three, *reversed(others)])
    assert found.baselines == ("NSFNet, k = 1", "USNet, k = 3")
    page = comparison_html.to_html(found)
    legend = re.findall(r'color:(#\w+)">●</span> ([^<]*)<', page)
    assert dict(map(reversed, legend)).keys() == {
        "k = 1", "k = 3", "k = 1 (baseline)", "k = 3 (baseline)",
    }  # fmt: skip
    assert {colour for colour, name in legend if "baseline" in name} == {"#8a8f98"}
    assert len({colour for colour, _ in legend}) == 3
