"""A convolution that can be trained."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mapping.arrays import AnyArray
from mapping.errors import InputError
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


class Convolution:
    """Weights, bias and the three products of a training step; a fully connected layer is a kernel of full size.

    Attributes:
        shape: Its shape for one image.
        weights: ``shape.weight_shape``, the master weights.
        bias: (out_channels,).
    """

    def __init__(self, shape: ConvShape, rng: np.random.Generator, dtype: type[np.floating] = np.float32) -> None:
        if shape.groups != 1 or shape.images != 1:
            raise InputError(f"the trainer takes shapes of one image and one group, not {shape}")
        self.shape = shape
        spread = np.sqrt(2 / (shape.positions * shape.in_channels))  # He et al., ICCV 2015, for ReLU
        self.weights: AnyArray = (spread * rng.standard_normal(shape.weight_shape)).astype(dtype)
        self.bias: AnyArray = np.zeros(shape.out_channels, dtype)
        self._unfolded: AnyArray = np.empty(0)

    def forward(self, inputs: AnyArray, weights: AnyArray) -> AnyArray:
        """Multiply by ``weights``, the master weights or what a method made of them.

        Args:
            inputs: (images, in_rows, in_cols, in_channels).
            weights: ``shape.weight_shape``.

        Returns:
            (images, out_rows, out_cols, out_channels).
        """
        self._unfolded = unfold(inputs, self.shape)
        outputs = self._unfolded @ weights.reshape(self.shape.out_channels, -1).T + self.bias
        return outputs.reshape(len(inputs), self.shape.out_rows, self.shape.out_cols, -1)

    def backward(self, gradient: AnyArray, weights: AnyArray) -> AnyArray:
        """The gradient of the inputs, from that of the outputs, through ``weights``."""
        rows = gradient.reshape(-1, self.shape.out_channels)
        return fold(rows @ weights.reshape(self.shape.out_channels, -1), self.shape, len(gradient))

    def update(self, gradient: AnyArray) -> tuple[AnyArray, AnyArray]:
        """The gradients of weights and bias, from that of the outputs of the last ``forward``."""
        rows = gradient.reshape(-1, self.shape.out_channels)
        return (rows.T @ self._unfolded).reshape(self.weights.shape), rows.sum(axis=0)
