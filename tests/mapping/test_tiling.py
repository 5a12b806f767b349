"""Tiles cover a layer exactly once, and fit where they claim to."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import gemm_layer
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Capacity, Tiling, check_fits, cut, footprint, tile_layer, tilings, window
from tests.simulator.families.sat.cases import PATTERNS, convolutions


@pytest.mark.golden
@given(st.integers(1, 500), st.integers(1, 600))
def test_a_cut_covers_every_element_once(length, tile):
    axis = cut(length, tile)
    covered = np.concatenate([np.arange(f, f + c) for f, c in zip(axis.first, axis.count, strict=True)])
    np.testing.assert_array_equal(covered, np.arange(length))
    assert axis.count.max() <= tile


@pytest.mark.golden
@given(convolutions(), st.integers(1, 12), st.sampled_from([0, 1]))
def test_a_window_holds_every_element_its_outputs_need(layer, tile, axis):
    shape = layer.shape
    length, outputs = ((shape.in_rows, shape.out_rows), (shape.in_cols, shape.out_cols))[axis]
    tiles = cut(outputs, tile)
    need = window(shape, axis, tiles)
    for index in range(len(tiles)):
        fetched = need.first[index] + need.step * np.arange(need.count[index])
        assert 0 <= fetched[0] <= fetched[-1] < length
        for out in range(int(tiles.count[index])):
            for tap in range(shape.kernel[axis]):
                wanted = (tiles.first[index] + out) * shape.stride[axis] - shape.padding[axis]
                wanted += tap * shape.dilation[axis]
                place = out * need.stride + tap * shape.dilation[axis] - need.before[index]
                if 0 <= wanted < length:
                    assert fetched[place] == wanted
                else:
                    assert not 0 <= place < len(fetched)


@pytest.mark.golden
@given(
    convolutions(), st.sampled_from(PATTERNS), st.sampled_from([64, 600, 9000]), st.integers(1, 9), st.integers(1, 9)
)
def test_offered_tilings_fit_and_cover_the_layer(layer, text, room, output_step, channel_step):
    pattern = Pattern.parse(text)
    capacity = Capacity(
        activation_bytes=room, weight_bytes=room, output_bytes=room, element_bytes=2, accumulator_bytes=4
    )
    try:
        options = tilings(layer, pattern, capacity, output_step=output_step, channel_step=channel_step, buffers=2)
    except InputError:
        assume(False)
    assert options
    for tiling in options:
        assert footprint(layer.shape, tiling, pattern, capacity).shortage(capacity, 2) is None
        tiles = tile_layer(layer.shape, tiling)
        assert tiles.images.count.sum() * tiles.rows.count.sum() * tiles.cols.count.sum() == layer.m
        assert tiles.channels.count.sum() == layer.shape.group_in_channels
        assert tiles.outputs.count.sum() == layer.n
        # Groups do not cross tiles.
        assert not (tiles.channels.first % pattern.m).any()


@pytest.mark.golden
def test_what_does_not_fit_is_named_with_the_size_that_would():
    layer = gemm_layer("fc", 1, 64, 1)
    capacity = Capacity(
        activation_bytes=4096, weight_bytes=1024, output_bytes=1024, element_bytes=2, accumulator_bytes=4
    )
    tiling = tilings(layer, DENSE, capacity, output_step=1, channel_step=1, buffers=2)[0]
    tiny = Capacity(activation_bytes=32, weight_bytes=64, output_bytes=1024, element_bytes=2, accumulator_bytes=4)
    expected = (
        r"layer fc: activation_scratchpad_kib must be at least 1 \(is 0\); "
        r"weight_scratchpad_kib must be at least 1 \(is 0\)"
    )
    with pytest.raises(InputError, match=expected):
        check_fits(layer, tiling, DENSE, tiny, 2)


@pytest.mark.golden
@given(convolutions(), st.integers(1, 12), st.sampled_from([0, 1]))
def test_the_footprint_covers_every_window(layer, rows, axis):
    shape = layer.shape
    outputs = (shape.out_rows, shape.out_cols)[axis]
    sizes = {"rows": 1, "cols": 1} | {("rows", "cols")[axis]: min(rows, outputs)}
    tiling = Tiling(images=1, channels=1, outputs=1, order="outputs_outer", **sizes)
    capacity = Capacity(activation_bytes=0, weight_bytes=0, output_bytes=0, element_bytes=1, accumulator_bytes=4)
    other = window(shape, 1 - axis, cut((shape.out_cols, shape.out_rows)[axis], 1)).count.max()
    needed = window(shape, axis, cut(outputs, min(rows, outputs))).count.max()
    assert footprint(shape, tiling, DENSE, capacity).activation >= needed * other


@pytest.mark.golden
def test_a_layer_that_would_take_billions_of_tiles_is_refused():
    capacity = Capacity(activation_bytes=64, weight_bytes=1024, output_bytes=64, element_bytes=2, accumulator_bytes=4)
    with pytest.raises(InputError, match=r"layer fc: .* would take more than 1,048,576 tiles"):
        tilings(gemm_layer("fc", 10**9, 8, 1), DENSE, capacity, output_step=1, channel_step=1, buffers=2)
