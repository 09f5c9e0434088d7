"""Write docs/fusion_coverage.md: what FUSION does, what ``check`` says, what is computed here.

    python tests/sim/make_coverage.py --fusion-python /path/to/its/python

Runs every configuration of ``border_cases.py`` through an installed FUSION and through the embedded
simulator. What FUSION does is kept in ``data/borders.json``, with which a test holds the table
where there is no FUSION; without ``--fusion-python`` the table is made from that file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from border_cases import BORDERS, Border, option_cases  # noqa: E402
from compare_with_fusion import Fusion  # noqa: E402

from fusion_jupyter.config import compose  # noqa: E402
from fusion_jupyter.errors import ConfigError  # noqa: E402
from fusion_jupyter.sim.config import ConfigurationError, read_config  # noqa: E402
from fusion_jupyter.sim.engine import Simulator  # noqa: E402

RECORDED = Path(__file__).parent / "data" / "borders.json"
TABLE = Path(__file__).parents[2] / "docs" / "fusion_coverage.md"

#: Verdicts that must not be in the table.
FORBIDDEN = ("accepted, computes something else", "accepted, although FUSION fails")


def all_cases() -> list[Border]:
    """Every configuration of the table; a title stands for one."""
    return list({case.title: case for case in [*BORDERS, *option_cases()]}.values())


def fusion_says(answer: dict[str, Any]) -> dict[str, Any]:
    """Take from FUSION's answer what is kept: exit code, blocking, the kind of error."""
    words = answer["error"].split(" - ERROR - ")[-1]
    error = words.split(":")[0] if answer["exit"] != 0 else ""
    return {"exit": answer["exit"], "loads": answer["loads"], "error": error}


def runs(recorded: dict[str, Any]) -> bool:
    """Whether FUSION gave a result that means something."""
    values = [value for values in recorded["loads"].values() for value in values]
    return recorded["exit"] == 0 and bool(values) and min(values) < 1.0


def checks(case: Border, folder: Path) -> dict[str, dict[str, str]]:
    """Return what ``check`` refuses, for each simulator."""
    (folder / "config.ini").write_text(case.ini(), encoding="utf-8")
    for name, text in case.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    found = {}
    for simulator in ("fusion", "embedded"):
        try:
            compose.compose(folder / "config.ini", simulator=simulator)
            found[simulator] = {}
        except ConfigError as error:
            found[simulator] = error.problems
    return found


def computed(folder: Path, recorded: dict[str, Any]) -> dict[str, list[float]] | None:
    """Return the embedded simulator's blocking; None where it refuses."""
    try:
        config = read_config(folder / "config.ini")
    except ConfigurationError:
        return None
    simulator = Simulator(config)
    counts = {erlang: len(values) for erlang, values in recorded["loads"].items()}
    return {
        f"{erlang}": [
            sum(simulator.iterate(erlang, number).blocked) / config.num_requests
            for number in range(counts.get(f"{erlang}", 2))
        ]
        for erlang in config.erlangs[:3]
    }


def verdict(case: Border, recorded: dict[str, Any], ours: dict[str, list[float]] | None) -> str:
    """Say what the embedded simulator does, compared with FUSION."""
    beyond = any(location.startswith("embedded_settings.") for location in case.changes)
    if ours is None:
        return "refused"
    theirs = {erlang: recorded["loads"].get(erlang) for erlang in ours}
    if recorded["exit"] == 0 and ours == theirs:
        return "equal"
    if beyond:
        return "computed, beyond FUSION"
    if case.mended:
        return f"computed: {case.mended}"
    return FORBIDDEN[0] if runs(recorded) else FORBIDDEN[1]


