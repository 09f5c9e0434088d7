"""At the borders: what each simulator is let to run, and why not where it is not.

Each row was tried with FUSION 6.1. What it runs is not refused for it, and what ends in an error
there, or computes nonsense, is.
"""

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config.compose import compose
from fusion_jupyter.simulators import choose, fusion

YES, NO = True, False
SEVEN = {"cores_per_link": 7}
SLICED = {"max_segments": 4}
ORCHESTRATED = {"use_orchestrator": True}
XTAR = {"mod_assumption": "XTAR_ASSUMPTIONS", "request_distribution": {50: 0.5, 100: 0.5}}

#: Options, whether FUSION may run them, whether the embedded simulator may.
BORDERS = [
    ({"guard_slots": 2}, NO, NO),
    ({"allocation_method": "last_fit"}, NO, NO),
    ({"allocation_method": "best_fit"}, NO, NO),
    ({"allocation_method": "random"}, NO, NO),
    ({"allocation_method": "priority_last", **SEVEN}, NO, NO),
    ({"allocation_method": "priority_first", **SEVEN}, YES, YES),
    ({"allocation_method": "priority_first", "cores_per_link": 6}, NO, NO),
    ({"allocation_method": "xt_aware"}, YES, NO),
    ({"allocation_method": "xt_aware", **SEVEN}, NO, NO),
    ({"route_method": "cong_aware"}, YES, YES),
    ({"route_method": "congestion_aware"}, YES, YES),
    ({"route_method": "external_ksp"}, YES, YES),
    ({"route_method": "xt_aware"}, YES, YES),
    ({"route_method": "cong_aware", "pre_calc_mod_selection": True}, NO, NO),
    ({"route_method": "cong_aware", "c_band": 0, "l_band": 40}, NO, NO),
    ({"route_method": "least_congested"}, NO, NO),
    ({"route_method": "nli_aware"}, NO, NO),
    ({"route_method": "frag_aware"}, NO, NO),
    ({"route_method": "1plus1_protection"}, NO, NO),
    ({"route_method": "1plus1_protection", **ORCHESTRATED}, YES, NO),
    ({"route_method": "1plus1_protection", **ORCHESTRATED, **SLICED}, NO, NO),
    ({"route_method": "cong_aware", **ORCHESTRATED}, NO, NO),
    (ORCHESTRATED, YES, NO),
    ({"l_band": 40, "s_band": 20}, YES, YES),
    ({"c_band": 0, "l_band": 40}, YES, YES),
    ({"c_band": 0}, NO, NO),
    ({"fixed_grid": True}, YES, YES),
    ({"fixed_grid": True, "pre_calc_mod_selection": True}, NO, NO),
    ({"can_partially_serve": True, **SLICED}, YES, YES),
    ({"is_grooming_enabled": True}, YES, NO),
    ({"is_grooming_enabled": True, **SLICED}, NO, NO),
    ({"dynamic_lps": True}, YES, NO),
    ({"dynamic_lps": True, **SLICED}, NO, NO),
    ({"snr_type": "snr_calc_nli"}, YES, YES),
    ({"snr_type": "snr_calc_nli", "l_band": 40}, NO, NO),
    ({"snr_type": "snr_calc_nli", "egn_model": True, "phi": {"QPSK": 1}}, NO, NO),
    ({"snr_type": "xt_calculation", **SEVEN}, YES, YES),
    ({"snr_type": "xt_calculation", "cores_per_link": 6}, NO, NO),
    ({"snr_type": "xt_calculation", **SEVEN, "requested_xt": {"QPSK": -26}}, NO, NO),
    ({"snr_type": "gsnr"}, NO, NO),
    ({"snr_type": "gsnr", "dynamic_lps": True}, YES, NO),
    ({"snr_type": "gsnr", "dynamic_lps": True, **SLICED}, YES, NO),
    ({"snr_type": "snr_e2e_external_resources"}, NO, NO),
    ({"snr_type": "nonsense"}, NO, NO),
    ({"snr_recheck": True}, NO, NO),
    ({"failure_type": "link"}, NO, NO),
    ({"failure_type": "geo"}, NO, NO),
    ({"file_type": "csv"}, NO, NO),
    ({"deploy_model": True}, NO, NO),
    ({"output_train_data": True}, YES, NO),
    ({"save_snapshots": True}, YES, NO),
    ({"save_snapshots": True, "snapshot_step": 0}, NO, NO),
    ({"log_offline_dataset": True}, YES, NO),
    ({"mod_assumption_path": "None"}, NO, NO),
    ({"mod_assumption_path": "/nowhere.json"}, NO, NO),
    ({"mod_assumption": "NOPE"}, NO, NO),
    (XTAR, YES, YES),
    ({"is_only_core_node": False}, NO, NO),
    ({"is_only_core_node": False, "network": "USbackbone60"}, YES, YES),
    ({"cores_per_link": 0}, NO, NO),
    ({"k_paths": 0}, NO, NO),
    ({"k_paths": None}, YES, YES),
    ({"k_paths": 100}, YES, YES),
    ({"erlang_step": 0}, NO, NO),
    ({"erlang_start": 900}, NO, NO),
    ({"max_iters": 0}, NO, NO),
    ({"save_step": 0}, NO, NO),
    ({"request_distribution": {75: 1.0}}, NO, NO),
    ({"multi_fiber": True, "bi_directional": True, "path_ordering": "hops"}, YES, YES),
    ({"policy_name": "load_balanced", "protection_enabled": True, "alpha": 0.3}, YES, YES),
    ({"train_file_path": "50%"}, NO, YES),
    ({"first_seed": 5}, NO, YES),
    ({"first_seed": 1}, YES, YES),
    ({"precision": 0.1, "max_iters": 5}, NO, YES),
    ({"warm_up": 1000, "allocation": "last_fit"}, NO, YES),
]


