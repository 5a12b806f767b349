"""Instructions under construction: columns of arrays that are tiled, joined and patched, never looped over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray, IntArray
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA
from simulator.program import Program

QUEUE = np.array([opcode.queue for opcode in DSP_CHAIN_ISA.opcodes], np.uint8)


@dataclass
class Rows:
    """Some instructions in order, (i,) each; ``operands`` is (i, fields)."""

    opcode: npt.NDArray[np.uint8]
    wait: npt.NDArray[np.uint16]
    release: npt.NDArray[np.uint16]
    operands: IntArray
    macs: IntArray

    def __len__(self) -> int:
        return len(self.opcode)

    def of(self, name: str) -> IntArray:
        """Positions of the instructions called ``name``."""
        return np.flatnonzero(self.opcode == DSP_CHAIN_ISA.index(name))

    def put(self, at: Any, name: str, **fields: AnyArray | int) -> None:  # noqa: ANN401  # any index of NumPy
        """Set fields of the instructions at these positions, which are called ``name``."""
        for field, value in fields.items():
            self.operands[at, DSP_CHAIN_ISA[name].column(field)] = value

    def add(self, at: Any, name: str, **fields: AnyArray | int) -> None:  # noqa: ANN401
        """Add to fields of the instructions at these positions."""
        for field, value in fields.items():
            self.operands[at, DSP_CHAIN_ISA[name].column(field)] += value

    def tile(self, times: int) -> "Rows":
        """The same instructions again and again."""
        return Rows(
            np.tile(self.opcode, times),
            np.tile(self.wait, times),
            np.tile(self.release, times),
            np.tile(self.operands, (times, 1)),
            np.tile(self.macs, times),
        )

    def program(self, notes: dict[str, Any]) -> Program:
        """A program of them."""
        return Program(
            isa=DSP_CHAIN_ISA,
            queue=QUEUE[self.opcode],
            opcode=self.opcode,
            wait=self.wait,
            release=self.release,
            operands=self.operands,
            macs=self.macs,
            notes=notes,
        )


def rows(name: str, count: int = 1, *, wait: int = 0, release: int = 0, **fields: AnyArray | int) -> Rows:
    """``count`` instructions called ``name``; fields that are not given are 0."""
    made = Rows(
        np.full(count, DSP_CHAIN_ISA.index(name), np.uint8),
        np.full(count, wait, np.uint16),
        np.full(count, release, np.uint16),
        np.zeros((count, DSP_CHAIN_ISA.width), np.int64),
        np.zeros(count, np.int64),
    )
    made.put(slice(None), name, **fields)
    return made


def join(parts: Sequence[Rows]) -> Rows:
    """One after another."""
    return Rows(
        np.concatenate([part.opcode for part in parts]),
        np.concatenate([part.wait for part in parts]),
        np.concatenate([part.release for part in parts]),
        np.concatenate([part.operands for part in parts]),
        np.concatenate([part.macs for part in parts]),
    )


def load(mode: int, count: int = 1, **fields: AnyArray | int) -> Rows:
    """LDs without loops that move every byte they write: one run, from the buffer's own channels."""
    usual: dict[str, Any] = {
        "mode": mode,
        "loop_1d": 1,
        "loop_2d": 1,
        "loop_3d": 1,
        "hbm_type": 1,
        "share": 1,
        "whole": 1,
    }
    return rows("LD", count, **(usual | {"channels": 1} | fields))


def store(count: int = 1, **fields: AnyArray | int) -> Rows:
    """STs of one run."""
    usual: dict[str, Any] = {"loop_1d": 1, "hbm_type": 1, "channels": 1}
    return rows("ST", count, **(usual | fields))
