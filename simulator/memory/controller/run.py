"""A trace on a controller: how long it takes, what it costs."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np

from mapping.arrays import IntArray
from mapping.cache import cache_folder
from simulator.memory.commands import layout as at
from simulator.memory.commands.table import counts, log, vectors
from simulator.memory.controller import kernel
from simulator.memory.controller import layout as words
from simulator.memory.controller.config import ControllerConfig, Device
from simulator.memory.controller.energy import Activity, energy_pj
from simulator.memory.controller.traces import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """How far the limits of a run could have been lowered for the same run, command for command.

    A value above the limit itself says that the limit was reached.

    Attributes:
        refresh_max_postponed: One above the largest debt with which a refresh fell due.
        refresh_max_pulledin: One above the refreshes that were ahead of time.
        max_active_transactions: So many that no request would have waited in front of the arbiter when the controller
            could be offered it.
    """

    refresh_max_postponed: int
    refresh_max_pulledin: int
    max_active_transactions: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a trace came to.

    Attributes:
        cycles: Cycle of the DRAM at which the last response reached the initiator.
        latency_ns: The same as time; ArchGym calls it latency.
        counted_cycles: Cycles over which energy is counted: to the end of the last automatic precharge, see ``energy``.
        energy_pj: Of all devices, by component.
        power_mw: Energy over the counted cycles.
        response_ns: Mean time from the cycle at which the arbiter took a request to its response.
        row_hits: Column commands for which no row had to be opened.
        commands: How many of each.
        slack: What its limits could have been.
        sent: (n,) cycle at which the arbiter took each request.
        taken: (n,) cycle at which the controller took it.
        column: (n,) cycle of its column command.
        done: (n,) cycle of its response.
        log: (c, 5) every command: cycle, channel, number, bank, row; empty unless asked for.
    """

    cycles: int
    latency_ns: float
    counted_cycles: int
    energy_pj: dict[str, float]
    power_mw: float
    response_ns: float
    row_hits: int
    commands: dict[str, int]
    slack: Slack
    sent: IntArray
    taken: IntArray
    column: IntArray
    done: IntArray
    log: IntArray

    @property
    def total_pj(self) -> float:
        """Energy of all components."""
        return sum(self.energy_pj.values())


def run_controller(
    config: ControllerConfig, trace: Trace, device: Device, *, compiled: bool = True, logged: bool = False
) -> Result:
    """Serve a trace.

    Args:
        config: The controller.
        trace: What it is asked for.
        device: The DRAM behind it.
        compiled: Whether by machine code, or by the same functions as plain Python.
        logged: Whether to write down every command.

    Raises:
        AssertionError: The controller stopped before it had served all requests.
    """
    count = len(trace)
    # At most a precharge, an activation, a column command and an activation lost to a refresh for each request.
    rows = 8 * count + 1000 if logged else 0
    params, state = vectors(
        device.commands,
        channels=1,
        groups=device.groups,
        group_banks=device.group_banks,
        refresh=False,
        log_rows=rows,
    )
    requests = _requests(trace, device)
    progress = _progress(config, device)
    banks = np.full((device.banks, words.BANK_WORDS), at.NONE, np.int64)
    banks[:, [words.LENGTH, words.ACTIVATED, words.FRESH]], banks[:, words.STALE] = 0, 1
    serve = _compiled() if compiled else kernel.serve_trace
    cycles = serve(params, state, _policy(config, device), banks, requests, progress, np.zeros(count, np.int64))
    if cycles == at.NONE or progress[words.SERVED] != count:
        raise AssertionError(f"{config}: stopped after {progress[words.SERVED]} of {count} requests")
    return _result(device, params, state, requests, progress, int(cycles))


