"""Quality of lightpaths as a limit: what FUSION fails at ends with a message here.

That its figures are FUSION's is tested with recorded runs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from compare_with_fusion import embedded, embedded_config
from random_configs import Case

from fusion_jupyter.sim.engine import Simulator
from fusion_jupyter.sim.quality import QualityError

#: A correction so large that noise becomes negative.
ABSURD = {
    "snr_type": "snr_calc_nli",
    "egn_model": True,
    "phi": {"QPSK": -1e9, "16-QAM": -1e9, "64-QAM": -1e9},
}


def blocking(**options: Any) -> float:
    load = {"erlang_start": 50, "erlang_stop": 50, "erlang_step": 50}
    return embedded(Case({**load, **options}), {"50.0": 2})["50.0"].blocking.mean


def test_too_little_and_too_much_power_block_requests() -> None:
    """Little power drowns in the amplifiers' noise, much in the interference that it makes."""
    moderate = blocking(snr_type="snr_calc_nli", input_power=0.0007)
    assert blocking(snr_type="snr_calc_nli", input_power=0.0001) > moderate + 0.1
    assert blocking(snr_type="snr_calc_nli", input_power=0.01) > moderate + 0.1
    assert moderate >= blocking(snr_type="None")


def test_strict_limits_of_crosstalk_block_requests() -> None:
    seven: dict[str, Any] = {"cores_per_link": 7, "c_band": 16, "snr_type": "xt_calculation"}
    lax = blocking(**seven, requested_xt={"QPSK": 0, "16-QAM": 0, "64-QAM": 0})
    strict = blocking(**seven, requested_xt={"QPSK": -60, "16-QAM": -60, "64-QAM": -60})
    assert strict > lax + 0.1
    assert lax == blocking(cores_per_link=7, c_band=16)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_noise_that_is_not_positive_ends_the_run_with_a_message(
    processes: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    case = Case({**ABSURD, "erlang_start": 100, "erlang_stop": 200, "erlang_step": 100})
    with pytest.raises(QualityError, match="input_power, egn_model, phi"):
        Simulator(embedded_config(case, tmp_path)).iterate(100.0, 0)
    ran = subprocess.run(
        [sys.executable, "-m", "fusion_jupyter.sim", "--config_path", tmp_path / "config.ini",
         "--run_id", "x", "--processes", processes, "--output_dir", tmp_path / "out"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "Simulation error: the noise on a path is not positive" in ran.stderr
    assert "Traceback" not in ran.stderr
