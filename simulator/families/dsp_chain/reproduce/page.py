"""The page ``zeroskip reproduce dsp_chain`` prints."""

from collections.abc import Callable

from simulator.families.dsp_chain.network import NetworkTime
from simulator.families.dsp_chain.reproduce import board, published, text
from simulator.families.dsp_chain.reproduce.measure import (
    ABLATION_CONTEXT,
    ABLATION_PROMPT,
    Measured,
    ablations,
    edge_llm_us,
    hisparse_gops,
    machine,
)
from simulator.families.dsp_chain.reproduce.measure import model as pruned
from simulator.families.dsp_chain.storage import Storage
from simulator.page import Page, Table

GIGA = 1e9


def write(measured: Measured, stored: tuple[Storage, Storage], say: Callable[[str], None]) -> Page:
    """The page from the runs of the artifact's programs; the other machines are run here."""
    blocks: list[str | Table] = [
        *text.INTRO,
        "## The artifact's outputs",
        text.TABLE,
        reference(measured),
        text.MASKS.format(order=_order(measured)),
        "Total at other contexts, ms:",
        anchors(measured),
        "## Layer by layer",
        text.LAYERS,
        layers(measured.decodes[512]),
        "## Whole conversations",
        text.CASES,
        cases(measured),
    ]
    say("sparsity")
    blocks += [
        "## What sparsity is worth",
        text.ABLATIONS.format(claim=published.COMPUTATION_EFFICIENCY),
        sparsity(),
        text.INDICES,
    ]
    say("the board")
    blocks += ["## On-chip decode", text.ON_CHIP, board.on_chip(), "## Instruction storage"]
    blocks += [text.STORAGE.format(ratio=published.STORAGE_RATIO), storage(stored), *board.section(), *memory_path()]
    blocks.append(configurations())
    return Page("FlightLLM: chains of DSP slices", blocks)


def cell(ours: float, theirs: float, digits: int = 6) -> str:
    """Our number, marked where all printed digits are the published ones; else both."""
    mine, other = f"{ours:,.{digits}f}", f"{theirs:,.{digits}f}"
    return f"{mine} =" if mine == other else f"{mine} / {other}"


def reference(measured: Measured) -> Table:
    """Every row of the artifact's outputs."""
    table = []
    for title, times, rows in (
        ("decode", measured.decodes, published.DECODE),
        ("prefill", measured.prompts, published.PREFILL),
    ):
        for length, row in rows.items():
            time = times[length]
            cells = [cell(time.ms(time.queue(name)), value) for name, value in zip(published.QUEUES, row, strict=False)]
            total, count = row[-2:]
            table.append([f"{title} {length}", *cells, cell(time.total_ms, total), cell(len(time.network), count, 0)])
    return Table(["case", *published.QUEUES, "total", "instructions"], table)


def anchors(measured: Measured) -> Table:
    """Totals across a boundary of 512 columns."""
    rows = [[str(length), cell(measured.decodes[length].total_ms, ms)] for length, ms in published.ANCHORS.items()]
    return Table(["context", "total"], rows)


def layers(time: NetworkTime) -> Table:
    """The first decoder layer."""
    rows = []
    for name, (times, counts) in published.LAYERS.items():
        program, busy = time.network.programs[name], time.busy[name]
        queues = ("LD", "MV", "MISC")
        cells = []
        for queue, value in zip(queues, times, strict=True):
            ours = 1000 * time.ms(int(busy[("LD", "ST", "MM", "MV", "MISC", "SYS").index(queue)]))
            cells.append(f"{ours:.2f}" if value is None else cell(ours, value, 2))
        own = tuple(len(program.of(queue)) for queue in queues)
        same = "" if counts is None else (" =" if own == counts else f" / {counts}")
        rows.append([name, *cells, f"{', '.join(map(str, own))}{same}"])
    return Table(["layer", "LD", "MV", "MISC", "instructions"], rows)


def cases(measured: Measured) -> Table:
    """The six published cases."""
    rows = []
    for (prompt, tokens), (prefill_ms, decode_ms, rate, gpu_ms, gpu_rate) in published.CASES.items():
        ours = measured.decode_ms(prompt, tokens)
        rows.append(
            [
                f"{prompt}, {tokens}",
                cell(measured.prompts[prompt].total_ms, prefill_ms, 1),
                cell(ours, decode_ms, 1),
                cell(1000 * tokens / ours, rate, 1),
                f"{gpu_ms:,.1f}",
                f"{gpu_rate:.1f}",
            ]
        )
    return Table(["prompt, decode", "prefill ms", "decode ms", "tokens/s", "A100 decode ms", "A100 tokens/s"], rows)


