"""`make bench`: every room's benchmark, or those that are named: `python -m tests.benchmarks runs`.

Each prints ratios to a peer that is measured in the same run, because machines are noisy.
"""

import importlib
import sys
from pathlib import Path


def main() -> None:
    known = sorted(
        path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")
    )
    chosen = sys.argv[1:] or known
    for name in chosen:
        if name not in known:
            sys.exit(f"benchmark is {name!r}; allowed: {', '.join(known)}")
    for name in chosen:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"tests.benchmarks.bench_{name}").main()


if __name__ == "__main__":
    main()
