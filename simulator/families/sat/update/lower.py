"""Lowering of what a training step does beside its products: weight update, and pruning of weights.

A program is the same few instructions for every block. The halves of the scratchpad take turns: a block is loaded
once the stores of the block before the last one have ended.
"""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity import DENSE
from mapping.training import Stage, TrainedLayer
from simulator.families.sat.config import SatConfig
from simulator.families.sat.update.blocks import ELEMENT_BYTES, HALVES, MASTER_BYTES, Blocks, Copy, cut_weights
from simulator.families.sat.update.isa import LOAD, SORE, STORE, UPDATE_ISA, WUVE
from simulator.program import Program

# Values only: no time depends on them.
MOMENTUM, RATE = 0.9, 0.1
TENSOR_ALIGNMENT = 4096

Operands = dict[str, "IntArray | int"]


@dataclass(frozen=True, slots=True)
class _Row:
    """One instruction of every block."""

    opcode: str
    operands: Operands
    wait: int = 0
    release: int = 0


def training_programs(step: TrainedLayer, config: SatConfig) -> dict[str, Program]:
    """What a training step does for one layer beside its products.

    Returns:
        ``optimiser``: WUVE, with SORE behind it where sparse weights are made ahead; ``pruning forward`` and ``pruning
        backward``: SORE before the stage, where they are made on demand.

    Raises:
        InputError: A datapath that cannot train, or a block of weights that does not fit on chip.
    """
    if config.datapath != "fp16":
        raise InputError(f"datapath={config.datapath!r}: training needs 'fp16'")
    if not step.weights:
        return {}
    programs = {"optimiser": optimiser_program(step, config)}
    if config.sparse_weights == "on_demand":
        programs |= {f"pruning {stage}": pruning_program(step, stage, config) for stage in _copies(step)}
    return programs


def optimiser_program(step: TrainedLayer, config: SatConfig) -> Program:
    """An optimiser step (v = momentum * v + dW; w = w - rate * v) and the fp16 copies of w that the next step reads."""
    layer, shape = step.layer, step.layer.shape
    stages = {product.stage for product in step.products}
    sparse = _copies(step)
    ahead = config.sparse_weights == "ahead"
    copies = tuple(sparse.values()) if ahead else ()
    dense_copy = not ahead or len(sparse) < len(stages - {"update"})
    gradient_bytes = config.output_bytes
    blocks = cut_weights(layer.name, shape, 2 * MASTER_BYTES + gradient_bytes, copies, config)
    velocity, gradient = blocks.weights * MASTER_BYTES, blocks.weights * 2 * MASTER_BYTES
    half = _halves(blocks, config)
    sizes = (MASTER_BYTES, MASTER_BYTES, gradient_bytes, ELEMENT_BYTES if dense_copy else 0)
    weights_at, velocities_at, gradients_at, dense_at, copies_at = _tensors([blocks.total * size for size in sizes])

    master = blocks.box(weights_at, MASTER_BYTES) | {"pad_address": half}
    velocities = blocks.box(velocities_at, MASTER_BYTES) | {"pad_address": half + velocity}
    gradients = blocks.box(gradients_at, gradient_bytes) | {"pad_address": half + gradient}
    wuve: Operands = {
        "weight_address": half,
        "velocity_address": half + velocity,
        "gradient_address": half + gradient,
        "wide_gradient": gradient_bytes == MASTER_BYTES,
        "count": shape.positions * blocks.grid[2] * blocks.grid[4],
        "momentum": int(np.float32(MOMENTUM).view(np.uint32)),
        "rate": int(np.float32(RATE).view(np.uint32)),
    }
    rows = [
        _Row("LOAD", master),
        _Row("LOAD", velocities),
        _Row("LOAD", gradients, release=1 << WUVE),
        _Row("WUVE", wuve, wait=1 << LOAD, release=1 << STORE | (1 << SORE if copies else 0)),
        *_prune(blocks, half, wide=True, after=WUVE),
        _Row("STORE", master, wait=1 << WUVE),
        _Row("STORE", velocities),
    ]
    if dense_copy:
        rows.append(_Row("STORE", blocks.box(dense_at, ELEMENT_BYTES) | {"pad_address": half, "narrow": 1}))
    rows += _store_copies(blocks, half, copies_at)
    return _program(rows, len(blocks), layer, "optimiser", config)


