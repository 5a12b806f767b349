"""Convolutions as matrix products: unfolding (im2col) and its adjoint."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mapping.arrays import AnyArray
from mapping.graph import ConvShape


def unfold(inputs: AnyArray, shape: ConvShape) -> AnyArray:
    """The rows that a convolution multiplies by its weights (im2col).

    Args:
        inputs: (images, in_rows, in_cols, in_channels); any number of images.
        shape: Of the convolution.

    Returns:
        (images * out_rows * out_cols, kernel rows * kernel columns * in_channels), in the order of the weights.
    """
    top, left, bottom, right = shape.padding
    padded = np.pad(inputs, ((0, 0), (top, bottom), (left, right), (0, 0)))
    reach = tuple(gap * (size - 1) + 1 for gap, size in zip(shape.dilation, shape.kernel, strict=True))
    windows = sliding_window_view(padded, reach, axis=(1, 2))
    windows = windows[:, :: shape.stride[0], :: shape.stride[1], :, :: shape.dilation[0], :: shape.dilation[1]]
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, shape.positions * inputs.shape[-1])


def fold(columns: AnyArray, shape: ConvShape, images: int) -> AnyArray:
    """The adjoint of ``unfold``: every row is added to where it was read from.

    Args:
        columns: As ``unfold`` returns.
        shape: Of the convolution.
        images: How many.

    Returns:
        (images, in_rows, in_cols, in_channels).
    """
    top, left, bottom, right = shape.padding
    rows, cols = shape.in_rows + top + bottom, shape.in_cols + left + right
    padded = np.zeros((images, rows, cols, shape.in_channels), columns.dtype)
    windows = columns.reshape(images, shape.out_rows, shape.out_cols, *shape.kernel, shape.in_channels)
    for y, x in np.ndindex(shape.kernel):
        first = y * shape.dilation[0], x * shape.dilation[1]
        last = (
            first[0] + shape.stride[0] * (shape.out_rows - 1) + 1,
            first[1] + shape.stride[1] * (shape.out_cols - 1) + 1,
        )
        padded[:, first[0] : last[0] : shape.stride[0], first[1] : last[1] : shape.stride[1]] += windows[:, :, :, y, x]
    return padded[:, top : top + shape.in_rows, left : left + shape.in_cols]
