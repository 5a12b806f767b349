"""What can be an objective or a constraint, and how it follows from sums over layers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from mapping.errors import InputError
from simulator.cost.area import area as resources
from simulator.cost.parts import Part
from simulator.families import Family

NO_AREA = "no area"  # begins the reason of a machine that the area model does not reach


class Totals(NamedTuple):
    """Sums over layers; those of a workload are the sums over its groups.

    Attributes:
        cycles: Cycles of all runs.
        dram_bytes: Bytes read and written.
        macs: Multiply-accumulates with weights that are kept.
        kept: Weights that the patterns keep.
        weights: Weights of the dense model.
        energy_fj: Energy of counted actions [fJ], rounded for each run of a layer: whole numbers add up exactly.
            0 in a space that does not ask for energy.
    """

    cycles: int = 0
    dram_bytes: int = 0
    macs: int = 0
    kept: int = 0
    weights: int = 0
    energy_fj: int = 0

    def plus(self, other: "Totals", times: int = 1) -> "Totals":
        """The sum with ``times`` times another."""
        return Totals(*(a + times * b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What of a configuration enters the metrics.

    Attributes:
        costs: The declared costs by name.
        area: Resources of an FPGA and shares of a part, by metric; empty in a space that does not ask for area.
    """

    clock_hz: float
    peak_macs: float
    peak_bytes: float
    costs: Mapping[str, float]
    area: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number of a design.

    Attributes:
        summary: What it is, with its unit.
        value: From the sums and the machine.
        slopes: For each sum it depends on, 1 if it grows with it and -1 if it falls, all others fixed. Merging the
            choices of layers exactly relies on it.
    """

    summary: str
    value: Callable[[Totals, Machine], float]
    slopes: Mapping[str, int]


def _microjoules(totals: Totals) -> float:
    return totals.energy_fj / 1e9


METRICS: dict[str, Metric] = {
    "cycles": Metric(summary="cycles of the workload", value=lambda t, _: t.cycles, slopes={"cycles": 1}),
    "latency_ms": Metric(
        summary="cycles over the clock [ms]", value=lambda t, m: t.cycles / m.clock_hz * 1e3, slopes={"cycles": 1}
    ),
    "dram_bytes": Metric(summary="bytes read and written", value=lambda t, _: t.dram_bytes, slopes={"dram_bytes": 1}),
    "macs": Metric(summary="multiply-accumulates of kept weights", value=lambda t, _: t.macs, slopes={"macs": 1}),
    "utilisation": Metric(
        summary="macs over what the array could do in cycles [0 to 1]",
        value=lambda t, m: t.macs / (t.cycles * m.peak_macs),
        slopes={"macs": 1, "cycles": -1},
    ),
    "kept_weights": Metric(
        summary="weights kept over weights [0 to 1]: a declared stand-in for accuracy, not a measurement of it",
        value=lambda t, _: t.kept / t.weights if t.weights else 1.0,
        slopes={"kept": 1},
    ),
    "peak_macs": Metric(summary="multiply-accumulates per cycle", value=lambda _, m: m.peak_macs, slopes={}),
    "peak_dram_gbs": Metric(
        summary="peak DRAM bandwidth [10^9 bytes/s]", value=lambda _, m: m.peak_bytes * m.clock_hz / 1e9, slopes={}
    ),
}


ENERGY_METRICS: dict[str, Metric] = {
    "energy_uj": Metric(
        summary="energy of counted actions on all chips, in the technology of the space [uJ]",
        value=lambda t, _: _microjoules(t),
        slopes={"energy_fj": 1},
    ),
    "power_w": Metric(
        summary="energy_uj over latency [W]: no leakage",
        value=lambda t, m: _microjoules(t) / 1e6 * m.clock_hz / t.cycles,
        slopes={"energy_fj": 1, "cycles": -1},
    ),
    "edp_ujs": Metric(
        summary="energy-delay product [uJ s]",
        value=lambda t, m: _microjoules(t) * t.cycles / m.clock_hz,
        slopes={"energy_fj": 1, "cycles": 1},
    ),
    "ed2p_ujs2": Metric(
        summary="energy-delay-squared product [uJ s^2]",
        value=lambda t, m: _microjoules(t) * (t.cycles / m.clock_hz) ** 2,
        slopes={"energy_fj": 1, "cycles": 1},
    ),
    "macs_per_uj": Metric(
        summary="multiply-accumulates of kept weights over energy_uj",
        value=lambda t, _: t.macs / _microjoules(t),
        slopes={"macs": 1, "energy_fj": -1},
    ),
}


def _of_area(name: str, summary: str) -> Metric:
    return Metric(summary=summary, value=lambda _, machine: machine.area[name], slopes={})


AREA_METRICS: dict[str, Metric] = {
    name: _of_area(name, f"{text} of the machine, by the area model")
    for name, text in (
        ("lut", "LUTs"),
        ("ff", "flip-flops"),
        ("dsp", "DSP blocks"),
        ("bram", "block RAMs [RAMB36]"),
        ("uram", "UltraRAMs"),
    )
}
FITS = "part_share"  # at most 1 where the machine fits the part
PART_METRICS: dict[str, Metric] = {
    f"{name}_share": _of_area(f"{name}_share", f"{name} over what the part has") for name in AREA_METRICS
} | {FITS: _of_area(FITS, "largest share of the part that a resource takes")}


def metrics_with(
    costs: Mapping[str, Mapping[str, float]], *, energy: bool = False, area: bool = False, part: bool = False
) -> dict[str, Metric]:
    """All metrics of a space: those of every space, those of energy and area where asked for, its declared costs.

    Args:
        costs: The declared costs.
        energy: Whether somebody asks for energy.
        area: Whether somebody asks for area.
        part: Whether there is a part to take shares of.

    Raises:
        InputError: A cost that is called like a metric.
    """
    found = METRICS | (ENERGY_METRICS if energy else {}) | (AREA_METRICS if area else {})
    found |= PART_METRICS if part else {}
    for name in costs:
        if name in METRICS | ENERGY_METRICS | AREA_METRICS | PART_METRICS:
            raise InputError(f"costs.{name}: there is a metric of that name")
        found[name] = Metric(summary="declared cost", value=partial(_cost, name), slopes={})
    return found


def _cost(name: str, _: Totals, machine: Machine) -> float:
    return machine.costs[name]


def machine_of(
    family: Family[Any],
    config: Any,  # noqa: ANN401
    costs: Mapping[str, Mapping[str, float]],
    *,
    area: bool = False,
    part: Part | None = None,
) -> Machine:
    """The machine of a configuration.

    Args:
        family: Whose configuration it is.
        config: The configuration.
        costs: The declared costs.
        area: Whether somebody asks for its area.
        part: To take shares of, where there is area.

    Raises:
        InputError: A cost with a term that is no number of this configuration, or no area: the model does not reach to
            this configuration, and the message begins with ``NO_AREA``.
    """
    peak_macs = float(family.peak_macs(config))
    declared = {
        name: sum(weight * _term(config, peak_macs, term, name) for term, weight in terms.items())
        for name, terms in costs.items()
    }
    return Machine(
        clock_hz=config.clock_mhz * 1e6,
        peak_macs=peak_macs,
        peak_bytes=float(family.peak_bytes(config)),
        costs=declared,
        area=_area(family, config, part) if area else {},
    )


def _area(family: Family[Any], config: Any, part: Part | None) -> dict[str, float]:  # noqa: ANN401
    try:
        taken = resources(family, config)
    except InputError as error:
        raise InputError(f"{NO_AREA}: {error}") from error
    found = {name: float(getattr(taken, name)) for name in AREA_METRICS}
    if part is not None:
        shares = part.shares(taken)
        found |= {f"{name}_share": share for name, share in shares.items()} | {FITS: max(shares.values())}
    return found


def _term(config: Any, peak_macs: float, term: str, cost: str) -> float:  # noqa: ANN401
    if term == "peak_macs":
        return peak_macs
    value = config
    for step in term.split("."):
        value = getattr(value, step, None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"costs.{cost}: {term!r} is neither a number of the configuration nor peak_macs")
    return float(value)
