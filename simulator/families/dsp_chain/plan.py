"""How far the loads of a layer may run ahead of its products: splits of K, and how many of them the buffers hold."""

from dataclasses import dataclass

import numpy as np

from mapping.arrays import IntArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig

CHANNELS = 8  # of a core's A and global buffers
MV_BLOCKS = 32  # column blocks of an MV instruction
LOOPS = MV_BLOCKS // CHANNELS  # column blocks of an MV in each channel
MM_BLOCKS = 8  # row blocks of an MM instruction, one in each channel
MV_ROW, MM_ROW = 64, 256  # bytes of a row of the A buffer, in one channel
B_MV_ROW, B_MM_ROW = 16, 32
META_MV_ROW, META_MM_ROW = 32, 16
GLOBAL_LINE = 128  # bytes of a row of the global buffer over all channels, outside MM mode
LEAST = 2  # splits in a buffer: one is computed while the next is loaded


@dataclass(frozen=True, slots=True)
class Plan:
    """Where K is cut, in blocks, and how many cuts the buffers hold.

    Attributes:
        starts: (s,) first block of each split.
        counts: (s,) blocks of each.
        ahead: Splits that may be loaded before the first is used.
        slots: Splits that the buffers really have room for.
        slot_rows: Rows of such a slot in the A (MV) or B (MM) buffer.
    """

    starts: IntArray
    counts: IntArray
    ahead: int
    slots: int
    slot_rows: int

    def __len__(self) -> int:
        """Number of splits."""
        return len(self.starts)


def plan_mv(name: str, codes: IntArray, sparse: bool, config: DspChainConfig) -> Plan:
    """Splits of an MV layer with weights in the A buffer.

    Args:
        name: Of the layer, for messages.
        codes: (k, n) N of each block; n is a multiple of ``MV_BLOCKS`` or a single, shorter group.
        sparse: Whether indices and codes are loaded.
        config: The machine.

    Raises:
        InputError: A buffer that cannot hold two splits of one block of K.
    """
    columns = codes.shape[1]
    padded = np.zeros((len(codes), ceil_div(columns, MV_BLOCKS) * MV_BLOCKS), np.int64)
    padded[:, :columns] = codes
    # A row of 64 B holds a quarter of a dense block's line: 16 N bytes of a block take N / 4 rows.
    lines = padded.reshape(len(codes), -1, LOOPS, CHANNELS).sum(2).reshape(len(codes), -1)
    most = padded.max(axis=1) if config.generator == "artifact" else None
    return _plan(name, lines, most, sparse, config, "MV")


def plan_mm(name: str, codes: IntArray, sparse: bool, config: DspChainConfig) -> Plan:
    """Splits of an MM layer with weights in the B buffer; see ``plan_mv``."""
    return _plan(name, codes.astype(np.int64), None, sparse, config, "MM")


def _plan(name: str, lines: IntArray, most: IntArray | None, sparse: bool, config: DspChainConfig, mode: str) -> Plan:
    depth, buffer = (config.a_rows, "a_rows") if mode == "MV" else (config.b_rows, "b_rows")
    divisor = 4 if mode == "MV" else 2  # rows of a block of N:16 are N / 4 of 64 B, or N / 2 of 32 B
    blocks = len(lines)
    sums = np.concatenate([np.zeros((1, lines.shape[1]), np.int64), lines.cumsum(0)])
    splits = min(blocks, max(1, ceil_div(int(sums[-1].max()) // divisor, max(1, depth // LEAST))))
    while splits <= blocks:
        starts, counts = _cut(blocks, blocks // splits)
        rows = ceil_div(int((sums[starts + counts] - sums[starts]).max()), divisor) or 1
        held = {buffer: depth // rows, "fsb_rows": config.fsb_rows // int(counts.max())}
        if sparse or config.generator == "artifact":
            held["meta_rows"] = config.meta_rows // rows
        slots = max(1, min(held.values()))
        if most is not None:
            held = _as_the_artifact_counts(most, starts, counts, config)
        if min(held.values()) >= LEAST:
            return Plan(starts, counts, min(held.values()), slots, rows)
        splits += 1
    short = min(held, key=lambda key: held[key])
    raise InputError(
        f"layer {name}: {short}={getattr(config, short)} cannot hold two splits of one block of K "
        f"({getattr(config, short) // max(1, held[short])} rows each)"
    )


def _as_the_artifact_counts(
    most: IntArray, starts: IntArray, counts: IntArray, config: DspChainConfig
) -> dict[str, int]:
    """What the published generator believes to fit: it counts one of the four column blocks of a channel.

    Rows of 64 B for 2:16 blocks, two each, over four; indices in rows of 16 B, four each, over four; and the codes of
    the mean split. So loads run further ahead than the buffers allow.
    """
    sums = np.concatenate([[0], most.cumsum()])
    line = int((sums[starts + counts] - sums[starts]).max()) // 2
    return {
        "a_rows": config.a_rows // max(1, line * 2 // LOOPS),
        "meta_rows": config.meta_rows // max(1, line * LOOPS // LOOPS),
        "fsb_rows": config.meta_rows // ceil_div(len(most), len(starts)),
    }


def _cut(blocks: int, unit: int) -> tuple[IntArray, IntArray]:
    """Cuts of ``unit`` blocks, the last shorter: it may be one more than was asked for."""
    starts = np.arange(0, blocks, unit, dtype=np.int64)
    return starts, np.minimum(unit, blocks - starts)


def check_sizes(name: str, k: int, n: int) -> None:
    """Refuse sizes that blocks do not divide.

    Raises:
        InputError: K or N is not a multiple of 16.
    """
    for axis, size in (("k", k), ("n", n)):
        if size % BLOCK:
            raise InputError(f"layer {name}: {axis}={size} is not a multiple of the block of {BLOCK}")
