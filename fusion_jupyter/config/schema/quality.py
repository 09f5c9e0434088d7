"""``[snr_settings]``: the quality of transmission, and crosstalk between cores."""

from __future__ import annotations

from fusion_jupyter.config.schema.kinds import Choice, Flag, Number, NumberByName, Text
from fusion_jupyter.config.schema.option import COMMON, NOTHING, RARE, RESULT, Option, Rule, Section

_QUALITY = "Signal quality"


def _detail(
    name: str,
    kind: Flag | Number | NumberByName | Text,
    description: str,
    default: str,
    *,
    tried: str,
    unit: str = "",
    effect: str = RESULT,
) -> Option:
    """An option that has an effect only if another one enables it."""
    return Option(
        name,
        kind,
        description,
        unit=unit,
        group=_QUALITY,
        importance=RARE,
        default=default,
        fusion=Rule(effect, tried=tried),
        embedded=Rule(effect),
    )


SECTION = Section(
    "snr_settings",
    Option(
        "snr_type",
        Choice("snr_calc_nli", "xt_calculation", "gsnr", optional=True),
        "Model that checks the quality of a lightpath before it is set up. None: only its reach "
        "decides.",
        group=_QUALITY,
        importance=COMMON,
        default="None",
        fusion=Rule(
            RESULT,
            tried="None and snr_calc_nli run; xt_calculation with 7 cores; gsnr with "
            "dynamic_lps = True; snr_e2e_external_resources and any other text end in an error",
        ),
        embedded=Rule(RESULT, only=(None, "snr_calc_nli", "xt_calculation")),
    ),
    _detail(
        "input_power",
        Number(above=0),
        "Launch power of a channel, with snr_type = snr_calc_nli.",
        "0.001",
        unit="W",
        tried="0.1 runs",
    ),
    _detail(
        "egn_model",
        Flag(),
        "Correct the non-linear noise by the enhanced Gaussian noise model, with snr_type = "
        "snr_calc_nli. FUSION's correction raises the noise.",
        "False",
        tried="True runs",
    ),
    _detail(
        "phi",
        NumberByName('{"QPSK": 1, "16-QAM": 0.68}'),
        "Excess kurtosis of each format, for egn_model.",
        '{"QPSK": 1, "16-QAM": 0.68, "64-QAM": 0.6190476190476191}',
        tried="a mapping without a format that is used ends in an error",
    ),
    _detail(
        "xt_noise",
        Flag(),
        "Add a term for crosstalk between cores to the noise, with snr_type = snr_calc_nli. "
        "FUSION's term is negative, so it lowers the noise, also with one core.",
        "False",
        tried="True runs",
    ),
    _detail(
        "requested_xt",
        NumberByName('{"QPSK": -26.19, "16-QAM": -36.69}'),
        "Maximum crosstalk that each format tolerates, with snr_type = xt_calculation.",
        '{"QPSK": -26.19, "16-QAM": -36.69, "64-QAM": -41.69}',
        unit="dB",
        tried="a mapping without a format that is used ends in an error",
    ),
    _detail(
        "xt_type",
        Text("with_length", "without_length", optional=True),
        "Link cost of route_method = xt_aware: with_length weights crosstalk and length, "
        "without_length multiplies crosstalk by spans, anything else is crosstalk only.",
        "without_length",
        tried="with_length, without_length and another text run",
    ),
    _detail(
        "beta",
        Number(at_least=0, at_most=1),
        "Weight of the length against crosstalk, with xt_type = with_length.",
        "0.5",
        tried="0.5 runs",
    ),
    _detail(
        "theta",
        Number(),
        "Meant as a phase of the EGN model; a simulation does not read it.",
        "0.0",
        tried="0.0 runs without effect",
        effect=NOTHING,
    ),
    Option(
        "snr_recheck",
        Flag(),
        "Check existing lightpaths again after each new one.",
        group=_QUALITY,
        default="False",
        fusion=Rule(
            RESULT, only=(False,), why="FUSION 6.1 ends in an error", tried="True ends in an error"
        ),
        embedded=Rule(RESULT, only=(False,)),
    ),
    _detail(
        "recheck_adjacent_cores",
        Flag(),
        "Include neighbour cores in that check.",
        "False",
        tried="True runs without effect",
        effect=NOTHING,
    ),
    _detail(
        "recheck_crossband",
        Flag(),
        "Include other bands in that check.",
        "False",
        tried="True runs without effect",
        effect=NOTHING,
    ),
)
