"""The values of weight update and pruning: executed on a DRAM image with NumPy, without a clock.

The optimiser is ``wuve.update``: SGD with momentum in fp32.
Magnitudes are compared after rounding to fp16; among equal ones the lowest channel is kept.
"""

import numpy as np

from mapping.arrays import AnyArray, ByteArray, IntArray
from mapping.formats import nm
from mapping.sparsity import Pattern, magnitude_mask
from simulator.families.sat.arithmetic import fp16_rounded
from simulator.families.sat.config import SatConfig
from simulator.families.sat.dram import dram_box
from simulator.families.sat.wuve import update
from simulator.program import Program

Fields = dict[str, int]
FP16, FP32 = np.dtype("<f2"), np.dtype("<f4")


def execute(program: Program, memory: ByteArray, config: SatConfig, order: IntArray | None = None) -> ByteArray:
    """The DRAM after a program of the units beside the array has run.

    Args:
        program: What to run.
        memory: The DRAM before; it is not changed.
        config: The machine.
        order: The order of the instructions; by default that in which they stand. Any order that tokens allow gives
            the same result.
    """
    machine = _Units(memory.copy(), config)
    run = {"LOAD": machine.load, "WUVE": machine.wuve, "SORE": machine.sore, "STORE": machine.store}
    names = [[field.name for field in opcode.fields] for opcode in program.isa.opcodes]
    for i in range(len(program)) if order is None else order.tolist():
        opcode = int(program.opcode[i])
        run[program.isa.opcodes[opcode].name](dict(zip(names[opcode], program.operands[i].tolist(), strict=False)))
    return machine.memory


class _Units:
    """DRAM, scratchpad, and what each instruction does to them."""

    def __init__(self, memory: ByteArray, config: SatConfig) -> None:
        self.memory = memory
        self.pad = np.zeros(config.output_scratchpad_kib * 1024, np.uint8)

    def load(self, f: Fields) -> None:
        """DRAM to the scratchpad."""
        data = np.ascontiguousarray(dram_box(self.memory, f)).reshape(-1)
        self.pad[f["pad_address"] : f["pad_address"] + len(data)] = data

    def store(self, f: Fields) -> None:
        """The scratchpad to DRAM, rounded from fp32 to fp16 on request."""
        box = dram_box(self.memory, f)
        if f["narrow"]:
            values = fp16_rounded(self._read(f["pad_address"], box.size // FP16.itemsize, FP32)).view(np.uint8)
        else:
            values = self._read(f["pad_address"], box.size, np.dtype(np.uint8))
        box[...] = values.reshape(box.shape)

    def wuve(self, f: Fields) -> None:
        """One optimiser step on a block, in place."""
        momentum, rate = np.array([f["momentum"], f["rate"]], np.uint32).view(FP32)
        weights = self._read(f["weight_address"], f["count"], FP32)
        velocity = self._read(f["velocity_address"], f["count"], FP32)
        gradient = self._read(f["gradient_address"], f["count"], FP32 if f["wide_gradient"] else FP16)
        weights[...], velocity[...], _ = update(
            weights, velocity, gradient.astype(FP32), learning_rate=rate, momentum=momentum
        )

    def sore(self, f: Fields) -> None:
        """The N largest magnitudes of every group of a block, compressed."""
        shape = (f["positions"], f["inputs"], f["outputs"])
        block = self._read(f["source_address"], int(np.prod(shape)), FP32 if f["wide"] else FP16)
        data = compressed_copy(block.reshape(shape).astype(FP16), Pattern(f["n"], f["m"]), f["along_outputs"] == 1)
        self.pad[f["target_address"] : f["target_address"] + len(data)] = data

    def _read(self, address: int, count: int, kind: "np.dtype[np.generic]") -> AnyArray:
        return self.pad[address : address + count * kind.itemsize].view(kind)


def compressed_copy(block: AnyArray, pattern: Pattern, along_outputs: bool) -> ByteArray:
    """A pruned block as it is stored.

    Args:
        block: (positions, inputs, outputs) float16, dense.
        pattern: What is kept.
        along_outputs: Whether groups lie along the outputs (backward) or along the inputs (forward).

    Returns:
        The bytes of ``mapping.formats.nm`` for (positions * length, columns), each position filled to whole groups.
    """
    vectors = block if along_outputs else block.transpose(0, 2, 1)
    kept = np.where(magnitude_mask(vectors.astype(np.float32), pattern), vectors, np.zeros((), block.dtype))
    padded = np.pad(kept, ((0, 0), (0, 0), (0, -kept.shape[2] % pattern.m)))
    return nm.encode(np.ascontiguousarray(padded.transpose(0, 2, 1).reshape(-1, kept.shape[1])), pattern)
