"""The value of one node whose operands are known, by the reference evaluator of the onnx package."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from mapping.errors import InputError
from mapping.importers.onnx.reader import first_line

Array = npt.NDArray[np.generic]

# The evaluator starts with this version of an operator, which computes what the older ones did.
_OLDEST = {"DequantizeLinear": 19}
_RANDOM = ("Random", "Bernoulli", "Multinomial")


def is_random(node: onnx.NodeProto) -> bool:
    """Whether a node gives another value each time it runs."""
    return bool(node.op_type.startswith(_RANDOM))


def opset_versions(model: onnx.ModelProto) -> dict[str, int]:
    """The version of the operator set of each domain."""
    return {entry.domain: entry.version for entry in model.opset_import}


def evaluate(
    node: onnx.NodeProto, operands: Mapping[str, Array], opsets: Mapping[str, int]
) -> dict[str, Array]:
    """All outputs of a node, by tensor name.

    Raises:
        InputError: The evaluator does not know the operator, or its operands do not fit.
    """
    outputs = [name for name in node.output if name]
    graph = helper.make_graph([node], "one", _untyped(operands), _untyped(outputs))
    versions = dict(opsets) | {"": max(opsets.get("", 1), _OLDEST.get(node.op_type, 1))}
    try:
        with np.errstate(all="ignore"):
            values = ReferenceEvaluator(graph, versions).run(None, dict(operands))
        return dict(zip(outputs, map(np.asarray, values), strict=True))
    except Exception as error:  # the evaluator hands through whatever NumPy raises
        raise InputError(f"{outputs} cannot be computed: {node.op_type}: {first_line(error)}") from error


def _untyped(names: Iterable[str]) -> list[onnx.ValueInfoProto]:
    """Inputs or outputs of a graph, of any type."""
    return [helper.make_empty_tensor_value_info(name) for name in names]