def sparsity() -> Table:
    """Dense and three ways to prune, on both machines."""
    rows, dense = [], None
    for run in ablations():
        dense = dense or run
        weights = pruned(run.sparsity).weight_bytes(4) / GIGA
        cells = [f"{weights:.2f}"]
        for kind in ("decode_vhk158", "prompt_vhk158", "decode_u280"):
            time, base = getattr(run, kind), getattr(dense, kind)
            cells.append(f"{time.total_ms:.2f} ({base.total_ms / time.total_ms:.2f})")
        rows.append([run.name, *cells])
    header = [
        "weights",
        "GB",
        f"VHK158 decode {ABLATION_CONTEXT} ms",
        f"VHK158 prefill {ABLATION_PROMPT} ms",
        f"U280 decode {ABLATION_CONTEXT} ms",
    ]
    return Table(header, rows)


def storage(stored: tuple[Storage, Storage]) -> Table:
    """Bytes of instructions with and without length adaption."""
    total = Storage(*(sum(getattr(part, name) for part in stored) for name in Storage.__slots__))
    rows = []
    for name, part in (("decode", stored[0]), ("prefill", stored[1]), ("both", total)):
        ratios = [part.every_length / part.adaptive, part.every_length / part.shared]
        sizes = [part.every_length, part.adaptive, part.shared]
        gigabytes = [f"{size / GIGA:,.3f}" for size in sizes]
        rows.append([name, *gigabytes[:2], f"{ratios[0]:.0f}", gigabytes[2], f"{ratios[1]:,.0f}"])
    return Table(["GB", "every length", "buckets", "ratio", "buckets, layers shared", "ratio"], rows)


def memory_path() -> list[str | Table]:
    """HiSparse and EdgeLLM."""
    rows = [
        [f"{density:.0%}", f"{gops:.1f}", f"{(ours := hisparse_gops(density)):.1f}", f"{gops / ours:.0%}"]
        for density, gops in published.HISPARSE.items()
    ]
    hisparse = Table(["density", "HiSparse GOPS", "memory path GOPS", "of it"], rows)
    marginal, fixed = _hisparse_line()
    peak = published.HISPARSE_CHANNELS / 32 * 460
    words = text.MEMORY.format(marginal=marginal, marginal_share=marginal / peak, fixed=fixed)
    dense = max(published.EDGE_LLM)
    edge = []
    for bits, speedup in published.EDGE_LLM.items():
        free, issued = (edge_llm_us(dense, issue=issue) / edge_llm_us(bits, issue=issue) for issue in (False, True))
        edge.append(
            [f"{bits}", f"{speedup:.2f}", cell(free, speedup, 2), f"{issued:.2f} ({issued / speedup - 1:+.1%})"]
        )
    ideal, on_board = published.EDGE_LLM_WQ_US
    u280 = machine("u280")
    edge_words = text.EDGE.format(
        issue=u280.issue_cycles + u280.dispatch_latency,
        measured=on_board,
        ideal=ideal,
        ours=edge_llm_us(4.0, issue=False),
    )
    header = ["bits", "EdgeLLM", "profiler", "microarch"]
    return ["## The memory path elsewhere", words, hisparse, edge_words, Table(header, edge)]


def _hisparse_line() -> tuple[float, float]:
    """GB/s of the non-zeros between the lowest and the highest density, and microseconds at none."""
    rows, columns = published.HISPARSE_SHAPE
    low, high = min(published.HISPARSE), max(published.HISPARSE)
    nonzeros = [rows * columns * density for density in (low, high)]
    seconds = [2 * n / published.HISPARSE[d] / GIGA for n, d in zip(nonzeros, (low, high), strict=True)]
    rate = (nonzeros[1] - nonzeros[0]) / (seconds[1] - seconds[0])
    return rate * published.HISPARSE_BITS / 8 / GIGA, 1e6 * (seconds[0] - nonzeros[0] / rate)


def _order(measured: Measured) -> str:
    lowest, highest = measured.mask_orders
    return f"with the widest head last everywhere the total is {highest:.6f} ms, with the narrowest {lowest:.6f} ms"


def configurations() -> str:
    """The machines of this page."""
    parts = []
    for name in ("vhk158-artifact", "vhk158", "u280"):
        settings = ", ".join(
            f"{key} = {value}" for key, value in machine(name).model_dump(exclude_defaults=True).items()
        )
        parts.append(f"Configuration `{name}`: {settings or 'defaults'}.")
    return f"{' '.join(parts)} `zeroskip show` prints all fields."