@pytest.fixture(autouse=True)
def without_fusion(monkeypatch):
    monkeypatch.setattr(fusion, "find_python", lambda: None)


def problems(options, simulator):
    try:
        compose("minimal", options, simulator)
    except fj.ConfigError as error:
        return error.problems
    return {}


@pytest.mark.parametrize(("options", "with_fusion", "embedded"), BORDERS, ids=str)
def test_each_simulator_is_let_to_run_just_what_it_can(options, with_fusion, embedded):
    for simulator, allowed in (("fusion", with_fusion), ("embedded", embedded)):
        found = problems(options, simulator)
        assert (found == {}) == allowed, (simulator, found)
        for message in found.values():
            assert "allowed" in message


def test_what_fusion_alone_can_do_is_said_where_it_is_not_there():
    found = fj.check("minimal", snr_type="gsnr", dynamic_lps=True, k_paths=0)
    assert list(found) == ["k_paths"]
    found = fj.check("minimal", snr_type="gsnr", dynamic_lps=True)
    assert set(found) == {"snr_type", "dynamic_lps"}
    assert "FUSION can do this, but was not found" in found["snr_type"]
    assert fj.check("minimal", warm_up=1000, independent_bandwidths=True) == {}


def test_an_option_beyond_fusion_is_the_reason_for_the_embedded_simulator():
    choice = choose("minimal", {"warm_up": 1000, "allocation": "last_fit"})
    assert choice.simulator == "embedded"
    assert choice.reason == "FUSION does not know warm_up = 1000, allocation = last_fit"
    assert "exactly as FUSION does" in choose("minimal", {}).reason


def test_a_broken_installation_is_reported_where_it_is_needed(monkeypatch, tmp_path):
    monkeypatch.setattr(fusion, "find_python", lambda: tmp_path / "python")
    assert fj.check("minimal") == {}
    (message,) = fj.check("minimal", use_orchestrator=True).values()
    assert "cannot be used (fusion_python is" in message


def test_a_reason_is_given_with_what_fusion_does():
    (message,) = problems({"snr_recheck": True}, "fusion").values()
    assert message == (
        "snr_settings.snr_recheck is 'True'; allowed with FUSION: False "
        "(FUSION 6.1 ends in an error)"
    )
