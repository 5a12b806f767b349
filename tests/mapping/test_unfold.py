from dataclasses import replace

import numpy as np
import pytest

from mapping.graph import ConvShape, Layer
from mapping.unfold import fold, unfold
from tests.mapping.importers.support import evaluate

SHAPES = [
    ConvShape(in_rows=6, in_cols=5, in_channels=3, out_channels=4, kernel=(3, 2), padding=(1, 0, 1, 1)),
    ConvShape(in_rows=7, in_cols=7, in_channels=2, out_channels=3, kernel=(3, 3), stride=(2, 2), padding=(1, 1, 1, 1)),
    ConvShape(in_rows=9, in_cols=8, in_channels=2, out_channels=3, kernel=(2, 3), stride=(3, 1), dilation=(2, 2)),
    ConvShape(in_rows=4, in_cols=1, in_channels=5, out_channels=6),
]


@pytest.mark.golden
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rows_times_weights_are_the_convolution(shape):
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((2, shape.in_rows, shape.in_cols, shape.in_channels))
    weights = rng.standard_normal(shape.weight_shape).astype(np.float32)
    ours = unfold(inputs, shape) @ weights.reshape(shape.out_channels, -1).T
    theirs = evaluate(Layer(name="a", op="conv", shape=replace(shape, images=2), weights=weights), inputs)
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.golden
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_folding_is_the_adjoint(shape):
    """<unfold(x), y> = <x, fold(y)> for every x and y: what makes it the gradient."""
    rng = np.random.default_rng(2)
    inputs = rng.standard_normal((2, shape.in_rows, shape.in_cols, shape.in_channels))
    rows = unfold(inputs, shape)
    other = rng.standard_normal(rows.shape)
    np.testing.assert_allclose((rows * other).sum(), (inputs * fold(other, shape, 2)).sum(), rtol=1e-12)
