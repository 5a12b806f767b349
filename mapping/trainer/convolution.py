"""A convolution that can be trained."""

import numpy as np

from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.graph import ConvShape
from mapping.unfold import fold, unfold


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
