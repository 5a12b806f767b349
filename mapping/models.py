"""One door to every network: a file, a package with a network in it, or a shape table."""

import os
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mapping.errors import InputError
from mapping.graph import ModelGraph
from mapping.importers import load_onnx
from mapping.networks import SHIPPED, shipped_file
from mapping.zoo import load_zoo, zoo_names, zoo_titles

_MAGIKA = "magika"
MAX_BATCH = 2**20  # beyond it shape inference of some networks takes all memory


def known_models() -> dict[str, str]:
    """Names that ``load_model`` takes besides paths, with a one-line description each."""
    return {_MAGIKA: "Magika, the trained file-type classifier inside the magika package"} | SHIPPED | zoo_titles()


def load_model(
    model: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    sequence: int | None = None,
    seed: int = 0,
) -> ModelGraph:
    """Load a network by name or path; a name wins over a file of that name (which is ``./name``).

    Args:
        model: A key of ``known_models``, or the path of an ``.onnx`` file.
        batch: Images or sequences that run together; 1, or what the file says, if None.
        shapes: Shapes of an ONNX network's inputs, see ``load_onnx``.
        sequence: Tokens per sequence of a shape table that has sequences.
        seed: Seed of weights that the model does not hold.

    Raises:
        InputError: Neither a name nor a file, an option that this model does not take, or see the loaders.
    """
    if batch is not None and batch > MAX_BATCH:
        raise InputError(f"batch={batch} outside [1, {MAX_BATCH}]")
    name = str(model)
    if name in zoo_names():
        if shapes:
            raise InputError(f"shape of {next(iter(shapes))!r}: {name} is a shape table and has no inputs to set")
        return load_zoo(name, batch=1 if batch is None else batch, sequence=sequence, seed=seed)
    if name != _MAGIKA and name not in SHIPPED and not os.path.exists(model):  # unlike Path.exists it never raises
        raise InputError(f"model {name!r}: no such file, and not one of {', '.join(known_models())}")
    if sequence is not None:
        raise InputError(f"sequence={sequence}: {name} is an ONNX network; set the shapes of its inputs instead")
    if name == _MAGIKA:
        return _load_magika(batch=1 if batch is None else batch, shapes=shapes, seed=seed)
    if name in SHIPPED:
        source = f"zeroskip, mapping/networks/{name}.onnx"
        return load_onnx(shipped_file(name), batch=batch or 1, shapes=shapes, name=name, source=source, seed=seed)
    return load_onnx(model, batch=batch, shapes=shapes, seed=seed)


def onnx_file(name: str | Path) -> Path:
    """The ONNX file behind a name or path that ``load_model`` takes.

    Raises:
        InputError: A shape table, which has no file, or neither a name nor a file.
    """
    text = str(name)
    if text in SHIPPED:
        return shipped_file(text)
    if text == _MAGIKA:
        return magika_file()
    if text in zoo_names():
        raise InputError(f"{text} is a shape table without weights: give {', '.join((*SHIPPED, _MAGIKA))} or an ONNX file")
    if not os.path.exists(name):
        raise InputError(f"model {text!r}: no such file, and not one of {', '.join((*SHIPPED, _MAGIKA))}")
    return Path(name)


def magika_file() -> Path:
    """The network in the installed magika package, which is found but not imported.

    Raises:
        InputError: The package is not installed, or holds another number of networks.
    """
    spec = find_spec(_MAGIKA)
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the model magika needs the magika package: pip install 'zeroskip[models]'")
    folder = Path(spec.submodule_search_locations[0])
    files = sorted(folder.glob("models/*/model.onnx"))
    if len(files) != 1:
        raise InputError(f"{len(files)} networks in {folder / 'models'}, expected one: give the path of a model.onnx")
    return files[0]


def _load_magika(*, batch: int, shapes: Mapping[str, tuple[int, ...]] | None, seed: int) -> ModelGraph:
    file = magika_file()
    source = f"magika {version(_MAGIKA)} (PyPI), {file.relative_to(file.parents[3])}"
    return load_onnx(file, batch=batch, shapes=shapes, name=_MAGIKA, source=source, seed=seed)
