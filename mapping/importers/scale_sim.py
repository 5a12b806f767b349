"""Topologies of SCALE-Sim: CSV files of convolutions or GEMMs.

Read as SCALE-Sim 3 reads them: the first line is a header, a comma may end a line, strides are one column or two, the
last column may say N:M, and a convolution whose name contains ``DP`` is depthwise. Its outputs are
ceil((input - filter) / stride) + 1 long, so a window that hangs over the edge counts: such inputs are padded there.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ModelGraph, chain, gemm_layer
from mapping.sparsity import Pattern

MAX_BYTES = 1 << 24
_CONV = ("in_rows", "in_cols", "kernel_rows", "kernel_cols", "channels", "filters", "stride")
_GEMM = ("m", "n", "k")
_OPTIONAL = ("sparsity", "stride_cols", "batch")
_HEADINGS = {
    "ifmapheight": "in_rows", "ifmapwidth": "in_cols", "filterheight": "kernel_rows", "filterwidth": "kernel_cols",
    "channels": "channels", "numfilter": "filters", "numfilters": "filters", "strides": "stride", "stride": "stride",
    "strideheight": "stride", "stridewidth": "stride_cols", "batchsize": "batch", "sparsity": "sparsity",
    "m": "m", "n": "n", "k": "k",
}  # fmt: skip


def load_topology(
    path: Path, *, batch: int = 1, seed: int = 0, name: str | None = None, source: str | None = None
) -> ModelGraph:
    """Read a topology.

    Args:
        path: A ``.csv`` file. A header with M, N and K, in any order, means GEMMs; without a header, three numbers do.
        batch: Images, or times the rows M, that run together.
        seed: Of the weights, which no topology holds.
        name: Name of the model; the file's stem by default.
        source: Where it came from, for the output; the path by default.

    Returns:
        The layers in the order of the file, each with the pattern of its N:M column, 1:1 being dense.

    Raises:
        InputError: The file cannot be read, is no topology, or a line describes no layer; the line is named.
    """
    lines = _lines(path)
    first, header = lines[0]
    columns = _columns(header)
    if columns is not None:
        lines = lines[1:]
    else:
        columns = _positions(path, first, header)
    if not lines:
        raise InputError(f"{path}: no layers behind the header")
    layers: list[Layer] = []
    patterns: dict[str, str] = {}
    taken: dict[str, int] = {}
    for number, cells in lines:
        try:
            layer = _layer(cells, columns, batch)
            count = taken[layer.name] = taken.get(layer.name, 0) + 1
            title = layer.name if count == 1 else f"{layer.name}#{count}"
            pattern = _pattern(cells, columns)
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
        layers.append(replace(layer, name=title, seed=seed))
        if pattern is not None:
            patterns[title] = pattern
    model = chain(
        path.stem if name is None else name,
        layers,
        source=str(path) if source is None else source,
        weights_note=f"no weights in a topology: values are drawn from N(0,1), seed {seed}, when asked for",
    )
    return replace(model, patterns=patterns)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Lines that are not empty, as cells without blanks, and their numbers; empty cells at the end are cut."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: longer than {MAX_BYTES} bytes, so it is no topology")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(reader.line_num, row) for reader in [csv.reader(file)] for row in reader]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{path} is no CSV file: {error}") from error
    lines = []
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            lines.append((number, cells))
    if not lines:
        raise InputError(f"{path}: the file is empty")
    return lines


def _columns(header: list[str]) -> Mapping[str, int] | None:
    """Where each size stands, by the headings; None if the line is no header."""
    if len(header) > 1 and header[1].isdigit():
        return None
    named: dict[str, int] = {}
    for index, heading in enumerate(header[1:], 1):
        key = _HEADINGS.get(re.sub(r"[^a-z]", "", heading.lower()))
        if key is not None:
            named.setdefault(key, index)
    if all(size in named for size in _GEMM) or all(size in named for size in _CONV):
        return named
    return _in_order(len(header) - 1)  # SCALE-Sim never looks at what the header says


def _in_order(count: int) -> Mapping[str, int]:
    """The columns by their place: a line with three or four of them is a GEMM, a longer one a convolution."""
    return {size: index for index, size in enumerate(_CONV if count >= len(_CONV) else _GEMM, 1)}


def _positions(path: Path, number: int, cells: list[str]) -> Mapping[str, int]:
    """The columns of a file without a header."""
    if len(cells) - 1 < len(_GEMM):
        raise InputError(f"{path}, line {number}: expected NAME, M, N, K or NAME and seven sizes, found {cells}")
    return _in_order(len(cells) - 1)


def _layer(cells: list[str], columns: Mapping[str, int], batch: int) -> Layer:
    """The layer of one line.

    Raises:
        InputError: A number that is missing or none, or sizes that describe no layer.
    """
    if not cells[0].isprintable():
        raise InputError(f"the name {cells[0]!r} is no text")
    size = {key: _number(cells, index, key) for key, index in columns.items() if key not in _OPTIONAL}
    size |= {
        key: _number(cells, columns[key], key) for key in ("stride_cols", "batch") if _present(cells, columns, key)
    }
    images = batch * size.get("batch", 1)
    if "m" in columns:
        return gemm_layer(cells[0], images * size["m"], size["k"], size["n"])
    rows, cols, stride = size["in_rows"], size["in_cols"], size["stride"]
    kernel, strides = (size["kernel_rows"], size["kernel_cols"]), (stride, size.get("stride_cols", stride))
    if kernel[0] > rows or kernel[1] > cols:
        raise InputError(f"a filter of {kernel[0]} x {kernel[1]} is larger than its input of {rows} x {cols}")
    groups = size["channels"] if "DP" in cells[0] else 1
    over = (-(rows - kernel[0]) % strides[0], -(cols - kernel[1]) % strides[1])
    shape = ConvShape(
        images=images,
        in_rows=rows,
        in_cols=cols,
        in_channels=size["channels"],
        out_channels=size["filters"] * groups,
        kernel=kernel,
        stride=strides,
        padding=(0, 0, *over),
        groups=groups,
    )
    return Layer(name=cells[0], op="conv", shape=shape)


def _present(cells: list[str], columns: Mapping[str, int], key: str) -> bool:
    """Whether a line has an optional number: files leave cells out, and put words there."""
    return key in columns and columns[key] < len(cells) and cells[columns[key]].isdigit()


def _number(cells: list[str], index: int, name: str) -> int:
    """A positive integer.

    Raises:
        InputError: The cell is missing or something else.
    """
    if index >= len(cells):
        raise InputError(f"column {index + 1} ({name}) is missing")
    if not re.fullmatch(r"0*[1-9][0-9]{0,11}", cells[index], re.ASCII):
        raise InputError(f"{name}={cells[index]!r}: must be an integer from 1 to 999999999999")
    return int(cells[index])


def _pattern(cells: list[str], columns: Mapping[str, int]) -> str | None:
    """The N:M of a line: its sparsity column, or without such a heading the last cell that looks like one.

    Raises:
        InputError: The column says something else.
    """
    column = columns.get("sparsity")
    if column is not None and column < len(cells) and cells[column]:
        return str(Pattern.parse(cells[column].replace(" ", "")))
    found = [cell for cell in cells[1:] if re.fullmatch(r"\d+ *: *\d+", cell, re.ASCII)]
    return str(Pattern.parse(found[-1].replace(" ", ""))) if found else None
