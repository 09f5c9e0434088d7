"""`find_load`: each probe is an ordinary run, and the search goes on where it was."""

import pytest

import fusion_jupyter as fj

SMALL = {
    "c_band": 64,
    "num_requests": 500,
    "request_distribution": {"100": 1.0},
}
BRACKET = {"low": 20, "high": 200}


def test_the_load_is_found_with_its_interval_by_ordinary_runs(manager):
    search = fj.find_load("minimal", blocking=0.05, precision=0.05, **BRACKET, **SMALL)
    found = search.wait(100).result
    assert found.low < found.load < found.high
    assert (found.high - found.low) / 2 / found.load <= 0.06
    assert {run.wait(30).status for run in search.runs} == {"COMPLETED"}
    (row,) = search.frame.to_dict("records")
    assert row["reason"] == "the interval is as narrow as requested"
    assert "5 % blocking" in repr(search)
    # The probes are the runs of one sweep; no iteration is simulated twice.
    sweep = fj.sweep_by_id(search.sweep_id)
    assert set(sweep.points["run_id"]) == {run.id for run in fj.runs()}
    iterations = fj.results(fj.runs(), "iteration")
    assert not iterations.duplicated(["erlang", "seed"]).any()
    # Simulated at the load that was found, blocking is what was asked for.
    check = fj.start(
        "minimal", **{**SMALL, "erlang_start": found.load, "erlang_stop": found.load},
        first_seed=10_001, max_iters=40, overrides={"rl_settings.is_training": True},
    )  # fmt: skip
    check.wait(60)
    assert check.results()["blocking"][0] == pytest.approx(0.05, rel=0.25)


def test_the_same_search_again_finds_its_probes_and_simulates_nothing(manager):
    first = fj.find_load("minimal", blocking=0.05, precision=0.1, **BRACKET, **SMALL).wait(100)
    count = len(fj.runs())
    again = fj.find_load("minimal", blocking=0.05, precision=0.1, **BRACKET, **SMALL).wait(100)
    assert again.result == first.result
    assert len(fj.runs()) == count


def test_a_load_is_searched_for_each_point(manager):
    search = fj.find_load(
        "minimal", blocking=0.05, precision=0.1, over={"k_paths": [1, 3]}, **SMALL
    )
    frame = search.wait(100).frame
    assert list(frame["k_paths"]) == [1, 3]
    assert frame["load"][0] < frame["load"][1]
    with pytest.raises(ValueError, match="the search is for 2 loads"):
        _ = search.result


def test_the_parameters_of_a_search_stand_in_its_frame_as_in_that_of_a_sweep(manager):
    over = {"snr_type": [None, "snr_calc_nli"], "network": [[("a", "b", 100), ("b", "c", 100)]]}
    search = fj.find_load("minimal", blocking=0.05, over=over, **SMALL)
    search.cancel()
    frame = search.wait(60).frame
    assert frame["snr_type"].tolist() == [None, "snr_calc_nli"]
    assert frame["network"].map(type).eq(str).all()
    assert list(frame.columns[:3]) == ["snr_type", "network", "blocking"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"blocking": 1.5}, "blocking is 1.5; allowed: a number between 0 and 1"),
        ({"k_paths": 0}, "k_paths is '0'"),
        ({"max_iters": 3}, "max_iters is 3; not allowed here"),
        ({"over": {"k_paths": [1, 0]}}, "point 1 .k_paths = 0."),
        ({"low": 300, "high": 200}, "low is 300 and high 200"),
    ],
)
def test_a_search_that_means_nothing_is_refused(manager, arguments, message):
    with pytest.raises(ValueError, match=message):
        fj.find_load("minimal", **arguments)
    assert not manager.runs_dir.exists()


def test_a_search_is_cancelled_with_its_probes(manager):
    search = fj.find_load("minimal", blocking=0.05, precision=0.001, num_requests=200_000)
    search.cancel()
    search.wait(30)
    assert "cancelled" in repr(search)


def test_a_target_that_no_number_of_iterations_can_resolve_is_refused(manager):
    with pytest.raises(ValueError, match="blocking is 1e-09; allowed with 1,000,000 requests"):
        fj.find_load("minimal", blocking=1e-9)
    assert not manager.runs_dir.exists()


def test_an_observer_that_fails_does_not_stop_the_search(manager, capsys):
    search = fj.find_load("minimal", blocking=0.05, precision=0.1, **BRACKET, **SMALL)

    def broken(change):
        raise RuntimeError("a fault of the user's")

    search.observe(broken, ["probes", "requests"])
    assert search.wait(100).result is not None
    assert search.settled
    assert "a fault of the user's" in capsys.readouterr().err


def test_a_search_takes_over_the_name_and_the_tags_with_which_it_is_requested_again(manager):
    asked = {"blocking": 0.05, "precision": 0.2, **BRACKET, **SMALL}
    first = fj.find_load("minimal", tags=["old"], **asked).wait(100)
    again = fj.find_load("minimal", name="capacity", tags=["paper"], **asked).wait(100)
    assert (again.sweep_id, again.name) == (first.sweep_id, "capacity")
    sweep = fj.sweep_by_id(first.sweep_id)
    assert (sweep.name, sweep.tags) == ("capacity", ("old", "paper"))
    assert all(set(run.tags) == {"old", "paper"} for run in fj.runs())


def test_the_sweep_of_a_search_leaves_its_probes_to_the_search(manager):
    asked = {"blocking": 0.05, "precision": 0.2, **BRACKET, **SMALL}
    search = fj.find_load("minimal", **asked).wait(100)
    sweep = fj.sweep_by_id(search.sweep_id)
    assert sweep.retry_failed() == []
    advice = "probes of a search for a load, .*; execute find_load again"
    with pytest.raises(ValueError, match=advice):
        sweep.extend(over={"k_paths": [1]})
    sweep.runs[0].delete()
    with pytest.raises(ValueError, match=advice):
        sweep.retry_failed()
    again = fj.find_load("minimal", **asked).wait(100)
    assert again.result == search.result
    assert len(fj.sweep_by_id(search.sweep_id)) == len(search.runs)
