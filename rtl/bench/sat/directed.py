"""Programs with a purpose: weights of a real network, accumulators that wrap, and one that cannot finish."""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import numpy as np

from mapping.graph import Layer, gemm_layer
from mapping.models import load_model
from mapping.sparsity import DENSE, Pattern, prune_layer
from mapping.tiling import Dataflow, Mapping
from rtl.bench.sat.cases import DATAFLOWS, SatCase, case_of, lanes_of, patterns_of, random_case, with_memory
from rtl.bench.sat.values import add_noise, weight_tiles
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig
from simulator.families.sat.isa import EXECUTE, LOAD, TO_EXECUTE, TO_LOAD
from simulator.program import Program

REAL_EVERY, REAL_POSITIONS = 50, 12
MOST_NEGATIVE, MOST_POSITIVE = -128, 127
WRAP_CHANNELS = 400  # of a reduction that fits into every scratchpad


def numbered_case(config: SatConfig, seed: int, index: int) -> SatCase:
    """Program ``index`` of a run: every 50th has weights of a real network, if the extra `models` is installed."""
    if index % REAL_EVERY != REAL_EVERY // 2 or find_spec("magika") is None:
        return random_case(config, seed, index)
    turn = index // REAL_EVERY
    dataflow = DATAFLOWS[turn % len(DATAFLOWS)]
    sparse = [name for name in patterns_of(config) if name != "dense"]
    wanted = "2:8" if turn < len(DATAFLOWS) and "2:8" in sparse else sparse[turn % len(sparse)]
    return real_case(config, seed, index, Pattern.parse(wanted), dataflow)


def real_case(config: SatConfig, seed: int, index: int, pattern: Pattern, dataflow: Dataflow) -> SatCase:
    """One tile row of the convolution of magika: all channels and kernel positions, as many outputs as columns."""
    rng = np.random.default_rng([seed, index])
    whole = _convolution()
    assert whole.weights is not None
    first = int(rng.integers(0, whole.shape.out_channels - config.cols + 1))
    weights = np.ascontiguousarray(whole.weights[first : first + config.cols])
    rows = (REAL_POSITIONS - 1) * whole.shape.stride[0] + whole.shape.kernel[0]
    shape = replace(whole.shape, in_rows=rows, out_channels=config.cols)
    layer = prune_layer(replace(whole, shape=shape, weights=weights), pattern)
    machine = with_memory(config, rng)
    mapping, program = _first_program(layer, pattern, dataflow, machine)
    before = FAMILY.golden.image(layer, pattern, mapping, machine)
    add_noise(before, layer, pattern, mapping, machine, rng, change_weights=False)
    return case_of(f"case {index}, magika", layer, pattern, mapping, program, machine, lanes_of(config), before)


@cache
def _convolution() -> Layer:
    (layer,) = [layer for layer in load_model("magika").layers if "Conv2D" in layer.name]
    return layer


def _first_program(
    layer: Layer, pattern: Pattern, dataflow: Dataflow, machine: SatConfig, most_folds: int = 1000
) -> tuple[Mapping, Program]:
    for candidate in FAMILY.candidates(layer, pattern, machine):
        mapping = candidate.mapping
        if mapping.pattern == pattern and mapping.dataflow == dataflow:
            program = FAMILY.lower(layer, pattern, mapping, machine)
            if len(program.of("GEMM")) <= most_folds:
                return mapping, program
    raise RuntimeError(f"layer {layer.name} has no {dataflow} mapping with {pattern}")


def wrapping_case(config: SatConfig) -> SatCase:
    """An int8 fold repeated until the accumulators have passed both ends of int32: they wrap, as in golden.

    Column 0 adds 2**14 for every weight, column 1 takes 127 * 128; both pass an end after some 2**17 of them.
    """
    layer = gemm_layer("wrap", m=1, k=WRAP_CHANNELS, n=min(2, config.cols))
    layer = layer.with_weights(np.ones((layer.n, 1, 1, WRAP_CHANNELS), np.float32))
    mapping, program = _first_program(layer, DENSE, "output_stationary", config, most_folds=1)
    (fold,) = program.of("GEMM").tolist()
    repeats = -(-(2**31) // (MOST_POSITIVE * -MOST_NEGATIVE * WRAP_CHANNELS)) + 1
    before = FAMILY.golden.image(layer, DENSE, mapping, config)
    before[:WRAP_CHANNELS] = np.uint8(MOST_NEGATIVE & 0xFF)
    (weights,) = weight_tiles(before, layer, mapping, config)
    weights.reshape(WRAP_CHANNELS, -1)[...] = (MOST_NEGATIVE, MOST_POSITIVE)[: layer.n]
    lanes = lanes_of(config)
    return case_of("wrap", layer, DENSE, mapping, _repeated(program, fold, repeats), config, lanes, before)


def _repeated(program: Program, fold: int, repeats: int) -> Program:
    """The program with a fold that runs several times and accumulates."""
    order = np.concatenate([np.arange(fold), np.full(repeats, fold), np.arange(fold + 1, len(program))])
    copies = np.arange(fold, fold + repeats)
    wait, release, operands = program.wait[order], program.release[order], program.operands[order]
    wait[copies[1:]] = 0
    release[copies[:-1]] = 0
    operands[copies[1:], program.isa["GEMM"].column("accumulate")] = 1
    return replace(
        program,
        queue=program.queue[order],
        opcode=program.opcode[order],
        wait=wait,
        release=release,
        operands=operands,
        macs=program.macs[order],
    )


def deadlocked(case: SatCase) -> SatCase:
    """The first load waits for the last fold, which needs it."""
    program = case.program
    wait, release = program.wait.copy(), program.release.copy()
    load, fold = program.of("LOAD")[0], program.of("GEMM")[-1]
    assert not wait[load] & TO_EXECUTE
    assert not release[fold] & TO_LOAD
    assert (program.queue[load], program.queue[fold]) == (LOAD, EXECUTE)
    wait[load] |= TO_EXECUTE
    release[fold] |= TO_LOAD
    changed = replace(program, wait=wait, release=release)
    return replace(case, program=changed, job=FAMILY.job(changed, case.config))
