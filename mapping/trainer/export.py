"""A trained network as an ONNX file."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mapping.graph import ConvShape
from mapping.importers.onnx.notes import Notes
from mapping.networks.images import CLASSES
from mapping.trainer.convolution import Convolution
from mapping.trainer.loop import Run

_OPSET, _IR = 17, 8


def export(run: Run, path: Path) -> None:
    """Write the network with the weights of its forward product.

    The input ``image`` is (N, 1, 28, 28) float32 in [0, 1], the output ``logits`` (N, 10). A layer as large as its
    image becomes a Gemm. The file says what it was pruned to and how it was trained.
    """
    nodes: list[onnx.NodeProto] = []
    stored: list[onnx.TensorProto] = []
    names = _names([layer.shape for layer in run.network.layers])
    value = "image"
    for name, layer, weights in zip(names, run.network.layers, run.network.weights(), strict=True):
        last = layer is run.network.layers[-1]
        output = "logits" if last else f"{name}.out"
        convolution = name.startswith("conv")
        if not convolution and not value.startswith("fc"):
            nodes.append(helper.make_node("Flatten", [value], ["flat"], "flatten"))
            value = "flat"
        tensor = np.moveaxis(weights.forward, -1, 1)
        stored += [
            numpy_helper.from_array(tensor if convolution else tensor.reshape(len(tensor), -1), f"{name}.weight"),
            numpy_helper.from_array(layer.bias, f"{name}.bias"),
        ]
        operands = [value, f"{name}.weight", f"{name}.bias"]
        nodes.append(_node(name, layer, operands, output if last else f"{name}.sum", convolution))
        if not last:
            nodes.append(helper.make_node("Relu", [f"{name}.sum"], [output], f"{name}.relu"))
        value = output
    first = run.network.layers[0].shape
    sizes = ["N", first.in_channels, first.in_rows, first.in_cols]
    graph = helper.make_graph(
        nodes,
        run.plan.network,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", len(CLASSES)])],
        stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    pruned = [name for name, kept in zip(names, run.network.kept, strict=True) if kept is not None]
    notes = Notes(task=run.plan.network, pattern=run.plan.pattern if pruned else None, pruned=tuple(pruned))
    notes.write(model)
    trained = {"plan": asdict(run.plan), "accuracy": run.accuracy}
    helper.set_model_props(model, {entry.key: entry.value for entry in model.metadata_props} | {
        "zeroskip.training": json.dumps(trained)
    })  # fmt: skip
    path.write_bytes(model.SerializeToString(deterministic=True))


def _names(shapes: list[ConvShape]) -> list[str]:
    """conv1, conv2, ... fc1, ... in order."""
    names, counts = [], {"conv": 0, "fc": 0}
    for shape in shapes:
        kind = "fc" if shape.kernel == (shape.in_rows, shape.in_cols) else "conv"
        counts[kind] += 1
        names.append(f"{kind}{counts[kind]}")
    return names


def _node(name: str, layer: Convolution, operands: list[str], output: str, convolution: bool) -> onnx.NodeProto:
    if not convolution:
        return helper.make_node("Gemm", operands, [output], name, transB=1)
    shape = layer.shape
    sizes = {"kernel_shape": shape.kernel, "strides": shape.stride, "dilations": shape.dilation, "pads": shape.padding}
    return helper.make_node("Conv", operands, [output], name, **sizes)
