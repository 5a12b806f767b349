"""ONNX MatMul and Gemm as layers."""

from dataclasses import dataclass, replace
from itertools import dropwhile
from math import prod

import numpy as np
import onnx

from mapping.arrays import Float32Array
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer
from mapping.importers.onnx.nodes import integer, operand, real
from mapping.importers.onnx.tensors import Tensors


@dataclass(frozen=True, slots=True)
class _Matrix:
    """One operand, (..., rows, columns)."""

    shape: tuple[int, ...]
    constant: bool
    values: Float32Array | None

    @property
    def batch(self) -> tuple[int, ...]:
        """The dimensions before the matrix."""
        return self.shape[:-2]

    @property
    def transposed(self) -> "_Matrix":
        """The operand with rows and columns exchanged."""
        values = None if self.values is None else np.swapaxes(self.values, -1, -2)
        return replace(self, shape=(*self.batch, *self.shape[:-3:-1]), values=values)


def lower_matmul(node: onnx.NodeProto, name: str, tensors: Tensors) -> Layer:
    """A layer from a MatMul node; a vector counts as a matrix of one row (left) or one column (right).

    Raises:
        InputError: The shapes do not fit each other.
    """
    left, right = (_matrix(node, index, tensors) for index in (0, 1))
    return _layer(left, right, name, "matmul")


def lower_gemm(node: onnx.NodeProto, name: str, tensors: Tensors) -> Layer:
    """A layer from a Gemm node, whose alpha scales the weights.

    Raises:
        InputError: The operands are no matrices, or their shapes do not fit each other.
    """
    left, right = (_matrix(node, index, tensors) for index in (0, 1))
    if len(left.shape) != 2 or len(right.shape) != 2:
        raise InputError(f"operands of shape {left.shape} and {right.shape}: must be two matrices")
    if integer(node, "transA", 0):
        left = left.transposed
    if integer(node, "transB", 0):
        right = right.transposed
    layer = _layer(left, right, name, "gemm")
    alpha = np.float32(real(node, "alpha", 1.0))
    if layer.weights is None or alpha == 1:
        return layer
    with np.errstate(over="ignore", invalid="ignore"):  # Layer refuses infinite weights
        return layer.with_weights(layer.weights * alpha)


def _matrix(node: onnx.NodeProto, index: int, tensors: Tensors) -> _Matrix:
    """An operand of the node, vectors as matrices."""
    tensor = operand(node, index)
    shape, values = tensors.shape(tensor), tensors.weights(tensor)
    if not shape:
        raise InputError(f"{tensor!r} is a scalar")
    if len(shape) == 1:
        shape = (1, *shape) if index == 0 else (*shape, 1)
        values = None if values is None else values.reshape(shape)
    return _Matrix(shape, tensor in tensors.constants, values)


def _layer(left: _Matrix, right: _Matrix, name: str, op: str) -> Layer:
    """The layer of ``left @ right``; if only the left one is constant, of its transpose."""
    if left.constant and not right.constant:
        left, right = right.transposed, left.transposed
    (m, k), n = left.shape[-2:], right.shape[-1]
    try:
        runs = prod(np.broadcast_shapes(left.batch, right.batch))
    except ValueError:
        runs = 0
    if not runs or right.shape[-2] != k:
        raise InputError(f"operands of shape {left.shape} and {right.shape} cannot be multiplied")
    if not right.constant:
        shape = ConvShape(in_rows=m, in_cols=1, in_channels=k, out_channels=n)
        return Layer(name=name, op=op, shape=shape, repeats=runs, dynamic=True)
    shape = _weight_shape(left, right)
    if right.values is None:
        return Layer(name=name, op=op, shape=shape)
    weights = np.ascontiguousarray(right.transposed.values).reshape(shape.weight_shape)
    return Layer(name=name, op=op, shape=shape, weights=weights)


def _weight_shape(left: _Matrix, right: _Matrix) -> ConvShape:
    """The shape of activations times constant matrices.

    One matrix takes all rows. A matrix per activation matrix is a convolution with a group for each; several
    matrices for one activation matrix stand side by side.
    """
    (m, k), n = left.shape[-2:], right.shape[-1]
    matrices, stacks = prod(right.batch), prod(left.batch)
    if matrices == 1 or stacks == 1:
        return ConvShape(in_rows=stacks * m, in_cols=1, in_channels=k, out_channels=matrices * n)
    batch = tuple(dropwhile(lambda size: size == 1, right.batch))
    if left.batch[-len(batch) :] == batch:
        rows = stacks // matrices * m
        return ConvShape(in_rows=rows, in_cols=1, in_channels=matrices * k, out_channels=matrices * n, groups=matrices)
    raise InputError(f"constants of shape {right.shape} spread over activations of shape {left.shape}: not supported")
