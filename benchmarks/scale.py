"""``python -m benchmarks.scale [--store URL]``: what a sweep costs per trial beside its evaluation.

The trials are those of ``dse/examples/sat-resnet18.yaml`` with the result of one real evaluation: only names and keys
differ. ``docs/scale.md`` says what follows for many workers.
"""

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from itertools import islice
from json import dumps
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import click

from benchmarks.__main__ import circumstances
from benchmarks.cost import ROOT, measure
from benchmarks.rows import AIM, Row, table
from dse.cluster import Cluster
from dse.evaluate import Evaluator, Outcome
from dse.executors import Values
from dse.provenance import versions
from dse.run import run as drive
from dse.space import Space
from dse.store import StudyRecord, TrialRecord, opened
from dse.study import Study
from zeroskip.report.screen import grid, show

TITLE = "what a trial costs beside its evaluation; ms are CPU time unless wall is said"
SPACE = ROOT / "dse" / "examples" / "sat-resnet18.yaml"
WRITERS = 8
WORKERS = 1000
IN_FLIGHT = 2 * WORKERS
STORE_AIM_MS, SIZE_AIM_GB, SIZE_AIM_TRIALS = 2.0, 1.0, 100_000
BULK = 1000  # trials a transaction where only the size is measured
STUDY = StudyRecord(name="scale", space="{}", digest="-", strategy="random", seed=0, created=0.0)


@dataclass(frozen=True)
class Written:
    """What a writer saw: CPU seconds, the span of its writes [s, monotonic clock], and the longest one [s]."""

    cpu: float
    begin: float
    end: float
    longest: float


def run(
    writes: int = 4000, stored: int = SIZE_AIM_TRIALS, trials: int = 4000, tasks: int = 4000, url: str | None = None
) -> list[Row]:
    """Measure; ``writes`` are those of all writers together, ``url`` is of another database to write into."""
    with tempfile.TemporaryDirectory() as folder:
        rows = store_rows("SQLite", f"sqlite:///{folder}/scale.db", writes)
    alone = rows[0].ours
    if url is not None:
        rows += store_rows("given store", url, writes)
    study = study_ms(trials)
    dask, bare = _dask_ms(tasks)
    return [
        *rows,
        size_row(stored),
        _row("ask, judge and store a trial", study, "the store's part", alone, "SQLite, 1 writer"),
        _row(
            "submit to Dask, take the result",
            dask,
            "a Dask task that does nothing",
            bare,
            f"client and scheduler, {IN_FLIGHT:,} in flight",
        ),
        Row(
            what=f"shortest evaluation for {WORKERS:,} workers",
            ours=WORKERS * (study + dask) / 1e3,
            unit="s",
            beside="of one worker",
            theirs=(study + dask) / 1e3,
            better="less",
            note=f"{WORKERS:,} times the two rows above",
        ),
    ]


def _row(what: str, ours: float, beside: str, theirs: float, note: str = "") -> Row:
    return Row(what=what, ours=ours, unit="ms", beside=beside, theirs=theirs, better="less", note=note)


def store_rows(name: str, url: str, writes: int) -> list[Row]:
    """One trial a transaction, as a sweep does it."""
    rows = []
    for writers in (1, WRITERS):
        cpu, wall, longest = _write_ms(url, writes, writers)
        what = f"{name}: store a trial, {writers} writer{'s'[: writers > 1]}"
        rows.append(_row(what, cpu, AIM, STORE_AIM_MS, f"longest {longest:.0f} ms"))
        rows.append(_row(f"{what}, wall", wall, AIM, STORE_AIM_MS, "of all writers: 1 over trials per second"))
    return rows


