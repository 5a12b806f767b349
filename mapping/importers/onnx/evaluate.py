"""Values of tensors: stored ones, and those that one node computes from known operands."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
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


def read_tensor(tensor: onnx.TensorProto, folder: Path) -> Array:
    """A stored tensor, from the file itself or from the one in ``folder`` that it points to.

    Raises:
        InputError: That other file cannot be read, or the values do not fit the shape.
    """
    try:
        return np.asarray(numpy_helper.to_array(tensor, str(folder)))
    except (onnx.checker.ValidationError, OSError) as error:
        file = folder / {entry.key: entry.value for entry in tensor.external_data}.get("location", "")
        raise InputError(
            f"the values of {tensor.name!r} are in {file}, which cannot be read: {first_line(error)}"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"the values of {tensor.name!r} are damaged: {first_line(error)}") from error


def evaluate(node: onnx.NodeProto, operands: Mapping[str, Array], opsets: Mapping[str, int]) -> dict[str, Array]:
    """All outputs of a node, by tensor name, from the reference evaluator of the onnx package.

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
        names = ", ".join(map(repr, outputs))
        raise InputError(f"{names} cannot be computed: {node.op_type}: {first_line(error)}") from error


def _untyped(names: Iterable[str]) -> list[onnx.ValueInfoProto]:
    """Inputs or outputs of a graph, of any type."""
    return [helper.make_empty_tensor_value_info(name) for name in names]
