"""A result on the screen: what was run, two tables of the layers, and what came out."""

from rich.table import Table
from rich.text import Text

from zeroskip.report.groups import Group, groups, shared_prefix
from zeroskip.report.result_json import compared_instructions, time_ms
from zeroskip.report.screen import grid, plain_table, show
from zeroskip.simulation import LayerResult, Result


def print_result(result: Result) -> None:
    """Print everything."""
    alike = groups(result)
    prefix = shared_prefix([layer.layer.name for layer in result.layers])
    show(_header(result, prefix), _layers(result, alike, prefix), _time(result, alike), _totals(result))


def _header(result: Result, prefix: str) -> Table:
    lowered = result.lowered
    model, config = lowered.sparse.model, lowered.config
    skipped = ", ".join(f"{count} {op}" for op, count in model.passed_through.items())
    rows = {
        "model": f"{model.name}: {model.source}",
        "weights": model.weights_note,
        "pattern": f"{lowered.sparse.pattern}, {_kept(result)}",
        "passed through": f"{skipped} (no multiply-accumulates)" if skipped else "nothing",
        "machine": f"{lowered.family.name}, {lowered.config_name}, {config.clock_mhz} MHz",
        "executor": _executor(result),
    }
    if prefix:
        rows["layer names"] = f"without {prefix}"
    return grid(rows)


def _kept(result: Result) -> str:
    kept = sum(layer.lowered.pattern.is_dense for layer in result.layers)
    return f"{kept} of {len(result.layers)} layers dense"


def _executor(result: Result) -> str:
    if result.executor != "both":
        return result.executor
    return f"both: cycle and fast agree on start and end of all {compared_instructions(result):,} instructions"


def _layers(result: Result, alike: list[Group], prefix: str) -> Table:
    table = _numeric(
        f"Layers ({_legend(alike)})",
        ["#", "layer", "m x k x n", "pattern", "run as"],
        ["density", "runs", "cycles", "share", "util.", "speedup"],
    )
    for group in alike:
        layer = group.first
        table.add_row(
            str(group.number),
            group.label(prefix),
            _shape(layer),
            str(layer.lowered.pattern),
            _executed(layer),
            f"{layer.density:.1%}",
            f"{group.runs:,}",
            f"{group.cycles:,}",
            f"{group.cycles / result.total_cycles:.1%}",
            f"{layer.utilisation:.1%}",
            f"{layer.speedup:.2f}x",
        )
    runs, cycles = sum(group.runs for group in alike), f"{result.total_cycles:,}"
    table.add_section()
    last = (f"{runs:,}", cycles, "100.0%", f"{result.utilisation:.1%}", f"{result.speedup:.2f}x")
    table.add_row("", "total", *[""] * 4, *last, style="bold")
    return table


def _shape(layer: LayerResult) -> str:
    gemm = f"{layer.layer.m}x{layer.layer.k}x{layer.layer.n}"
    groups = layer.layer.shape.groups
    return gemm if groups == 1 else f"{gemm} ({groups} groups)"


def _executed(layer: LayerResult) -> str:
    """The dataflow by its initials, and the pattern it was executed in."""
    mapping = layer.lowered.choice.mapping
    return f"{_initials(mapping.dataflow)} {mapping.pattern}"


def _initials(dataflow: str) -> str:
    return "".join(word[0].upper() for word in dataflow.split("_"))


def _legend(alike: list[Group]) -> str:
    """What the initials and the numbers behind names stand for."""
    used = sorted({group.first.lowered.choice.mapping.dataflow for group in alike})
    notes = [f"{_initials(dataflow)}: {dataflow.replace('_', ' ')}" for dataflow in used]
    if any(len(group.layers) > 1 for group in alike):
        notes.append("+N: and N more that are alike")
    return ", ".join([*notes, "cycles of all runs"])


def _time(result: Result, alike: list[Group]) -> Table:
    """Bounds, traffic and stalls, all runs together: every column adds up."""
    reasons = list(dict.fromkeys(reason for group in alike for reason in group.first.stalls))
    columns = ["cycles", "compute bound", "bandwidth bound", "DRAM bytes", "computing", *reasons]
    table = _numeric("Where the cycles went (all runs; bounds and stalls in cycles)", ["#"], columns)
    rows = [_time_row(group, reasons) for group in alike]
    for group, row in zip(alike, rows, strict=True):
        table.add_row(str(group.number), *(f"{value:,}" for value in row))
    table.add_section()
    totals = [sum(column) for column in zip(*rows, strict=True)]
    table.add_row("", *(f"{value:,}" for value in totals), style="bold")
    return table


def _time_row(group: Group, reasons: list[str]) -> list[int]:
    layer = group.first
    computing = layer.timeline.queues[layer.compute_queue].busy
    stalls = [layer.stalls.get(reason, 0) for reason in reasons]
    one = [layer.cycles, layer.compute_bound, layer.bandwidth_bound, layer.dram_bytes, computing, *stalls]
    return [value * group.runs for value in one]


def _numeric(title: str, texts: list[str], numbers: list[str]) -> Table:
    table = plain_table(*texts, title=title)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _totals(result: Result) -> Text:
    config = result.lowered.config
    cycles = Text(
        f"{result.total_cycles:,} cycles = {time_ms(result):,.3f} ms at {config.clock_mhz} MHz; "
        f"speedup {result.speedup:.2f}x over dense ({result.dense_cycles:,} cycles) on the same machine\n",
        style="bold",
    )
    return cycles.append(_energy(result), style="not bold")


def _energy(result: Result) -> str:
    """The energy by component on all chips, and what it is that of."""
    if result.energy_pj is None:
        return f"energy: not known, {result.no_energy}"
    total = sum(result.energy_pj.values())
    shares = ", ".join(f"{name} {pj / total:.0%}" for name, pj in result.energy_pj.items())
    watts = total / 1e12 / result.seconds
    where = f" on all {result.chips} chips" if result.chips > 1 else ""
    return f"energy of counted actions{where}: {total / 1e6:,.1f} uJ, {watts:.3g} W, in {result.technology}: {shares}"
