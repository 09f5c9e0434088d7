"""`run.cite()`: sentences for a paper, and the same as data."""

from __future__ import annotations

import configparser
import hashlib
import sys
from pathlib import Path

from artifact_runs import make_run

import fusion_jupyter as fj
from fusion_jupyter.analysis.citation import cite

RUN = "0123456789ab"


def test_what_a_reader_needs_to_repeat_a_run_is_said_and_given_as_data() -> None:
    run = fj.start(
        "nsfnet_blocking", simulator="embedded", k_paths=5, erlang_start=300, erlang_stop=500,
        max_iters=5, num_requests=1000,
    )  # fmt: skip
    run.wait(60)
    found = run.cite()
    for part in (
        f"Simulated with fusion_jupyter {fj.__version__} (its embedded simulator)",
        "NSFNet, 3 loads (300 to 500 Erlang)",
        "of 1000 requests (seeds 1 to 5, the same traffic in every configuration)",
        "k_paths = 5",
        f"Python {sys.version.split()[0]}",
        f"Run {run.id}",
    ):
        assert part in found.text
    assert str(found) == repr(found) == found.text
    assert "<table>" in found._repr_html_()
    facts = found.facts
    config = (run.directory / "config.ini").read_bytes()
    assert facts["configuration_sha256"] == hashlib.sha256(config).hexdigest()
    assert facts["erlangs"] == [300, 400, 500]
    assert facts["iterations"][1] == 5
    assert facts["changed_options"]["k_paths"] == 5
    assert facts["distributions_sha256"] == run.provenance["distributions"]["sha256"]


def test_fusion_is_cited_with_its_version_and_commit() -> None:
    fusion = {
        "version": "6.1.0", "commit": "973983bc0b82361c199b", "python_version": "3.11.9",
        "numpy_version": "1.26.3",
    }  # fmt: skip
    record = make_run(RUN, "sequential_100G", fusion=fusion)
    text = cite(record).text
    assert "(FUSION 6.1.0, commit 973983bc0b82, Python 3.11.9, numpy 1.26.3)" in text


def test_what_is_not_known_is_left_out_and_never_made_up() -> None:
    record = make_run(RUN, "sequential_100G", erlangs=[200.0, 800.0])
    found = cite(record)
    assert "Simulated with fusion_jupyter (FUSION) on 2026-11-23." in found.text
    assert "3 iterations of each" in found.text
    for key in ("repository_commit", "python", "distributions", "machine"):
        assert found.facts[key] is None
    assert "commit" not in found.text


def test_a_run_without_results_and_a_program_are_cited_too(tmp_path: Path) -> None:
    record = make_run(RUN, simulator="embedded", erlangs=[300.0])
    assert "NSFNet, 1 load (300 Erlang); no results." in cite(record).text
    run = fj.start(command=[sys.executable, "-c", "print(1)"])
    run.wait(30)
    text = run.cite().text
    assert text.startswith(f"Executed with fusion_jupyter {fj.__version__} on ")
    assert "-c print(1)." in text
    assert str(tmp_path) not in text


def test_options_are_cited_as_they_were_simulated(tmp_path: Path) -> None:
    """An older section of FUSION's may hold the same name: it is not the one that is read."""
    first = fj.start("minimal", erlang_start=300, erlang_stop=300, max_iters=2, num_requests=100)
    first.wait(60)
    config = configparser.ConfigParser()
    config.read(first.directory / "config.ini")
    config.read_dict({"spectrum_settings": {"guard_slots": "0", "allocation_method": "best_fit"}})
    config.read_dict({"policy_settings": {"k_paths": "7"}})
    template = tmp_path / "two.ini"
    with template.open("w") as file:
        config.write(file)
    run = fj.start(template, simulator="embedded")
    run.wait(60)
    options = run.cite().facts["options"]
    assert options["k_paths"] == "3"
    assert options["allocation_method"] == "first_fit"
    assert options["guard_slots"] == "1"


def test_options_beyond_fusion_are_cited_if_they_are_set_to_anything() -> None:
    run = fj.start("deeprmsa", erlang_start=20, erlang_stop=20, num_requests=100, max_iters=1)
    run.wait(60)
    text = run.cite().text
    for option in ("directed_links", "independent_bandwidths", "truncated_holding", "is_training"):
        assert text.count(f"{option} = True") == 1
    plain = fj.start("minimal", erlang_start=300, erlang_stop=300, max_iters=1, num_requests=100)
    plain.wait(60)
    for option in ("directed_links", "is_training", "precision"):
        assert option not in plain.cite().text
