"""The fast executor: the times of ``docs/time.md``, compiled."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from mapping.arrays import IntArray
from mapping.cache import cache_folder
from simulator.engine import kernel
from simulator.engine.errors import Blocked, DeadlockError
from simulator.engine.job import MAX_QUEUES, REQUEST_FIELDS, Job, Machine
from simulator.engine.tokens import NOBODY, senders
from simulator.memory.commands import layout as commands
from simulator.memory.commands import service as command_service
from simulator.memory.service import COMMANDS, FUNCTIONS, KIND, service

# Loading the compiled loop costs a process about as much as this many steps in plain Python: instructions, and runs
# and pages of requests to a memory with state, which walks them one by one.
COMPILE_AFTER = 100_000
PAGE_BYTES = 2048


class _Usage:
    """How much this process has run: what decides whether compiling pays."""

    steps = 0


def run_fast(
    job: Job, *, compiled: bool | None = None, final: list[IntArray | None] | None = None
) -> tuple[IntArray, IntArray]:
    """Run a job.

    Args:
        job: What to run.
        compiled: True for the compiled loop, False for the same function as plain Python, None for whichever is
            sooner done.
        final: If given, receives for each resource the state of its memory after the last request.

    Returns:
        Start and end cycle of every instruction, (i,) int64 each.

    Raises:
        DeadlockError: The program cannot finish.
    """
    _Usage.steps += _steps(job)
    if compiled is None:
        compiled = _Usage.steps > COMPILE_AFTER
    arguments = _arguments(job)
    if compiled:
        done = compiled_run(_command_level(job))(**arguments)
    else:
        arguments |= {name: value.tolist() for name, value in arguments.items() if isinstance(value, np.ndarray)}
        done = kernel.run(**arguments)
    if done < len(job):
        raise DeadlockError(job, _blocked(job, arguments))
    if final is not None:
        for memory, state in zip(job.machine.memories, arguments["states"], strict=False):  # or no memories at all
            final.append(None if memory is None else np.asarray(state[: len(memory.state)], np.int64))
    return np.asarray(arguments["start"], np.int64), np.asarray(arguments["end"], np.int64)


def _steps(job: Job) -> int:
    """How often plain Python goes round its loops to run a job, roughly."""
    if _command_level(job):
        request = dict(zip(commands.COMMAND_REQUEST, job.requests.T, strict=False))
        return len(job) + int((request["count"] * np.bitwise_count(request["mask"])).sum())
    request = dict(zip(REQUEST_FIELDS, job.requests.T, strict=True))
    rows, run_bytes = request["images"] * request["rows"], request["run_bytes"]
    runs = np.where(request["col_stride"] == run_bytes, rows, rows * request["cols"])
    pages = rows * request["cols"] * run_bytes // PAGE_BYTES
    return len(job) + int(np.maximum(runs, pages).sum())


def _arguments(job: Job) -> dict[str, Any]:
    """What ``kernel.run`` takes, as arrays."""
    machine = job.machine
    per_queue = np.bincount(job.queue, minlength=len(machine.queues))
    stop = np.cumsum(per_queue)
    sender, first_sender = senders(job.queue, job.wait, job.release, len(machine.queues))
    params, states = memory_tables(machine)
    return {
        "queues": len(machine.queues),
        "resources": len(machine.resources),
        "dispatch_latency": machine.dispatch_latency,
        "token_latency": machine.token_latency,
        "sender": sender,
        "first_sender": first_sender,
        "release": job.release,
        "resource": job.resource,
        "cycles": job.service,
        "requests": job.requests,
        "members": np.argsort(job.queue, kind="stable"),
        "head": stop - per_queue,
        "stop": stop,
        "params": params,
        "states": states,
        "start": np.full(len(job), kernel.UNKNOWN),
        "end": np.full(len(job), kernel.UNKNOWN),
        "deadline": kernel.UNKNOWN,
        "after": np.zeros(0, np.int64),
    }


def memory_tables(machine: Machine) -> tuple[IntArray, IntArray]:
    """Parameters and first states of the memories, one row for each resource, (s, p) and (s, t)."""
    memories = [memory for memory in machine.memories if memory is not None]
    width = {name: max((len(getattr(memory, name)) for memory in memories), default=1) for name in ("params", "state")}
    tables = {name: np.zeros((len(machine.resources), size), np.int64) for name, size in width.items()}
    for resource, memory in enumerate(machine.memories):
        if memory is not None:
            tables["params"][resource, : len(memory.params)] = memory.params
            tables["state"][resource, : len(memory.state)] = memory.state
    return tables["params"], tables["state"]


def _blocked(job: Job, arguments: dict[str, Any]) -> list[Blocked]:
    """Which queues have instructions left, and the tokens that their heads lack."""
    blocked = []
    for queue, (head, stop) in enumerate(zip(arguments["head"], arguments["stop"], strict=True)):
        if head == stop:
            continue
        i = int(arguments["members"][head])
        sources = [source for source in range(MAX_QUEUES) if (job.wait[i] >> source) & 1]
        sent_by = arguments["sender"][arguments["first_sender"][i] : arguments["first_sender"][i + 1]]
        lacks = [
            source
            for source, sender in zip(sources, sent_by, strict=True)
            if sender == NOBODY or arguments["end"][sender] == kernel.UNKNOWN
        ]
        blocked.append(Blocked(queue, i, tuple(lacks)))
    return blocked


def _command_level(job: Job) -> bool:
    """Whether a memory of the job is modelled command by command."""
    return any(memory is not None and memory.params[KIND] == COMMANDS for memory in job.machine.memories)


@cache
def compiled_run(command_level: bool) -> Callable[..., int]:
    """``kernel.run`` compiled by Numba; the machine code is kept on disk, by content of the sources.

    Compiling the service function of command-level memories takes seconds: only jobs that have one do.
    """
    serves = (*FUNCTIONS, *command_service.FUNCTIONS, service) if command_level else FUNCTIONS
    sources = [kernel.__file__, *sorted({function.__code__.co_filename for function in serves})]
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:16]
    import numba  # noqa: PLC0415  # costs over a second: small jobs do without
    from numba.extending import overload, register_jitable  # noqa: PLC0415

    if "NUMBA_CACHE_DIR" not in os.environ:  # set by the user
        numba.config.CACHE_DIR = str(cache_folder() / "kernels" / digest)
    overload(kernel.zeros, strict=False)(lambda count: lambda count: np.zeros(count, np.int64))
    for function in (*serves, kernel.ready_from, kernel.earliest_grants):
        register_jitable(function)
    return compile_with(kernel.run, service=serves[-1])


def compile_with(function: Callable[..., Any], **names: Callable[..., Any]) -> Callable[..., Any]:
    """A function compiled by Numba, with these functions in the place of what it calls by their names."""
    import numba  # noqa: PLC0415  # see above

    bound = FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__)
    return numba.njit(cache=True, nogil=True, error_model="numpy")(bound)
