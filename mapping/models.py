"""One door to every network: a file, a network out of a wheel, or a shape table."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mapping.errors import InputError
from mapping.graph import ModelGraph
from mapping.importers import Options, load_file
from mapping.wheels import catalogue, fetched_network, is_fetched
from mapping.wheels.store import network_names
from mapping.zoo import load_zoo, zoo_names, zoo_titles

MAX_BATCH = 2**20  # beyond it shape inference of some networks takes all memory


def known_models() -> dict[str, str]:
    """Names that ``load_model`` takes besides paths, with a one-line description each."""
    trained = {name: title + _state(name) for name, title in network_names().items()}
    return trained | zoo_titles()


def load_model(
    model: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    sequence: int | None = None,
    seed: int = 0,
    rules: str | Path | None = None,
) -> ModelGraph:
    """Load a network by name or path; a name wins over a file of that name (which is ``./name``).

    Args:
        model: A key of ``known_models``, or the path of a file; its ending says how to read it (docs/models.md).
        batch: Images or sequences that run together; 1, or what the file says, if None.
        shapes: Shapes of an ONNX network's inputs, see ``load_onnx``.
        sequence: Tokens per sequence of a shape table or weight file that has sequences.
        seed: Seed of weights that the model does not hold.
        rules: A file that says which tensor of a weight file becomes which layer; by default what fits its names.

    Raises:
        InputError: Neither a name nor a file, an option that this model does not take, or see the loaders.
    """
    if batch is not None and batch < 1:
        raise InputError(f"batch={batch}: must be at least 1")
    if batch is not None and batch > MAX_BATCH:
        raise InputError(f"batch={batch} outside [1, {MAX_BATCH}]")
    options = Options(batch=batch, shapes=shapes or {}, sequence=sequence, seed=seed, rules=rules)
    name = str(model)
    if name in zoo_names():
        options.refuse(name, "a shape table", "shapes", "rules")
        return load_zoo(name, batch=batch or 1, sequence=sequence, seed=seed)
    if name.split("/", maxsplit=1)[0] in catalogue() and (name in network_names() or not os.path.exists(model)):
        return _load_fetched(name, options)
    if not os.path.exists(model):  # unlike Path.exists it never raises
        raise InputError(f"model {name!r}: no such file, and not one of {', '.join(known_models())}")
    return load_file(Path(model), options)


def _load_fetched(name: str, options: Options) -> ModelGraph:
    """A network out of a wheel, fetched before."""
    path, wheel, network = fetched_network(name)
    if not options.shapes:
        shapes = {name: (options.batch or first, *others) for name, (first, *others) in network.shapes.items()}
        options = replace(options, shapes=shapes)
    source = f"{wheel.package} {wheel.version} (PyPI), {network.file}"
    return load_file(path, options, name=name, source=source)


def _state(name: str) -> str:
    """What stands behind the title of a network that is not here yet."""
    key = name.split("/", maxsplit=1)[0]
    return "" if is_fetched(key) else f" (not here yet: zeroskip models fetch {key})"
