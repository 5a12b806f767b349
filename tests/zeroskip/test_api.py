"""The Python interface: do its names and its examples work?"""

import pytest

import zeroskip
from mapping.sparsity import DENSE, Pattern


@pytest.mark.smoke
def test_every_public_name_exists():
    assert all(getattr(zeroskip, name) is not None for name in zeroskip.__all__)
    assert set(zeroskip.__all__) == set(zeroskip._HOME)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'zeroskip' has no attribute 'nothing'"):
        _ = zeroskip.nothing


def test_example_in_the_docstring_runs():
    names = {}
    exec("\n".join(line[4:] for line in zeroskip.__doc__.splitlines() if line.startswith("    ")), names)
    assert names["result"].total_cycles > 0


def test_layers_can_be_made_by_hand():
    layer = zeroskip.gemm_layer("mine", m=8, k=64, n=32)
    assert (layer.m, layer.k, layer.n, layer.macs) == (8, 64, 32, 8 * 64 * 32)


@pytest.mark.parametrize(
    ("keep", "dense"),
    [(("first", "last"), {"conv1", "fc"}), ((), set()), (("layer4.1.*",), {"layer4.1.conv1", "layer4.1.conv2"})],
)
def test_layers_that_are_kept_stay_dense(keep, dense):
    sparse = zeroskip.prune(zeroskip.load_model("resnet18"), Pattern(2, 8), keep)
    assert {name for name, pattern in sparse.patterns.items() if pattern == DENSE} == dense
    assert sparse.pattern == Pattern(2, 8)


def test_progress_is_reported_for_every_layer():
    lowering, running = [], []
    sparse = zeroskip.prune(zeroskip.load_model("resnet18"), "2:8").select("layer4.1.*")
    lowered = zeroskip.lower(sparse, progress=lambda name, index, count: lowering.append((name, index, count)))
    zeroskip.simulate(lowered, progress=lambda name, *_: running.append(name))
    names = [layer.name for layer in sparse.layers]
    assert lowering == [(name, index, len(names)) for index, name in enumerate(names)]
    assert running == names
