"""The boxes that loads and stores move, in a DRAM image."""

from collections.abc import Mapping

import numpy as np

from mapping.arrays import ByteArray
from simulator.program import ProgramError


def dram_box(memory: ByteArray, fields: Mapping[str, int]) -> ByteArray:
    """The bytes of a transfer in DRAM, (images, rows, cols, run_bytes), as a view.

    Raises:
        ProgramError: The box is empty or reaches beyond the memory.
    """
    counts = tuple(fields[name] for name in ("images", "rows", "cols", "run_bytes"))
    strides = (*(fields[name] for name in ("image_stride", "row_stride", "col_stride")), 1)
    first = fields["dram_address"]
    last = first + sum((count - 1) * stride for count, stride in zip(counts, strides, strict=True))
    if min(counts) < 1 or last >= len(memory):
        raise ProgramError(f"a box of {counts} at {first} lies outside the {len(memory)} bytes of DRAM")
    return np.lib.stride_tricks.as_strided(memory[first:], counts, strides)
