"""The steps of a transformer, as the artifact lowers them: a decode step, and the prompt.

A decoder layer is norm, q, k, v, (two concatenations,) scores with softmax, values, o, norm, gate, up, down; rotary
embedding, SiLU, residual sums and the product of the gated MLP are fused behind the matrix before them.
"""

import numpy as np

from mapping.arrays import BoolArray
from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dsp_chain.attention import MASK_BLOCK, Attention, attention_mm, attention_mv
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig, exact
from simulator.families.dsp_chain.isa import ADD, MUL, RMSNORM, SILU, TO_MISC, TO_SYS
from simulator.families.dsp_chain.layers import Linear
from simulator.families.dsp_chain.misc import concatenation, row_wise
from simulator.families.dsp_chain.mm import linear_mm
from simulator.families.dsp_chain.mv import linear_mv
from simulator.families.dsp_chain.network import Network
from simulator.families.dsp_chain.rows import Rows, join, rows
from simulator.families.dsp_chain.transformer import DENSE, Transformer, check_context
from simulator.program import Program

# Fused behind a matrix: operations, operands that are loaded, and how many of these lie on chip in on_chip_decode.
FUSED: dict[str, tuple[tuple[int, ...], int, int]] = {
    "q": ((MUL, MUL, ADD), 2, 0),  # rotary embedding: times sine, times cosine, and their sum
    "k": ((MUL, MUL, ADD), 2, 0),
    "o": ((ADD,), 1, 1),
    "gate": ((SILU,), 0, 0),
    "up": ((MUL,), 1, 1),
    "down": ((ADD,), 1, 1),
}
CACHED = ("k", "v")  # their results go to HBM in any case
DECODER = ("norm 1", "q", "k", "v", "concat k", "concat v", "scores", "values", "o", "norm 2", "gate", "up", "down")


def decode(model: Transformer, context: int, config: DspChainConfig) -> Network:
    """One decode step.

    Args:
        model: The transformer.
        context: Tokens in the cache, the new one included; a multiple of 16.
        config: The machine.

    Raises:
        InputError: Another context, one that does not fit HBM, or a buffer that is too small.
    """
    check_context(model, context, config)
    made = _matrices(model, 1, config) | _norms(model, 1, config)
    if config.generator == "artifact":
        past = model.heads * (context - 1) * model.head
        made |= {name: concatenation(past) for name in ("concat k", "concat v")}
    on_chip = config.on_chip_decode
    heads = ceil_div(model.heads, config.cores)
    for name, k, n in (("scores", model.head, context), ("values", context, model.head)):
        layer = Attention(
            name=name,
            heads=heads,
            k=k,
            n=n,
            softmax=name == "scores",
            load_input=not on_chip,
            store_output=not on_chip,
        )
        made[name] = attention_mv(layer, config)
    decoder = tuple(name for name in DECODER if name in made)
    return _network(f"decode {context}", decoder * model.layers, made, config)


def prefill(model: Transformer, tokens: int, config: DspChainConfig, masks: BoolArray | None = None) -> Network:
    """The prompt.

    Args:
        model: The transformer.
        tokens: Of the prompt, a multiple of 16.
        config: The machine.
        masks: (layers, heads, tokens / 64, tokens / 64) bool, rounded up: blocks of the scores that are not masked; by
            default those on and below the diagonal.

    Raises:
        InputError: A prompt that does not fit, masks of another shape or with an empty row, or too small a buffer.
    """
    check_context(model, tokens, config)
    side = ceil_div(tokens, MASK_BLOCK)
    if masks is None:
        masks = np.broadcast_to(np.tri(side, dtype=bool), (model.layers, model.heads, side, side))
    shape = (model.layers, model.heads, side, side)
    if masks.shape != shape:
        raise InputError(f"masks of shape {masks.shape}, expected {shape}")
    if not masks.any(axis=-1).all():
        raise InputError("masks: a block of rows is masked altogether")
    made = _matrices(model, tokens, config) | _norms(model, tokens, config)
    heads = ceil_div(model.heads, config.cores)
    order: list[str] = []
    known: dict[bytes, int] = {}
    for index, mask in enumerate(masks):
        alike = known.setdefault(mask.tobytes(), index)
        for name, k, n in (("scores", model.head, tokens), ("values", tokens, model.head)):
            if alike == index:
                layer = Attention(name=name, heads=heads, k=k, n=n, softmax=name == "scores")
                made[f"{name} {index}"] = attention_mm(layer, tokens, mask[:heads], config)
        numbered = {name: f"{name} {alike}" for name in ("scores", "values")}
        order += [numbered.get(name, name) for name in DECODER if not name.startswith("concat")]
    return _network(f"prefill {tokens}", tuple(order), made, config)


def _network(name: str, order: tuple[str, ...], made: dict[str, Rows], config: DspChainConfig) -> Network:
    programs: dict[str, Program] = {
        layer: instructions.program({"network": name, "layer": layer, "cores": config.cores})
        for layer, instructions in made.items()
    }
    return Network(name=name, order=(*order, "norm", "head"), programs=programs)


def _matrices(model: Transformer, m: int, config: DspChainConfig) -> dict[str, Rows]:
    """The matrices of a decoder layer and the output matrix, for ``m`` tokens."""
    made: dict[str, Rows] = {}
    on_chip = config.on_chip_decode and m == 1
    for seed, (name, (k, n, _)) in enumerate(model.all_matrices.items()):
        columns = ceil_div(n // BLOCK, config.cores) * BLOCK
        sparsity = model.sparsity.get(name, DENSE)
        fused, operands, held = FUSED.get(name, ((), 0, 0))
        layer = Linear(
            name=name,
            codes=sparsity.codes(k, columns, seed),
            bits=config.weight_bits,
            density=exact(sparsity.density),
            bias=name in model.biased,
            fused=fused,
            operands=operands - (held if on_chip else 0),
            load_input=not on_chip,
            store_output=not on_chip or name in CACHED or name == "head",
        )
        made[name] = linear_mv(layer, config) if m == 1 else linear_mm(layer, m, config)
    return made


def _norms(model: Transformer, m: int, config: DspChainConfig) -> dict[str, Rows]:
    """RMS norms of ``m`` tokens; every core computes all of them."""
    if config.on_chip_decode and m == 1:
        compute = rows("MISC", operation=RMSNORM, K=model.width // BLOCK)
        compute.release[-1] |= TO_SYS
        norm = join([compute, rows("SYS", wait=TO_MISC)])
    else:
        norm = row_wise("norm", RMSNORM, m, model.width, config, addresses=(0, 0, 0))
    return dict.fromkeys(("norm 1", "norm 2", "norm"), norm)