def row(case: Border, recorded: dict[str, Any]) -> tuple[list[str], str]:
    """Return a row of the table, and its verdict."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        refused = checks(case, folder)
        ours = computed(folder, recorded)
    said = {
        simulator: "accepted" if not problems else f"refused: {next(iter(problems.values()))}"
        for simulator, problems in refused.items()
    }
    found = verdict(case, recorded, ours)
    if found != "refused" and refused["embedded"]:
        found += ", though refused by check"
    cells = [case.title, describe(recorded), said["fusion"], said["embedded"], found]
    return cells, found


def describe(recorded: dict[str, Any]) -> str:
    """Say what FUSION does."""
    values = [value for values in recorded["loads"].values() for value in values]
    if recorded["exit"] is None:
        return "does not end"
    if recorded["exit"] != 0:
        return f"fails ({recorded['error']})"
    if not values:
        return "ends without a result"
    if min(values) == 1.0:
        return "blocks every request"
    return f"blocking {', '.join(f'{value:g}' for value in values[:4])}"


def mismatches(rows: list[list[str]], recorded: dict[str, Any]) -> list[str]:
    """List where ``check`` for FUSION disagrees with what FUSION does."""
    laxer, stricter = [], []
    for title, does, fusion, _, verdict in rows:
        if fusion == "accepted" and not runs(recorded[title]) and verdict != "equal":
            laxer.append(f"- `{title}`: FUSION {does}; {verdict}")
        elif fusion != "accepted" and runs(recorded[title]) and "embedded_settings" not in title:
            stricter.append(f"- `{title}`: {does}")
    return [
        "## Accepted for FUSION after a change: the file as it was makes FUSION fail",
        "",
        *(laxer or ["Nothing."]),
        "",
        "## Refused for FUSION, although it gives a result",
        "",
        "Values that FUSION ignores or misinterprets.",
        "",
        *stricter,
    ]


def grouped(rows: list[list[str]]) -> list[list[str]]:
    """Put the values of an option with the same outcome into one row."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for title, *cells in rows:
        name, _, value = title.partition(" = ")
        if value:  # which a refusal repeats
            key = (name, *("refused" if cell.startswith("refused") else cell for cell in cells))
        else:
            key = (title, *cells)
        groups.setdefault(key, []).append(value)
    return [
        [f"{name} = {', '.join(values)}" if values[0] else name, *rest]
        for (name, *rest), values in groups.items()
    ]


def document(rows: list[list[str]], verdicts: Counter[str], differing: list[str]) -> str:
    """The text of the page."""
    counts = ", ".join(f"{count} {name}" for name, count in verdicts.most_common())
    lines = [
        "# Comparison with FUSION, configuration by configuration",
        "",
        "Generated by `tests/sim/make_coverage.py` from runs of FUSION 6.1 (`main` of 2026-01-30, Python "
        "3.11, numpy 1.26, networkx 3.2, no torch). Each row is a small configuration (NSFNet, 150 "
        "Erlang, 80 slots, 200 requests, two iterations) with the options named changed. The last "
        "column compares the embedded simulator's blocking with FUSION's in every iteration.",
        "",
        f"{len(rows)} configurations: {counts}.",
        "",
        "Congestion-aware routing sorts scores with numpy, which puts equal ones into an order that "
        "depends on the processor. The embedded simulator has the order of processors with AVX-512 "
        "everywhere; FUSION on another processor can differ where scores tie.",
        "",
        "Training (`fusion-train`) is not offered as a kind of run: this version of FUSION ends in "
        "`KeyError: 'optimize'` before its first episode, whatever the configuration (tried with torch "
        "2.2; no configuration can set that key). With that line mended, the two bandits train; "
        "Q-learning, DQN and PPO end in further errors. Where training works, "
        '`fj.start(command=["fusion-train", ...], progress=r"(?P<step>\\d+) episodes completed out '
        'of (?P<total>\\d+)")` shows its episodes.',
        "",
        "| configuration | FUSION | `check`, FUSION | `check`, embedded | embedded |",
        "|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(_cell(cell) for cell in cells) + " |" for cells in grouped(rows)]
    lines += ["", *differing]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    """Make the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fusion-python", help="Python of FUSION's environment")
    arguments = parser.parse_args()
    known = json.loads(RECORDED.read_text("utf-8")) if RECORDED.is_file() else {}
    if arguments.fusion_python:
        fusion = Fusion(arguments.fusion_python)
        for case in all_cases():
            if case.title not in known:
                known[case.title] = fusion_says(fusion.run(case, case.seconds))
                print(case.title, describe(known[case.title]), flush=True)
                save(known)
        fusion.close()
        save(known)
    rows, verdicts = [], Counter[str]()
    for case in all_cases():
        cells, found = row(case, known[case.title])
        rows.append(cells)
        verdicts[found] += 1
    TABLE.write_text(document(rows, verdicts, mismatches(rows, known)), encoding="utf-8")
    print(verdicts)
    return 1 if any(found.startswith(FORBIDDEN) for found in verdicts) else 0


def save(known: dict[str, Any]) -> None:
    """Keep what FUSION does, a line for each configuration."""
    titles = [case.title for case in all_cases() if case.title in known]
    lines = [f"{json.dumps(title)}: {json.dumps(known[title])}" for title in titles]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
