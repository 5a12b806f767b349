"""A BERT encoder out of named tensors, as an ONNX network that runs: what ``transformers`` computes."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from mapping.errors import InputError
from mapping.importers.onnx.notes import Notes
from mapping.importers.tensors.files import Tensor, open_tensors

_OPSET, _IR = 17, 8
_MASKED = -10000.0  # added to the scores of padding, as in the first BERT


def build_encoder(path: Path, task: str) -> onnx.ModelProto:
    """A sentence encoder: BERT without pooler, the mean of its outputs over the tokens.

    Inputs ``input_ids`` and ``attention_mask``, both (N, S) int64; output ``embedding``, (N, hidden) float32. Every
    linear layer is a MatMul, named like its tensor.

    Args:
        path: ``model.safetensors`` with ``config.json`` beside it, named as in transformers.
        task: Name of the evaluation set, which is written into the model.

    Raises:
        InputError: A file or tensor is missing, or the configuration is another one.
    """
    file = path.with_name("config.json")
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        heads, layers = int(config["num_attention_heads"]), int(config["num_hidden_layers"])
        width, epsilon = int(config["hidden_size"]), float(config["layer_norm_eps"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is no configuration of BERT: {error}") from error
    if config.get("hidden_act") != "gelu" or config.get("model_type") != "bert":
        raise InputError(
            f"{file}: model_type={config.get('model_type')}, hidden_act={config.get('hidden_act')}: only bert with gelu"
        )
    graph = _Graph(open_tensors(path), path, heads, epsilon)
    hidden = graph.embeddings()
    for index in range(layers):
        hidden = graph.block(f"encoder.layer.{index}", hidden)
    graph.mean(hidden)
    sizes = ["N", "S"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, sizes) for name in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", width])
    body = helper.make_graph(graph.nodes, "bert", inputs, [output], graph.stored)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    Notes(task=task).write(model)
    return model


class _Graph:
    """Nodes and tensors as they are put together; every method returns the name of a tensor."""

    def __init__(self, tensors: dict[str, Tensor], path: Path, heads: int, epsilon: float) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []
        self._tensors = tensors
        self._path = path
        self._heads = heads
        self._epsilon = epsilon

    def _add(self, op: str, inputs: Iterable[str], name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, list(inputs), [f"{name}.out"], name, **attributes))
        return f"{name}.out"

    def _constant(self, name: str, values: npt.ArrayLike) -> str:
        if all(tensor.name != name for tensor in self.stored):
            self.stored.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def _tensor(self, name: str, *, transposed: bool = False) -> str:
        if name not in self._tensors:
            raise InputError(f"{self._path} has no tensor {name!r}")
        values = self._tensors[name].read().astype(np.float32)
        return self._constant(name, values.T if transposed else values)

    def _normalised(self, name: str, value: str) -> str:
        parameters = [self._tensor(f"{name}.{part}") for part in ("weight", "bias")]
        return self._add("LayerNormalization", [value, *parameters], name, axis=-1, epsilon=self._epsilon)

    def _linear(self, name: str, value: str) -> str:
        product = self._add("MatMul", [value, self._tensor(f"{name}.weight", transposed=True)], name)
        return self._add("Add", [product, self._tensor(f"{name}.bias")], f"{name}.biased")

    def embeddings(self) -> str:
        """Words, positions and the first sentence's type, normalised; and the mask that the blocks add."""
        words = self._add("Gather", [self._tensor("embeddings.word_embeddings.weight"), "input_ids"], "words")
        length = self._add("Shape", ["input_ids"], "length", start=1, end=2)
        table = self._tensor("embeddings.position_embeddings.weight")
        first = self._constant("first", np.array([0]))
        positions = self._add("Slice", [table, first, length, first], "positions")
        kinds = self._tensor("embeddings.token_type_embeddings.weight")
        kind = self._add("Gather", [kinds, self._constant("zero", np.array(0))], "kind", axis=0)
        total = self._add("Add", [self._add("Add", [words, positions], "placed"), kind], "embedded")
        real = self._add("Cast", ["attention_mask"], "real", to=TensorProto.FLOAT)
        absent = self._add("Sub", [self._constant("single", np.float32(1)), real], "absent")
        scaled = self._add("Mul", [absent, self._constant("masked", np.float32(_MASKED))], "scaled")
        self._add("Unsqueeze", [scaled, self._constant("head axes", np.array([1, 2]))], "mask")
        return self._normalised("embeddings.LayerNorm", total)

    def _split(self, name: str, value: str, order: list[int]) -> str:
        """(N, S, hidden) as heads, in the order of axes that the product needs."""
        sizes = self._constant("split", np.array([0, 0, self._heads, -1]))
        return self._add(
            "Transpose", [self._add("Reshape", [value, sizes], f"{name}.split")], f"{name}.turned", perm=order
        )

    def block(self, name: str, value: str) -> str:
        """One transformer block."""
        own = f"{name}.attention.self"
        query, key, values = (self._linear(f"{own}.{part}", value) for part in ("query", "key", "value"))
        width = self._tensors[f"{own}.query.weight"].shape[0] // self._heads
        turned = self._split(f"{own}.query", query, [0, 2, 1, 3]), self._split(f"{own}.key", key, [0, 2, 3, 1])
        scores = self._add("MatMul", turned, f"{own}.scores")
        small = self._constant("scale", np.float32(1 / np.sqrt(width)))
        masked = self._add("Add", [self._add("Mul", [scores, small], f"{own}.scaled"), "mask.out"], f"{own}.masked")
        shares = self._add("Softmax", [masked], f"{own}.shares", axis=-1)
        mixed = self._add("MatMul", [shares, self._split(f"{own}.value", values, [0, 2, 1, 3])], f"{own}.context")
        back = self._add("Transpose", [mixed], f"{own}.back", perm=[0, 2, 1, 3])
        joined = self._add("Reshape", [back, self._constant("join", np.array([0, 0, -1]))], f"{own}.joined")
        attended = self._linear(f"{name}.attention.output.dense", joined)
        first = self._add("Add", [attended, value], f"{name}.attention.residual")
        first = self._normalised(f"{name}.attention.output.LayerNorm", first)
        wide = self._gelu(f"{name}.gelu", self._linear(f"{name}.intermediate.dense", first))
        narrow = self._linear(f"{name}.output.dense", wide)
        return self._normalised(f"{name}.output.LayerNorm", self._add("Add", [narrow, first], f"{name}.residual"))

    def _gelu(self, name: str, value: str) -> str:
        """X (1 + erf(x / sqrt 2)) / 2."""
        scaled = self._add("Mul", [value, self._constant("root", np.float32(np.sqrt(0.5)))], f"{name}.scaled")
        raised = self._add(
            "Add",
            [self._add("Erf", [scaled], f"{name}.erf"), self._constant("single", np.float32(1))],
            f"{name}.raised",
        )
        half = self._add("Mul", [value, self._constant("half", np.float32(0.5))], f"{name}.half")
        return self._add("Mul", [half, raised], name)

    def mean(self, value: str) -> str:
        """Mean over the tokens that are no padding, as ``embedding``."""
        last, middle = self._constant("last axis", np.array([2])), self._constant("token axis", np.array([1]))
        weights = self._add("Unsqueeze", ["real.out", last], "token weights")
        total = self._add("ReduceSum", [self._add("Mul", [value, weights], "weighted"), middle], "total", keepdims=0)
        count = self._add("ReduceSum", ["real.out", middle], "count", keepdims=1)
        self.nodes.append(helper.make_node("Div", [total, count], ["embedding"], "mean"))
        return "embedding"
