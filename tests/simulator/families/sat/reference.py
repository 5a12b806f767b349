"""What a layer computes, written down without tiles, formats or instructions."""

import numpy as np

from mapping.graph import ConvShape


def im2col(shape: ConvShape, activations: np.ndarray, group: int) -> np.ndarray:
    """(positions, kernel positions, channels of the group): the left operand of the GEMM of one group."""
    top, left, bottom, right = shape.padding
    padded = np.pad(activations, ((0, 0), (top, bottom), (left, right), (0, 0)))
    channels = slice(group * shape.group_in_channels, (group + 1) * shape.group_in_channels)
    columns = []
    for kernel_row in range(shape.kernel[0]):
        for kernel_col in range(shape.kernel[1]):
            first_row, first_col = kernel_row * shape.dilation[0], kernel_col * shape.dilation[1]
            rows = slice(first_row, first_row + (shape.out_rows - 1) * shape.stride[0] + 1, shape.stride[0])
            cols = slice(first_col, first_col + (shape.out_cols - 1) * shape.stride[1] + 1, shape.stride[1])
            columns.append(padded[:, rows, cols, channels].reshape(-1, shape.group_in_channels))
    return np.stack(columns, axis=1)


def convolve(shape: ConvShape, activations: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The output in int64, (images, out_rows, out_cols, out_channels)."""
    outputs = []
    for group in range(shape.groups):
        matrix = (
            im2col(shape, activations, group).astype(np.int64).reshape(-1, shape.positions * shape.group_in_channels)
        )
        own = slice(group * shape.group_out_channels, (group + 1) * shape.group_out_channels)
        outputs.append(matrix @ weights[own].astype(np.int64).reshape(shape.group_out_channels, -1).T)
    flat = np.concatenate(outputs, axis=1)
    return flat.reshape(shape.images, shape.out_rows, shape.out_cols, shape.out_channels)
