"""The page ``zeroskip reproduce pim-gpt`` prints."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.reproduce import sparse, text
from simulator.families.dram_pim.reproduce.cent_page import cent_config
from simulator.families.dram_pim.reproduce.pim_gpt_table import Result, simulate
from simulator.families.dram_pim.transformer import transformer, transformers
from simulator.page import Page, Picture, Table

SPEED_GPU, SPEED_CPU = (41, 137), (631, 1074)  # arXiv:2310.09385v2, abstract
ENERGY_GPU, ENERGY_CPU = (123, 383), (320, 602)
T4_GB_PER_S, T4_W = 320, 70  # NVIDIA T4 datasheet
BYTES = 2
PICTURE = "dram_pim_sparsity"


def models() -> list[str]:
    """The eight of the paper, as reported, each generation by size."""
    known = [model for name, model in transformers().items() if name.startswith("gpt")]
    return [model.name for model in sorted(known, key=lambda model: (model.name[:4], model.weights))]


def page(say: Callable[[str], None], jobs: int) -> Page:
    """Simulate the models, each in a process, and write the page."""
    from simulator.families import family  # noqa: PLC0415  # this family is found through its entry point

    config: DramPimConfig = family("dram_pim").load_config("pim-gpt")
    names, results = models(), []
    with ProcessPoolExecutor(min(jobs, len(names)), mp_context=get_context("spawn")) as pool:
        for result in pool.map(simulate, names, [config] * len(names)):
            say(f"{result.model}: {result.tokens_per_s:.0f} tokens/s")
            results.append(result)
    say("pruned weights")
    return write(results, sparse.sweep(cent_config()), config)


def write(results: list[Result], lines: dict[str, list[sparse.Point]], config: DramPimConfig) -> Page:
    """The page from what was simulated."""
    settings = ", ".join(f"{name} = {value}" for name, value in config.model_dump().items())
    return Page(
        "PIM-GPT, and pruned weights in DRAM",
        [
            *text.PIM_GPT_INTRO,
            "## Eight models",
            text.PIM_GPT_SPEED,
            _speed(results),
            "## Against a GPU",
            *text.PIM_GPT_BASELINE,
            _baseline(results),
            "## Energy",
            text.PIM_GPT_ENERGY,
            _energy(results),
            "## Pruned weights",
            text.SPARSE_INTRO,
            _picture(lines),
            _sparse(lines),
            f"Configuration `pim-gpt`: {settings}. Pruned weights: configuration `cent`, with what the lines name.",
        ],
    )


def _speed(results: list[Result]) -> Table:
    rows = [
        [
            each.model,
            f"{transformer(each.model).weights / 2**20:.0f}",
            f"**{each.tokens_per_s:,.0f}**",
            f"{each.tokens_per_s_with_output:,.0f}",
            f"{each.block_ms:.4f}",
            f"{each.mac_bound_ms:.4f}",
            f"{each.mac_bound_ms / each.block_ms:.1%}",
            f"{each.row_hit_rate:.2%}",
            f"{each.asic_share:.1%}",
        ]
        for each in results
    ]
    header = ["model", "Mi weights", "tokens/s", "with output layer", "ms a token", "MAC bound ms", "of it"]
    return Table([*header, "row hits", "in the ASIC"], rows)


def _baseline(results: list[Result]) -> Table:
    rows = []
    for each in results:
        roof_ms = transformer(each.model).weights * BYTES / (T4_GB_PER_S * 1e9) * 1e3
        implied = [f"{each.block_ms * factor:.2f}" for factor in SPEED_GPU]
        rows.append(
            [each.model, f"{each.block_ms:.4f}", f"{roof_ms:.4f}", f"**{roof_ms / each.block_ms:.2f}**", *implied]
        )
    rows.append(
        ["published", "", "", f"{SPEED_GPU[0]} to {SPEED_GPU[1]} (GPU), {SPEED_CPU[0]} to {SPEED_CPU[1]} (CPU)", "", ""]
    )
    header = ["model", "ours, ms a token", "T4 roofline ms", "speedup over the roofline"]
    return Table([*header, f"T4 ms if {SPEED_GPU[0]}x", f"if {SPEED_GPU[1]}x"], rows)


def _energy(results: list[Result]) -> Table:
    rows = []
    for each in results:
        roof_mj = transformer(each.model).weights * BYTES / (T4_GB_PER_S * 1e9) * T4_W * 1e3
        rows.append([each.model, f"{each.token_mj:.3f}", f"{roof_mj:.1f}", f"**{roof_mj / each.token_mj:.1f}**"])
    published = f"{ENERGY_GPU[0]} to {ENERGY_GPU[1]} (GPU), {ENERGY_CPU[0]} to {ENERGY_CPU[1]} (CPU)"
    rows.append(["published", "", "", published])
    return Table(["model", "ours, mJ a token", "T4 roofline at 70 W, mJ", "efficiency over the roofline"], rows)


def _picture(lines: dict[str, list[sparse.Point]]) -> Picture:
    return Picture(
        name=PICTURE,
        title="Speedup of pruned weights in the banks",
        across="weights over weights kept",
        up="speedup over dense",
        lines={
            name: [(1 / point.kept, points[0].cycles / point.cycles) for point in points]
            for name, points in lines.items()
        },
        logarithmic=True,
    )


def _sparse(lines: dict[str, list[sparse.Point]]) -> Table:
    rows = []
    for name, points in lines.items():
        cells = [
            f"{points[0].cycles / point.cycles:.2f} ({point.activations:.0f} rows, {point.columns:.0f} columns)"
            for point in points
        ]
        rows.append([name, f"{points[0].cycles:,}", *cells[1:]])
    header = [f"{kept}/16: speedup (rows opened, columns)" for kept in sparse.KEPT[1:]]
    return Table(["weights", "dense cycles", *header], rows)
