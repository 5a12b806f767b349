"""WUVE, the weight update: its values and in how many cycles. NumPy only, no clock."""

import numpy as np

from mapping.arrays import Float32Array as Single
from simulator.families.sat.arithmetic import Half, fp16_rounded, fp32_product, fp32_sum


def update(
    weights: Single, velocity: Single, gradient: Single, *, learning_rate: np.float32, momentum: np.float32
) -> tuple[Single, Single, Half]:
    """Stochastic gradient descent with momentum, every operation rounded to float32 in this order.

    velocity' = momentum * velocity + gradient; weights' = weights - learning_rate * velocity'.

    Args:
        weights: Master weights, any shape; the other arrays have the same.
        velocity: Running sum of gradients.
        gradient: Of this step.
        learning_rate: Step size.
        momentum: What remains of the velocity from step to step.

    Returns:
        New weights, new velocity, and the new weights rounded to float16.
    """
    moved = fp32_sum(fp32_product(momentum, velocity), gradient)
    updated = fp32_sum(weights, -fp32_product(learning_rate, moved))
    return updated, moved, fp16_rounded(updated)


def wuve_cycles(weights: int, lanes: int) -> int:
    """Cycles in which ``weights`` elements enter, one per lane and cycle."""
    return -(-weights // lanes)
