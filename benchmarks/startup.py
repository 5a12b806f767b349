"""From the start of the process to what it prints: wall seconds, as that is what a user waits for."""

import sys
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.cost import Cost, measure_process
from benchmarks.rows import AIM, Row

TITLE = "the command line from start to end, wall seconds, best of 5 processes"
SMALL = ("simulate", "magika", "--layers", "*Conv*")  # one layer: plain Python
LARGE = ("simulate", "resnet50")  # so much that the loop is compiled, or loaded
HELP_AIM, SMALL_AIM = 0.3, 2.5


def run(small: tuple[str, ...] = SMALL, large: tuple[str, ...] = LARGE, repeats: int = 5) -> list[Row]:
    """Measure; ``small`` and ``large`` are arguments of ``zeroskip``."""
    nothing = measure_process(sys.executable, "-c", "pass", repeats=repeats).cost
    helped = _zeroskip("--help", repeats=repeats)
    rows = [
        _row("zeroskip --help", helped, AIM, HELP_AIM),
        _row("zeroskip --help", helped, "limit: python -c pass", nothing.wall),
    ]
    for arguments in (small, large):
        what = " ".join(("zeroskip", *arguments))
        warm = _zeroskip(*arguments, repeats=repeats)
        with tempfile.TemporaryDirectory() as empty:
            cold = _zeroskip(*arguments, environment={"ZEROSKIP_CACHE": empty})
        if arguments is small:
            rows.append(_row(what, warm, AIM, SMALL_AIM))
        rows.append(_row(what, warm, "cold: nothing compiled yet", cold.wall, f" beside {cold.cpu:.2f}"))
    return rows


def _zeroskip(*arguments: str, repeats: int = 1, environment: dict[str, str] | None = None) -> Cost:
    command = Path(sysconfig.get_path("scripts")) / "zeroskip"
    return measure_process(str(command), *arguments, environment=environment, repeats=repeats).cost


def _row(what: str, ours: Cost, beside: str, theirs: float, more: str = "") -> Row:
    note = f"CPU s: {ours.cpu:.2f}{more}"
    return Row(what=what, ours=ours.wall, unit="wall s", beside=beside, theirs=theirs, better="less", note=note)
