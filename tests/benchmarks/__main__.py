"""`make bench`: every room's benchmark, or those that are named: `python -m tests.benchmarks runs`.

Only when it is named: ``coverage``, which writes ``docs/statistics_coverage.md``. Each prints ratios to a peer that is measured in the same run, because machines are noisy.
"""

import importlib
import sys
from pathlib import Path

#: Those that are run only when they are named.
ON_REQUEST = ("coverage",)


def main() -> None:
    modules = {
        path.stem.removeprefix("bench_"): path.stem
        for path in sorted(Path(__file__).parent.glob("bench_*.py"))
    }
    chosen = sys.argv[1:] or list(modules)
    modules |= {name: name for name in ON_REQUEST}
    for name in chosen:
        if name not in modules:
            sys.exit(f"benchmark is {name!r}; allowed: {', '.join(modules)}")
    for name in chosen:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"tests.benchmarks.{modules[name]}").main()


if __name__ == "__main__":
    main()
