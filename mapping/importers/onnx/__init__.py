"""Trained networks in the ONNX format. The `onnx` package is imported when a file is read, not before."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from mapping.errors import InputError
from mapping.graph import ModelGraph


def load_onnx(
    path: str | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    name: str | None = None,
    source: str | None = None,
    seed: int = 0,
) -> ModelGraph:
    """Read an ONNX file: operators that multiply become layers (docs/models.md), every other one passes through.

    Nodes that depend on no input of the network (constants, and arithmetic on constants) are folded into the
    weights or left out. A weight that the file does not spell out, as in the weight-less networks of the
    `onnx` wheel, is left to ``Layer.values``.

    Args:
        path: An ``.onnx`` file; external data is looked for next to it.
        batch: Value of every free first dimension of the inputs; one, if None, for a file of this project's.
        shapes: Whole shape of an input by name; only its free dimensions may be chosen.
        name: Name of the model; the file's stem by default.
        source: Where it came from, for the output; the path by default.
        seed: Seed of weights that the file does not hold.

    Returns:
        The network, one node per operator.

    Raises:
        InputError: The file cannot be read or is no ONNX network, ``batch`` or ``shapes`` do not fit its
            inputs, a layer's shape stays unknown, or an operator that multiplies is not supported.
    """
    if find_spec("onnx") is None:
        raise InputError("reading a network needs the onnx package: pip install 'zeroskip[models]'")
    from mapping.importers.onnx.network import read_network  # noqa: PLC0415 - onnx is optional

    path = Path(path)
    network = read_network(path, batch=batch, shapes=shapes or {}, seed=seed)
    layers = [data["layer"] for _, data in network.graph.nodes(data=True) if "layer" in data]
    pruned = [layer for layer in layers if not layer.dynamic]
    missing = sum(layer.weights is None for layer in pruned)
    return ModelGraph(
        name=path.stem if name is None else name,
        graph=network.graph,
        source=str(path) if source is None else source,
        weights_note=_weights_note(path.name, len(pruned), missing, seed),
        patterns=network.notes.patterns,
    )


def _weights_note(file: str, layers: int, missing: int, seed: int) -> str:
    """Say where the weights of ``layers`` layers come from; the file lacks those of ``missing``."""
    if not missing:
        return f"weights from {file}" if layers else f"no layer of {file} has weights"
    lacking = "no weights" if missing == layers else f"no weights for {missing} of {layers} layers"
    return f"{lacking} in {file}: values are drawn from N(0,1), seed {seed}, when asked for"
