"""Are the three products of a layer the gradients of its convolution, and do groups lie along their reductions?"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern, bidirectional_masks
from mapping.training import METHODS, training_step
from mapping.transposed import phases
from tests.simulator.families.sat.cases import convolutions
from tests.simulator.families.sat.reference import convolve

PATTERN = Pattern(2, 8)


def input_gradient(shape: ConvShape, gradient: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """dX by scattering every output's gradient to the inputs it came from, int64."""
    top, left, bottom, right = shape.padding
    size = (shape.images, shape.in_rows + top + bottom, shape.in_cols + left + right, shape.in_channels)
    padded = np.zeros(size, np.int64)
    for row, col in np.ndindex(shape.kernel):
        rows = slice(row * shape.dilation[0], None, shape.stride[0])
        cols = slice(col * shape.dilation[1], None, shape.stride[1])
        for group in range(shape.groups):
            inputs = slice(group * shape.group_in_channels, (group + 1) * shape.group_in_channels)
            outputs = slice(group * shape.group_out_channels, (group + 1) * shape.group_out_channels)
            target = padded[:, rows, cols, inputs][:, : shape.out_rows, : shape.out_cols]
            target += gradient[..., outputs] @ weights[outputs, row, col]
    return padded[:, top : top + shape.in_rows, left : left + shape.in_cols]


def integers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-8, 9, shape)


@pytest.mark.golden
@settings(max_examples=200, deadline=None)
@given(convolutions(6))
def test_the_phases_are_the_transposed_convolution(layer):
    shape, rng = layer.shape, np.random.default_rng(layer.seed)
    weights = integers(rng, *shape.weight_shape)
    gradient = integers(rng, shape.images, shape.out_rows, shape.out_cols, shape.out_channels)
    result = np.zeros((shape.images, shape.in_rows, shape.in_cols, shape.in_channels), np.int64)
    for phase in phases(shape):
        phase.place(result, convolve(phase.shape, phase.operand(gradient), phase.weights(weights)))
    np.testing.assert_array_equal(result, input_gradient(shape, gradient, weights))


@pytest.mark.golden
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3])
def test_the_phases_have_the_work_of_the_forward_pass(stride, kernel):
    """With half a kernel of padding and sizes that the stride divides: zero-free, facts section 7.1."""
    shape = ConvShape(
        in_rows=12,
        in_cols=12,
        in_channels=8,
        out_channels=16,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        padding=(kernel // 2,) * 4,
    )
    layer = Layer(name="conv", op="conv", shape=shape)
    assert sum(Layer(name="p", op="conv", shape=phase.shape).macs for phase in phases(shape)) == layer.macs
    _, backward, update = training_step([layer, layer], {"conv": PATTERN}, "bdwp")[1].products
    assert backward.macs == update.macs == layer.macs


@pytest.mark.golden
@settings(max_examples=100, deadline=None)
@given(convolutions(20), st.sampled_from(METHODS))
def test_every_mask_lies_along_the_reduction_of_its_product(layer, method):
    layer = layer.with_weights(layer.values())
    step = training_step([layer, layer], {layer.name: PATTERN}, method)[1]
    forward, backward, update = step.products
    sparse = {"dense": 0, "srste": 1, "bdwp": 2, "all": 3}[method]
    assert [product.pattern != DENSE for product in step.products] == [index < sparse for index in range(3)]
    assert [product.stage for product in step.products] == ["forward", "backward", "update"]

    master = layer.weights
    (kept,) = forward.parts
    assert forward.pattern.check(kept.weights != 0)
    np.testing.assert_array_equal(kept.weights[kept.weights != 0], master[kept.weights != 0])
    for part, phase in zip(backward.parts, phases(layer.shape), strict=True):
        assert part.shape == phase.shape
        assert backward.pattern.check(part.weights != 0)  # along the last axis, the output channels of the layer
        if method in ("dense", "srste"):
            np.testing.assert_array_equal(part.weights, phase.weights(kept.weights))
        else:
            np.testing.assert_array_equal(part.weights[part.weights != 0], phase.weights(master)[part.weights != 0])
    (gemm,) = update.parts
    assert (gemm.m, gemm.k, gemm.n, gemm.repeats) == (layer.k, layer.m, layer.n, layer.shape.groups)


def test_both_masks_come_from_the_master_weights():
    weights = np.arange(1, 65, dtype=np.float32).reshape(8, 1, 1, 8)
    layer = gemm_layer("fc", 4, 8, 8, weights=weights.reshape(8, 8).T)
    forward, backward, _ = training_step([layer, layer], {"fc": PATTERN}, "bdwp")[1].products
    np.testing.assert_array_equal(np.flatnonzero(forward.parts[0].weights[0, 0, 0]), [6, 7])
    np.testing.assert_array_equal(np.flatnonzero(backward.parts[0].weights[0, 0, 0]), [6, 7])
    np.testing.assert_array_equal(np.nonzero(backward.parts[0].weights[0, 0, 0])[0], [6, 7])
    # All inputs keep outputs 6 and 7 in the backward pass; all outputs keep inputs 6 and 7 in the forward pass.
    assert set(backward.parts[0].weights[:, 0, 0, 6]) == set(weights[6, 0, 0])
    assert set(forward.parts[0].weights[:, 0, 0, 6]) == set(weights[:, 0, 0, 6])


def test_the_masks_are_those_of_the_criterion():
    weights = np.random.default_rng(11).standard_normal((16, 3, 3, 24), np.float32)
    shape = ConvShape(in_rows=5, in_cols=5, in_channels=24, out_channels=16, kernel=(3, 3))
    layer = Layer(name="conv", op="conv", shape=shape, weights=weights)
    forward, backward, _ = training_step([layer, layer], {"conv": PATTERN}, "bdwp")[1].products
    masks = bidirectional_masks(weights, PATTERN)
    np.testing.assert_array_equal(forward.parts[0].weights, weights * masks[0])
    (phase,) = phases(shape)
    np.testing.assert_array_equal(backward.parts[0].weights, phase.weights(weights * masks[1]))


def test_the_first_layer_has_no_backward_pass():
    first, second = (gemm_layer(name, 4, 8, 8) for name in ("first", "second"))
    steps = training_step([first, second], {"first": DENSE, "second": PATTERN}, "bdwp")
    assert [[product.stage for product in step.products] for step in steps] == [
        ["forward", "update"],
        ["forward", "backward", "update"],
    ]
    assert steps[0].pattern("backward") == DENSE
    assert steps[1].weights == 64


def test_the_gradients_of_a_product_of_activations():
    """C = A B for each head: dA = dC B^T is (m, n, k), dB = A^T dC is (k, m, n)."""
    product = replace(gemm_layer("scores", 65, 64, 33, repeats=8), dynamic=True)
    step = training_step([product, product], {"scores": DENSE}, "bdwp")[1]
    sizes = [(p.m, p.k, p.n, p.repeats) for p in step.products]
    assert sizes == [(65, 64, 33, 8), (65, 33, 64, 8), (64, 65, 33, 8)]
    assert step.weights == 0
    assert {p.macs for p in step.products} == {product.macs * 8}
