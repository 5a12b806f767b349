"""The two networks that the trainer knows: convolutions in a row with ReLU between them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.graph import ConvShape
from mapping.sparsity import DENSE, Pattern
from mapping.trainer.convolution import Convolution
from mapping.trainer.methods import Masked, Trainer, masked


def _conv(rows: int, channels: tuple[int, int], *, stride: int) -> ConvShape:
    """A 3 x 3 convolution of a square image, padded by one."""
    return ConvShape(
        in_rows=rows,
        in_cols=rows,
        in_channels=channels[0],
        out_channels=channels[1],
        kernel=(3, 3),
        stride=(stride, stride),
        padding=(1, 1, 1, 1),
    )


def _full(rows: int, channels: tuple[int, int]) -> ConvShape:
    """A fully connected layer over a square image."""
    return ConvShape(in_rows=rows, in_cols=rows, in_channels=channels[0], out_channels=channels[1], kernel=(rows, rows))


# 28 x 28 grey images in ten classes. Channels are multiples of 16, so that 2:16 has whole groups.
NETWORKS: dict[str, tuple[ConvShape, ...]] = {
    "fashion-cnn": (
        _conv(28, (1, 32), stride=2),
        _conv(14, (32, 64), stride=2),
        _conv(7, (64, 64), stride=2),
        _full(4, (64, 10)),
    ),
    "fashion-mlp": (_full(28, (1, 96)), _full(1, (96, 64)), _full(1, (64, 10))),
}


class Network:
    """A network in training: the first and the last layer stay dense.

    Attributes:
        layers: Its convolutions.
        patterns: The pattern of each.
        method: How the pruned layers are trained.
    """

    def __init__(
        self,
        shapes: Sequence[ConvShape],
        *,
        method: Trainer = "dense",
        pattern: Pattern = DENSE,
        seed: int = 0,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        rng = np.random.default_rng(seed)
        self.layers = [Convolution(shape, rng, dtype) for shape in shapes]
        inner = len(self.layers) - 2
        self.patterns = (DENSE, *[pattern] * inner, DENSE)
        self.method: Trainer = method
        self._inputs: list[AnyArray] = []
        self._weights = self.weights()

    def weights(self) -> list[Masked]:
        """What the method makes of the master weights as they are now, layer by layer."""
        pairs = zip(self.layers, self.patterns, strict=True)
        return [masked(layer.weights, pattern, self.method) for layer, pattern in pairs]

    def forward(self, images: AnyArray) -> AnyArray:
        """Logits (images, classes) of images (images, rows, columns, channels)."""
        self._weights = self.weights()
        values, self._inputs = images, []
        for layer, weights in zip(self.layers, self._weights, strict=True):
            shape = layer.shape
            values = values.reshape(len(images), shape.in_rows, shape.in_cols, shape.in_channels)
            self._inputs.append(values)
            values = layer.forward(values, weights.forward)
            if layer is not self.layers[-1]:
                values = np.maximum(values, values.dtype.type(0))
        return values.reshape(len(images), -1)

    def backward(self, gradient: AnyArray) -> list[tuple[AnyArray, AnyArray]]:
        """Gradients of weights and bias of every layer, from that of the logits of the last ``forward``."""
        found = []
        shape = self.layers[-1].shape
        gradient = gradient.reshape(-1, shape.out_rows, shape.out_cols, shape.out_channels)
        for index in reversed(range(len(self.layers))):
            layer, weights = self.layers[index], self._weights[index]
            by_weights, by_bias = layer.update(gradient)
            found.append((by_weights if weights.pull is None else by_weights + weights.pull, by_bias))
            if index:
                before = self.layers[index - 1].shape
                gradient = layer.backward(gradient, weights.backward) * (self._inputs[index] > 0)
                gradient = gradient.reshape(-1, before.out_rows, before.out_cols, before.out_channels)
        return found[::-1]

    def classify(self, images: AnyArray, batch: int = 500) -> AnyArray:
        """The most likely class of each image, (images,) int64."""
        starts = range(0, len(images), batch)
        return np.concatenate([self.forward(images[first : first + batch]).argmax(axis=1) for first in starts])

    @property
    def kept(self) -> list[BoolArray | None]:
        """The forward mask of every layer now; None where it is dense."""
        return [weights.kept for weights in self.weights()]


def check_chain(shapes: Sequence[ConvShape]) -> bool:
    """Whether each layer takes as many values as the one before it gives."""
    return all(
        before.out_rows * before.out_cols * before.out_channels == after.in_rows * after.in_cols * after.in_channels
        for before, after in pairwise(shapes)
    )


def cross_entropy(logits: AnyArray, labels: AnyArray) -> tuple[float, AnyArray]:
    """Mean cross-entropy of softmax and its gradient.

    Args:
        logits: (images, classes).
        labels: (images,) integers.

    Returns:
        The loss, and its gradient of the logits' shape.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = float((np.log(total[:, 0]) - shifted[rows, labels]).mean())
    gradient = exponentials / total
    gradient[rows, labels] -= 1
    return loss, gradient / logits.dtype.type(len(labels))
