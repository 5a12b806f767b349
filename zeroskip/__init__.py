"""zeroskip: cycle-level simulation of N:M and high-sparsity neural-network accelerators.

    import zeroskip

    model = zeroskip.load_model("resnet18")
    sparse = zeroskip.prune(model, "2:8")
    config = zeroskip.load_config("sat", settings=("rows=16", "cols=16"))
    result = zeroskip.simulate(zeroskip.lower(sparse, "sat", config))

Names are imported when they are first used: ``import zeroskip`` alone costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mapping.errors import InputError
    from mapping.graph import ConvShape, Layer, ModelGraph, gemm_layer
    from mapping.models import load_model
    from mapping.sparsity import Pattern
    from simulator.program import Program
    from zeroskip.lowering import LoweredLayer, LoweredModel, load_config, lower
    from zeroskip.pruning import SparseModel, prune
    from zeroskip.simulation import LayerResult, Result, simulate

_HOME = {
    "InputError": "mapping.errors",
    "ConvShape": "mapping.graph",
    "Layer": "mapping.graph",
    "ModelGraph": "mapping.graph",
    "gemm_layer": "mapping.graph",
    "load_model": "mapping.models",
    "Pattern": "mapping.sparsity",
    "Program": "simulator.program",
    "LoweredLayer": "zeroskip.lowering",
    "LoweredModel": "zeroskip.lowering",
    "load_config": "zeroskip.lowering",
    "lower": "zeroskip.lowering",
    "SparseModel": "zeroskip.pruning",
    "prune": "zeroskip.pruning",
    "LayerResult": "zeroskip.simulation",
    "Result": "zeroskip.simulation",
    "simulate": "zeroskip.simulation",
}

__version__ = "0.1.0"
__all__ = [
    "ConvShape",
    "InputError",
    "Layer",
    "LayerResult",
    "LoweredLayer",
    "LoweredModel",
    "ModelGraph",
    "Pattern",
    "Program",
    "Result",
    "SparseModel",
    "gemm_layer",
    "load_config",
    "load_model",
    "lower",
    "prune",
    "simulate",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
    if name not in _HOME:
        raise AttributeError(f"module 'zeroskip' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
