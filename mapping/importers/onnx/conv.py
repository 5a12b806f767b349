"""ONNX Conv, one- and two-dimensional, as a layer."""

from math import prod

import numpy as np
import onnx

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ceil_div
from mapping.importers.onnx.nodes import integer, integers, operand, text
from mapping.importers.onnx.tensors import Tensors


def lower_conv(node: onnx.NodeProto, name: str, tensors: Tensors) -> Layer:
    """A layer from a Conv node; a sequence of length L becomes L rows of one column.

    Raises:
        InputError: Another number of dimensions, or shapes and attributes that do not fit each other.
    """
    data, weight = operand(node, 0), operand(node, 1)
    sizes, filters = tensors.shape(data), tensors.shape(weight)
    axes = len(sizes) - 2
    if axes not in (1, 2):
        raise InputError(f"a {axes}-D convolution is not supported; 1-D and 2-D are")
    groups = integer(node, "group", 1)
    if len(filters) != len(sizes) or filters[1] * groups != sizes[1]:
        raise InputError(f"weights of shape {filters} with group={groups} do not fit an input of shape {sizes}")
    kernel = integers(node, "kernel_shape", filters[2:])
    if kernel != filters[2:]:
        raise InputError(f"kernel_shape={kernel}, but the weights have shape {filters}")
    stride = integers(node, "strides", (1,) * axes)
    dilation = integers(node, "dilations", (1,) * axes)
    if min(stride + dilation) < 1:
        raise InputError(f"strides={stride}, dilations={dilation}: must be at least 1")
    shape = ConvShape(
        images=sizes[0],
        in_rows=sizes[2],
        in_cols=sizes[3] if axes == 2 else 1,
        in_channels=sizes[1],
        out_channels=filters[0],
        kernel=_pair(kernel),
        stride=_pair(stride),
        dilation=_pair(dilation),
        padding=_padding(node, sizes[2:], kernel, stride, dilation),
        groups=groups,
    )
    return Layer(
        name=name,
        op="conv",
        shape=shape,
        weights=_canonical(tensors.weights(weight), shape),
        dynamic=weight not in tensors.constants,
    )


def lower_conv_transpose(node: onnx.NodeProto, name: str, tensors: Tensors) -> Layer:
    """A layer from a ConvTranspose node: a GEMM of every input position with all kernel positions.

    The products of one output that come from several positions are summed where they are scattered (col2im), which
    is no part of the layer; so are products that padding cuts off, which the layer counts. ``weights`` has an output
    for every pair of kernel position and channel, so groups of N:M lie along the input channels.

    Raises:
        InputError: Another number of dimensions, or shapes and attributes that do not fit each other.
    """
    data, weight = operand(node, 0), operand(node, 1)
    sizes, filters = tensors.shape(data), tensors.shape(weight)
    axes = len(sizes) - 2
    if axes not in (1, 2):
        raise InputError(f"a {axes}-D convolution is not supported; 1-D and 2-D are")
    groups = integer(node, "group", 1)
    if len(filters) != len(sizes) or filters[0] != sizes[1] or groups < 1 or filters[0] % groups:
        raise InputError(f"weights of shape {filters} with group={groups} do not fit an input of shape {sizes}")
    outputs = filters[1] * prod(filters[2:])
    shape = ConvShape(
        images=sizes[0],
        in_rows=sizes[2],
        in_cols=sizes[3] if axes == 2 else 1,
        in_channels=sizes[1],
        out_channels=outputs * groups,
        groups=groups,
    )
    values = tensors.weights(weight)
    if values is not None:  # (in, out / groups, rows[, columns]) to (groups, rows, columns, out / groups, in / groups)
        grouped = values.reshape(groups, filters[0] // groups, filters[1], -1)
        values = np.ascontiguousarray(grouped.transpose(0, 3, 2, 1)).reshape(shape.weight_shape)
    return Layer(name=name, op="conv", shape=shape, weights=values, dynamic=weight not in tensors.constants)


def _padding(
    node: onnx.NodeProto,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[int, int, int, int]:
    """(top, left, bottom, right); SAME pads so that each output is ceil(input / stride) long."""
    axes = len(sizes)
    mode = text(node, "auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = integers(node, "pads", (0,) * 2 * axes)
        begins, ends = pads[:axes], pads[axes:]
    elif mode == "VALID":
        begins = ends = (0,) * axes
    elif mode in ("SAME_UPPER", "SAME_LOWER"):
        totals = [
            max((ceil_div(size, step) - 1) * step + gap * (length - 1) + 1 - size, 0)
            for size, length, step, gap in zip(sizes, kernel, stride, dilation, strict=True)
        ]
        halves = tuple(total // 2 for total in totals), tuple(ceil_div(total, 2) for total in totals)
        begins, ends = halves if mode == "SAME_UPPER" else halves[::-1]
    else:
        raise InputError(f"auto_pad={mode}: must be NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    top, left = _pair(begins, missing=0)
    bottom, right = _pair(ends, missing=0)
    return top, left, bottom, right


def _pair(values: tuple[int, ...], *, missing: int = 1) -> tuple[int, int]:
    """Two values from one or two."""
    return values[0], values[1] if len(values) > 1 else missing


def _canonical(weights: np.ndarray | None, shape: ConvShape) -> np.ndarray | None:
    """From ONNX's (out, in / groups, rows[, columns]) to the layer's (out, rows, columns, in / groups)."""
    if weights is None:
        return None
    return np.ascontiguousarray(np.moveaxis(weights, 1, -1)).reshape(shape.weight_shape)
