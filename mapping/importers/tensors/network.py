"""A weight file as a network: its tensors, by rule, as layers in the order in which they run."""

from dataclasses import dataclass, replace
from pathlib import Path

import networkx as nx
import numpy as np

from mapping.arrays import Float32Array
from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, ModelGraph, gemm_layer
from mapping.importers.tensors.attention import Heads, products
from mapping.importers.tensors.files import Tensor, open_tensors, read_json
from mapping.importers.tensors.rules import LayerRule, Match, Rules, choose_rules

UNMATCHED = "unmatched tensor"
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Described:
    """One tensor of a file and what becomes of it: the name of a layer, or what it is instead."""

    name: str
    tensor: Tensor
    becomes: str


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The tensors of a file: layers in order, and the others with what they are."""

    tensors: dict[str, Tensor]
    rules: Rules
    layers: list[tuple[str, Match]]
    others: dict[str, str]


def load_tensors(
    path: Path,
    *,
    batch: int = 1,
    sequence: int | None = None,
    rules: str | Path | None = None,
    seed: int = 0,
    name: str | None = None,
    source: str | None = None,
) -> ModelGraph:
    """Read a weight file.

    Args:
        path: See ``open_tensors``.
        batch: Sequences or images that run together.
        sequence: Tokens per sequence; the default of the rules if None.
        rules: A file of rules; by default the built-in ones that fit the names.
        seed: Of the activations.
        name: Name of the model; the file's stem by default.
        source: Where it came from, for the output; the path by default.

    Raises:
        InputError: See ``open_tensors`` and ``choose_rules``; no tensor is a layer; a tensor does not have the axes
            that its rule says; a sequence outside the range of the rules.
    """
    found = _sorted(path, rules)
    if not found.layers:
        shown = ", ".join(list(found.tensors)[:_SHOWN]) or "none"
        raise InputError(f"{path}: no tensor is a layer by the rules {found.rules.title!r}; tensors: {shown}")
    tokens = _tokens(path, found.rules, sequence)
    heads = Heads.read(found.rules.heads, read_json(path.with_name("config.json")))
    layers: list[Layer] = []
    roles: dict[str, Layer] = {}
    for title, match in found.layers:
        layer = _layer(path, title, found.tensors, match.rule, batch, tokens)
        layers.append(layer)
        if match.rule.role is not None:
            roles[match.rule.role] = layer
            if match.rule.role in ("value", "fused"):
                layers += products(roles, heads, batch, tokens)
                roles = {}
    return ModelGraph(
        name=path.name.split(".")[0] if name is None else name,
        graph=_graph([replace(layer, seed=seed) for layer in layers], found.others),
        source=str(path) if source is None else source,
        weights_note=_note(path, found, heads),
    )


def describe_tensors(path: str | Path, rules: str | Path | None = None) -> list[Described]:
    """Every tensor of a file and what becomes of it, layers first, in the order in which they run.

    Raises:
        InputError: See ``open_tensors`` and ``choose_rules``.
    """
    found = _sorted(Path(path), rules)
    layers = [Described(name, found.tensors[name], f"layer {_title(name)}") for name, _ in found.layers]
    return layers + [Described(name, found.tensors[name], what) for name, what in found.others.items()]


def _sorted(path: Path, chosen: str | Path | None) -> _Sorted:
    """Tell layers from the rest."""
    tensors = open_tensors(path)
    rules = choose_rules(tensors, chosen)
    layers: list[tuple[str, Match]] = []
    others: dict[str, str] = {}
    for name, tensor in tensors.items():
        match, ignored = rules.match(name), rules.ignored(name)
        if match is not None and len(tensor.shape) == match.rule.axes:
            layers.append((name, match))
        elif ignored is not None:
            others[name] = ignored
        elif max([0, *sorted(tensor.shape)[:-1]]) <= 1:
            others[name] = "vector"
        else:
            others[name] = UNMATCHED
    layers.sort(key=lambda entry: entry[1].order)
    return _Sorted(tensors, rules, layers, others)


def _tokens(path: Path, rules: Rules, sequence: int | None) -> int:
    """The sequence length to use; 1, which nothing reads, where no rule has one."""
    if rules.sequence is None:
        if sequence is not None:
            raise InputError(f"sequence={sequence}: the rules for {path} have no sequence")
        return 1
    limit = rules.sequence.limit
    if sequence is not None and not 1 <= sequence <= limit:
        raise InputError(f"sequence={sequence} outside [1, {limit}] for {path}")
    return rules.sequence.default if sequence is None else sequence


def _layer(path: Path, name: str, tensors: dict[str, Tensor], rule: LayerRule, batch: int, tokens: int) -> Layer:
    """The layer of one tensor.

    Raises:
        InputError: Sizes that are none, or values that are no finite numbers.
    """
    sizes = tensors[name].shape
    try:
        if 0 in sizes:
            raise InputError(f"shape {sizes} has no elements")
        values = _values(name, tensors)
        if rule.size is not None:
            return _convolution(_title(name), values, rule, batch)
        matrix = values.T if rule.stored == "out_in" else values
        rows = {"sequence": tokens, "one": 1}[rule.rows] if isinstance(rule.rows, str) else rule.rows
        return gemm_layer(_title(name), batch * rows, *matrix.shape, weights=matrix)
    except InputError as error:
        raise InputError(f"{path}: {name!r}: {error}") from error


def _convolution(title: str, values: Float32Array, rule: LayerRule, batch: int) -> Layer:
    """A convolution over square images, or over sequences, which are rows of one column."""
    assert rule.size is not None
    flat = rule.stored == "oil"
    image = values[..., None] if flat else values
    canonical = image.transpose((3, 0, 1, 2) if rule.stored == "hwio" else (0, 2, 3, 1))
    outputs, rows, cols, inputs = canonical.shape
    padding = (rows // 2, cols // 2) if rule.padding is None else (rule.padding, 0 if flat else rule.padding)
    shape = ConvShape(
        images=batch,
        in_rows=rule.size,
        in_cols=1 if flat else rule.size,
        in_channels=inputs,
        out_channels=outputs,
        kernel=(rows, cols),
        stride=(rule.stride, 1 if flat else rule.stride),
        padding=(*padding, *padding),
    )
    return Layer(name=title, op="conv", shape=shape, weights=np.ascontiguousarray(canonical))


def _values(name: str, tensors: dict[str, Tensor]) -> Float32Array:
    """A tensor as float32, times its scale where integers have one beside them.

    The scale is ``NAME_scale`` (one number, or one for each first index), or ``SCB`` of bitsandbytes, in 127ths.
    """
    values = tensors[name].read()
    if values.dtype.kind in "cOSU":
        raise InputError(f"{values.dtype} values are no real numbers")
    with np.errstate(over="ignore"):  # Layer refuses what becomes infinite
        result: Float32Array = values.astype(np.float32)
    if values.dtype.kind not in "iu" and values.dtype.itemsize > 1:
        return result
    for other, factor in ((f"{name}_scale", 1.0), (f"{name.removesuffix('weight')}SCB", 1 / 127)):
        if other in tensors:
            scale = tensors[other].read().astype(np.float32)
            if scale.size not in (1, values.shape[0]):
                raise InputError(f"{other!r} has shape {scale.shape}, which is no scale for {values.shape}")
            return result * scale.reshape(-1, *[1] * (values.ndim - 1)) * np.float32(factor)
    return result


def _title(name: str) -> str:
    """The name of the layer of a tensor."""
    for suffix in (".weight", "/vars/0", "/kernel:0", "/kernel", ".kernel"):
        if name.endswith(suffix) and name != suffix:
            return name.removesuffix(suffix)
    return name


def _graph(layers: list[Layer], others: dict[str, str]) -> "nx.DiGraph[str]":
    """The layers one after another; known tensors without products stand beside them, to be listed."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for position, layer in enumerate(layers):
        graph.add_node(layer.name, op=layer.op, layer=layer, position=position)
        if position:
            graph.add_edge(layers[position - 1].name, layer.name)
    for position, (name, what) in enumerate(others.items(), len(layers)):
        if what != UNMATCHED:  # those are in the note, by name
            graph.add_node(f"{name} ({what})", op=what, position=position)
    return graph


def _note(path: Path, found: _Sorted, heads: Heads) -> str:
    """Where the weights come from, and what was left out."""
    parts = [f"weights from {path.name} by the rules for {found.rules.title}"]
    unmatched = [name for name, what in found.others.items() if what == UNMATCHED]
    if unmatched:
        more = ", ..." if len(unmatched) > _SHOWN else ""
        count = f"{len(unmatched)} tensors match" if len(unmatched) > 1 else "1 tensor matches"
        parts.append(f"{count} no rule: {', '.join(unmatched[:_SHOWN])}{more}")
    if heads.query is None and any(match.rule.role for _, match in found.layers):
        parts.append("the products of attention are left out: no config.json beside the file says the heads")
    return "; ".join(parts)
