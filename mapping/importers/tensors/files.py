"""Named tensors out of safetensors and HDF5 files; values are read when asked for, never through pickle."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from mapping.arrays import AnyArray
from mapping.errors import InputError

INDEX = ".safetensors.index.json"
_FLOAT8 = {"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file.

    Attributes:
        shape: Its sizes.
        dtype: Its type as the file names it.
        read: Gives its values, in a NumPy or ``ml_dtypes`` type.
    """

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], AnyArray]


def open_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, in the order of the file.

    Args:
        path: A ``.safetensors`` file, the ``.safetensors.index.json`` of several, or a ``.h5`` file.

    Raises:
        InputError: The file is missing, damaged or of another format, or the package that reads it is.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.name.endswith(INDEX):
        return _indexed(path)
    tensors = _hdf5(path) if path.suffix.lower() in (".h5", ".hdf5") else _safetensors(path)
    for name in tensors:
        # h5py hands out text that is not UTF-8 as bytes; control characters would reach the screen
        if not isinstance(name, str) or not name.isprintable():
            raise InputError(f"{path} is damaged: it holds a name that is no text, {name!r}")
    return tensors


def _safetensors(path: Path) -> dict[str, Tensor]:
    _need("safetensors", path)
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - safetensors is optional

    damage = (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError, MemoryError)

    def reader(name: str, dtype: str) -> Callable[[], AnyArray]:
        def read() -> AnyArray:
            if dtype in _FLOAT8:  # which the package hands out as bytes only
                return _float8(path, name, _FLOAT8[dtype])
            with safe_open(path, "numpy") as file:
                values: AnyArray = file.get_tensor(name)
                return values

        return _guarded(read, f"{path}: {name!r} ({dtype})", damage)

    tensors = {}
    try:
        with safe_open(path, "numpy") as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                part = file.get_slice(name)
                dtype = str(part.get_dtype())
                tensors[name] = Tensor(tuple(part.get_shape()), dtype, reader(name, dtype))
    except (*damage, OverflowError) as error:
        raise InputError(f"{path} is no safetensors file, or it is damaged: {_line(error)}") from error
    return tensors


def _float8(path: Path, name: str, dtype: str) -> AnyArray:
    """A tensor of eight-bit floats."""
    import ml_dtypes  # noqa: PLC0415 - optional like safetensors
    from safetensors import deserialize  # noqa: PLC0415

    tensor = dict(deserialize(path.read_bytes()))[name]  # type: ignore[no-untyped-call]
    return np.frombuffer(tensor["data"], getattr(ml_dtypes, dtype)).reshape(tensor["shape"])


def _indexed(path: Path) -> dict[str, Tensor]:
    """The tensors of all files of an index, which lie beside it."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        files = dict.fromkeys(names.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is no index of safetensors files: {_line(error)}") from error
    tensors: dict[str, Tensor] = {}
    for file in files:
        if not isinstance(file, str) or PurePath(file).name != file:
            raise InputError(f"{path}: {file!r} is not the name of a file beside it")
        tensors |= open_tensors(path.with_name(file))
    missing = [name for name in names if name not in tensors]
    if missing:
        raise InputError(f"{path}: {missing[0]!r} is in none of its files")
    return tensors


def _hdf5(path: Path) -> dict[str, Tensor]:
    _need("h5py", path)
    import h5py  # noqa: PLC0415 - h5py is optional

    damage = (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError, MemoryError)

    def reader(name: str) -> Callable[[], AnyArray]:
        def read() -> AnyArray:
            with h5py.File(path, "r") as file:
                return np.asarray(file[name])

        return _guarded(read, f"{path}: {name!r}", damage)

    tensors: dict[str, Tensor] = {}

    def visit(name: str, item: Any) -> None:  # noqa: ANN401  # h5py has no types
        if isinstance(item, h5py.Dataset) and item.shape is not None and item.dtype.kind in "fiub":
            if item.external:
                raise InputError(f"{path}: the values of {name!r} are in another file")
            tensors[name] = Tensor(tuple(item.shape), str(item.dtype), reader(name))

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)  # it follows no links, so no other file is opened
    except InputError:
        raise
    except damage as error:
        raise InputError(f"{path} is no HDF5 file, or it is damaged: {_line(error)}") from error
    return tensors


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON object beside a weight file, empty if there is none or it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _guarded(read: Callable[[], AnyArray], what: str, errors: tuple[type[Exception], ...]) -> Callable[[], AnyArray]:
    """``read`` with its errors as the user's."""

    def guarded() -> AnyArray:
        try:
            return read()
        except errors as error:
            raise InputError(f"{what} cannot be read: {_line(error)}") from error

    return guarded


def _need(package: str, path: Path) -> None:
    """Refuse if a package is missing.

    Raises:
        InputError: It is.
    """
    if find_spec(package) is None:
        raise InputError(f"reading {path} needs the {package} package: pip install 'zeroskip[models]'")
    if find_spec("ml_dtypes") is not None:
        import ml_dtypes  # noqa: F401, PLC0415 - makes bfloat16 and float8 known to NumPy


def _line(error: Exception) -> str:
    """The first line of an error's text."""
    return next(iter(str(error).splitlines()), type(error).__name__)
