"""A layer of a real trained network, pruned to 2:8, through every executor and the golden model."""

from importlib.util import find_spec

import numpy as np
import pytest

from mapping.models import load_model
from mapping.sparsity import Pattern
from simulator.execute import run
from simulator.families.sat import FAMILY
from simulator.families.sat.golden import operands
from tests.simulator.families.sat.reference import convolve
from zeroskip.lowering import lower
from zeroskip.pruning import prune

pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(find_spec("magika") is None, reason="the network comes with `pip install 'zeroskip[models]'`"),
]


@pytest.mark.parametrize("pattern", ["dense", "2:8"])
def test_the_convolution_of_magika(pattern):
    """655,360 real weights; int8 values equal the integer convolution exactly, and both executors agree."""
    sparse = prune(load_model("magika"), pattern, keep=()).select("*Conv2D*")
    settings = ("datapath=int8", "output=accumulator", "rows=16", "cols=16", "weight_scratchpad_kib=64")
    lowered = lower(sparse, "sat", FAMILY.load_config("sat-32x32", settings))
    (one,) = lowered.layers
    assert one.layer.weights is not None
    if pattern == "2:8":
        assert np.count_nonzero(one.layer.weights) * 4 == one.layer.weights.size

    timeline = run(FAMILY.job(one.program, lowered.config), "both")
    assert timeline.total * 256 >= one.program.macs.sum()

    mapping = one.choice.mapping
    image = FAMILY.golden.image(one.layer, one.pattern, mapping, lowered.config)
    after = FAMILY.golden.execute(one.program, image, lowered.config, None)
    activations, weights = operands(one.layer, Pattern.parse(pattern), lowered.config)
    expected = convolve(one.layer.shape, activations, weights)
    np.testing.assert_array_equal(FAMILY.golden.output(one.layer, mapping, lowered.config, after), expected)
