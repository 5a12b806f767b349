"""Progress of a sweep on stderr while there is somebody to look at it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dse.evaluate import Outcome
from dse.pareto import covered, front
from dse.study import Study, Trial

Report = Callable[[Trial, Outcome], None]
REFRESH_SECONDS = 1.0


@contextmanager
def sweep_progress(study: Study) -> Iterator[Report]:
    """What to call with every result; nothing is shown where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda trial, outcome: None
        return
    from rich import progress as rich  # noqa: PLC0415  # a pipe does without
    from rich.console import Console  # noqa: PLC0415

    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("ETA"),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        # Without a budget only a strategy that visits every point has a known end.
        total = study.budget or (study.problem.size if study.strategy_name == "exhaustive" else None)
        task = bar.add_task(study.strategy_name, total=total)
        due = 0.0

        def report(trial: Trial, outcome: Outcome) -> None:
            nonlocal due
            if time.monotonic() >= due:
                began = time.monotonic()
                bar.update(task, description=summary(study), completed=len(study.observations))
                # On a long sweep the front takes a while: spend a hundredth of the time on it.
                due = time.monotonic() + max(REFRESH_SECONDS, 100 * (time.monotonic() - began))

        yield report


def summary(study: Study) -> str:
    """Strategy, front, feasible trials and hypervolume in a line."""
    feasible = [seen for seen in study.observations if seen.feasible]
    share = covered([seen.objectives for seen in feasible if seen.objectives is not None])
    found = len(front(feasible))
    return f"{study.strategy_name}: front {found}, feasible {len(feasible)}, hypervolume {share:.4f}"
