"""``[file_settings]``."""

from __future__ import annotations

from fusion_jupyter.config.schema.kinds import Choice, Text
from fusion_jupyter.config.schema.option import NOTHING, OUTPUT, Option, Rule, Section

SECTION = Section(
    "file_settings",
    Option(
        "file_type",
        Choice("json"),
        "Format of the output files.",
        group="Output and log",
        default="json",
        fusion=Rule(OUTPUT, tried="json runs; csv, pickle and any other text end in an error"),
        embedded=Rule(OUTPUT),
    ),
    Option(
        "run_id",
        Text(optional=True),
        "Label of a run; a simulation does not read it.",
        group="Without effect",
        fusion=Rule(NOTHING, tried="abc runs without effect"),
        embedded=Rule(NOTHING),
    ),
)
