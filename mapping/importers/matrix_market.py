"""Matrix Market files.

The numbers are read by NumPy: the reader of SciPy 1.17 ends the process on many a damaged file.
Format: Boisvert, Pozo, Remington, The Matrix Market exchange formats, NISTIR 5935 (1996).
"""

import gzip
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from mapping.arrays import AnyArray
from mapping.errors import InputError

MAX_TEXT = 1 << 31
MAX_STORED = 1 << 29  # entries, or elements of a dense file
MAX_SIDE = 1 << 31
_FIELDS = {"real": 3, "double": 3, "integer": 3, "unsigned-integer": 3, "pattern": 2}
_SIGNS = {"general": 0, "symmetric": 1, "skew-symmetric": -1}


@dataclass(frozen=True, slots=True)
class _Header:
    dense: bool
    field: str
    sign: int
    rows: int
    cols: int
    stored: int


def read_matrix_market(path: Path) -> Any:  # noqa: ANN401  # dense or sparse
    """Read a ``.mtx`` or ``.mtx.gz`` file.

    Returns:
        A NumPy array for the array format, a SciPy CSR array for the coordinate format; symmetric halves are completed,
        entries that stand there twice are summed, and those of a pattern are 1.

    Raises:
        InputError: Not this format, complex numbers, sizes beyond the limits of this module, or indices out of range.
        ValueError: Numbers that are none, or lines of another length.
        OSError, EOFError: The file cannot be read.
    """
    with _opened(path) as file:
        header = _header(path, file)
        columns = 1 if header.dense else _FIELDS[header.field]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there are no lines is said below
            numbers = np.loadtxt(file, comments="%", ndmin=2, max_rows=header.stored + 1, encoding="ascii")
    if numbers.size == header.stored == 0:
        numbers = np.zeros((0, columns))
    if numbers.shape != (header.stored, columns):
        raise InputError(
            f"{path}: {numbers.shape[0]} lines of {numbers.shape[1]} numbers, expected {header.stored} of {columns}"
        )
    return _dense(header, numbers[:, 0]) if header.dense else _sparse(path, header, numbers)


def _opened(path: Path) -> IO[bytes]:
    """The text, unpacked if it is packed.

    Raises:
        InputError: It is too long.
    """
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    with gzip.open(path) as packed:
        text = packed.read(MAX_TEXT + 1)
    if len(text) > MAX_TEXT:
        raise InputError(f"{path}: unpacks to more than {MAX_TEXT} bytes")
    return BytesIO(text)


def _header(path: Path, file: IO[bytes]) -> _Header:
    """The first line, and the first behind the comments.

    Raises:
        InputError: They are not what the format says.
    """
    words = file.readline(1024).decode("ascii", "replace").lower().split()
    if len(words) != 5 or words[:2] != ["%%matrixmarket", "matrix"] or words[2] not in ("coordinate", "array"):
        raise InputError(f"{path} is no Matrix Market file: its first line is {' '.join(words)[:80]!r}")
    form, field, symmetry = words[2:]
    if field not in _FIELDS or symmetry not in _SIGNS:
        raise InputError(f"{path}: {field} {symmetry} matrices are not supported; real ones are")
    line = file.readline(1 << 16)
    while line.startswith(b"%") or (line and not line.strip()):
        line = file.readline(1 << 16)
    sizes = [int(word) if word.isdigit() else -1 for word in line.decode("ascii", "replace").split()]
    dense = form == "array"
    if len(sizes) != (2 if dense else 3) or not all(0 <= size <= MAX_SIDE for size in sizes):
        raise InputError(f"{path}: the line of sizes is {line[:80].decode('ascii', 'replace').strip()!r}")
    rows, cols = sizes[:2]
    sign = _SIGNS[symmetry]
    if (sign and rows != cols) or (dense and field == "pattern"):
        raise InputError(f"{path}: a matrix of {rows} x {cols} cannot be {form} {field} {symmetry}")
    stored = sizes[-1]
    if dense:
        stored = rows * cols if not sign else rows * (rows + sign) // 2
    if stored > MAX_STORED:
        raise InputError(f"{path}: {rows} x {cols} with {stored} stored numbers, more than {MAX_STORED}")
    return _Header(dense, field, sign, rows, cols, stored)


def _dense(header: _Header, numbers: AnyArray) -> AnyArray:
    """The array format: column after column, of a symmetric matrix the lower triangle."""
    if not header.sign:
        return numbers.reshape(header.cols, header.rows).T
    matrix = np.zeros((header.rows, header.cols))
    cols, rows = np.triu_indices(header.rows, k=0 if header.sign > 0 else 1)
    matrix[rows, cols] = numbers
    matrix[cols, rows] = header.sign * numbers
    return matrix


def _sparse(path: Path, header: _Header, numbers: AnyArray) -> Any:  # noqa: ANN401  # SciPy has no types
    """The coordinate format: row, column and value, from 1."""
    from scipy import sparse  # noqa: PLC0415 - scipy is optional

    places, limits = numbers[:, :2], np.array([header.rows, header.cols])
    wrong = ((places < 1) | (places > limits) | (places != np.floor(places)) | np.isnan(places)).any(axis=1)
    if wrong.any():
        row, col = places[np.argmax(wrong)]
        raise InputError(
            f"{path}: entry {np.argmax(wrong) + 1} is at ({row:g}, {col:g}), outside {header.rows} x {header.cols}"
        )
    rows, cols = places.T.astype(np.int64) - 1
    values = numbers[:, 2] if header.field != "pattern" else np.ones(len(rows))
    if header.sign:
        mirrored = rows != cols
        rows, cols = np.append(rows, cols[mirrored]), np.append(cols, rows[mirrored])
        values = np.append(values, header.sign * values[mirrored])
    return sparse.coo_array((values, (rows, cols)), shape=(header.rows, header.cols)).tocsr()
