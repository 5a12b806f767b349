"""The timeline in Chrome's trace format, which https://ui.perfetto.dev opens.

One process, one track per queue and one for the layers. The viewer's microsecond is one cycle.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from zeroskip.report.groups import groups
from zeroskip.report.spans import BUSY, queue_spans, reason
from zeroskip.simulation import LayerResult, Result

LIMIT = 200_000  # instructions; a viewer shows some million slices, and a slice is about 150 bytes
_PROCESS = 1
_LAYER_TRACK = 0


def write_trace(result: Result, path: Path, limit: int = LIMIT) -> str | None:
    """Write the trace.

    Args:
        result: What ran.
        path: The file.
        limit: With more instructions than this, layers that are alike are drawn once, and only those that fit.

    Returns:
        What is left out, or None.
    """
    drawn = [(layer, layer.layer.repeats) for layer in result.layers]
    left_out = None
    if result.instructions > limit:
        chosen = _fitting(result, limit)
        drawn = [(layer, 1) for layer in chosen]
        left_out = (
            f"the model has {result.instructions:,} instructions, the trace at most {limit:,}: "
            f"it shows one run each of {len(chosen)} of {len(groups(result))} different layers"
        )
    other = {
        "model": result.lowered.sparse.model.name,
        "config": result.lowered.config_name,
        "clock_mhz": result.lowered.config.clock_mhz,
        "time_unit": "1 us in the viewer is 1 cycle",
        "left_out": left_out or "nothing",
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"otherData": {json.dumps(other)},\n"traceEvents": [\n')
        for event in _metadata(result):
            file.write(f"{json.dumps(event)},\n")
        offset = 0
        for layer, runs in drawn:
            for run in range(runs):
                _write_run(file, layer, offset, f"{run + 1} of {layer.layer.repeats}")
                offset += layer.cycles
        end = {"name": "end", "ph": "i", "s": "g", "pid": _PROCESS, "tid": _LAYER_TRACK, "ts": offset}
        file.write(f"{json.dumps(end)}\n]}}\n")
    return left_out


def _fitting(result: Result, limit: int) -> list[LayerResult]:
    """The first of all layers that are alike, as far as their instructions fit."""
    chosen, room = [], limit
    for group in groups(result):
        if len(group.first.lowered.program) <= room:
            room -= len(group.first.lowered.program)
            chosen.append(group.first)
    return chosen


def _metadata(result: Result) -> Iterator[dict[str, Any]]:
    """Names and order of the tracks."""
    name = f"{result.lowered.sparse.model.name} on {result.lowered.config_name}"
    yield {"name": "process_name", "ph": "M", "pid": _PROCESS, "args": {"name": name}}
    for track, queue in enumerate(["layers", *result.lowered.family.isa.queues]):
        yield {"name": "thread_name", "ph": "M", "pid": _PROCESS, "tid": track, "args": {"name": queue}}
        yield {"name": "thread_sort_index", "ph": "M", "pid": _PROCESS, "tid": track, "args": {"sort_index": track}}


def _write_run(file: IO[str], layer: LayerResult, offset: int, run: str) -> None:
    """The slices of one run of a layer; a comma follows each."""
    args = {"run": run, "pattern": str(layer.lowered.pattern), "mapping": str(layer.lowered.choice.mapping)}
    file.write(_slice(json.dumps(layer.layer.name), "layer", _LAYER_TRACK, offset, layer.cycles, json.dumps(args)))
    for queue in range(len(layer.timeline.job.machine.queues)):
        _write_queue(file, layer, queue, offset)


def _write_queue(file: IO[str], layer: LayerResult, queue: int, offset: int) -> None:
    timeline, program = layer.timeline, layer.lowered.program
    spans = queue_spans(timeline, queue)
    durations = np.diff(spans.edges)
    shown = np.flatnonzero((durations > 0) | (spans.state == BUSY))
    columns = (spans.state, spans.instruction, spans.edges[:-1], durations)
    waited: Sequence[str] = ()
    for state, instruction, begin, duration in zip(*(column[shown].tolist() for column in columns), strict=True):
        why = reason(timeline, state, instruction)
        opcode = program.isa.opcodes[program.opcode[instruction]].name if instruction >= 0 else ""
        name, args = why, f'{{"instruction": {instruction}, "opcode": "{opcode}"}}'
        if state == BUSY:
            name = opcode
            args = f'{{"instruction": {instruction}, "opcode": "{opcode}", "after": {json.dumps(", ".join(waited))}}}'
            waited = ()
        else:
            waited = (*waited, f"{why}: {duration}")
        file.write(_slice(f'"{name}"', "busy" if state == BUSY else "stall", queue + 1, offset + begin, duration, args))


def _slice(name: str, category: str, track: int, begin: int, duration: int, args: str) -> str:
    """A complete event; ``name`` and ``args`` are JSON already, as there are many of these."""
    return (
        f'{{"name": {name}, "cat": "{category}", "ph": "X", "pid": {_PROCESS}, "tid": {track}, '
        f'"ts": {begin}, "dur": {duration}, "args": {args}}},\n'
    )
