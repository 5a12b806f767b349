"""How close each strategy comes to a front that is known exactly.

python -m benchmarks.dse truth [SPACE ...]      what every point is, into a store (minutes)
python -m benchmarks.dse regret [SPACE ...]     hypervolume regret of each strategy at 200, 500 and 1,000 evaluations
python -m benchmarks.dse picture [SPACE ...]    regret against evaluations, from what ``regret`` wrote
"""

import argparse
from pathlib import Path

from benchmarks.dse.composed import Composed
from benchmarks.dse.known import Known
from benchmarks.dse.picture import picture
from benchmarks.dse.regret import regret
from dse.catalog import STRATEGIES
from dse.store import opened

SPACES: dict[str, type[Known]] = {"resnet18": Known, "vit": Known, "resnet50": Composed}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dse")
    parser.add_argument("what", choices=("truth", "regret", "picture"))
    parser.add_argument("spaces", nargs="*", default=list(SPACES), metavar="SPACE", help=", ".join(SPACES))
    parser.add_argument("--out", type=Path, default=Path("zeroskip-out/dse"), help="stores, results and pictures")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES), choices=list(STRATEGIES))
    options = parser.parse_args()
    unknown = set(options.spaces) - set(SPACES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(SPACES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.spaces:
        results = options.out / f"{name}.json"
        if options.what == "picture":
            picture(results, options.out / f"regret-{name}")
            continue
        with opened(f"sqlite:///{options.out}/{name}.db") as store:
            known = SPACES[name](name, store)
            if options.what == "truth":
                known.learn(print)
            else:
                known.open()
                regret(known, options.strategies, options.seeds, results)


if __name__ == "__main__":
    main()
