"""Single matrices: Matrix Market, dense and sparse ``.npz``, and ``.npy``; never through pickle."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zlib import error as DeflateError  # noqa: N812  # an exception with a lower-case name

import numpy as np

from mapping.arrays import AnyArray, Float32Array
from mapping.errors import InputError
from mapping.graph import ModelGraph, chain, gemm_layer
from mapping.importers.matrix_market import read_matrix_market

MAX_ELEMENTS = 1 << 28  # of a matrix as a dense array: 1 GiB of float32
MAX_BYTES = 1 << 33  # of what a file unpacks to
_DAMAGE = (
    OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError, SyntaxError, RuntimeError,
    AttributeError, NotImplementedError, MemoryError, TokenError, zipfile.BadZipFile, DeflateError,
)  # fmt: skip
ENDINGS = (".mtx", ".mtx.gz", ".npz", ".npy")


def load_matrix(
    path: Path, *, batch: int = 1, seed: int = 0, name: str | None = None, source: str | None = None
) -> ModelGraph:
    """Read matrices as layers: a matrix of outputs x inputs multiplies ``batch`` dense vectors.

    Args:
        path: A file with one of ``ENDINGS``. An ``.npz`` of dense arrays is a layer for every matrix in it.
        batch: Columns of the dense operand.
        seed: Of its values.
        name: Name of the model; the file's stem by default.
        source: Where it came from, for the output; the path by default.

    Raises:
        InputError: See ``read_matrices``, or a matrix that is too large to hold densely.
    """
    layers = []
    for title, matrix in read_matrices(path).items():
        rows, cols = matrix.shape
        if not 0 < rows * cols <= MAX_ELEMENTS:
            raise InputError(f"{path}: {rows} x {cols} elements outside [1, {MAX_ELEMENTS}], which a layer can hold")
        weights = _dense(path, title, matrix)
        layers.append(replace(gemm_layer(title, batch, cols, rows, weights=weights.T), seed=seed))
    return chain(
        path.name.split(".")[0] if name is None else name,
        layers,
        source=str(path) if source is None else source,
        weights_note=f"values of {path.name}: rows are outputs, columns are inputs",
    )


def read_matrices(path: Path) -> dict[str, Any]:
    """The matrices of a file by name: NumPy arrays or SciPy sparse arrays, real, of two dimensions.

    Raises:
        InputError: The file is missing, damaged, holds Python objects or no matrix, or unpacks to too much.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    reader = {".npz": _npz, ".npy": _npy}.get(path.suffix.lower(), _matrix_market)
    if reader is not _npy and find_spec("scipy") is None:
        raise InputError(f"reading {path} needs the scipy package: pip install 'zeroskip[models]'")
    try:
        found = reader(path)
    except InputError:
        raise
    except _DAMAGE as error:
        line = next(iter(str(error).splitlines()), type(error).__name__)
        if "allow_pickle" in line or "pickle" in line:
            line = "it holds Python objects (a pickle), and reading these runs code from the file"
        raise InputError(f"{path} cannot be read: {line}") from error
    damaged = next((title for title in found if not title.isprintable()), None)
    if damaged is not None:
        raise InputError(f"{path} is damaged: it holds a name that is no text, {damaged!r}")
    matrices = {title: matrix for title, matrix in found.items() if matrix.ndim == 2 and matrix.dtype.kind in "fiub"}
    if not matrices:
        shapes = ", ".join(f"{title}: {matrix.dtype} {matrix.shape}" for title, matrix in found.items())
        raise InputError(f"{path}: no matrix of real numbers in it ({shapes or 'it is empty'})")
    return matrices


def _matrix_market(path: Path) -> dict[str, Any]:
    return {path.name.split(".")[0]: read_matrix_market(path)}


def _npz(path: Path) -> dict[str, Any]:
    """A sparse matrix as ``scipy.sparse.save_npz`` writes it, or dense arrays."""
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
        if size > MAX_BYTES:
            raise InputError(f"{path}: unpacks to {size} bytes, more than {MAX_BYTES}")
    with np.load(path, allow_pickle=False) as file:
        if "format" not in file.files or "data" not in file.files:
            return {title: file[title] for title in file.files}
    from scipy import sparse  # noqa: PLC0415 - scipy is optional

    matrix = sparse.csr_array(sparse.load_npz(path))
    matrix.check_format(full_check=True)  # indices out of range would write anywhere
    return {path.stem: matrix}


def _npy(path: Path) -> dict[str, AnyArray]:
    return {path.stem: np.load(path, allow_pickle=False)}


def _dense(path: Path, title: str, matrix: Any) -> Float32Array:  # noqa: ANN401  # dense or sparse
    """The matrix as float32.

    Raises:
        InputError: It cannot be made.
    """
    values: Callable[[], AnyArray] = getattr(matrix, "toarray", lambda: np.asarray(matrix))
    try:
        with np.errstate(over="ignore"):  # Layer refuses what becomes infinite
            return values().astype(np.float32)
    except _DAMAGE as error:
        raise InputError(f"{path}: {title} cannot be read: {error}") from error
