"""The page ``zeroskip reproduce cent`` prints."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.reproduce import micro, text
from simulator.families.dram_pim.reproduce.cent_table import Published, Simulated, published, simulate
from simulator.families.dram_pim.transformer import transformer
from simulator.page import Page, Table

ALLOWED_PIM, ALLOWED_ENERGY = 0.02, 0.10


def cent_config() -> DramPimConfig:
    """The configuration that the page is about."""
    from simulator.families import family  # noqa: PLC0415  # this family is found through its entry point

    loaded: DramPimConfig = family("dram_pim").load_config("cent")
    return loaded


def page(say: Callable[[str], None], jobs: int) -> Page:
    """Simulate the rows, each in a process, and write the page.

    Args:
        say: Told what is done.
        jobs: How many rows are simulated at once.
    """
    config, rows = cent_config(), published()
    results = []
    with ProcessPoolExecutor(min(jobs, len(rows)), mp_context=get_context("spawn")) as pool:
        for row, result in zip(rows, pool.map(simulate, rows, [config] * len(rows)), strict=True):
            say(f"{row}: {result.pim_cycles} cycles")
            results.append((row, result))
    say("micro-benchmarks")
    return write(results, micro.run_all(config), config)


def write(results: list[tuple[Published, Simulated]], counts: list[micro.Count], config: DramPimConfig) -> Page:
    """The page from what was simulated."""
    return Page(
        "CENT and AiM: DRAM commands beside published numbers",
        [
            *text.CENT_INTRO,
            "## One block, and one token",
            text.CENT_COLUMNS,
            _latencies(results),
            _verdict(results),
            "## Energy of a token",
            text.CENT_ENERGY,
            _energy(results),
            "## Where the energy goes",
            _parts(results),
            "## AiM micro-benchmarks",
            text.MICRO,
            _micro(counts),
            "## Closed forms",
            *text.CLOSED_FORMS,
            _closed(counts, config),
            "## What is not confirmed",
            *text.CENT_CAVEATS,
        ],
    )


def _off(ours: float, theirs: float) -> str:
    return f"{ours / theirs - 1:+.3%}"


def _latencies(results: list[tuple[Published, Simulated]]) -> Table:
    rows = []
    for row, ours in results:
        cells = []
        pairs = (
            (ours.pim_ms, row.pim_ms),
            (ours.block_ms, row.block_ms),
            (ours.token_ms, row.token_ms),
        )
        for mine, theirs in pairs:
            cells += [f"{theirs:.7g}", f"**{mine:.7g}**", _off(mine, theirs)]
        rows.append([str(row), f"{ours.pim_cycles:,}", *cells, f"{ours.block.row_hit_rate:.2%}"])
    header = ["model", "cycles"]
    for name in ("DRAM ms", "block ms", "token ms"):
        header += [f"{name}, published", "ours", "off"]
    return Table([*header, "row hits"], rows)


def _verdict(results: list[tuple[Published, Simulated]]) -> str:
    pim = max(abs(ours.pim_ms / row.pim_ms - 1) for row, ours in results)
    energy = max(abs(ours.token_mj / row.token_mj - 1) for row, ours in results)
    exact = sum(round(row.pim_ms * 2e6) == ours.pim_cycles for row, ours in results)
    where = [
        "inside" if pim <= ALLOWED_PIM else "**outside**",
        "inside" if energy <= ALLOWED_ENERGY else "**outside**",
    ]
    return (
        f"{exact} of {len(results)} DRAM times agree to the cycle; the largest deviation is {pim:.4%}, {where[0]} the "
        f"{ALLOWED_PIM:.0%} asked for. Energies deviate by {energy:.4%} at most, {where[1]} {ALLOWED_ENERGY:.0%}. "
        "What is left is the rounding of the published digits."
    )


def _energy(results: list[tuple[Published, Simulated]]) -> Table:
    rows = []
    for row, ours in results:
        model = transformer(row.model)
        network = (f"{row.cxl_ms:.7g}", f"{ours.cxl_ms:.7g}")
        units = (f"{row.accelerators_ms:.7g}", f"{ours.accelerators_ms:.7g}")
        mj = [f"{row.token_mj:.3f}", f"**{ours.token_mj:.3f}**", _off(ours.token_mj, row.token_mj)]
        rows.append([str(row), *mj, *network, *units, f"{ours.token_mj / (model.weights / 1e9):.2f}"])
    header = ["model", "mJ a token, published", "ours", "off", "CXL ms, published", "ours"]
    return Table([*header, "accelerators ms, published", "ours", "pJ a weight"], rows)


def _parts(results: list[tuple[Published, Simulated]]) -> Table:
    names = list(results[0][1].parts_mj)
    rows = [[str(row), *(f"{ours.parts_mj[name] / ours.token_mj:.1%}" for name in names)] for row, ours in results]
    return Table(["model", *names], rows)


def _micro(counts: list[micro.Count]) -> Table:
    rows = []
    for count in counts:
        commands = ", ".join(f"{number:,} {name}" for name, number in count.commands.items() if number)
        rows.append(
            [
                count.name,
                f"{count.reference:,}",
                f"**{count.cycles:,}**",
                f"{count.cycles - count.reference:+d}",
                commands,
            ]
        )
    return Table(["trace", "AiM's simulator", "ours", "difference", "commands of a channel"], rows)


def _closed(counts: list[micro.Count], config: DramPimConfig) -> Table:
    rows = []
    for count in counts:
        form = micro.closed_form(count.name, config.table)
        if form is not None:
            rows.append([count.name, form.formula, f"{form.cycles:,}", f"{count.cycles - form.cycles:+d}"])
    return Table(["trace", "formula", "cycles", "ours - formula"], rows)
