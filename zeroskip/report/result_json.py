"""A result as plain JSON values; ``docs/output.md`` says what every key means."""

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any

from simulator.scheduling import Choice
from zeroskip import __version__
from zeroskip.made_by import made_by
from zeroskip.report.groups import groups
from zeroskip.simulation import LayerResult, Result

FORMAT = 1


def result_record(result: Result, programs: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Everything that a result says.

    Args:
        result: What to record.
        programs: The file of each layer's program, by layer name, where they are written.

    Returns:
        JSON values; the layers in the order in which they run.
    """
    lowered = result.lowered
    model, config, family = lowered.sparse.model, lowered.config, lowered.family
    peak_bytes = family.peak_bytes(config)
    return {
        "format": FORMAT,
        "zeroskip_version": __version__,
        "made_by": made_by(family, config),
        "model": model.name,
        "source": model.source,
        "weights_note": model.weights_note,
        "seed": lowered.layers[0].layer.seed,
        "passed_through": model.passed_through,
        "pattern": str(lowered.sparse.pattern),
        "family": family.name,
        "config_name": lowered.config_name,
        "config": config.model_dump(),
        "chips": result.chips,
        "peak_macs_per_cycle": family.peak_macs(config),
        "peak_dram_bytes_per_cycle": peak_bytes if isfinite(peak_bytes) else None,
        "executor": result.executor,
        "technology": result.technology,
        "instructions_compared": compared_instructions(result),
        "totals": {
            "layers": len(result.layers),
            "instructions": result.instructions,
            "cycles": result.total_cycles,
            "time_ms": time_ms(result),
            "dense_cycles": result.dense_cycles,
            "speedup": result.speedup,
            "macs": result.macs,
            "utilisation": result.utilisation,
            "dram_bytes": result.dram_bytes,
            **_energy_record(result),
        },
        "layers": [_layer_record(layer, (programs or {}).get(layer.layer.name)) for layer in result.layers],
    }


def time_ms(result: Result) -> float:
    """Milliseconds at the configuration's clock."""
    return result.seconds * 1000


def compared_instructions(result: Result) -> int:
    """How many instructions both executors gave a start and an end; 0 if only one ran."""
    if result.executor != "both":
        return 0
    return sum(len(group.first.lowered.program) for group in groups(result))


def _energy_record(result: Result) -> dict[str, Any]:
    """Energy on all chips by component and in all, power and energy-delay product; empty where it is not known."""
    if result.energy_pj is None:
        return {}
    joules = sum(result.energy_pj.values()) / 1e12
    return {
        "energy_pj": result.energy_pj,
        "energy_uj": joules * 1e6,
        "power_w": joules / result.seconds,
        "edp_ujs": joules * 1e6 * result.seconds,
    }


def _layer_record(layer: LayerResult, program: str | None) -> dict[str, Any]:
    """One layer; counts are for one run unless the key says ``total``."""
    description, lowered = layer.layer, layer.lowered
    shape = description.shape
    return {
        "name": description.name,
        "op": description.op,
        "m": description.m,
        "k": description.k,
        "n": description.n,
        "groups": shape.groups,
        "repeats": description.repeats,
        "dynamic": description.dynamic,
        "shape": asdict(shape),
        "pattern": str(lowered.pattern),
        "density": layer.density,
        "mapping": _mapping_record(lowered.choice),
        "dense_mapping": _mapping_record(lowered.dense),
        "instructions": len(lowered.program),
        "program": program,
        "cycles": layer.cycles,
        "total_cycles": layer.total_cycles,
        "dense_cycles": layer.dense_cycles,
        "speedup": layer.speedup,
        "macs": layer.macs,
        "dense_macs": description.macs,
        "utilisation": layer.utilisation,
        "dram_bytes": layer.dram_bytes,
        "dense_dram_bytes": lowered.dense.dram_bytes,
        "compute_bound_cycles": layer.compute_bound,
        "bandwidth_bound_cycles": layer.bandwidth_bound,
        "energy_pj": None if layer.energy_pj is None else dict(layer.energy_pj),
        "stall_cycles": layer.stalls,
        "queues": [_queue_record(index, layer) for index in range(len(layer.timeline.queues))],
    }


def _mapping_record(choice: Choice) -> dict[str, Any]:
    """What scheduling chose and how far it looked."""
    mapping = choice.mapping
    return {
        "dataflow": mapping.dataflow,
        "executed_pattern": str(mapping.pattern),
        "tiling": asdict(mapping.tiling),
        "buffers": mapping.buffers,
        "candidates": choice.candidates,
        "candidates_run": choice.runs,
        "proven": choice.proven,
    }


def _queue_record(index: int, layer: LayerResult) -> dict[str, Any]:
    """Where the cycles of one queue went; they add up to the layer's cycles."""
    queue = layer.timeline.queues[index]
    return {
        "queue": queue.queue,
        "computes": index == layer.compute_queue,
        "busy_cycles": queue.busy,
        "dispatch_cycles": queue.dispatch,
        "waiting_for_token_cycles": queue.waiting_for_token,
        "waiting_for_resource_cycles": queue.waiting_for_resource,
        "idle_cycles": queue.idle,
    }