def pruning_program(step: TrainedLayer, stage: Stage, config: SatConfig) -> Program:
    """SORE reads the dense fp16 weights and writes the sparse copy of one stage."""
    layer = step.layer
    blocks = cut_weights(layer.name, layer.shape, ELEMENT_BYTES, (_copies(step)[stage],), config)
    half = _halves(blocks, config)
    dense_at, copy_at = _tensors([blocks.total * ELEMENT_BYTES])
    rows = [
        _Row("LOAD", blocks.box(dense_at, ELEMENT_BYTES) | {"pad_address": half}, release=1 << SORE),
        *_prune(blocks, half, wide=False, after=LOAD),
        *_store_copies(blocks, half, copy_at),
    ]
    return _program(rows, len(blocks), layer, f"pruning {stage}", config)


def _copies(step: TrainedLayer) -> dict[Stage, Copy]:
    """The sparse copies of a layer's weights by the stage that reads them."""
    stages: tuple[Stage, ...] = ("forward", "backward")
    return {stage: Copy(step.pattern(stage), stage == "backward") for stage in stages if step.pattern(stage) != DENSE}


def _prune(blocks: Blocks, half: IntArray, *, wide: bool, after: int) -> list[_Row]:
    """SORE on every copy; the first waits for queue ``after``, the last releases the stores."""
    _, _, inputs, _, outputs = blocks.grid
    rows = []
    for index, (copy, address) in enumerate(zip(blocks.copies, blocks.copy_addresses(), strict=False)):
        fields: Operands = {
            "source_address": half,
            "target_address": half + address,
            "wide": wide,
            "along_outputs": copy.along_outputs,
            "positions": blocks.shape.positions,
            "inputs": inputs,
            "outputs": outputs,
            "n": copy.pattern.n,
            "m": copy.pattern.m,
        }
        last = index == len(blocks.copies) - 1
        rows.append(_Row("SORE", fields, 0 if index else 1 << after, 1 << STORE if last else 0))
    return rows


def _store_copies(blocks: Blocks, half: IntArray, tensor: int) -> list[_Row]:
    """Every copy of a block to where the one before it ends."""
    rows = []
    for index, (copy, address) in enumerate(zip(blocks.copies, blocks.copy_addresses(), strict=False)):
        size = np.broadcast_to(copy.bytes(blocks.shape.positions, blocks.grid[2], blocks.grid[4]), len(blocks))
        fields: Operands = {
            "dram_address": tensor + size.cumsum() - size,
            "pad_address": half + address,
            "images": 1,
            "rows": 1,
            "cols": 1,
            "run_bytes": size,
        }
        tensor += int(size.sum())
        rows.append(_Row("STORE", fields, 0 if index else 1 << SORE))
    return rows


def _halves(blocks: Blocks, config: SatConfig) -> IntArray:
    return np.arange(len(blocks)) % HALVES * (config.output_scratchpad_kib * 1024 // HALVES)


def _tensors(sizes: list[int]) -> list[int]:
    """First bytes of tensors of these sizes, and of what follows them."""
    room = -(-np.array(sizes) // TENSOR_ALIGNMENT) * TENSOR_ALIGNMENT
    return [0, *room.cumsum().tolist()]


def _program(rows: list[_Row], blocks: int, layer: Layer, what: str, config: SatConfig) -> Program:
    """All rows of block 0, then of block 1, and so on.

    The first load of a block waits for the last store of the block that had its half of the scratchpad before.
    """
    count = len(rows)
    opcodes = [UPDATE_ISA.index(row.opcode) for row in rows]
    operands = np.zeros((blocks, count, UPDATE_ISA.width), np.int64)
    for index, row in enumerate(rows):
        for name, value in row.operands.items():
            operands[:, index, UPDATE_ISA[row.opcode].column(name)] = value
    wait = np.tile(np.array([row.wait for row in rows], np.uint16), (blocks, 1))
    release = np.tile(np.array([row.release for row in rows], np.uint16), (blocks, 1))
    wait[HALVES:, 0] |= 1 << STORE
    release[:-HALVES, -1] |= 1 << LOAD
    queues = [UPDATE_ISA.opcodes[opcode].queue for opcode in opcodes]
    return Program(
        isa=UPDATE_ISA,
        queue=np.tile(np.array(queues, np.uint8), blocks),
        opcode=np.tile(np.array(opcodes, np.uint8), blocks),
        wait=wait.reshape(-1),
        release=release.reshape(-1),
        operands=operands.reshape(blocks * count, -1),
        macs=np.zeros(blocks * count, np.int64),
        notes={"layer": layer.name, "work": what, "shape": str(layer.shape), "config": config.model_dump()},
    )
