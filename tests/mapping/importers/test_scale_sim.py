"""SCALE-Sim topologies as its users have them."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.importers.scale_sim import load_topology
from mapping.models import load_model
from zeroskip.pruning import prune

CONV = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
SPARSE = CONV.replace("Strides,", "Strides, Sparsity,")


def loaded(folder, text: str, **options):
    path = folder / "net.csv"
    path.write_text(text, newline="")
    return load_model(path, **options)


def refused(message: str):
    return pytest.raises(InputError, match=re.escape(message))


def test_convolutions(tmp_path) -> None:
    model = loaded(tmp_path, CONV + "Conv1, 224, 224, 7, 7, 3, 64, 2,\n\nFC,1,1,1,1,512,1000,1,\n")
    conv, fc = model.layers
    assert (model.name, model.source) == ("net", str(tmp_path / "net.csv"))
    assert (conv.name, conv.op, conv.k, conv.n) == ("Conv1", "conv", 147, 64)
    assert (conv.shape.out_rows, conv.shape.out_cols, conv.shape.stride) == (110, 110, (2, 2))
    assert (fc.m, fc.k, fc.n) == (1, 512, 1000)
    assert conv.weights is None
    assert model.patterns == {}


@settings(max_examples=200, deadline=None)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    kernel=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    stride=st.integers(1, 5),
)
def test_outputs_are_as_long_as_in_scale_sim(tmp_path_factory, size, kernel, stride) -> None:
    # topology_utils.py of SCALE-Sim 3: ceil((ifmap - filter + stride) / stride)
    kernel = min(kernel[0], size[0]), min(kernel[1], size[1])
    row = f"c,{size[0]},{size[1]},{kernel[0]},{kernel[1]},3,4,{stride},\n"
    (layer,) = loaded(tmp_path_factory.mktemp("csv"), CONV + row).layers
    expected = [math.ceil((length - side + stride) / stride) for length, side in zip(size, kernel, strict=True)]
    assert [layer.shape.out_rows, layer.shape.out_cols] == expected
    assert layer.macs == math.prod(expected) * math.prod(kernel) * 3 * 4


@pytest.mark.parametrize(
    "text",
    [
        "Layer,M,N,K,\nqkv,128,1536,512,\n",
        "Layer,M,N,K\nqkv,128,1536,512",
        "\ufeffLayer, M, N, K, Sparsity,\r\nqkv, 128, 1536, 512,\r\n\r\n",
        "Layer, K, M, N\nqkv, 512, 128, 1536\n",
        "qkv,128,1536,512,\n",
        "whatever,it,says,here,\nqkv,128,1536,512,\n",
    ],
    ids=["comma", "bare", "windows", "order", "headless", "any header"],
)
def test_gemms(tmp_path, text) -> None:
    (layer,) = loaded(tmp_path, text).layers
    assert (layer.name, layer.op, layer.m, layer.k, layer.n) == ("qkv", "gemm", 128, 512, 1536)


@pytest.mark.parametrize(
    ("header", "cells", "stride", "images"),
    [
        (
            "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides",
            "2",
            2,
            1,
        ),
        (
            "Layer,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num filter,Strides,,Target",
            "2, NPU",
            2,
            1,
        ),
        ("Layer,ifmap height,ifmap width,filter height,filter width,channels,num filter,strides,", "2, 2", 2, 1),
        (
            "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filters,Stride",
            "2,#comment: x",
            2,
            1,
        ),
        (
            "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride Height,Stride Width,"
            "Batch Size",
            "2,3,4",
            (2, 3),
            4,
        ),
        (
            "Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,Batch Size",
            "2,5",
            2,
            5,
        ),
    ],
)
def test_header_variants(tmp_path, header, cells, stride, images) -> None:
    (layer,) = loaded(tmp_path, f"{header},\nc,17,19,3,3,8,16,{cells},\n").layers
    strides = stride if isinstance(stride, tuple) else (stride, stride)
    assert (layer.shape.stride, layer.shape.images) == (strides, images)
    assert (layer.shape.in_rows, layer.shape.in_cols, layer.shape.in_channels) == (17, 19, 8)


def test_the_sparsity_column_is_the_pattern_of_its_layer(tmp_path) -> None:
    rows = "a,8,8,3,3,16,4,1,1:4,\nb,8,8,3,3,16,4,1,1:1,\nc,8,8,3,3,16,4,1,\nd,8,8,3,3,16,4,1, 2:4\n"
    model = loaded(tmp_path, SPARSE + rows)
    assert model.patterns == {"a": "1:4", "b": "dense", "d": "2:4"}
    patterns = {name: str(pattern) for name, pattern in prune(model, "2:8").patterns.items()}
    assert patterns == {"a": "1:4", "b": "dense", "c": "2:8", "d": "2:4"}  # the file goes before first, last


def test_the_sparsity_column_of_gemms(tmp_path) -> None:
    model = loaded(tmp_path, "L,M,N,K,Sparsity,\nL4,256,1280,5120,1:4,")
    assert (model.layers[0].k, model.patterns) == (5120, {"L4": "1:4"})


def test_a_name_with_dp_is_a_depthwise_convolution(tmp_path) -> None:
    (layer,) = loaded(tmp_path, CONV + "DP_conv2,12,12,3,3,32,1,1,\n").layers
    assert (layer.shape.groups, layer.shape.out_channels, layer.macs) == (32, 32, 10 * 10 * 9 * 32)


def test_batch_and_seed(tmp_path) -> None:
    text = CONV + "c,8,8,3,3,16,4,1,\n"
    assert loaded(tmp_path, text, batch=3).macs == 3 * loaded(tmp_path, text).macs
    assert loaded(tmp_path, text, seed=5).layers[0].seed == 5
    assert loaded(tmp_path, "L,M,N,K,\na,4,5,6,", batch=3).layers[0].m == 12


def test_names_that_come_twice(tmp_path) -> None:
    model = loaded(tmp_path, "L,M,N,K,Sparsity\na,4,5,6,1:2\na,4,5,7,1:4\n")
    assert [layer.name for layer in model.layers] == ["a", "a#2"]
    assert model.patterns == {"a": "1:2", "a#2": "1:4"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "net.csv: the file is empty"),
        ("\n , ,\n", "net.csv: the file is empty"),
        (CONV, "net.csv: no layers behind the header"),
        ("a,1,2", "net.csv, line 1: expected NAME, M, N, K or NAME and seven sizes, found ['a', '1', '2']"),
        (CONV + "c,8,8,3,3,16,4\n", "net.csv, line 2: column 8 (stride) is missing"),
        (CONV + "\nc,8,8,3,x,16,4,1\n", "net.csv, line 3: kernel_cols='x': must be an integer from 1 to"),
        (CONV + "c,8,8,3,0,16,4,1\n", "kernel_cols='0': must be an integer from 1 to 999999999999"),
        (CONV + "c,8,8,3,-3,16,4,1\n", "kernel_cols='-3': must be an integer"),
        (CONV + "c,8,8,9,3,16,4,1\n", "line 2: a filter of 9 x 3 is larger than its input of 8 x 8"),
        (CONV + "c,8,8,3,3,16,4,1,4:2\n", "line 2: pattern 4:2: N=4 outside [1, M=2]"),
        (SPARSE + "c,8,8,3,3,16,4,1,a:b\n", "line 2: pattern 'a:b': expected 'dense' or 'N:M'"),
        ("L,M,N,K\na,999999999999,999999999999,999999999999\n", "line 2: a convolution of "),
        ("L,M,N,K\na\x1b[31m,9,2,3\n", "line 2: the name 'a\\x1b[31m' is no text"),
        ("L,M,N,K\na,9999999999999,2,3\n", "m='9999999999999': must be an integer"),
        ("L,M,N,K\na,٣,2,3\n", "m='٣': must be an integer"),
    ],
)
def test_files_that_are_no_topology(tmp_path, text, message) -> None:
    with refused(message):
        loaded(tmp_path, text)


def test_unreadable_files(tmp_path) -> None:
    with refused(f"{tmp_path / 'gone.csv'}: no such file"):
        load_topology(tmp_path / "gone.csv")
    (tmp_path / "net.csv").write_bytes(b"\xff\xfe\x00")
    with refused("net.csv is no CSV file: "):
        load_topology(tmp_path / "net.csv")
    (tmp_path / "net.csv").write_bytes(b'a,"' + b"x" * 200_000)
    with refused("net.csv is no CSV file: field larger than"):
        load_topology(tmp_path / "net.csv")


def test_a_file_that_is_too_long(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mapping.importers.scale_sim.MAX_BYTES", 10)
    with refused("longer than 10 bytes, so it is no topology"):
        loaded(tmp_path, CONV)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequence": 3}, "sequence=3: "),
        ({"shapes": {"x": (1,)}}, "shape of 'x': "),
        ({"rules": "a.toml"}, "rules=a.toml: "),
    ],
)
def test_options_that_a_topology_does_not_take(tmp_path, options, message) -> None:
    with refused(message):
        loaded(tmp_path, CONV + "c,8,8,3,3,16,4,1\n", **options)
