"""Drive a study to its end on an executor."""

import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from dse.evaluate import Outcome
from dse.executors import Executor, WorkerDiedError
from dse.study import Study, Trial

ATTEMPTS = 3  # a design in whose evaluation so many workers died is recorded as failed
POLL_SECONDS = 0.2


def never() -> bool:
    """A stop that does not come."""
    return False


def ignore(_: Trial, __: Outcome) -> None:
    """A report that nobody reads."""


def run(
    study: Study,
    executor: Executor,
    *,
    seconds: float | None = None,
    stop: Callable[[], bool] = never,
    report: Callable[[Trial, Outcome], None] = ignore,
) -> str:
    """Evaluate baselines, then what the strategy asks for, until the budget, the time or the strategy ends.

    Args:
        study: What to drive.
        executor: Where designs are evaluated.
        seconds: Time limit; designs under evaluation at that moment are dropped.
        stop: Looked at between results; True ends the run as cleanly as the time limit does.
        report: Called with every new result, after it has been stored.

    Returns:
        Why it ended: ``budget``, ``exhausted``, ``time`` or ``stopped``.
    """
    deadline = None if seconds is None else time.monotonic() + seconds

    def over() -> str | None:
        if stop():
            return "stopped"
        return "time" if deadline is not None and time.monotonic() >= deadline else None

    wanted = study.baselines()
    while True:
        ended = _evaluate(study, executor, wanted, over, report)
        if ended is not None:
            return ended
        wanted = study.ask()
        if not wanted:
            return "budget" if study.budget is not None and study.asked >= study.budget else "exhausted"


def _evaluate(
    study: Study,
    executor: Executor,
    trials: list[Trial],
    over: Callable[[], str | None],
    report: Callable[[Trial, Outcome], None],
) -> str | None:
    """Evaluate all of them, each stored as it comes; returns why it was ended early, or None."""
    waiting, suspects = deque(trials), deque[Trial]()
    deaths: Counter[int] = Counter()
    running: dict[Future[Outcome], Trial] = {}
    while waiting or suspects or running:
        ended = over()
        if ended is not None:
            return ended
        # A dead worker takes its fellows' designs down: these are tried one by one, so that the guilty one is found.
        if suspects and not waiting and not running:
            trial = suspects.popleft()
            running[executor.submit(trial.values)] = trial
        while waiting and len(running) < executor.slots:
            trial = waiting.popleft()
            running[executor.submit(trial.values)] = trial
        done, _ = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            trial = running.pop(future)
            outcome = _result(future, trial, deaths)
            if outcome is None:
                suspects.append(trial)
                continue
            study.tell(trial, outcome)
            report(trial, outcome)
    return None


def _result(future: Future[Outcome], trial: Trial, deaths: Counter[int]) -> Outcome | None:
    """What a future brought; None if its worker died and it is worth another try."""
    try:
        return future.result()
    except WorkerDiedError:
        deaths[id(trial)] += 1
        if deaths[id(trial)] < ATTEMPTS:
            return None
        reason = f"the worker process died in {ATTEMPTS} attempts"
        return Outcome(key=trial.key, state="failed", reason=reason, started=time.time())
