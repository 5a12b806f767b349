"""Do the programs of a training step compute the gradients? Golden values against NumPy, masks on the right axes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.graph import ConvShape, Layer
from mapping.sparsity import Pattern, magnitude_mask
from mapping.training import METHODS, Product, training_step
from mapping.transposed import phases
from simulator.families.sat import FAMILY
from tests.mapping.test_training import input_gradient, integers
from tests.simulator.families.sat.cases import convolutions
from tests.simulator.families.sat.reference import convolve, im2col

pytestmark = pytest.mark.golden
CONFIG = FAMILY.load_config(
    "sat-32x32", ("rows=4", "cols=3", 'output="accumulator"', "activation_scratchpad_kib=8", "weight_scratchpad_kib=8")
)


def run_golden(part: Layer, product: Product, choice: int) -> np.ndarray:
    """The output of a part in one of the mappings that scheduling offers, (images, rows, columns, channels)."""
    options = FAMILY.candidates(part, product.pattern, CONFIG)
    mapping = options[choice % len(options)].mapping
    program = FAMILY.lower(part, product.pattern, mapping, CONFIG)
    FAMILY.check(program, CONFIG)
    image = FAMILY.golden.image(part, product.pattern, mapping, CONFIG)
    return FAMILY.golden.output(part, mapping, CONFIG, FAMILY.golden.execute(program, image, CONFIG, None))


@settings(max_examples=60, deadline=None)
@given(convolutions(12), st.sampled_from(METHODS[:3]), st.integers(0, 99))
def test_the_three_products_are_the_gradients(layer, method, choice):
    """Integers that fp16 and fp32 hold exactly, so that the order of sums does not matter."""
    shape, rng, pattern = layer.shape, np.random.default_rng(layer.seed), Pattern(2, 4)
    weights = integers(rng, *shape.weight_shape)
    inputs = integers(rng, shape.images, shape.in_rows, shape.in_cols, shape.in_channels)
    gradient = integers(rng, shape.images, shape.out_rows, shape.out_cols, shape.out_channels)
    layer = layer.with_weights(weights.astype(np.float32))
    forward, backward, update = training_step([layer, layer], {layer.name: pattern}, method)[1].products

    along_inputs = magnitude_mask(weights.astype(np.float32), pattern)
    per_group = weights.reshape(shape.groups, shape.group_out_channels, *weights.shape[1:])
    along_outputs = np.moveaxis(magnitude_mask(np.moveaxis(per_group, 1, -1).astype(np.float32), pattern), -1, 1)
    forward_weights = weights if method == "dense" else weights * along_inputs
    backward_weights = weights * along_outputs.reshape(weights.shape) if method == "bdwp" else forward_weights

    (part,) = forward.parts
    part = replace(part, activations=inputs.astype(np.float32))
    np.testing.assert_array_equal(run_golden(part, forward, choice), convolve(shape, inputs, forward_weights))

    result = np.zeros(inputs.shape)
    for part, phase in zip(backward.parts, phases(shape), strict=True):
        operand = np.ascontiguousarray(phase.operand(gradient), np.float32)
        phase.place(result, run_golden(replace(part, activations=operand), backward, choice))
    np.testing.assert_array_equal(result, input_gradient(shape, gradient, backward_weights))

    (part,) = update.parts
    for group in range(shape.groups):
        left = im2col(shape, inputs, group).reshape(layer.m, layer.k).T
        own = slice(group * shape.group_out_channels, (group + 1) * shape.group_out_channels)
        right = gradient[..., own].reshape(layer.m, layer.n)
        operand = left.astype(np.float32).reshape(1, layer.k, 1, layer.m)
        of_group = replace(part, activations=operand, weights=right.T.astype(np.float32).reshape(-1, 1, 1, layer.m))
        np.testing.assert_array_equal(run_golden(of_group, update, choice).reshape(layer.k, layer.n), left @ right)


def test_the_weight_gradient_is_the_derivative_of_the_loss():
    """dW from X^T dY against finite differences of sum(Y * dY), which is linear in every weight."""
    rng = np.random.default_rng(5)
    shape = ConvShape(
        images=2,
        in_rows=6,
        in_cols=5,
        in_channels=3,
        out_channels=4,
        kernel=(3, 2),
        stride=(2, 1),
        padding=(1, 0, 1, 0),
    )
    layer = Layer(name="conv", op="conv", shape=shape)
    weights = integers(rng, *shape.weight_shape)
    inputs = integers(rng, shape.images, shape.in_rows, shape.in_cols, shape.in_channels)
    gradient = integers(rng, shape.images, shape.out_rows, shape.out_cols, shape.out_channels)
    left = im2col(shape, inputs, 0).reshape(layer.m, layer.k).T
    product = (left @ gradient.reshape(layer.m, layer.n)).T.reshape(shape.weight_shape)
    loss = (convolve(shape, inputs, weights) * gradient).sum()
    for index in np.ndindex(weights.shape):
        moved = weights.copy()
        moved[index] += 1
        assert (convolve(shape, inputs, moved) * gradient).sum() - loss == product[index]
