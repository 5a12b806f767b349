"""The page ``zeroskip reproduce s4`` prints."""

from itertools import pairwise

from simulator.families import family
from simulator.families.s4.reproduce import text
from simulator.families.s4.reproduce.measure import (
    ABLATION_RATE,
    AS_CONFIGURED,
    BATCH,
    MACHINES,
    RATES,
    Outcome,
    Task,
)
from simulator.families.s4.reproduce.published import ROWS, Network, Row
from simulator.page import Page, Picture, Table

Results = dict[Task, Outcome]

TITLES: dict[Network, str] = {"resnet50": "ResNet-50", "bert-large": "BERT-large", "bert-base": "BERT-base"}
SHOWN = (8, 16, 32)
UNITS = ("MAC", "VPU", "DRAM", "L2 and NoC")


def write(results: Results) -> Page:
    """The page from all runs."""
    return Page(
        "S4: throughput at high sparsity",
        [
            *text.INTRO,
            "## Published rows",
            text.RULES,
            _published(results),
            text.NOT_FITTED,
            "## The sparsity that each row implies",
            text.IMPLIED,
            _implied(results),
            "## Which bound holds",
            text.BOUNDS,
            *(_bounds(results, network) for network in TITLES),
            "## Speedup against sparsity",
            text.SPEEDUP,
            speedups(results),
            _sweep(results),
            "## Sparse big against dense small",
            text.BIG_AGAINST_SMALL,
            _big_against_small(results),
            "## What the unknowns are worth",
            text.ABLATIONS,
            _ablations(results),
            _configuration(),
        ],
    )


def _published(results: Results) -> Table:
    rows = []
    for row in ROWS:
        cells = [f"{results[Task(row.network, rate)].samples_per_s * row.chips:,.0f}" for rate in SHOWN]
        stated, deviation = "not stated", ""
        if row.rate is not None:
            simulated = results[Task(row.network, row.rate)].samples_per_s * row.chips
            stated, deviation = f"{row.rate}x", f"{simulated / row.samples_per_s - 1:+.0%}"
        head = [row.source, row.card, TITLES[row.network], f"**{row.samples_per_s:,.0f}**", stated]
        rows.append([*head, *cells, deviation])
    header = ["source", "card", "network", "published /s", "its sparsity"]
    return Table([*header, *(f"simulated {rate}x" for rate in SHOWN), "deviation"], rows)


def implied_rate(results: Results, row: Row) -> str:
    """The reduction at which the simulated chip is as fast as published, in words."""
    seconds = {rate: 1 / results[Task(row.network, rate)].samples_per_s for rate in RATES}
    return _rate_at(seconds, row.chips / row.samples_per_s)


def _rate_at(seconds: dict[int, float], target: float) -> str:
    """Where a time lies between those of the rates, on straight lines in 1 / rate."""
    if target < seconds[RATES[-1]]:
        return f"more than {RATES[-1]}x"
    if target > seconds[RATES[0]]:
        return "less than 1x"
    for low, high in pairwise(RATES):
        if seconds[high] <= target <= seconds[low]:
            part = (target - seconds[high]) / (seconds[low] - seconds[high]) if seconds[low] > seconds[high] else 0.0
            return f"{1 / (1 / high + part * (1 / low - 1 / high)):.1f}x"
    return "no single rate"  # more sparsity made it slower in between


def _implied(results: Results) -> Table:
    rows = []
    for row in ROWS:
        bounds = {rate: 1 / results[Task(row.network, rate)].bounds["MAC"] for rate in RATES}
        per_chip = row.samples_per_s / row.chips
        near = min(RATES, key=lambda rate: abs(results[Task(row.network, rate)].samples_per_s - per_chip))
        rows.append(
            [
                row.source,
                row.card,
                TITLES[row.network],
                f"{per_chip:,.0f}",
                implied_rate(results, row),
                _rate_at(bounds, 1 / per_chip),
                "not stated" if row.rate is None else f"{row.rate}x",
                results[Task(row.network, row.rate or near)].holds,
            ]
        )
    header = ["source", "card", "network", "published /s a chip", "simulated chip", "MACs alone", "stated", "bound"]
    return Table(header, rows)


def _bounds(results: Results, network: Network) -> Table:
    rows = []
    for rate in RATES:
        outcome = results[Task(network, rate)]
        limits = [f"{outcome.bounds.get(name, float('inf')):,.0f}" for name in ("MAC", "VPU", "DRAM")]
        shares = [f"{outcome.share(unit):.0%}" for unit in UNITS]
        rows.append([f"{rate}x", f"**{outcome.samples_per_s:,.0f}**", *limits, outcome.holds, *shares])
    header = [TITLES[network], "simulated /s", "MAC bound", "VPU bound", "DRAM bound", "holds"]
    return Table([*header, *(f"in {unit} layers" for unit in UNITS)], rows)


def speedup(results: Results, network: Network, rate: int) -> float:
    """Over the dense network."""
    return results[Task(network, rate)].samples_per_s / results[Task(network, 1)].samples_per_s


def speedups(results: Results) -> Picture:
    """Speedup of ResNet-50 and BERT-large against the reduction of their weights."""
    lines = {TITLES[name]: [(rate, speedup(results, name, rate)) for rate in RATES] for name in TITLES}
    return Picture(
        name="reproduce_s4_speedup",
        title="S4, simulated: speedup over dense",
        across="reduction of the weights",
        up="speedup",
        lines={**lines, "linear": [(rate, rate) for rate in RATES]},
        logarithmic=True,
    )


def _sweep(results: Results) -> Table:
    rows = [[TITLES[name], *(f"{speedup(results, name, rate):.2f}" for rate in RATES)] for name in TITLES]
    return Table(["network", *(f"{rate}x" for rate in RATES)], rows)


def _big_against_small(results: Results) -> Table:
    batch = BATCH["bert-large"]
    small = results[Task("bert-base", 1, batch=batch)]
    rows = [["BERT-base, dense", f"{small.samples_per_s:,.0f}", "1.00", small.holds]]
    for rate in SHOWN:
        big = results[Task("bert-large", rate)]
        times = f"{big.samples_per_s / small.samples_per_s:.2f}"
        rows.append([f"BERT-large, {rate}x", f"{big.samples_per_s:,.0f}", times, big.holds])
    return Table(["network", "simulated /s", "times dense BERT-base", "bound"], rows)


def _ablations(results: Results) -> Table:
    rows = []
    for machine in MACHINES:
        cells = []
        for network in TITLES:
            outcome = results[Task(network, ABLATION_RATE, machine)]
            base = results[Task(network, ABLATION_RATE, AS_CONFIGURED)]
            cells.append(f"{outcome.samples_per_s:,.0f} ({outcome.samples_per_s / base.samples_per_s:.2f})")
        rows.append([machine, *cells])
    return Table(["machine", *TITLES.values()], rows)


def _configuration() -> str:
    config = family("s4").load_config()
    settings = ", ".join(f"{name} = {value}" for name, value in config.model_dump(exclude={"memory"}).items())
    return f"Configuration `{family('s4').default}`: {settings}, memory = {config.memory}."
