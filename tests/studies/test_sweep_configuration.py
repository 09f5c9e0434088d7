"""What the runs of a sweep compute: their seeds, their one configuration, their one run each."""

import json
import shutil
import subprocess
import sys

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config import template_files, topology_formats

TINY = {"max_iters": 3, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}


@pytest.fixture
def template(tmp_path):
    """A template of the user's, which a test may edit."""
    path = tmp_path / "mine.ini"
    path.write_text((template_files._OURS / "minimal.ini").read_text())
    return path


def edit(template, old, new):
    text = template.read_text()
    assert old in text
    template.write_text(text.replace(old, new))


def run_folders(manager):
    return sorted(path.name for path in manager.runs_dir.iterdir() if len(path.name) == 12)


def slots(run):
    (line,) = [x for x in (run.directory / "config.ini").read_text().split("\n") if "c_band" in x]
    return line


@pytest.mark.parametrize("where", ["template", "overrides", "keyword"])
def test_repeats_are_independent_wherever_the_first_seed_is_set(manager, template, where):
    given = {}
    if where == "template":
        with template.open("a") as file:
            file.write("\n[embedded_settings]\nfirst_seed = 5\n")
    elif where == "overrides":
        given = {"overrides": {"embedded_settings.first_seed": 5}}
    else:
        given = {"first_seed": 5}
    sweep = fj.sweep(template, over={"k_paths": [1]}, repeats=3, **TINY, **given).wait(60)
    seeds = sweep.results("iteration")["seed"].tolist()
    assert sorted(seeds) == list(range(5, 14))


def test_a_failed_point_is_retried_with_the_configuration_that_its_sweep_had(manager, template):
    sweep = fj.sweep(template, over={"k_paths": [1, 3]}, **TINY).wait(60)
    state = sweep.runs[1].directory / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "FAILED"}))
    edit(template, "c_band = 320", "c_band = 160")
    (new,) = sweep.retry_failed()
    sweep.wait(60)
    assert [slots(run) for run in sweep.runs] == ["c_band = 320"] * 2
    assert sweep.runs[1].id == new
    assert (
        sweep.runs[1].record.fingerprint
        == fj.run(sweep.record.points[1].previous[0]).record.fingerprint
    )
    assert sweep.results()["k_paths"].tolist() == [1, 3]


LINKS = [["A", "B", 100], ["B", "C", 80], ["A", "C", 120]]
CHAIN = [["A", "B", 100], ["B", "C", 80]]


@pytest.fixture
def made_under_one_label(monkeypatch):
    """Sweeps are made as they were when all networks without a name had one label."""
    with monkeypatch.context() as before:
        before.setattr(topology_formats, "name_by_content", lambda network: "network")
        yield before


def test_a_sweep_over_links_made_under_another_label_is_found_and_goes_on(
    manager, made_under_one_label
):
    over = {"network": [LINKS, CHAIN]}
    made = fj.sweep("minimal", over=over, **TINY).wait(60)
    assert len(made.record.run_ids) == 2
    made_under_one_label.undo()
    assert fj.sweep("minimal", over=over, **TINY) is made
    made.runs[1].delete()
    assert len(made.retry_failed()) == 1
    made.extend(over={"network": [[["A", "B", 7]]]}).wait(60)
    assert len({run.record.fingerprint for run in made.runs}) == 3
    single = fj.start("minimal", network=LINKS, reuse=True, **TINY)
    assert single.id == made.runs[0].id


def test_a_retried_point_with_networks_and_formats_of_its_own_stays_its_sweeps(manager):
    formats = {"100": {"QPSK": (5000, 3)}}
    given = {"over": {"network": [LINKS, CHAIN]}, "modulation_formats": formats, **TINY}
    given["overrides"] = {"request_distribution": {"100": 1.0}}
    sweep = fj.sweep("minimal", **given).wait(60)
    state = sweep.runs[1].directory / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "FAILED"}))
    (new,) = sweep.retry_failed()
    sweep.wait(60)
    assert fj.sweep("minimal", **given).record.run_ids[1] == new


@pytest.mark.parametrize("act", ["retry", "extend"])
def test_a_sweep_never_gets_a_second_configuration(manager, template, act):
    sweep = fj.sweep(template, over={"k_paths": [1, 3]}, **TINY).wait(60)
    sweep.runs[1].delete()
    edit(template, "c_band = 320", "c_band = 160")
    before = sweep.record.points
    with pytest.raises(ValueError, match=r"has changed since sweep .*c_band is 160, was 320"):
        sweep.retry_failed() if act == "retry" else sweep.extend(over={"k_paths": [5]})
    assert len(run_folders(manager)) == 1
    assert fj.sweep_by_id(sweep.id).record.points == before
    edit(template, "c_band = 160", "c_band = 320")
    if act == "retry":
        sweep.retry_failed()
    sweep.extend(over={"k_paths": [5]}).wait(60)
    assert {slots(run) for run in sweep.runs} == {"c_band = 320"}


