"""A matrix in the banks: which bank holds which outputs, and the instructions of one product with a vector."""

from dataclasses import dataclass

from mapping.graph import ceil_div
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.stream import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A matrix of ``outputs`` x ``inputs`` over ``banks`` banks, one output after another in a bank.

    Every bank holds the same number of whole outputs; an output takes ``pieces`` rows, one for each piece of the input
    vector that fits into a channel's buffer.
    """

    inputs: int
    outputs: int
    banks: int
    row_elements: int
    lanes: int

    @property
    def outputs_per_bank(self) -> int:
        """Outputs that a bank computes one after another."""
        return ceil_div(self.outputs, self.banks)

    @property
    def used_banks(self) -> int:
        """Banks that hold any."""
        return ceil_div(self.outputs, self.outputs_per_bank)

    @property
    def pieces(self) -> int:
        """Pieces of the input vector."""
        return ceil_div(self.inputs, self.row_elements)

    @property
    def rows(self) -> int:
        """Rows of every bank."""
        return self.outputs_per_bank * self.pieces

    def columns(self, piece: int) -> int:
        """Column accesses of one output for a piece."""
        left = self.inputs - piece * self.row_elements
        return ceil_div(min(left, self.row_elements), self.lanes)


def partition(inputs: int, outputs: int, banks: int, config: DramPimConfig) -> Partition:
    """The partition of a matrix over ``banks`` banks of a configuration."""
    return Partition(
        inputs=inputs, outputs=outputs, banks=banks, row_elements=config.row_elements, lanes=config.lanes
    )


def multiply(stream: Stream, matrix: Partition, first_row: int, registers: int, *, activate: bool = False) -> None:
    """Matrix times vector: the vector piece by piece into the buffers, sums in the registers of the banks.

    For each piece the outputs of a bank are taken in groups of as many as there are registers: partial sums in, one
    row after another, partial sums out. So a change of mode is paid once for a group, not for an output.

    Args:
        stream: Where to.
        matrix: What is multiplied.
        first_row: Where it begins in every bank.
        registers: Sums that a bank holds.
        activate: Whether the banks also apply the activation function; a function takes a second register.
    """
    available = registers // 2 if activate else registers
    per_bank = matrix.outputs_per_bank
    size = ceil_div(per_bank, ceil_div(per_bank, available))
    for piece in range(matrix.pieces):
        stream.host("WR_GB", count=matrix.columns(piece))
        for first in range(0, per_bank, size):
            group = range(first, min(first + size, per_bank))
            for register in range(len(group)):
                stream.host("WR_BIAS", register=register)
            for register, output in enumerate(group):
                row = first_row + output * matrix.pieces + piece
                stream.host("MAC_ABK", row=row, count=matrix.columns(piece), register=register)
            if activate and piece == matrix.pieces - 1:
                for register in range(len(group)):
                    stream.host("AF", row=FUNCTION_ROW, register=register)
                    stream.host("RD_AF", register=register)
            for register in range(len(group)):
                stream.host("RD_MAC", register=register)


FUNCTION_ROW = 1 << 29  # the row of an activation function's table stands beside all others
