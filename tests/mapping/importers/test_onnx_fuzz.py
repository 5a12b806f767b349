from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper
from onnx.helper import make_node

from mapping.errors import InputError
from mapping.importers import load_onnx
from tests.mapping.importers.support import network, values


def sample() -> bytes:
    """A file with every kind of layer and constant, and with arithmetic on shapes."""
    nodes = [
        make_node("Conv", ["x", "c"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1], dilations=[1, 1], group=2),
        make_node("Conv", ["a", "d"], ["b"], auto_pad="SAME_UPPER"),
        make_node("Reshape", ["b", "s"], ["flat"]),
        make_node("DequantizeLinear", ["q", "scale"], ["u"]),
        make_node("Transpose", ["u"], ["v"], perm=[1, 0]),
        make_node("Gemm", ["flat", "v"], ["g"], alpha=0.5),
        make_node("Constant", [], ["k"], value=values("k", 5, 3)),
        make_node("MatMul", ["g", "k"], ["m"]),
        make_node("Shape", ["x"], ["sizes"]),
        make_node("Gather", ["sizes", "zero"], ["n"]),
        make_node("Range", ["zero", "n", "one"], ["rows"]),
        make_node("Gather", ["table", "rows"], ["offset"]),
        make_node("Add", ["offset", "m"], ["z"]),
        make_node("MatMul", ["z", "h"], ["y"]),
        make_node("LSTM", ["y3", "lw", "lr"], ["l"], hidden_size=2),
        make_node("GRU", ["y3", "gw", "gr"], ["r"], hidden_size=2),
        make_node("MatMulInteger", ["iq", "q", "", "qz"], ["i"]),
        make_node("ConvTranspose", ["x", "t"], ["up"], strides=[2, 2]),
    ]
    stored = [
        values("c", 4, 1, 3, 3),
        values("d", 4, 4, 2, 2),
        numpy_helper.from_array(np.array([0, -1]), "s"),
        values("q", 5, 64, dtype=np.int8),
        values("scale"),
        values("table", 9, 3),
        *(values("lw", 1, 8, 3), values("lr", 1, 8, 2), values("gw", 1, 6, 3), values("gr", 1, 6, 2)),
        *(values("t", 2, 3, 2, 2), values("qz", dtype=np.int8)),
        numpy_helper.from_array(np.array(0), "zero"),
        numpy_helper.from_array(np.array(1), "one"),
    ]
    return network(
        nodes, {"x": ["N", 2, 8, 8], "h": [3, "M"], "y3": [4, "N", 3], "iq": ["N", 5]}, stored
    ).SerializeToString()


SAMPLE = sample()


def import_damaged(folder: Path, content: bytes) -> None:
    path = folder / "net.onnx"
    path.write_bytes(content)
    try:
        load_onnx(path, batch=2, shapes={"h": (3, 7)})
    except InputError as error:
        assert str(error).isprintable()  # noqa: PT017 - a damaged file may also be a legal one


def test_the_undamaged_sample_is_read(tmp_path) -> None:
    import_damaged(tmp_path, SAMPLE)
    assert len(load_onnx(tmp_path / "net.onnx", batch=2, shapes={"h": (3, 7)}).layers) == 5 + 2 + 3 + 1 + 1


def test_no_truncation_gives_anything_but_an_input_error(tmp_path) -> None:
    for length in range(0, len(SAMPLE), 3):
        import_damaged(tmp_path, SAMPLE[:length])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(1, 255)), min_size=1, max_size=12))
def test_no_damage_gives_anything_but_an_input_error(tmp_path_factory, flips) -> None:
    content = bytearray(SAMPLE)
    for position, mask in flips:
        content[position] ^= mask
    import_damaged(tmp_path_factory.getbasetemp(), bytes(content))
