"""Are the gradients those of the functions, and does Adam go down?"""

import numpy as np
import pytest

from dse.rl.network import Adam, Network


def numeric(function, weights, step=1e-6):
    """Gradient of a scalar function by central differences."""
    found = np.zeros_like(weights)
    for place in np.ndindex(weights.shape):
        kept = weights[place]
        weights[place] = kept + step
        above = function()
        weights[place] = kept - step
        found[place] = (above - function()) / (2 * step)
        weights[place] = kept
    return found


@pytest.mark.golden
@pytest.mark.parametrize("seed", range(3))
def test_gradient_against_differences(seed):
    rng = np.random.default_rng(seed)
    network = Network(3, 5, 4, rng)
    inputs, target = rng.standard_normal((7, 3)), rng.standard_normal((7, 4))
    gradient = network.gradient(inputs, network(inputs) - target)
    for weights, slope in zip(network.weights, gradient, strict=True):
        expected = numeric(lambda: 0.5 * ((network(inputs) - target) ** 2).sum(), weights)
        assert np.allclose(slope, expected, atol=1e-6)


@pytest.mark.golden
def test_adam_fits_a_function():
    rng = np.random.default_rng(0)
    network = Network(1, 16, 1, rng)
    adam = Adam(network, 0.02)
    inputs = np.linspace(-2, 2, 40)[:, None]
    target = np.sin(2 * inputs)
    first = np.abs(network(inputs) - target).max()
    for _ in range(1500):
        adam.descend(network.gradient(inputs, (network(inputs) - target) / len(inputs)))
    assert np.abs(network(inputs) - target).max() < 0.1 < first


@pytest.mark.golden
def test_the_first_step_of_adam_is_as_long_as_its_rate():
    network = Network(2, 3, 1, np.random.default_rng(0))
    before = [weights.copy() for weights in network.weights]
    Adam(network, 0.01).descend([np.full_like(weights, 7.0) for weights in network.weights])
    for weights, old in zip(network.weights, before, strict=True):
        assert np.allclose(old - weights, 0.01)
