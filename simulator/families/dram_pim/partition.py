"""A matrix in the banks: which bank holds which outputs, and the instructions of one product with a vector."""

from dataclasses import dataclass

from mapping.graph import ceil_div
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.stream import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A matrix of ``outputs`` x ``inputs`` over ``banks`` banks, one output after another in a bank.

    Every bank holds the same number of whole outputs. The input vector is cut into pieces that fit into a channel's
    buffer, as long as a row. Packed, the outputs of a piece follow each other without gaps, over the ends of rows; else
    each takes a row of its own, and the pieces of an output lie in rows after each other.
    """

    inputs: int
    outputs: int
    banks: int
    row_elements: int
    lanes: int
    packed: bool

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
        if not self.packed:
            return self.outputs_per_bank * self.pieces
        return sum(self._packed_rows(piece) for piece in range(self.pieces))

    def _packed_rows(self, piece: int) -> int:
        return ceil_div(self.outputs_per_bank * self.columns(piece) * self.lanes, self.row_elements)

    def spans(self, piece: int, output: int) -> list[tuple[int, int, int]]:
        """Where a piece of one output lies in its bank: (row, first column, columns), one or two."""
        columns, row_columns = self.columns(piece), self.row_elements // self.lanes
        if not self.packed:
            return [(output * self.pieces + piece, 0, columns)]
        first = sum(self._packed_rows(before) for before in range(piece)) * row_columns + output * columns
        head = min(columns, row_columns - first % row_columns)
        found = [(first // row_columns, first % row_columns, head)]
        return [*found, (first // row_columns + 1, 0, columns - head)] if head < columns else found

    def columns(self, piece: int) -> int:
        """Column accesses of one output for a piece."""
        left = self.inputs - piece * self.row_elements
        return ceil_div(min(left, self.row_elements), self.lanes)


def partition(inputs: int, outputs: int, banks: int, config: DramPimConfig) -> Partition:
    """The partition of a matrix over ``banks`` banks of a configuration."""
    return Partition(
        inputs=inputs,
        outputs=outputs,
        banks=banks,
        row_elements=config.row_elements,
        lanes=config.lanes,
        packed=config.packing == "packed",
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
                done = 0
                for row, column, count in matrix.spans(piece, output):
                    stream.host(
                        "MAC_ABK", row=first_row + row, column=column, count=count, register=register, source=done
                    )
                    done += count
            if activate and piece == matrix.pieces - 1:
                for register in range(len(group)):
                    stream.host("AF", row=FUNCTION_ROW, register=register)
                    stream.host("RD_AF", register=register)
            for register in range(len(group)):
                stream.host("RD_MAC", register=register)


FUNCTION_ROW = 1 << 29  # the row of an activation function's table stands beside all others
