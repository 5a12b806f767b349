"""The U280: a modelled decode step beside cycles counted on the board."""

from simulator.families.dsp_chain.network import NetworkTime
from simulator.families.dsp_chain.reproduce import published, text
from simulator.families.dsp_chain.reproduce.measure import (
    bandwidth_utilisation,
    concatenation_cycles,
    machine,
    u280_step,
)
from simulator.families.dsp_chain.transformer import Transformer
from simulator.page import Table

LOW, HIGH = sorted(published.ON_BOARD)
IDEAL = ("hbm_latency=0", "issue_cycles=0", "sfu_stages=0", "dispatch_latency=0", "token_latency=0")
CAUSES = {
    "without assumed latencies, issue and stages of the SFU": IDEAL,
    "pipeline stages of MUX, node and overflow unit doubled": (
        "chain.mux_stages=2",
        "chain.reduction_stages=2",
        "chain.overflow_stages=2",
    ),
    "HBM latency of 128 cycles": ("hbm_latency=128",),
    "activations through HBM": ("on_chip_decode=false",),
    "HBM efficiency of 0.65 instead of 0.70": ("same_channel_efficiency=0.65",),
}


def measured_cycles(context: int) -> float:
    """The middle of the published range."""
    return sum(published.ON_BOARD[context]) / 2


def on_chip() -> Table:
    """Bandwidth utilisation with and without transfers of activations."""
    times = [u280_step(HIGH, f"on_chip_decode={value}") for value in ("false", "true")]
    rows = [
        ["ours", *(f"{bandwidth_utilisation(time):.1%}" for time in times), f"{times[0].total / times[1].total:.2f}"],
        ["paper", *(f"{share:.1%}" for share in published.BANDWIDTH_UTILISATION), "-"],
    ]
    return Table(["utilisation", "off chip", "on chip", "speedup"], rows)


def line(points: dict[int, float]) -> tuple[float, float]:
    """Cycles for each token of context, and without any."""
    slope = (points[HIGH] - points[LOW]) / (HIGH - LOW)
    return slope, points[LOW] - LOW * slope


def section() -> list[str | Table]:
    """The comparison, and where its error comes from."""
    ours = {context: u280_step(context) for context in (LOW, HIGH)}
    weights = Transformer(sparsity={}).weight_bytes(4)
    rows = [_row(context, time) for context, time in ours.items()]
    header = ["context", "measured cycles", "modelled", "error", "measured ms", "modelled ms", "of HBM bandwidth"]
    totals = {context: float(time.total) for context, time in ours.items()}
    our_slope, our_base = line(totals)
    slope, base = line({context: measured_cycles(context) for context in (LOW, HIGH)})
    causes = text.CAUSES.format(
        measured_slope=slope,
        measured_base=base,
        our_slope=our_slope,
        our_base=our_base,
        base_error=our_base / base - 1,
        slope_share=our_slope / slope,
    )
    with_concat = line({context: total + concatenation_cycles(context) for context, total in totals.items()})[0]
    llama = Transformer()
    bandwidth = llama.cache_bytes(1) / slope * machine("u280").core_clock_mhz / 1000
    notes = text.CAUSE_NOTES.format(bandwidth=bandwidth, with_concat=with_concat)
    blocks: list[str | Table] = [
        "## Cycles on the board",
        text.BOARD.format(weights=weights / 1e9),
        Table(header, rows),
    ]
    return [*blocks, causes, _causes(totals), notes]


def _row(context: int, time: NetworkTime) -> list[str]:
    low, high = published.ON_BOARD[context]
    middle = measured_cycles(context)
    return [
        str(context),
        f"{low:,} to {high:,}",
        f"{time.total:,}",
        f"{time.total / middle - 1:+.1%}",
        f"{time.ms(int(middle)):.3f}",
        f"{time.total_ms:.3f}",
        f"{bandwidth_utilisation(time):.1%}",
    ]


def _causes(totals: dict[int, float]) -> Table:
    rows = [["as configured", *(_against(context, total) for context, total in totals.items())]]
    for name, settings in CAUSES.items():
        rows.append([name, *(_against(context, u280_step(context, *settings).total) for context in totals)])
    return Table(["cause", *(f"error at {context}" for context in totals)], rows)


def _against(context: int, cycles: float) -> str:
    return f"{cycles / measured_cycles(context) - 1:+.1%}"