def test_a_sweep_finds_its_template_from_another_working_directory(manager, template, monkeypatch):
    other = template.parent / "other"
    other.mkdir()
    (other / "mine.ini").write_text(template.read_text().replace("c_band = 320", "c_band = 160"))
    monkeypatch.chdir(template.parent)
    sweep = fj.sweep("mine.ini", over={"k_paths": [1]}, **TINY).wait(60)
    monkeypatch.chdir(other)
    sweep.extend(over={"k_paths": [3]}).wait(60)
    assert [slots(run) for run in sweep.runs] == ["c_band = 320"] * 2


RING = [["A", "B", 100], ["B", "C", 50], ["C", "A", 80]]
#: Two points that are written differently and compute the same.
SAME_TWICE = [{"network": RING}, {"network": {"links": RING}}]


def test_points_that_compute_the_same_are_one_run_with_results_under_each(manager):
    plan = fj.sweep("minimal", points=SAME_TWICE, dry_run=True, **TINY)
    assert (len(plan.points), plan.missing) == (2, 1)
    sweep = fj.sweep("minimal", points=SAME_TWICE, **TINY).wait(60)
    assert len(run_folders(manager)) == len(sweep.runs) == 1
    assert sweep.points["run_id"].nunique() == 1
    assert sweep.results()["network"].tolist() == [sweep.runs[0].record.network] * 2
    assert len(sweep.results("iteration")) == 2 * 3
    assert "1 of 1 completed" in repr(sweep)
    state = sweep.runs[0].directory / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "FAILED"}))
    assert len(sweep.retry_failed()) == 1
    assert sweep.wait(60).counts == {"COMPLETED": 1}
    assert sweep.points["run_id"].nunique() == 1
    sweep.delete()
    assert run_folders(manager) == []


def test_two_points_that_share_the_run_of_somebody_else_both_show_its_results(manager):
    fj.start("minimal", **SAME_TWICE[0], simulator="embedded", **TINY).wait(60)
    sweep = fj.sweep("minimal", points=SAME_TWICE, **TINY)
    assert len(sweep.wait(60).results()) == 2
    assert len(run_folders(manager)) == 1


STARTER = """
import sys
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=2)
given = dict(erlang_start=300, erlang_stop=300, max_iters=2, num_requests=50)
fj.check("minimal", k_paths=2)
import fusion_jupyter.studies.launch
print("ready", flush=True)
sys.stdin.readline()
if sys.argv[2] == "run":
    fj.start("minimal", k_paths=3, reuse=True, **given).wait(60)
else:
    fj.sweep("minimal", over={"k_paths": [int(each) for each in sys.argv[2].split(",")]}, **given).wait(60)
"""


def test_overlapping_studies_started_at_one_moment_start_each_run_once(manager):
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER, str(manager.runs_dir), what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for what in ("1,3", "3,5", "run", "5,3,1")
    ]
    for starter in starters:
        assert starter.stdout.readline() == b"ready\n"
    for starter in starters:
        starter.stdin.write(b"\n")
        starter.stdin.close()
    for starter in starters:
        assert starter.wait(100) == 0
        starter.stdout.close()
    paths = [run.record.options["k_paths"] for run in fj.runs()]
    assert sorted(paths) == [1, 3, 5]
    assert {status for sweep in fj.sweeps() for status in sweep.points["status"]} == {"COMPLETED"}


def test_a_run_that_appears_between_plan_and_start_is_shared(manager, monkeypatch):
    from fusion_jupyter.studies import planning

    made = []
    plan = planning.plan

    def then_somebody_starts_the_same(*arguments):
        planned = plan(*arguments)
        made.append(fj.start("minimal", k_paths=3, simulator="embedded", **TINY))
        return planned

    monkeypatch.setattr(planning, "plan", then_somebody_starts_the_same)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, simulator="embedded", **TINY).wait(60)
    assert sweep.runs[1].id == made[0].id
    assert len(run_folders(manager)) == 2
    sweep.delete()
    assert run_folders(manager) == [made[0].id]


def test_a_shared_run_that_failed_and_was_retried_is_not_deleted_with_the_sweep(manager):
    mine = fj.start("minimal", k_paths=1, simulator="embedded", **TINY)
    mine.wait(60)
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **TINY).wait(60)
    state = mine.directory / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "FAILED"}))
    assert len(sweep.retry_failed()) == 1
    sweep.wait(60).delete()
    assert run_folders(manager) == [mine.id]


