"""One door to every network: a file, a package with a network in it, or a shape table."""

import os
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mapping.errors import InputError
from mapping.graph import ModelGraph
from mapping.importers import load_onnx
from mapping.zoo import load_zoo, zoo_names, zoo_titles

_MAGIKA = "magika"
MAX_BATCH = 2**20  # beyond it shape inference of some networks takes all memory


def known_models() -> dict[str, str]:
    """Names that ``load_model`` takes besides paths, with a one-line description each."""
    return {_MAGIKA: "Magika, the trained file-type classifier inside the magika package"} | zoo_titles()


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
    if name != _MAGIKA and not os.path.exists(model):  # unlike Path.exists it never raises
        raise InputError(f"model {name!r}: no such file, and not one of {', '.join(known_models())}")
    if sequence is not None:
        raise InputError(f"sequence={sequence}: {name} is an ONNX network; set the shapes of its inputs instead")
    if name == _MAGIKA:
        return _load_magika(batch=1 if batch is None else batch, shapes=shapes, seed=seed)
    return load_onnx(model, batch=batch, shapes=shapes, seed=seed)


def _load_magika(*, batch: int, shapes: Mapping[str, tuple[int, ...]] | None, seed: int) -> ModelGraph:
    """The network in the installed magika package, which is found but not imported."""
    spec = find_spec(_MAGIKA)
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the model magika needs the magika package: pip install 'zeroskip[models]'")
    folder = Path(spec.submodule_search_locations[0])
    files = sorted(folder.glob("models/*/model.onnx"))
    if len(files) != 1:
        raise InputError(f"{len(files)} networks in {folder / 'models'}, expected one: give the path of a model.onnx")
    source = f"magika {version(_MAGIKA)} (PyPI), {files[0].relative_to(folder.parent)}"
    return load_onnx(files[0], batch=batch, shapes=shapes, name=_MAGIKA, source=source, seed=seed)
