"""Depthwise and ragged layers of real networks: a group for each channel, and reductions that M does not divide."""

import numpy as np
import pytest

import zeroskip
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import Pattern
from mapping.zoo import load_zoo
from simulator.execute import run
from simulator.families.sat import FAMILY
from simulator.families.sat.golden import operands
from simulator.scheduling import best_mapping
from tests.simulator.families.sat.reference import convolve


def depthwise(channels: int, size: int, kernel: int, stride: int, multiplier: int = 1) -> Layer:
    shape = ConvShape(
        in_rows=size,
        in_cols=size,
        in_channels=channels,
        out_channels=channels * multiplier,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        padding=(kernel // 2,) * 4,
        groups=channels,
    )
    return Layer(name="dw", op="conv", shape=shape)


@pytest.mark.golden
@pytest.mark.parametrize("pattern", [Pattern(1, 1), Pattern(2, 8)], ids=str)
@pytest.mark.parametrize(
    "layer",
    [depthwise(16, 9, 3, 1), depthwise(12, 10, 5, 2), depthwise(6, 7, 3, 2, multiplier=3), gemm_layer("g", 5, 20, 9)],
    ids=["3x3", "5x5 stride 2", "multiplier 3", "ragged"],
)
def test_values_and_times(layer, pattern) -> None:
    config = FAMILY.load_config("sat-ideal", ("rows=4", "cols=4", "datapath=int8"))
    mapping = best_mapping(FAMILY, layer, pattern, config).mapping
    program = FAMILY.lower(layer, pattern, mapping, config)
    FAMILY.check(program, config)
    activations, weights = operands(layer, pattern, config)
    image = FAMILY.golden.image(layer, pattern, mapping, config)
    result = FAMILY.golden.output(layer, mapping, config, FAMILY.golden.execute(program, image, config))
    np.testing.assert_array_equal(result, convolve(layer.shape, activations, weights))
    assert run(FAMILY.job(program, config), "both").total > 0


def test_a_ragged_last_group_keeps_up_to_n() -> None:
    # 20 inputs at 2:8 are groups of 8, 8 and 4: each keeps two
    layer = gemm_layer("ragged", 5, 20, 9)
    assert Pattern(2, 8).kept(20) == 6
    _, weights = operands(layer, Pattern(2, 8), FAMILY.load_config("sat-ideal", ("datapath=int8",)))
    assert Pattern(2, 8).check(weights != 0)
    assert (np.count_nonzero(weights.reshape(9, 20), axis=1) <= 6).all()
    assert (np.count_nonzero(weights.reshape(9, 20)[:, 16:], axis=1) <= 2).all()


@pytest.mark.timing
@pytest.mark.parametrize("name", ["mobilenet-v1", "mobilenet-v2", "efficientnet-lite0"])
def test_depthwise_networks_count_every_product_once(name) -> None:
    model = load_zoo(name)
    result = zeroskip.simulate(zeroskip.lower(zeroskip.prune(model, "dense").select("*depthwise*")))
    expected = sum(layer.macs for layer in model.layers if layer.shape.groups > 1)
    assert result.macs == expected
    assert len(result.layers) == sum(layer.shape.groups > 1 for layer in model.layers)
