"""Which reader a file gets, by its ending, and which options each reader takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mapping.errors import InputError
from mapping.graph import ModelGraph
from mapping.importers.matrix import ENDINGS, load_matrix
from mapping.importers.onnx import load_onnx
from mapping.importers.scale_sim import load_topology
from mapping.importers.tensors import load_tensors
from mapping.importers.tensors.files import INDEX

_PICKLED = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".bin")
KNOWN = ".onnx, .safetensors, .h5, .csv (SCALE-Sim), .mtx, .npz, .npy"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user may set for a model; None or empty where nothing was."""

    batch: int | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sequence: int | None = None
    seed: int = 0
    rules: str | Path | None = None

    def refuse(self, name: str, kind: str, *options: str) -> None:
        """Refuse options that a model has no use for.

        Raises:
            InputError: One of them is set.
        """
        for option in options:
            value = getattr(self, option)
            if value is not None and value != {}:
                raise InputError(f"{_text(option, value)}: {name} is {kind}, which {_USES[option]}")


_USES = {
    "batch": "has no batch",
    "shapes": "has no inputs to set",
    "sequence": "does not run on sequences",
    "rules": "needs no rules",
}


def load_file(path: Path, options: Options, *, name: str | None = None, source: str | None = None) -> ModelGraph:
    """Read a file with the reader for its ending; one without a known ending is taken for ONNX.

    Args:
        path: The file.
        options: What the user set.
        name: Name of the model; the file's stem by default.
        source: Where it came from, for the output; the path by default.

    Raises:
        InputError: A pickle, an option that the reader does not take, or see the readers.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a model file")
    ending = path.suffix.lower()
    if ending in _PICKLED:
        raise InputError(f"{path}: {ending} files are pickles, and reading one runs code from it; known: {KNOWN}")
    batch, seed = options.batch or 1, options.seed
    if ending in (".safetensors", ".h5", ".hdf5") or path.name.endswith(INDEX):
        options.refuse(str(path), "a weight file", "shapes")
        return load_tensors(
            path, batch=batch, sequence=options.sequence, rules=options.rules, seed=seed, name=name, source=source
        )
    options.refuse(str(path), "no weight file", "rules")
    if ending == ".csv":
        options.refuse(str(path), "a topology", "shapes", "sequence")
        return load_topology(path, batch=batch, seed=seed, name=name, source=source)
    if path.name.lower().endswith(ENDINGS):
        options.refuse(str(path), "a matrix", "shapes", "sequence")
        return load_matrix(path, batch=batch, seed=seed, name=name, source=source)
    if options.sequence is not None:
        raise InputError(
            f"sequence={options.sequence}: {path} is an ONNX network; set the shapes of its inputs instead"
        )
    return load_onnx(path, batch=options.batch, shapes=options.shapes, name=name, source=source, seed=seed)


def _text(option: str, value: object) -> str:
    """An option as the user may have written it."""
    if isinstance(value, Mapping):
        return f"shape of {next(iter(value))!r}"
    return f"{option}={value}"
