"""The criteria by name, behind one signature."""

from collections.abc import Callable

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.sparsity.criteria.calibration import Calibration
from mapping.sparsity.criteria.magnitude import magnitude_mask
from mapping.sparsity.criteria.random import random_mask
from mapping.sparsity.criteria.sparsegpt import sparsegpt
from mapping.sparsity.criteria.wanda import wanda_mask
from mapping.sparsity.patterns import SparsityPattern

Criterion = Callable[[AnyArray, SparsityPattern, Calibration | None, int], tuple[BoolArray, AnyArray]]


def _needed(calibration: Calibration | None) -> Calibration:
    if calibration is None:
        raise InputError("this criterion looks at the layer's inputs: give a calibration")
    return calibration


def _masked(weights: AnyArray, mask: BoolArray) -> tuple[BoolArray, AnyArray]:
    return mask, np.where(mask, weights, weights.dtype.type(0))


CRITERIA: dict[str, Criterion] = {
    "random": lambda weights, pattern, _, seed: _masked(weights, random_mask(weights, pattern, seed)),
    "magnitude": lambda weights, pattern, _, __: _masked(weights, magnitude_mask(weights, pattern)),
    "wanda": lambda weights, pattern, inputs, _: _masked(weights, wanda_mask(weights, pattern, _needed(inputs))),
    "sparsegpt": lambda weights, pattern, inputs, _: sparsegpt(weights, pattern, _needed(inputs)),
}


def prune_weights(
    weights: AnyArray,
    pattern: SparsityPattern,
    criterion: str = "magnitude",
    *,
    calibration: Calibration | None = None,
    seed: int = 0,
) -> tuple[BoolArray, AnyArray]:
    """Prune one weight array by a criterion's name.

    Args:
        weights: (outputs, ..., inputs).
        pattern: What may stay.
        criterion: A key of ``CRITERIA``.
        calibration: Inputs of the layer, which ``wanda`` and ``sparsegpt`` need.
        seed: Seed of ``random``.

    Returns:
        The mask and the pruned weights, both of the weights' shape.

    Raises:
        InputError: An unknown criterion, or one that lacks its calibration.
    """
    if criterion not in CRITERIA:
        raise InputError(f"criterion {criterion!r}: expected one of {', '.join(CRITERIA)}")
    return CRITERIA[criterion](weights, pattern, calibration, seed)