def _result(
    device: Device, params: IntArray, state: IntArray, requests: IntArray, progress: IntArray, cycles: int
) -> Result:
    table = device.commands
    issued = {name: int(number[0]) for name, number in counts(params, state, table).items()}
    counted = max(cycles, int(progress[words.PRECHARGED_AT]) - 1)
    channel = state[at.STATE_HEAD :]
    active = int(channel[at.ACTIVE_CYCLES])
    if channel[at.OPEN_COUNT]:
        active += counted - int(channel[at.SINCE])
    activity = Activity(
        cycles=counted,
        active_cycles=min(active, counted),
        activations=issued["ACT"],
        precharges=issued["PRE"] + issued["RDA"] + issued["WRA"] + int(progress[words.CLOSED_BY_ALL]),
        reads=issued["RD"] + issued["RDA"],
        writes=issued["WR"] + issued["WRA"],
        refreshes=issued["REF"],
    )
    energy = energy_pj(activity, device)
    done, sent = requests[:, words.R_DONE], requests[:, words.R_SENT]
    return Result(
        cycles=cycles,
        latency_ns=cycles * table.cycle_ps / 1000,
        counted_cycles=counted,
        energy_pj=energy,
        power_mw=sum(energy.values()) / (counted * table.cycle_ps / 1000),
        response_ns=float((done - sent).mean()) * table.cycle_ps / 1000,
        row_hits=int(progress[words.HITS]),
        commands=issued,
        slack=_slack(requests, progress),
        sent=sent,
        taken=requests[:, words.R_TAKEN],
        column=requests[:, words.R_COLUMN_AT],
        done=done,
        log=log(params, state),
    )


def _slack(requests: IntArray, progress: IntArray) -> Slack:
    taken = requests[:, words.R_TAKEN]
    offered = np.maximum(requests[:, words.R_SENT], np.concatenate([[0], taken[:-1] + 1]))
    answered = np.searchsorted(np.sort(requests[:, words.R_DONE]), offered, side="right")
    return Slack(
        refresh_max_postponed=int(progress[words.MOST_DEBT]) + 1,
        refresh_max_pulledin=max(1, 1 - int(progress[words.LEAST_DEBT])),
        max_active_transactions=int((np.arange(1, len(taken) + 1) - answered).max()),
    )


def _requests(trace: Trace, device: Device) -> IntArray:
    requests = np.full((len(trace), words.REQUEST_WORDS), at.NONE, np.int64)
    decoded = device.decode(trace.address)
    for word, values in zip((words.R_BANK, words.R_ROW, words.R_COLUMN), decoded, strict=True):
        requests[:, word] = values
    requests[:, words.R_WRITE] = trace.write
    requests[:, words.R_ARRIVAL] = trace.arrival
    return requests


def _progress(config: ControllerConfig, device: Device) -> IntArray:
    progress = np.zeros(words.PROGRESS_WORDS, np.int64)
    progress[[words.ARBITER_AT, words.TAKEN_AT, words.LEFT_AT, words.DONE_AT, words.REFRESH_COMMAND]] = at.NONE
    progress[words.READY_AT] = at.NEVER
    progress[words.TRIGGER] = device.commands.timings["nREFI"]
    return progress


def _policy(config: ControllerConfig, device: Device) -> IntArray:
    table = device.commands
    chosen = [_number(config, name) for name in ControllerConfig.model_fields]
    commands = [table.numbers[name] for name in ("RD", "RDA", "WR", "WRA")]
    times = ("nREFI", "nRAS", "nRP", "nRL + nBL", "nWL + nBL", "nRTP", "nWL + nBL + nWR")
    return np.array([*chosen, *commands, *(table.cycles(time) for time in times)], np.int64)


def _number(config: ControllerConfig, name: str) -> int:
    """The value of a parameter, or the place of a choice among the choices."""
    value = getattr(config, name)
    return value if isinstance(value, int) else get_args(ControllerConfig.model_fields[name].annotation).index(value)


@cache
def _compiled() -> Callable[..., int]:
    """``kernel.serve_trace`` compiled by Numba; the machine code is kept on disk, by content of the sources."""
    sources = sorted({function.__code__.co_filename for function in (*kernel.FUNCTIONS, kernel.serve_trace)})
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:16]
    import numba  # noqa: PLC0415  # costs over a second
    from numba.extending import register_jitable  # noqa: PLC0415

    if "NUMBA_CACHE_DIR" not in os.environ:  # set by the user
        numba.config.CACHE_DIR = str(cache_folder() / "kernels" / digest)
    for function in kernel.FUNCTIONS:
        register_jitable(function)
    serve: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(kernel.serve_trace)
    return serve
