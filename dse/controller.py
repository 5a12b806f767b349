"""The parameters of a DRAM controller as a search problem, with the rewards of ArchGym.

Space, targets and rewards: oss-arch-gym@53f745af, ``docs/source/DRAM.md`` and ``arch_gym/envs/DRAMEnv_RL.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from dse.problem import Observation, Point, Problem
from simulator.memory.controller.config import ControllerConfig, Device, load_device
from simulator.memory.controller.run import run_controller
from simulator.memory.controller.traces import Trace, stream

Goal = Literal["power", "latency", "both", "front"]

# The mapping of the reinforcement-learning environment: 442,368 points.
AXES: Mapping[str, tuple[str | int, ...]] = MappingProxyType(
    {
        "page_policy": ("open", "open_adaptive", "closed", "closed_adaptive"),
        "scheduler": ("fifo", "fr_fcfs_grp", "fr_fcfs"),
        "scheduler_buffer": ("bankwise", "read_write", "shared"),
        "request_buffer_size": (1, 2, 4, 8, 16, 32, 64, 128),
        "resp_queue": ("fifo", "reorder"),
        "refresh_policy": ("no_refresh", "all_bank"),
        "refresh_max_postponed": (1, 2, 4, 8),
        "refresh_max_pulledin": (1, 2, 4, 8),
        "arbiter": ("simple", "fifo", "reorder"),
        "max_active_transactions": (1, 2, 4, 8, 16, 32, 64, 128),
    }
)
POWER_TARGET_W = 1.0
LATENCY_TARGET_MS = 0.1
REWARD_CAP = 1e3


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What the environment observes of a controller."""

    energy_mj: float
    power_w: float
    latency_ms: float

    def reward(self, goal: Goal) -> float:
        """``target / |target - observed|``, at most 1,000; for ``both`` the product of the two, capped likewise.

        It pays to come close to a target from either side: a controller far below the target of latency earns little.

        Raises:
            ValueError: A front has no reward.
        """
        ratios = {
            "power": _ratio(POWER_TARGET_W, self.power_w),
            "latency": _ratio(LATENCY_TARGET_MS, self.latency_ms),
        }
        ratios["both"] = ratios["power"] * ratios["latency"]
        if goal not in ratios:
            raise ValueError(f"goal={goal!r} has no reward; those with one: {', '.join(ratios)}")
        return min(ratios[goal], REWARD_CAP)


def _ratio(target: float, observed: float) -> float:
    return target / abs(target - observed) if target != observed else float("inf")


@dataclass(frozen=True, kw_only=True)
class ControllerSpace:
    """The space on one trace.

    Attributes:
        goal: The reward to maximise, or ``front``: latency and power, both to be minimised.
        trace: What the controller serves.
        device: The DRAM behind it.
    """

    goal: Goal = "front"
    trace: Trace = field(default_factory=stream)
    device: Device = field(default_factory=lambda: load_device("ddr3-1600"))

    def problem(self) -> Problem:
        """What a strategy sees of it."""
        return Problem(
            sizes=tuple(len(values) for values in AXES.values()),
            ordered=tuple(all(isinstance(value, int) for value in values) for values in AXES.values()),
            objectives=2 if self.goal == "front" else 1,
        )

    def config(self, point: Point) -> ControllerConfig:
        """The controller at an index vector."""
        values = {name: choices[i] for (name, choices), i in zip(AXES.items(), point, strict=True)}
        return ControllerConfig.model_validate(values)

    def observe(self, point: Point) -> Observation:
        """Simulate a controller; those that cannot differ are simulated once.

        A reward r to be maximised becomes the objective 1 / r, to be minimised and positive.
        """
        metrics = self.metrics(self.config(point))
        if self.goal == "front":
            return Observation(point=point, objectives=(metrics.latency_ms, metrics.power_w))
        return Observation(point=point, objectives=(1 / metrics.reward(self.goal),))

    def reward(self, seen: Observation) -> float:
        """ArchGym's reward of what was observed, for a goal that has one; 0 where nothing was."""
        return 0.0 if seen.objectives is None else 1 / seen.objectives[0]

    def metrics(self, config: ControllerConfig) -> Metrics:
        """What the environment observes of a controller."""
        return _simulated(canonical(config, self.trace), _Held(self.trace), self.device)


def canonical(config: ControllerConfig, trace: Trace) -> ControllerConfig:
    """A controller that behaves the same on a trace, and is the same for all that do so for these reasons.

    Without refreshes none are postponed or pulled in. The simple arbiter counts no transactions. Where all requests are
    reads, buffers for reads and for all requests are one, and a row hit has no other kind to be grouped with.
    """
    changes: dict[str, str | int] = {}
    if config.refresh_policy == "no_refresh":
        changes |= {"refresh_max_postponed": 1, "refresh_max_pulledin": 1}
    if config.arbiter == "simple":
        changes["max_active_transactions"] = 1
    if not trace.write.any():
        if config.scheduler_buffer == "read_write":
            changes["scheduler_buffer"] = "shared"
        if config.scheduler == "fr_fcfs_grp":
            changes["scheduler"] = "fr_fcfs"
    return config.model_copy(update=changes)


class _Held:
    """A trace as part of a key: the same object is the same trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.trace is self.trace

    def __hash__(self) -> int:
        return id(self.trace)


@lru_cache(maxsize=1 << 18)
def _simulated(config: ControllerConfig, held: _Held, device: Device) -> Metrics:
    result = run_controller(config, held.trace, device)
    return Metrics(energy_mj=result.total_pj / 1e9, power_w=result.power_mw / 1e3, latency_ms=result.latency_ns / 1e6)
