"""Does training learn, keep to its masks, and go on where it stopped?"""

from dataclasses import replace

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.networks import frozen_images
from mapping.networks.images import DEBIAN_FOLDER, read_images
from mapping.sparsity import Pattern
from mapping.trainer import Plan, train

IMAGES, TEST = frozen_images("calibration"), frozen_images("test").first(300)
PLANS = {
    "dense": Plan(network="fashion-cnn", batch=32),
    "srste": Plan(network="fashion-cnn", method="srste", pattern="2:8", batch=32),
    "bdwp": Plan(network="fashion-cnn", method="bdwp", pattern="2:8", batch=32),
}
MLP = Plan(network="fashion-mlp", method="bdwp", pattern="2:16", epochs=3, batch=64)


@pytest.mark.smoke
@pytest.mark.parametrize("method", PLANS)
def test_it_learns_and_the_masks_hold(method):
    """512 images, 48 steps: far from what the network can do, far from guessing (10 %)."""
    run = train(replace(PLANS[method], epochs=3), IMAGES, TEST)
    losses = [epoch.loss for epoch in run.epochs]
    assert losses[-1] < 0.6 * losses[0]
    assert run.accuracy > 0.5
    for weights, pattern in zip(run.network.weights(), run.network.patterns, strict=True):
        assert pattern.check(weights.forward != 0)
    assert run.density == (1 if method == "dense" else 0.25)


def test_the_seed_decides():
    one, other, again = (train(replace(MLP, seed=seed), IMAGES, TEST) for seed in (0, 1, 0))
    assert one.epochs == again.epochs != other.epochs


def test_an_interrupted_training_goes_on(tmp_path):
    whole = train(MLP, IMAGES, TEST)
    checkpoint = tmp_path / "run.npz"

    def stop(epoch, done, loss):
        assert np.isfinite(loss)
        if (epoch, done) == (1, 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(MLP, IMAGES, TEST, checkpoint=checkpoint, step=stop)
    seen = []
    run = train(MLP, IMAGES, TEST, checkpoint=checkpoint, step=lambda epoch, *_: seen.append(epoch))
    assert min(seen) == 1
    assert run.epochs == whole.epochs
    for ours, theirs in zip(run.network.layers, whole.network.layers, strict=True):
        np.testing.assert_array_equal(ours.weights, theirs.weights)
    assert train(MLP, IMAGES, TEST, checkpoint=checkpoint, step=lambda *_: pytest.fail("nothing is left to do")).epochs
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_a_checkpoint_of_something_else(tmp_path):
    checkpoint = tmp_path / "run.npz"
    train(replace(MLP, epochs=1), IMAGES, TEST, checkpoint=checkpoint)
    with pytest.raises(InputError, match="holds a training with another pattern, seed"):
        train(replace(MLP, epochs=1, seed=2, pattern="2:8"), IMAGES, TEST, checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:500])
    with pytest.raises(InputError, match="no checkpoint of a training, or it is damaged"):
        train(replace(MLP, epochs=1), IMAGES, TEST, checkpoint=checkpoint)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "resnet50"}, "network 'resnet50': the trainer knows fashion-cnn, fashion-mlp"),
        ({"method": "all"}, "method 'all': the trainer knows dense, srste, bdwp"),
        ({"pattern": "dense"}, "method bdwp with pattern dense"),
        ({"method": "dense"}, "method dense with pattern 2:16"),
        ({"pattern": "9:8"}, "N=9 outside"),
        ({"epochs": 0}, "epochs=0: must be at least 1"),
        ({"batch": 0}, "batch=0: must be at least 1"),
    ],
)
def test_plans_that_are_none(changes, message):
    with pytest.raises(InputError, match=message):
        replace(MLP, **changes)


def test_fewer_images_than_a_batch():
    with pytest.raises(InputError, match="63 training images are less than one batch of 64"):
        train(MLP, IMAGES.first(63), TEST)


@pytest.mark.slow
@pytest.mark.skipif(not DEBIAN_FOLDER.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_one_epoch_on_all_images():
    """Every method within 4 points of dense after one epoch; what ten give stands in docs/accuracy.md."""
    images, test = read_images("train"), read_images("test")
    found = {}
    for method, plan in PLANS.items():
        found[method] = train(replace(plan, epochs=1, batch=128), images, test).accuracy
        pattern = Pattern.parse(plan.pattern)
        assert pattern.is_dense == (method == "dense")
    assert found["dense"] > 0.83
    assert min(found.values()) > found["dense"] - 0.04
