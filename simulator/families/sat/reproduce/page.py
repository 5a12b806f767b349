"""The page ``zeroskip reproduce sat`` prints."""

from statistics import mean

from mapping.training import Method
from simulator.families import family
from simulator.families.sat.reproduce import text
from simulator.families.sat.reproduce.measure import (
    AS_CONFIGURED,
    BATCH,
    MACHINES,
    NETWORKS,
    PATTERN,
    Reference,
    Task,
)
from simulator.page import Page, Table
from simulator.training import StepResult

Results = dict[Task, dict[Method, StepResult]]

ALLOWED_DEVIATION = 0.10


def write(results: Results) -> Page:
    """The page from the steps of all networks on all machines."""
    return Page(
        "SAT: speedup of sparse training",
        [
            *text.INTRO,
            "## Speedup of BDWP 2:8 over dense training",
            *text.RULES,
            _headline(results),
            text.ARRAY_ALONE,
            _verdict(results),
            "## Algebraic bounds",
            text.BOUNDS,
            _bounds(results),
            "## Where the time goes",
            text.STAGES,
            _stages(results),
            "## What each mechanism is worth",
            text.ABLATIONS,
            _ablations(results),
            _configuration(),
        ],
    )


def speedup(steps: dict[Method, StepResult], method: Method = "bdwp") -> float:
    """Dense cycles over those of a method, on the same machine."""
    return steps["dense"].cycles / steps[method].cycles


def _headline(results: Results) -> Table:
    clock = family("sat").load_config().clock_hz
    rows, ours, alone, bounds = [], [], [], []
    for network, title in NETWORKS.items():
        steps = results[Task(network, AS_CONFIGURED)]
        dense, sparse = Reference(network, "dense"), Reference(network, "bdwp")
        ours.append(speedup(steps))
        alone.append(dense.cycles / sparse.cycles)
        bounds.append(dense.kept_macs / sparse.kept_macs)
        seconds = [f"{steps[method].cycles / clock:.3f}" for method in ("dense", "bdwp")]
        macs = f"{dense.macs['forward'] / BATCH / 1e6:.1f}"
        rows.append([title, macs, *seconds, f"**{ours[-1]:.3f}**", f"{alone[-1]:.3f}", f"{bounds[-1]:.3f}"])
    means = [f"{mean(values):.3f}" for values in (ours, alone, bounds)]
    rows.append(["mean", "", "", "", f"**{means[0]}**", *means[1:]])
    rows.append(["published", "", "", "", f"**{text.PUBLISHED_SPEEDUP}**", "", ""])
    header = ["network", "forward M MACs an image", "dense s", "2:8 s", "speedup", "array alone", "MAC bound"]
    return Table(header, rows)


def mean_speedup(results: Results, machine: str = AS_CONFIGURED, method: Method = "bdwp") -> float:
    """Mean over the networks."""
    return mean(speedup(results[Task(network, machine)], method) for network in NETWORKS)


def _verdict(results: Results) -> str:
    deviation = mean_speedup(results) / text.PUBLISHED_SPEEDUP - 1
    where = "inside" if abs(deviation) <= ALLOWED_DEVIATION else "**outside**"
    asked = f"{where} the {ALLOWED_DEVIATION:.0%} that we ask for"
    return f"The mean is {deviation:+.1%} off the published average, {asked}. {text.NOT_FITTED}"


def _bounds(results: Results) -> Table:
    r = PATTERN.density
    rows = []
    methods: tuple[tuple[str, Method, float], ...] = (
        ("forward only (SR-STE)", "srste", 3 / (r + 2)),
        ("forward and backward (BDWP)", "bdwp", 3 / (2 * r + 1)),
        ("all three", "all", 1 / r),
    )
    for name, method, bound in methods:
        alone = mean(Reference(net, "dense").cycles / Reference(net, method).cycles for net in NETWORKS)
        whole = "-" if method == "all" else f"{mean_speedup(results, method=method):.3f}"
        rows.append([name, f"{bound:.3f}", f"{alone:.3f}", whole])
    return Table(["sparse stages", "bound", "array alone", "whole machine"], rows)


def _stages(results: Results) -> Table:
    clock = family("sat").load_config().clock_hz
    stages = ("forward", "backward", "update", "optimiser")
    rows = []
    for network, title in NETWORKS.items():
        steps = results[Task(network, AS_CONFIGURED)]
        cells = [
            " / ".join(f"{steps[method].stage(stage).cost.cycles / clock:.3f}" for method in ("dense", "bdwp"))
            for stage in stages
        ]
        rows.append([title, *cells])
    return Table(["network", *stages], rows)


def _ablations(results: Results) -> Table:
    rows = []
    for machine in MACHINES:
        cells = []
        for network in NETWORKS:
            steps = results[Task(network, machine)]
            longer = steps["bdwp"].cycles / results[Task(network, AS_CONFIGURED)]["bdwp"].cycles
            cells.append(f"{speedup(steps):.3f} ({longer:.3f})")
        rows.append([machine, *cells, f"{mean_speedup(results, machine):.3f}"])
    return Table(["machine", *(title.split(" / ")[0] for title in NETWORKS.values()), "mean"], rows)


def _configuration() -> str:
    config = family("sat").load_config()
    settings = ", ".join(f"{name} = {value}" for name, value in config.model_dump(exclude={"memory"}).items())
    return f"Configuration `{family('sat').default}`: {settings}, memory = {config.memory}."
