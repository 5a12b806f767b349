"""Where designs are evaluated: in this process, or in a pool of others that may die."""

import os
import signal
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Protocol, Self

from dse.choices import Value
from dse.evaluate import Evaluator, Outcome
from dse.orphan import die_with_parent
from dse.schema import SpaceFile
from dse.space import Space

Values = Mapping[str, Value]


class Executor(Protocol):
    """Anything that evaluates designs: a user's own cluster needs no more than this.

    Attributes:
        slots: How many designs may be under evaluation at once.
    """

    @property
    def slots(self) -> int:
        """See the class."""

    def submit(self, values: Values) -> "Future[Outcome]":
        """Begin to evaluate a design; the future may raise ``WorkerDiedError``."""


class WorkerDiedError(RuntimeError):
    """The process that evaluated a design ended without a result; others may have been taken down with it."""


class InProcess:
    """Evaluates at once, in the process of the caller."""

    slots = 1

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def submit(self, values: Values) -> "Future[Outcome]":
        """A finished future."""
        future: Future[Outcome] = Future()
        future.set_result(self._evaluator.evaluate(values))
        return future


class Pool:
    """Worker processes that end with this one. When one dies all its fellows are replaced.

    Use it as a context manager.
    """

    def __init__(self, space: Space, workers: int) -> None:
        self._space, self._workers = space, workers
        self.slots = 2 * workers  # one waits for each that is evaluated, so that no worker waits for us
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    def submit(self, values: Values) -> "Future[Outcome]":
        """A future that raises ``WorkerDiedError`` when its worker died."""
        future: Future[Outcome] = Future()
        try:
            inner = self._alive().submit(_evaluate, dict(values))
        except BrokenProcessPool:
            self._discard()
            inner = self._alive().submit(_evaluate, dict(values))
        inner.add_done_callback(lambda done: _pass_on(done, future))
        return future

    def processes(self) -> list[int]:
        """Process numbers of the workers."""
        return list(self._pool._processes or ()) if self._pool else []  # the standard library has no public way

    def _alive(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=get_context("spawn"),  # a fork would copy locks that threads of this process hold
                initializer=_start,
                initargs=(self._space.file, self._space.origin, os.getpid()),
            )
        return self._pool

    def _discard(self) -> None:
        if self._pool is not None:
            for process in (self._pool._processes or {}).values():
                process.terminate()  # what it computes is not wanted any more
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


_evaluator: list[Evaluator] = []  # of a worker process, built once


def _start(file: SpaceFile, origin: str, parent: int) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops cleanly
    _evaluator.append(Evaluator(Space(file, origin)))


def _evaluate(values: Values) -> Outcome:
    return _evaluator[0].evaluate(values)


def _pass_on(done: "Future[Outcome]", future: "Future[Outcome]") -> None:
    if done.cancelled():
        future.cancel()
        return
    error = done.exception()
    if isinstance(error, BrokenProcessPool):
        future.set_exception(WorkerDiedError(str(error)))
    elif error is not None:
        future.set_exception(error)
    else:
        future.set_result(done.result())
