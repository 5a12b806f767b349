"""Gradients against differences, in float64."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.graph import ConvShape
from mapping.sparsity import Pattern, bidirectional_masks, magnitude_mask
from mapping.trainer import NETWORKS, Network
from mapping.trainer.convolution import Convolution
from mapping.trainer.methods import DECAY
from mapping.trainer.network import check_chain, cross_entropy

SMALL = (
    ConvShape(in_rows=6, in_cols=6, in_channels=1, out_channels=8, kernel=(3, 3), padding=(1, 1, 1, 1)),
    ConvShape(in_rows=6, in_cols=6, in_channels=8, out_channels=8, kernel=(3, 3), stride=(2, 2), padding=(1, 1, 1, 1)),
    ConvShape(in_rows=3, in_cols=3, in_channels=8, out_channels=4, kernel=(3, 3)),
)
RNG = np.random.default_rng(3)
IMAGES, LABELS = RNG.standard_normal((5, 6, 6, 1)), RNG.integers(0, 4, 5)


def small(method="dense", pattern="dense"):
    return Network(SMALL, method=method, pattern=Pattern.parse(pattern), seed=4, dtype=np.float64)


def loss(network):
    return cross_entropy(network.forward(IMAGES), LABELS)[0]


def gradients(network):
    _, gradient = cross_entropy(network.forward(IMAGES), LABELS)
    return network.backward(gradient)


def slope(network, array, place, step=1e-6):
    """Central difference of the loss."""
    before = array[place]
    array[place] = before + step
    above = loss(network)
    array[place] = before - step
    below = loss(network)
    array[place] = before
    return (above - below) / (2 * step)


def places(array, count=12):
    flat = np.random.default_rng(5).choice(array.size, min(count, array.size), replace=False)
    return [np.unravel_index(place, array.shape) for place in flat]


@pytest.mark.golden
@pytest.mark.parametrize("layer", range(3))
def test_dense_gradients_are_the_slopes_of_the_loss(layer):
    network = small()
    by_weights, by_bias = gradients(network)[layer]
    for array, found in ((network.layers[layer].weights, by_weights), (network.layers[layer].bias, by_bias)):
        for place in places(array):
            assert found[place] == pytest.approx(slope(network, array, place), rel=1e-5, abs=1e-8)


@pytest.mark.golden
def test_srste_gradients_are_those_of_the_pruned_network_and_the_pull():
    """Straight through: the slope by each effective weight, kept or not; pruned ones are pulled to zero besides."""
    pattern = Pattern(2, 8)
    network = small("srste", "2:8")
    master = network.layers[1].weights
    kept = magnitude_mask(master, pattern)
    effective = small()
    for ours, theirs in zip(effective.layers, network.layers, strict=True):
        ours.weights[...], ours.bias[...] = theirs.weights, theirs.bias
    effective.layers[1].weights[...] = master * kept
    assert loss(effective) == loss(network)
    for ours, theirs in zip(gradients(network), gradients(effective), strict=True):
        expected = theirs[0] + (DECAY * master * ~kept if theirs[0].shape == master.shape else 0)
        np.testing.assert_allclose(ours[0], expected, rtol=1e-12, atol=1e-15)
    for place in places(effective.layers[1].weights):
        found = gradients(effective)[1][0][place]
        assert found == pytest.approx(slope(effective, effective.layers[1].weights, place), rel=1e-5, abs=1e-8)


@pytest.mark.golden
def test_bdwp_sends_gradients_back_through_the_other_mask():
    network, pattern = small("bdwp", "2:8"), Pattern(2, 8)
    forward, backward = bidirectional_masks(network.layers[1].weights, pattern)
    assert (forward != backward).any()
    found = gradients(network)
    # By hand, layer by layer: the products of the table in mapping.training.
    first, middle, last = network.layers
    hidden = np.maximum(first.forward(IMAGES, first.weights), 0)
    mixed = middle.forward(hidden, middle.weights * forward)
    logits = last.forward(np.maximum(mixed, 0), last.weights)
    _, gradient = cross_entropy(logits.reshape(5, -1), LABELS)
    gradient = gradient.reshape(logits.shape)
    np.testing.assert_array_equal(found[2][0], last.update(gradient)[0])
    gradient = last.backward(gradient, last.weights) * (mixed > 0)
    np.testing.assert_array_equal(found[1][0], middle.update(gradient)[0])  # dense: no weight is left out
    gradient = middle.backward(gradient, middle.weights * backward) * (hidden > 0)
    np.testing.assert_array_equal(found[0][0], first.update(gradient)[0])


@pytest.mark.parametrize("method", ["srste", "bdwp"])
def test_first_and_last_layer_stay_dense(method):
    kept = small(method, "2:8").kept
    assert kept[0] is None
    assert kept[2] is None
    assert Pattern(2, 8).check(kept[1])
    assert kept[1].mean() == 0.25


def test_networks_fit_together():
    for shapes in NETWORKS.values():
        assert check_chain(shapes)
        assert shapes[-1].out_channels == 10
    assert not check_chain(SMALL[::2])


def test_classify_takes_batches():
    network = small()
    np.testing.assert_array_equal(network.classify(IMAGES, 2), network.forward(IMAGES).argmax(axis=1))


def test_grouped_convolutions_are_refused():
    shape = ConvShape(in_rows=4, in_cols=4, in_channels=4, out_channels=4, groups=2)
    with pytest.raises(InputError, match="one image and one group"):
        Convolution(shape, np.random.default_rng(0))
