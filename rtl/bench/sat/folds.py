"""Random folds for the array bench: operands, what the array must give, and how long it may take."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray
from simulator.families.sat import arithmetic

PATTERNS = [(1, 1), (1, 2), (2, 4), (1, 4), (2, 8), (1, 8), (4, 8), (2, 16), (3, 7)]
WIDE_PATTERNS = [(5, 8), (7, 7), (16, 16)]  # most elements hold fewer weights: output-stationary there


NAMES = {
    "rows": "Rows",
    "cols": "Cols",
    "fp16": "Fp16",
    "max_n": "MaxN",
    "max_m": "MaxM",
    "add_latency": "AddLatency",
    "mul_latency": "MulLatency",
    "interleave": "Interleave",
    "drain_serial": "DrainSerial",
}


@dataclass(frozen=True, kw_only=True)
class Array:
    """The parameters of zs_array."""

    rows: int
    cols: int
    fp16: int = 0
    max_n: int = 4
    max_m: int = 16
    add_latency: int = 1
    mul_latency: int = 0
    interleave: int = 1
    drain_serial: int = 1

    @classmethod
    def of(cls, value: Callable[[str], int]) -> Self:
        """The array whose Verilog parameters have these values."""
        return cls(**{name: value(verilog) for name, verilog in NAMES.items()})

    def parameters(self) -> dict[str, int]:
        """By their Verilog names."""
        return {verilog: getattr(self, name) for name, verilog in NAMES.items()}


ARRAYS = {
    "tiny": Array(rows=2, cols=2),
    "ragged": Array(rows=3, cols=5, mul_latency=1),
    "small": Array(rows=4, cols=4, drain_serial=0),
    "fp16": Array(rows=3, cols=2, fp16=1, add_latency=4, mul_latency=2, interleave=4),
    "fp16-partial": Array(rows=2, cols=3, fp16=1, add_latency=3, mul_latency=0, interleave=2),
    "fp16-unit": Array(rows=4, cols=4, fp16=1, drain_serial=0),
    "single": Array(rows=1, cols=1, max_n=16),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """One fold and its operands.

    Attributes:
        windows: (positions, groups, m) activations.
        values: (groups * n, cols) weights, and ``indices`` of them.
        gap: Idle cycles before it starts.
    """

    output_stationary: bool
    n: int
    m: int
    windows: AnyArray
    values: AnyArray
    indices: npt.NDArray[np.int64]
    gap: int

    @property
    def positions(self) -> int:
        """Output positions."""
        return len(self.windows)

    @property
    def slots(self) -> int:
        """Weight slots."""
        return len(self.values)

    def sums(self) -> npt.NDArray[np.uint32]:
        """(positions, cols) bits of the sums."""
        sums = arithmetic.fold_sums(
            self.windows, self.values, self.indices, self.n, output_stationary=self.output_stationary
        )
        return sums.view(np.uint32)


def array_cycles(fold: Fold, array: Array) -> int:
    """Cycles of a fold in the hardware, written down apart from timing.py."""
    add, interleave = array.add_latency, array.interleave
    if fold.output_stationary:
        used = -(-fold.positions // array.rows)
        steady = fold.slots * max(used, add)
        fill = array.rows + array.cols - 2 + add - 1 + array.mul_latency
        return steady + fill + (array.rows * used if array.drain_serial else 0)
    fill = array.rows * add + array.cols - 2 + array.mul_latency
    if fold.n == 1:
        return array.rows + fold.positions + fill
    batches = -(-fold.positions // interleave)
    flush = fold.positions - (batches - 1) * interleave if array.fp16 else 0
    return array.rows + fold.n * batches * max(interleave, add) + flush + fill


def random_fold(array: Array, rng: np.random.Generator, *, output_stationary: bool, n: int, m: int) -> Fold:
    """A fold of one to a few batches of positions, with zero groups and extreme values among its operands."""
    if output_stationary:
        most = array.rows * array.interleave
        groups = int(rng.choice((1, 2, int(rng.integers(1, 9)))))
        positions = int(rng.choice((1, most, array.rows, int(rng.integers(1, most + 1)))))
    else:
        groups = int(rng.choice((1, array.rows, int(rng.integers(1, array.rows + 1)))))
        positions = int(
            rng.choice((1, array.interleave, array.interleave + 1, int(rng.integers(1, 4 * array.interleave + 8))))
        )
    shape, slots = (positions, groups, m), groups * n
    draw = _halves if array.fp16 else _bytes
    indices = np.sort(rng.permuted(np.tile(np.arange(m), (groups, array.cols, 1)), axis=-1)[..., :n], axis=-1)
    indices = indices.transpose(0, 2, 1).reshape(slots, array.cols)
    values = draw((slots, array.cols), rng)
    if rng.random() < 0.3:  # a group without a weight: value 0 and index 0 in all its slots
        group, column = rng.integers(groups), rng.integers(array.cols)
        values[group * n : (group + 1) * n, column] = 0
        indices[group * n : (group + 1) * n, column] = 0
    gap = int(rng.choice((0, 0, 1, int(rng.integers(2, 5)))))
    return Fold(
        output_stationary=output_stationary,
        n=n,
        m=m,
        windows=draw(shape, rng),
        values=values,
        indices=indices,
        gap=gap,
    )


def _bytes(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.int8]:
    values = rng.integers(-128, 128, shape).astype(np.int8)
    extreme = rng.choice(np.array([-128, 127, 0, -1], np.int8), shape)
    return np.where(rng.random(shape) < 0.3, extreme, values)


def _halves(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.float16]:
    values = rng.standard_normal(shape).astype(np.float16)
    wide = rng.integers(0, 0x7C00, shape).astype(np.uint16) | (rng.integers(0, 2, shape) << 15).astype(np.uint16)
    corners = np.array([0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x7BFF, 0xFBFF, 0x3C00, 0xBC00], np.uint16)
    kind = rng.random(shape)
    values = np.where(kind < 0.25, wide.view(np.float16), values)
    values = np.where(kind > 0.85, rng.choice(corners, shape).view(np.float16), values)
    if rng.random() < 0.1:
        special = np.array([0x7C00, 0xFC00, 0x7E00], np.uint16)
        values = np.where(rng.random(shape) < 0.1, rng.choice(special, shape).view(np.float16), values)
    return values.astype(np.float16)
