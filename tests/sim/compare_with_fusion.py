"""Compare random configurations with FUSION, iteration by iteration.

    python tests/sim/compare_with_fusion.py --fusion-python /path/to/its/python --cases 200

Talks to an installed FUSION and needs nothing else of it. Ends with status 1 where an iteration
differs; such a case is printed as it can be run again. With ``--record FILE`` the cases and what
FUSION gave are written as a fixture for ``test_sim_recorded_scope.py``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from border_cases import Border  # noqa: E402
from figures import differences, figures  # noqa: E402
from random_configs import Case, random_case  # noqa: E402

from fusion_jupyter.sim.config import ConfigurationError, SimConfig, read_config  # noqa: E402
from fusion_jupyter.sim.engine import Simulator  # noqa: E402
from fusion_jupyter.sim.quality import QualityError  # noqa: E402
from fusion_jupyter.sim.statistics import LoadStatistics  # noqa: E402

SERVER = Path(__file__).with_name("fusion_server.py")


class Fusion:
    """FUSION, in a process of its own that answers one configuration after the other."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, case: Case | Border, seconds: float = 600) -> dict[str, Any]:
        """Run a configuration."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {
            "ini": case.fusion_ini() if isinstance(case, Border) else case.ini(),
            "files": case.files(),
            "topology": case.topology,
            "environment": getattr(case, "environment", {}),
            "seconds": seconds,
        }
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def embedded_config(case: Case, folder: Path) -> SimConfig:
    """Read a configuration as the embedded simulator does.

    Raises:
        ConfigurationError: It is refused.
    """
    text = case.ini()
    if case.topology is not None:
        (folder / "own.txt").write_text(case.topology, encoding="utf-8")
        text = text.replace("network = NSFNet", "network = own.txt")
    (folder / "config.ini").write_text(text, encoding="utf-8")
    for name, content in case.files().items():
        (folder / name).write_text(content, encoding="utf-8")
    return read_config(folder / "config.ini")


def embedded(case: Case, iterations: dict[str, int]) -> dict[str, LoadStatistics]:
    """Simulate each load's iterations.

    Raises:
        ConfigurationError: The configuration is refused.
        QualityError: A noise is not positive.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = embedded_config(case, Path(folder))
    simulator = Simulator(config)
    loads = {}
    for erlang, count in iterations.items():
        load = loads[erlang] = LoadStatistics(config)
        for number in range(count):
            load.add(simulator.iterate(float(erlang), number))
    return loads


def loaded(case: Case) -> Case:
    """Raise the load and narrow the spectrum until some requests are blocked."""
    for _ in range(8):
        load = case.options["erlang_start"]
        try:
            (statistics,) = embedded(case, {f"{float(load)}": 1}).values()
        except (ConfigurationError, QualityError):
            break
        if statistics.blocking.mean > 0.03:
            break
        for name in ("erlang_start", "erlang_stop", "erlang_step"):
            case.options[name] = round(3 * load, 1)
        for name in case.options:
            if name.endswith("_band"):
                case.options[name] = max(4, case.options[name] * 2 // 3)
    return case


def features(case: Case) -> list[str]:
    """Name what a configuration uses, for the summary."""
    options = case.options
    found = [options["route_method"]]
    found += [name for name in ("fixed_grid", "pre_calc_mod_selection") if options.get(name)]
    if any(name in options for name in ("l_band", "s_band", "o_band", "e_band")):
        found.append("bands BSC" if options["spectrum_priority"] == "BSC" else "bands")
    if options["max_segments"] > 1:
        found.append("slicing, partial" if options["can_partially_serve"] else "slicing")
    for name in ("allocation_method", "snr_type"):
        if name in options:
            found.append(options[name])
    if case.table:
        found.append("own table")
    if case.topology:
        found.append("own topology")
    if options.get("is_only_core_node") is False:
        found.append("core nodes")
    return found


def compare(fusion: Fusion, case: Case) -> tuple[str, dict[str, Any]]:
    """Run a configuration both ways; return ``"equal"``, or what is different."""
    answer = fusion.run(case)
    iterations = {erlang: len(values) for erlang, values in answer["loads"].items()}
    if answer["exit"] != 0 or not iterations:
        try:
            embedded(case, {f"{float(case.options['erlang_start'])}": 2})
        except (ConfigurationError, QualityError):
            return "refused, and FUSION fails", answer
        return f"FUSION fails: {answer['error']}", answer
    try:
        ours = embedded(case, iterations)
    except (ConfigurationError, QualityError) as error:
        return f"refused: {error}", answer
    answer["figures"] = {}
    for erlang, load in ours.items():
        if load.blocking.values != answer["loads"][erlang]:
            values = load.blocking.values
            return f"DIFFERENT: FUSION {answer['loads'][erlang]}, embedded {values}", answer
        saved = answer["saved"][erlang]
        (iteration,) = saved["iter_stats"].values()
        theirs = answer["figures"][erlang] = figures(saved, iteration)
        found = json.loads(json.dumps(figures(load.load_record(), load.iteration_record())))
        others = differences(found, theirs)
        if others:
            return f"DIFFERENT figures: {'; '.join(others[:3])}", answer
    return "equal", answer


def main() -> int:
    """Compare, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fusion-python", required=True, help="Python of FUSION's environment")
    parser.add_argument("--cases", type=int, default=200, help="configurations (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first one (default: 1)")
    parser.add_argument("--record", type=Path, help="where equal cases are written")
    arguments = parser.parse_args()
    fusion = Fusion(arguments.fusion_python)
    verdicts: Counter[str] = Counter()
    used: Counter[str] = Counter()
    recorded = []
    for seed in range(arguments.seed, arguments.seed + arguments.cases):
        case = loaded(random_case(Random(seed)))
        verdict, answer = compare(fusion, case)
        verdicts[verdict.split(":")[0]] += 1
        blocking = [value for values in answer["loads"].values() for value in values]
        mean = sum(blocking) / len(blocking) if blocking else float("nan")
        print(f"{seed}: {verdict}, blocking {mean:.3f} ({', '.join(features(case))})", flush=True)
        if verdict == "equal":
            used.update(features(case))
            recorded.append(
                {
                    "seed": seed,
                    "options": case.options,
                    "table": case.table,
                    "topology": case.topology,
                    "loads": answer["loads"],
                    "figures": answer["figures"],
                }
            )
        elif verdict.startswith(("DIFFERENT", "FUSION fails")):
            print(json.dumps(case.options))
    fusion.close()
    print(", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()))
    print("equal with: " + ", ".join(f"{name} {count}" for name, count in used.most_common()))
    if arguments.record:
        text = ",\n".join(json.dumps(case) for case in recorded)
        arguments.record.write_text(f"[\n{text}\n]\n", encoding="utf-8")
    return 1 if verdicts["DIFFERENT"] or verdicts["FUSION fails"] else 0


if __name__ == "__main__":
    sys.exit(main())