@pytest.mark.parametrize("names", [("network", "k_paths"), ("k_paths", "network")])
def test_a_sweep_over_networks_makes_a_table_in_any_order_of_its_options(manager, names):
    values = {"network": ["NSFNet", "USNet"], "k_paths": [1, 3]}
    sweep = fj.sweep("minimal", over={name: values[name] for name in names}, **TINY).wait(60)
    frame = sweep.results()
    assert list(frame.columns[:4]) == ["run_id", "name", "k_paths", "network"]
    assert fj.table(frame).shape == (1, 4)


def test_a_sweep_over_mixes_of_bandwidths_makes_a_table(manager):
    mixes = [{"100": 1.0}, {"25": 0.5, "100": 0.5}]
    sweep = fj.sweep("minimal", over={"request_distribution": mixes}, **TINY).wait(60)
    assert fj.table(sweep.results()).shape == (1, 2)
    assert sweep.points["request_distribution"].nunique() == 2


def test_a_completed_run_whose_results_are_gone_is_not_shared(manager):
    first = fj.start("minimal", reuse=True, simulator="embedded", **TINY)
    first.wait(60)
    (results,) = first.directory.rglob("*_erlang.json")
    results.unlink()
    again = fj.start("minimal", reuse=True, simulator="embedded", **TINY)
    again.wait(60)
    assert again.id != first.id
    (results,) = again.directory.rglob("*_erlang.json")
    results.unlink()
    sweep = fj.sweep("minimal", over={"k_paths": [3]}, **TINY).wait(60)
    assert len(sweep.results()) == 1


def test_a_sweep_whose_start_was_killed_in_the_middle_of_a_run_is_started_again(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **TINY).wait(60)
    left = sweep.runs[1].id
    sweep.runs[1].delete()
    (manager.runs_dir / f".creating-{left}").mkdir()
    again = fj.sweep("minimal", over={"k_paths": [1, 3]}, **TINY).wait(60)
    assert again.counts == {"COMPLETED": 2}
    assert run_folders(manager) == sorted(again.record.run_ids)


#: The options of one sweep, divided in two ways between what varies and what all points share.
DIVIDED = (
    {"over": {"k_paths": [1, 3]}, "network": "USNet"},
    {"over": {"network": ["USNet"], "k_paths": [1, 3]}},
)


@pytest.mark.parametrize("divided", [DIVIDED, DIVIDED[::-1]])
@pytest.mark.parametrize("harm", ["run deleted", "results removed"])
@pytest.mark.filterwarnings("ignore:Sweep .* were removed")
def test_a_point_runs_with_the_options_asked_for_however_they_are_divided(manager, divided, harm):
    made = fj.sweep("minimal", **divided[0], **TINY).wait(60)
    expected = [run.record.fingerprint for run in made.runs]
    if harm == "run deleted":
        made.runs[0].delete()
    else:
        shutil.rmtree(made.runs[0].directory / "output")
    again = fj.sweep("minimal", **divided[1], **TINY).wait(60)
    assert again is made
    assert [run.record.network for run in again.runs] == ["USNet"] * 2
    assert [run.record.fingerprint for run in again.runs] == expected


def test_a_point_that_was_added_runs_again_with_the_options_of_its_sweep(manager):
    made = fj.sweep("minimal", **DIVIDED[0], **TINY)
    added = made.extend(over={"k_paths": [5]}).wait(60).runs[2]
    fingerprint = added.record.fingerprint
    added.delete()
    again = fj.sweep("minimal", **DIVIDED[1], **TINY).wait(60)
    assert [run.record.fingerprint for run in again.runs][2:] == [fingerprint]


def write_ring(path, nodes):
    links = [f"{node},{(node + 1) % nodes},100" for node in range(nodes)]
    path.write_text("\n".join(["source,target,length", *links, ""]))


@pytest.mark.parametrize("edited", ["a.csv", "b.csv"])
@pytest.mark.parametrize("act", ["extend", "retry"])
def test_a_sweep_never_gets_a_second_version_of_an_edited_network(
    manager, tmp_path, monkeypatch, edited, act
):
    monkeypatch.chdir(tmp_path)
    for name, nodes in (("a.csv", 5), ("b.csv", 6)):
        write_ring(tmp_path / name, nodes)
    over = {"network": ["a.csv", "b.csv"], "k_paths": [1, 2]}
    sweep = fj.sweep("minimal", over=over, **TINY).wait(60)
    sweep.extend(over={"network": ["a.csv", "b.csv"], "k_paths": [3]}).wait(60)
    before = sweep.record.run_ids
    deleted = [run for run in sweep.runs if run.record.options["network"] == edited][-1]
    deleted.delete()
    write_ring(tmp_path / edited, 9)
    with pytest.raises(ValueError, match=rf"has changed since .*file {edited[0]}.txt differs"):
        if act == "extend":
            sweep.extend(over={"network": ["a.csv", "b.csv"], "k_paths": [4]})
        else:
            sweep.retry_failed()
    assert fj.sweep_by_id(sweep.id).record.run_ids == before
