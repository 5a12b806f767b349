"""Random GEMMs and machines, small enough to execute and ragged on purpose."""

from dataclasses import dataclass

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import Layer, gemm_layer
from mapping.sparsity import Pattern, prune_layer
from simulator.families import Candidate
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.config import DspChainConfig

PATTERNS = ["dense", "2:16", "4:16", "8:16"]


@dataclass(frozen=True)
class Case:
    """A GEMM pruned to a pattern, a machine, and one of the mappings that scheduling offers."""

    layer: Layer
    pattern: Pattern
    config: DspChainConfig
    candidate: Candidate


@st.composite
def machines(draw) -> DspChainConfig:
    """Small buffers, every width of weights, one core or three, both fidelities, with and without latencies."""
    settings = [
        f"weight_bits={draw(st.sampled_from([2, 3, 4, 8]))}",
        f"a_rows={draw(st.sampled_from([64, 300, 4096]))}",
        f"b_rows={draw(st.sampled_from([32, 200, 4096]))}",
        f"meta_rows={draw(st.sampled_from([64, 4096]))}",
        f"fsb_rows={draw(st.sampled_from([8, 4096]))}",
        f"global_rows={draw(st.sampled_from([8, 512]))}",
        f"dispatch_latency={draw(st.integers(0, 3))}",
        f"token_latency={draw(st.integers(0, 3))}",
    ]
    return FAMILY.load_config(draw(st.sampled_from(["vhk158", "u280"])), tuple(settings))


@st.composite
def gemms(draw) -> Layer:
    """A vector or up to 300 rows times a matrix."""
    m = draw(st.one_of(st.just(1), st.integers(2, 300)))
    layer = gemm_layer("gemm", m, draw(st.integers(1, 150)), draw(st.integers(1, 700 if m == 1 else 100)))
    return Layer(name="gemm", op="gemm", shape=layer.shape, seed=draw(st.integers(0, 2**16)))


@st.composite
def cases(draw) -> Case:
    """A GEMM with or without weights of its own, some with whole blocks of zeros, and one mapping of it."""
    layer, pattern = draw(gemms()), Pattern.parse(draw(st.sampled_from(PATTERNS)))
    config = draw(machines())
    if draw(st.booleans()):
        present = np.random.default_rng(layer.seed).random(layer.shape.weight_shape) < draw(
            st.sampled_from([0.02, 0.3, 1])
        )
        layer = prune_layer(layer.with_weights(layer.values() * present), pattern)
    try:
        options = FAMILY.candidates(layer, pattern, config)
        candidate = draw(st.sampled_from(options))
        FAMILY.lower(layer, pattern, candidate.mapping, config)
    except InputError:
        assume(False)
    return Case(layer, pattern, config, candidate)