def _write_ms(url: str, writes: int, writers: int) -> tuple[float, float, float]:
    """CPU of the writers per trial, wall time over trials and longest write [ms] of processes with one database."""
    context = get_context("spawn")
    with opened(url) as store:
        store.add_study(STUDY)
    with context.Manager() as manager, ProcessPoolExecutor(writers, mp_context=context) as pool:
        start, names = manager.Barrier(writers), [uuid4().hex for _ in range(writers)]
        jobs = [pool.submit(_write, url, name, writes // writers, start) for name in names]
        done = [job.result() for job in jobs]
    count = writes // writers * writers
    span = max(each.end for each in done) - min(each.begin for each in done)
    return 1e3 * sum(each.cpu for each in done) / count, 1e3 * span / count, 1e3 * max(each.longest for each in done)


def _write(url: str, name: str, count: int, start: Barrier) -> Written:
    """In a process of its own."""
    _, outcome, versions = _example()
    rows = list(_trials(outcome, count, name))
    with opened(url) as store:
        start.wait()
        begin, cpu, longest = time.monotonic(), time.process_time(), 0.0
        for row in rows:
            before = time.monotonic()
            store.add_trials([row], versions)
            longest = max(longest, time.monotonic() - before)
        return Written(time.process_time() - cpu, begin, time.monotonic(), longest)


def size_row(count: int) -> Row:
    """A file of so many trials, closed."""
    _, outcome, versions = _example()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scale.db"
        with opened(f"sqlite:///{file}") as store:
            store.add_study(STUDY)
            rows = _trials(outcome, count, "size")
            while chunk := list(islice(rows, BULK)):
                store.add_trials(chunk, versions)
        size = file.stat().st_size
    return Row(
        what=f"a store of {count:,} trials",
        ours=size / 1e9,
        unit="GB",
        beside=AIM,
        theirs=SIZE_AIM_GB * count / SIZE_AIM_TRIALS,
        better="less",
        note=f"{size / count:,.0f} bytes a trial",
    )


def study_ms(count: int) -> float:
    """The loop of a sweep whose designs are all evaluated at once."""
    space, outcome, _ = _example()
    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{folder}/scale.db") as store:
        study = Study(space, store, strategy="exhaustive", budget=count)
        _, cost = measure(lambda: drive(study, _Finished(outcome)))
        return 1e3 * cost.cpu / len(study.outcomes)


class _Finished:
    """An executor that has the result before it is asked."""

    slots = IN_FLIGHT

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def submit(self, values: Values) -> "Future[Outcome]":
        future: Future[Outcome] = Future()
        future.set_result(replace(self._outcome, key=_key(values)))
        return future


def _dask_ms(count: int) -> tuple[float, float]:
    """CPU of this process, client and scheduler, for a design whose layers the worker knows, and for nothing at all."""
    from distributed import Client, LocalCluster  # noqa: PLC0415

    space, _, _ = _example()
    values = space.decode((0,) * len(space.variables))
    with Cluster(space, None, workers=1) as cluster:
        cluster.submit(values).result()  # the worker builds its evaluator
        _, ours = measure(lambda: _submit_all(lambda _: cluster.submit(values), count))
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as local, Client(local) as client:
        client.submit(int).result()
        _, bare = measure(lambda: _submit_all(lambda number: client.submit(int, number, pure=False), count))
    return 1e3 * ours.cpu / count, 1e3 * bare.cpu / count


def _submit_all(submit: Callable[[int], Any], count: int) -> None:
    """Two for each of ``WORKERS`` in flight, as a sweep keeps them."""
    running: deque[Any] = deque()
    for number in range(count):
        if len(running) == IN_FLIGHT:
            running.popleft().result()
        running.append(submit(number))
    while running:
        running.popleft().result()


@cache
def _example() -> tuple[Space, Outcome, dict[str, str]]:
    """A space, a real outcome of it and the versions that a study keeps."""
    space = Space.load(SPACE)
    outcome = Evaluator(space).evaluate(space.decode((0,) * len(space.variables)))
    assert outcome.state == "complete", outcome.reason
    return space, outcome, versions()


def _trials(outcome: Outcome, count: int, name: str) -> Iterator[tuple[TrialRecord, Outcome, Mapping[str, Any]]]:
    """Trials that differ in name and key."""
    space, _, _ = _example()
    design = space.decode((0,) * len(space.variables))
    for number in range(count):
        key = _key({"name": name, "number": number})
        record = TrialRecord(
            study=STUDY.name, name=f"{name},{number}", number=number, key=key, state="complete", reason=None
        )
        yield record, replace(outcome, key=key), design


def _key(values: Mapping[str, Any]) -> str:
    return sha256(dumps(dict(values)).encode()).hexdigest()


@click.command()
@click.option("--store", "url", help="URL of a database that may be filled with trials, measured beside SQLite.")
def main(url: str | None) -> None:
    """Measure what a sweep costs per trial beside its evaluation."""
    show(grid(circumstances()), table(f"scale: {TITLE}", run(url=url)))


if __name__ == "__main__":
    main()
