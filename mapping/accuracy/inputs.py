"""Calibration samples of a user's own."""

import zipfile
from pathlib import Path

import numpy as np
import onnx

from mapping.accuracy.runtime import Feeds
from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.importers.onnx.inputs import runtime_inputs


def read_feeds(path: Path, model: onnx.ModelProto, count: int | None = None) -> list[Feeds]:
    """Samples from an ``.npz`` file, one batch for each.

    Args:
        path: With an array for each input of the network, samples along the first axis of all of them.
        model: The network; arrays are converted to the types of its inputs. Where the network fixes a batch of more
            than one, that many samples make a batch and the rest is left out.
        count: How many samples to take; all by default.

    Raises:
        InputError: The file cannot be read, an input is missing, or there are fewer samples.
    """
    arrays = read_arrays(path, model)
    samples = len(next(iter(arrays.values())))
    if count is not None and not 1 <= count <= samples:
        raise InputError(f"calibration={count} outside [1, {samples}], the samples in {path}")
    sizes = [value.type.tensor_type.shape.dim for value in runtime_inputs(model.graph).values()]
    batch = max([1, *(dims[0].dim_value for dims in sizes if dims)])
    firsts = range(0, (count or samples) - batch + 1, batch)
    if not firsts:
        raise InputError(f"{path}: {count or samples} samples are less than the network's batch of {batch}")
    return [{name: array[first : first + batch] for name, array in arrays.items()} for first in firsts]


def read_arrays(path: Path, model: onnx.ModelProto, others: tuple[str, ...] = ()) -> dict[str, AnyArray]:
    """An array for each input of a network, of its type, and the arrays called ``others`` as they are.

    Raises:
        InputError: The file cannot be read, an array is missing or unknown, or they differ in length.
    """
    try:
        with path.open("rb") as file:
            stored = np.load(file, allow_pickle=False)
            arrays = dict(stored.items()) if isinstance(stored, np.lib.npyio.NpzFile) else {}
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no .npz file of arrays: {error}") from error
    inputs = runtime_inputs(model.graph)
    if set(arrays) != {*inputs, *others}:
        more = f", and {_names(others)} belongs to them" if others else ""
        raise InputError(f"{path} holds {_names(arrays)}; the network's inputs are {_names(inputs)}{more}")
    lengths = {len(array) if array.ndim else 0 for array in arrays.values()}
    if len(lengths) != 1 or not lengths.pop():
        raise InputError(
            f"{path}: its arrays do not hold the same number of samples, at least one, on their first axis"
        )
    kinds = {name: value.type.tensor_type.elem_type for name, value in inputs.items()}
    typed = {name: arrays[name].astype(onnx.helper.tensor_dtype_to_np_dtype(kind)) for name, kind in kinds.items()}
    return typed | {name: arrays[name] for name in others}


def _names(names: object) -> str:
    return ", ".join(map(repr, names)) or "nothing"  # type: ignore[call-overload]
