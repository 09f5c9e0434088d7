"""Templates of one's own."""

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config.compose import compose


def test_a_template_is_listed_after_ours_and_started_by_name(tmp_path):
    ours = fj.template_names()
    path = fj.save_template("minimal", "wide", c_band=640)
    assert path == fj.RunManager().runs_dir.parent / "fusion_templates" / "wide.ini"
    assert fj.template_names() == [*ours, "wide"]
    assert compose("wide").sections == compose("minimal", {"c_band": 640}).sections
    assert fj.check("wide", k_paths=5) == {}
    assert fj.options("wide")["c_band"].value == "640"
    assert "holding_time" in path.read_text()
    assert "gamma" not in path.read_text()  # it is at its default


def test_the_configuration_of_a_run_becomes_a_template_with_its_files():
    links = [("A", "B", 100), ("B", "C", 100), ("C", "A", 150)]
    formats = {"100": {"QPSK": (4000, 3)}}
    run = fj.start(
        "minimal",
        network=links,
        modulation_formats=formats,
        request_distribution={"100": 1},
        erlang_start=50,
        erlang_stop=50,
        max_iters=1,
        num_requests=100,
    )
    network = run.record.network
    path = fj.save_template(run, "mine")
    assert fj.save_template(run.id, "by-id").is_file()
    run.wait(60)
    run.delete()
    made = compose("mine")
    assert made.network == network
    assert set(made.files) == {f"{network}.txt", "modulation_formats.json"}
    assert (path.parent / "mine_inputs" / f"{network}.txt").is_file()


def test_what_only_fusion_can_run_can_be_kept_as_well():
    fj.save_template("minimal", "gsnr", snr_type="gsnr", dynamic_lps=True)
    assert "snr_type" in fj.check("gsnr", simulator="embedded")


@pytest.mark.parametrize("name", ["", "../up", "a b", "x" * 100, 3, "é.ini"])
def test_a_bad_name_is_refused(name):
    with pytest.raises(ValueError, match="allowed: letters"):
        fj.save_template("minimal", name)


def test_nothing_is_replaced_unasked():
    with pytest.raises(ValueError, match="a template of the package"):
        fj.save_template("minimal", "minimal")
    fj.save_template("minimal", "mine")
    with pytest.raises(ValueError, match="replace=True"):
        fj.save_template("minimal", "mine", k_paths=7)
    fj.save_template("minimal", "mine", k_paths=7, replace=True)
    assert compose("mine").sections["routing_settings"]["k_paths"] == "7"


def test_what_cannot_be_run_is_not_kept():
    with pytest.raises(fj.ConfigError, match="k_paths"):
        fj.save_template("minimal", "mine", k_paths=0)
    with pytest.raises(fj.RunNotFoundError, match="no configuration"):
        fj.save_template("0123456789ab", "mine")
    assert "mine" not in fj.template_names()


def test_a_template_that_somebody_broke_is_reported_by_its_path(tmp_path):
    path = fj.save_template("minimal", "mine")
    path.write_text("[general_settings]\nmax_iterz = 3\nk_paths = 3\n[rooting]\nx = 1\n")
    problems = fj.check("mine")
    assert "did you mean max_iters" in problems["max_iterz"]
    assert "did you mean routing_settings.k_paths" in problems["k_paths"]
    assert "[rooting] is not a section" in problems["rooting"]
    assert "num_requests is missing" in problems["num_requests"]


def test_a_template_that_is_replaced_leaves_no_files_behind():
    run = fj.start("minimal", network=[("A", "B", 90.0), ("B", "C", 80.0)], max_iters=1)
    run.wait(60)
    path = fj.save_template(run, "mine")
    folder = path.parent / "mine_inputs"
    assert list(folder.iterdir())
    plain = fj.start("minimal", max_iters=1)
    plain.wait(60)
    fj.save_template(plain, "mine", replace=True)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_results_of_another_version_of_the_simulator_are_another_computation(monkeypatch):
    from fusion_jupyter.simulators import embedded

    first = fj.start("minimal", simulator="embedded", max_iters=1)
    monkeypatch.setattr(embedded, "RESULTS_VERSION", 2)
    second = fj.start("minimal", simulator="embedded", max_iters=1, reuse=True)
    assert second.id != first.id
    fj.wait([first, second])
