"""The gradient of a convolution's input as convolutions over the gradient of its output, without zeros in between.

Input row i is touched by kernel row r from output row y where i = s * y + d * r - p (stride s, dilation d, padding p
before). For the rows i = a + s * j of one phase a this reads

    y = j + (a + p - d * r) / s    for the kernel rows r with d * r = a + p (mod s),

a convolution of stride 1 over the output rows. So the transposed convolution is one convolution for each pair of a row
and a column phase: s * s small ones that together have as many multiply-accumulates as the forward pass, and one with
the flipped kernel at stride 1.
"""

from dataclasses import dataclass
from math import gcd

from mapping.arrays import AnyArray
from mapping.graph import ConvShape


@dataclass(frozen=True, slots=True)
class AxisPhase:
    """The input rows (or columns) ``first, first + stride, ...`` and what reaches them.

    Attributes:
        first: First input row.
        count: How many there are.
        taps: Kernel rows in the order of the output rows that they meet, at least one.
        step: Output rows between two taps.
        before: Rows of zeros before the gradient; negative: rows of it that are skipped.
        after: The same at its end.
    """

    first: int
    count: int
    taps: tuple[int, ...]
    step: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the convolutions that a transposed convolution falls into.

    Attributes:
        row: Its input rows.
        col: Its input columns.
        shape: The convolution over the gradient of the output (without skipped rows and columns).
        forward: The convolution it belongs to.
    """

    row: AxisPhase
    col: AxisPhase
    shape: ConvShape
    forward: ConvShape

    def weights(self, weights: AnyArray) -> AnyArray:
        """Its kernel: taps in reverse, input and output channels exchanged.

        Args:
            weights: Of the forward pass, ``forward.weight_shape``.

        Returns:
            ``shape.weight_shape``, same dtype.
        """
        forward = self.forward
        outputs, inputs = forward.group_out_channels, forward.group_in_channels
        grouped = weights.reshape(forward.groups, outputs, *forward.kernel, inputs)
        taken = grouped[:, :, self.row.taps][:, :, :, self.col.taps]
        return taken.transpose(0, 4, 2, 3, 1).reshape(self.shape.weight_shape)

    def operand(self, gradient: AnyArray) -> AnyArray:
        """What it reads of the gradient of the forward output, (images, out_rows, out_cols, out_channels)."""
        return gradient[:, _kept(self.row, gradient.shape[1]), _kept(self.col, gradient.shape[2])]

    def place(self, gradient: AnyArray, part: AnyArray) -> None:
        """Write its result into the gradient of the input, (images, in_rows, in_cols, in_channels)."""
        rows, cols = self.forward.stride
        gradient[:, self.row.first :: rows, self.col.first :: cols] = part


def phases(shape: ConvShape) -> list[Phase]:
    """The convolutions that give the gradient of the input; what no phase covers is zero."""
    return [
        Phase(row, col, _shape(shape, row, col), shape)
        for row in _axis_phases(shape, 0, shape.in_rows, shape.out_rows)
        for col in _axis_phases(shape, 1, shape.in_cols, shape.out_cols)
    ]


def _axis_phases(shape: ConvShape, axis: int, length: int, out_length: int) -> list[AxisPhase]:
    kernel, stride, dilation = shape.kernel[axis], shape.stride[axis], shape.dilation[axis]
    padding = shape.padding[axis]
    step = dilation // gcd(stride, dilation)
    found = []
    for first in range(min(stride, length)):
        taps = tuple(r for r in reversed(range(kernel)) if (first + padding - dilation * r) % stride == 0)
        if not taps:
            continue
        count = (length - first - 1) // stride + 1
        lowest = (first + padding - dilation * taps[0]) // stride
        highest = count - 1 + lowest + (len(taps) - 1) * step
        if highest >= 0 and lowest < out_length:
            found.append(AxisPhase(first, count, taps, step, -lowest, highest - (out_length - 1)))
    return found


def _shape(shape: ConvShape, row: AxisPhase, col: AxisPhase) -> ConvShape:
    return ConvShape(
        images=shape.images,
        in_rows=shape.out_rows + min(row.before, 0) + min(row.after, 0),
        in_cols=shape.out_cols + min(col.before, 0) + min(col.after, 0),
        in_channels=shape.out_channels,
        out_channels=shape.in_channels,
        kernel=(len(row.taps), len(col.taps)),
        dilation=(row.step if len(row.taps) > 1 else 1, col.step if len(col.taps) > 1 else 1),
        padding=(max(row.before, 0), max(col.before, 0), max(row.after, 0), max(col.after, 0)),
        groups=shape.groups,
    )


def _kept(phase: AxisPhase, length: int) -> slice:
    return slice(max(-phase.before, 0), length - max(-phase.after, 0))
