"""Wanda: magnitude times the norm of the input."""

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.sparsity.criteria.calibration import Calibration
from mapping.sparsity.patterns import SparsityPattern


def wanda_mask(weights: AnyArray, pattern: SparsityPattern, calibration: Calibration) -> BoolArray:
    """Keep the highest |W_ij| ||X_j||_2.

    Source: Sun et al., "A Simple and Effective Pruning Approach for Large Language Models" (ICLR 2024), equation 1.
    The paper compares the weights of one output with each other: for its unstructured setting use ``FanIn``.

    Args:
        weights: (outputs, ..., inputs).
        pattern: What may stay.
        calibration: Over as many inputs as an output has weights.

    Returns:
        Mask of the same shape.

    Raises:
        InputError: A calibration of another size.
    """
    check_calibration(weights, calibration)
    norms = calibration.norms.astype(np.float32).reshape(weights.shape[1:])
    return pattern.project(np.abs(weights) * norms)


def check_calibration(weights: AnyArray, calibration: Calibration) -> None:
    """Refuse a calibration that does not belong to the weights.

    Raises:
        InputError: Another number of inputs, or no samples.
    """
    inputs = weights[0].size
    if calibration.inputs != inputs:
        raise InputError(f"calibration over {calibration.inputs} inputs, but an output has {inputs} weights")
    if not calibration.samples:
        raise InputError("calibration without samples: add inputs first")
