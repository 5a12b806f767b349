"""Small ONNX networks, ONNX Runtime to run them, and a NumPy evaluation of an imported layer."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from mapping.graph import Layer, ModelGraph
from mapping.importers import load_onnx


def values(name: str, *shape: int, dtype: type = np.float32, seed: int = 0) -> onnx.TensorProto:
    """An initializer with drawn values."""
    drawn = np.random.default_rng([seed, len(name), *map(ord, name)]).standard_normal(shape)
    return numpy_helper.from_array((drawn * (8 if np.issubdtype(dtype, np.integer) else 1)).astype(dtype), name)


def network(
    nodes: list[onnx.NodeProto],
    inputs: dict[str, list[int | str | None] | None],
    stored: list[onnx.TensorProto] = (),
    *,
    outputs: tuple[str, ...] = ("y",),
    opset: int = 17,
    **graph,
) -> onnx.ModelProto:
    """A float32 model; the last tensors of the nodes are its outputs."""
    return helper.make_model(
        helper.make_graph(
            nodes,
            "test",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            list(stored),
            **graph,
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=8,
    )


def save(model: onnx.ModelProto, folder: Path, name: str = "net.onnx") -> Path:
    """Write a model to a file."""
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def run(model: onnx.ModelProto, feeds: dict[str, np.ndarray], outputs: list[str] | None = None) -> list[np.ndarray]:
    """Run a model in ONNX Runtime, with any of its tensors as outputs."""
    probed = onnx.ModelProto()
    probed.CopyFrom(model)
    if outputs is not None:
        probed.graph.ClearField("output")
        probed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(probed.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(outputs, feeds)


def evaluate(layer: Layer, activations: np.ndarray) -> np.ndarray:
    """A layer on (images, rows, columns, channels), one kernel position after another, in float64."""
    shape = layer.shape
    top, left, bottom, right = shape.padding
    padded = np.pad(activations.astype(np.float64), ((0, 0), (top, bottom), (left, right), (0, 0)))
    weights = layer.values().astype(np.float64)
    weights = weights.reshape(shape.groups, shape.group_out_channels, *shape.kernel, shape.group_in_channels)
    total = np.zeros((shape.images, shape.out_rows, shape.out_cols, shape.groups, shape.group_out_channels))
    for row, col in np.ndindex(shape.kernel):
        y, x = row * shape.dilation[0], col * shape.dilation[1]
        window = padded[:, y :: shape.stride[0], x :: shape.stride[1]][:, : shape.out_rows, : shape.out_cols]
        window = window.reshape(*window.shape[:3], shape.groups, shape.group_in_channels)
        total += np.einsum("brcgi,goi->brcgo", window, weights[:, :, row, col])
    return total.reshape(*total.shape[:3], shape.out_channels)


def imported(model: onnx.ModelProto, **options) -> ModelGraph:
    """The model by way of a file."""
    with TemporaryDirectory() as folder:
        return load_onnx(save(model, Path(folder)), **options)


def only_layer(model: onnx.ModelProto, **options) -> Layer:
    """The layer of a model that has one."""
    (layer,) = imported(model, **options).layers
    return layer


def drawn(*shape: int) -> np.ndarray:
    """Activations."""
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)
