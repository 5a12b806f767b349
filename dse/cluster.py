"""Designs evaluated by the workers of a Dask cluster, on this machine or on many."""

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future
from functools import lru_cache
from threading import Lock
from types import TracebackType
from typing import Any, Self

from dse.evaluate import Evaluator, Outcome
from dse.executors import Values, WorkerDiedError
from dse.schema import SpaceFile
from dse.space import Space
from mapping.errors import InputError

CONNECT_SECONDS = 20
UNREACHABLE_SECONDS = 15  # a scheduler that is out of reach for longer is given up
LONELY_SECONDS = 60  # and one that has had no workers for longer
ASK_SECONDS = 2.0  # how often the scheduler is asked for its workers


class Cluster:
    """A Dask cluster that is running, or one of so many processes on this machine that ends with this one.

    Workers need zeroskip as installed here; each builds the evaluator of a space once. Use it as a context manager.

    Args:
        space: What is searched.
        address: Of the scheduler, such as ``tcp://10.0.0.1:8786``; None for a cluster on this machine.
        workers: Processes of a cluster on this machine.

    Raises:
        InputError: The scheduler cannot be reached or has no workers.
    """

    def __init__(self, space: Space, address: str | None, workers: int) -> None:
        self._space, self._address, self._workers = space, address, workers
        self._file = space.file.model_dump_json(by_alias=True)
        self._asked = self._seen = self._reached = time.monotonic()
        self._threads = 0

    def __enter__(self) -> Self:
        from distributed import Client, LocalCluster  # noqa: PLC0415  # slow to import

        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised
        self._cluster = None
        if self._address is None:
            self._cluster = LocalCluster(
                n_workers=self._workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
            )
        try:
            self._client = Client(self._cluster or self._address, timeout=CONNECT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            self._close_cluster()
            cause = f"{type(error).__name__}: {error}".rstrip(": ")
            raise InputError(f"Dask scheduler {self._address}: not reached, or without workers ({cause})") from error
        self._count()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close(timeout=5)
        self._close_cluster()

    @property
    def slots(self) -> int:
        """Two designs for every thread of a worker: one waits while the other is evaluated."""
        if time.monotonic() - self._asked >= ASK_SECONDS:
            self._count()
        return max(1, 2 * self._threads)

    def submit(self, values: Values) -> "Future[Outcome]":
        """A future that raises ``WorkerDiedError`` when the worker died, ``InputError`` when the scheduler did."""
        future: Future[Outcome] = Future()
        arguments = (self._file, self._space.origin, dict(values))
        remote = self._client.submit(_evaluate, *arguments, pure=False, retries=0)
        remote.add_done_callback(lambda done: self._pass_on(done, future))
        return future

    def check(self) -> None:
        """Look whether waiting makes sense.

        Raises:
            InputError: The scheduler is gone, or has had no worker for a minute.
        """
        now = time.monotonic()
        if self._client.status == "running":
            self._reached = now
        if now - self._asked >= ASK_SECONDS:
            self._count()
        if now - self._reached > UNREACHABLE_SECONDS:
            raise self._lost(f"out of reach for {UNREACHABLE_SECONDS} s")
        if now - self._seen > LONELY_SECONDS:
            raise self._lost(f"no worker for {LONELY_SECONDS} s")

    def _count(self) -> None:
        self._asked = time.monotonic()
        if self._client.status != "running":
            return
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        self._threads = sum(worker["nthreads"] for worker in workers)
        if self._threads:
            self._seen = self._asked

    def _pass_on(self, done: Any, future: "Future[Outcome]") -> None:  # noqa: ANN401  # a future of Dask
        from distributed import KilledWorker  # noqa: PLC0415

        try:
            future.set_result(done.result())
        except KilledWorker as error:
            future.set_exception(WorkerDiedError(str(error)))
        except (Exception, asyncio.CancelledError) as error:  # an evaluation raises nothing: it is the cluster
            future.set_exception(self._lost(f"{type(error).__name__} {error}".strip()))

    def _lost(self, why: str) -> InputError:
        return InputError(f"Dask scheduler {self._address or 'of this machine'} is lost: {why}; --resume continues")

    def _close_cluster(self) -> None:
        if self._cluster is not None:
            self._cluster.close(timeout=5)


_building = Lock()


def _evaluate(file: str, origin: str, values: Mapping[str, Any]) -> Outcome:
    """On a worker: one design at a time, whatever its number of threads."""
    with _building:
        return _evaluator(file, origin).evaluate(values)


@lru_cache(maxsize=4)
def _evaluator(file: str, origin: str) -> Evaluator:
    return Evaluator(Space(SpaceFile.model_validate_json(file), origin))
