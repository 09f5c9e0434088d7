"""The form that starts runs, in a real JupyterLab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab import VIEW, Notebook
from views import box, status, violations, wait_until

import fusion_jupyter as fj

SCREENSHOTS = Path(__file__).parent / "screenshots"
FORM = ".fj-launcher"
#: One field of each kind of control, and a value that is wrong there.
WRONG = {
    "erlang_start": "many",
    "erlang_step": "0",
    "max_iters": "1.5",
    "num_requests": "",
    "k_paths": "-1",
    "c_band": "wide",
    "cores_per_link": "0",
    "network": "NSFNett",
}


#: A text that no option with an allowed range or a file takes.
SENSELESS = "¿neither a number nor a file?"


def field(form, name: str):
    """The control of an option."""
    return form.get_by_label(name, exact=True)


def problem(form, name: str) -> str:
    """The message at an option."""
    ids = (field(form, name).get_attribute("aria-describedby") or "").split()
    return form.locator(f"#{ids[0]}").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_wrong_in_the_form_with_all_options(lab, page, dark):
    lab.set_theme(dark=dark)
    try:
        notebook = Notebook.create(lab, page)
        notebook.run("fj.launcher()")
        form = page.locator(FORM)
        form.wait_for()
        wait_until(lambda: "requests on NSFNet" in form.inner_text())
        form.screenshot(path=SCREENSHOTS / f"form_{'dark' if dark else 'light'}.png")
        field(form, "k_paths").fill("no")
        wait_until(lambda: field(form, "k_paths").get_attribute("aria-invalid") == "true")
        for part in form.locator("summary").all():
            part.click()
        wait_until(lambda: field(form, "first_seed").is_visible())
        form.get_by_role("button", name="Save as template").click()
        assert violations(page) == ""
    finally:
        lab.set_theme(dark=False)


def test_a_wrong_value_in_each_kind_of_field_is_told_there_and_starts_nothing(notebook, page):
    notebook.run("fj.launcher()")
    form = page.locator(FORM)
    form.wait_for()
    for name, wrong in WRONG.items():
        right = field(form, name).input_value()
        field(form, name).fill(wrong)
        wait_until(lambda name=name: field(form, name).get_attribute("aria-invalid") == "true")
        assert problem(form, name).startswith("Allowed: "), name
        form.get_by_role("button", name="Start", exact=True).click()
        wait_until(lambda: form.get_by_role("button", name="Start", exact=True).is_enabled())
        assert not (notebook.path.parent / "fusion_runs").exists()
        field(form, name).fill(right)
        wait_until(lambda name=name: field(form, name).get_attribute("aria-invalid") is None)
    shares = form.get_by_label("50", exact=True)
    shares.fill("0.7")
    wait_until(lambda: "should be 1" in form.inner_text())
    wait_until(lambda: shares.get_attribute("aria-invalid") == "true")
    assert page.locator(VIEW).count() == 0


def test_a_wrong_value_in_every_field_at_once_is_told_at_each_and_starts_nothing(notebook, page):
    notebook.run("fj.launcher()")
    form = page.locator(FORM)
    form.wait_for()
    for part in form.locator("summary").all():
        part.click()
    wait_until(lambda: field(form, "first_seed").is_visible())
    fields = form.locator("input.fj-input[id]:visible, textarea.fj-input[id]:visible")
    labels = {
        fields.nth(n).get_attribute("id"): name
        for n in range(fields.count())
        if (name := label_of(fields.nth(n))) in fj.options()
    }
    # A few options take any text; where Python refuses this one, the form does too.
    problems = fj.check("minimal", dict.fromkeys(labels.values(), SENSELESS))
    refused = {name: id_ for id_, name in labels.items() if name in problems}
    assert len(refused) > 40, sorted(refused)
    taken = {fj.options()[name].kind for name in set(labels.values()) - set(refused)}
    assert taken <= {"text", "path"}, "what is a number or one of a few is never any text"
    for id_ in labels:
        form.locator(f"#{id_}").fill(SENSELESS)
    for name, id_ in refused.items():
        control = form.locator(f"#{id_}")
        wait_until(lambda c=control: c.get_attribute("aria-invalid") == "true", what=name)
        assert problem(form, name), name
    form.get_by_role("button", name="Start", exact=True).click()
    wait_until(lambda: form.get_by_role("button", name="Start", exact=True).is_enabled())
    assert not (notebook.path.parent / "fusion_runs").exists()
    assert page.locator(VIEW).count() == 0


def label_of(control) -> str:
    return str(control.evaluate("control => control.labels[0]?.textContent.trim() ?? ''"))


def test_the_form_the_ini_text_and_the_python_say_the_same(notebook: Notebook, page):
    notebook.run("fj.launcher()")
    form = page.locator(FORM)
    text = form.get_by_label("The same as an INI file")
    wait_until(lambda: "erlang_start = 300" in text.input_value())
    field(form, "erlang_start").focus()
    page.keyboard.press("ArrowUp")
    wait_until(lambda: "erlang_start = 400" in text.input_value())
    assert "erlang_start=400" in form.locator(".fj-code").inner_text()
    text.fill(text.input_value().replace("erlang_start = 400", "erlang_start = 500"))
    wait_until(lambda: field(form, "erlang_start").input_value() == "500")
    wait_until(lambda: "erlang_start=500" in form.locator(".fj-code").inner_text())
    text.fill(text.input_value() + "\n[routing_settings]\n")
    wait_until(lambda: "occurs twice" in form.inner_text())
    form.get_by_role("button", name="Put erlang_start back").click()
    wait_until(lambda: "erlang_start = 300" in text.input_value())
    form.get_by_role("button", name="Copy as Python").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == 'fj.start("minimal")'


def test_a_form_from_a_run_starts_another_and_saves_a_template(notebook: Notebook, page):
    notebook.run(
        "run = fj.start('minimal', simulator='embedded', max_iters=2, k_paths=2, tags=['ofc27'])\n"
        "run.wait()\nfj.launcher(run)"
    )
    form = page.locator(FORM)
    form.wait_for(timeout=60_000)
    assert field(form, "k_paths").input_value() == "2"
    assert field(form, "tags").input_value() == "ofc27"
    wait_until(lambda: "4 loads × 2 iterations" in form.inner_text())
    # The run before tells how long it will take.
    assert "second" in form.locator(".fj-summary").inner_text()
    field(form, "k_paths").fill("4")
    field(form, "tags").fill("ofc27, wide")
    form.get_by_role("button", name="Start", exact=True).click()
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: status(view) == "COMPLETED")
    asked = json.loads((notebook.run_dir(view.get_attribute("data-run")) / "run.json").read_text())
    assert asked["tags"] == ["ofc27", "wide"]
    assert asked["options"] == {"k_paths": "4"}
    form.get_by_role("button", name="Save as template").click()
    form.get_by_label("template name").fill("wide")
    page.keyboard.press("Enter")
    wait_until(lambda: "Saved as wide" in form.inner_text())
    assert (notebook.path.parent / "fusion_templates" / "wide.ini").is_file()
    assert "wide" in form.get_by_label("template", exact=True).inner_text()


@pytest.mark.parametrize("width", [500, 1600])
def test_the_form_fits_narrow_and_wide(notebook: Notebook, page, width):
    page.set_viewport_size({"width": width + 500, "height": 1200})
    notebook.run(
        f"import ipywidgets\nipywidgets.Box([fj.launcher()], layout={{'width': '{width}px'}})"
    )
    form = page.locator(FORM)
    form.wait_for()
    wait_until(lambda: "requests on NSFNet" in form.inner_text())
    outer = box(form)
    assert outer["width"] <= width
    for part in (".fj-form", ".fj-ini", ".fj-foot", ".fj-code"):
        inner = box(form.locator(part).first)
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1, part
    form.screenshot(path=SCREENSHOTS / f"form_{width}.png")
