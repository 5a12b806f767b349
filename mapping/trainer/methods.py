"""What a training method does with the weights of a layer in the three products of a step."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity import Pattern, bidirectional_masks, magnitude_mask

Trainer = Literal["dense", "srste", "bdwp"]
TRAINERS: tuple[Trainer, ...] = ("dense", "srste", "bdwp")
DECAY = 2e-4  # lambda_W of SR-STE, arXiv 2102.04010, section 4


@dataclass(frozen=True, slots=True)
class Masked:
    """The weights of one layer in one step, all of the master weights' shape.

    Attributes:
        forward: What the forward product multiplies by.
        backward: What the gradient of the inputs multiplies by.
        pull: What is added to the gradient of the weights.
        kept: The mask of the forward weights.
    """

    forward: AnyArray
    backward: AnyArray
    pull: AnyArray | None
    kept: BoolArray | None


def masked(weights: AnyArray, pattern: Pattern, method: Trainer, decay: float = DECAY) -> Masked:
    """The weights that a method computes with.

    - ``dense``: the master weights everywhere.
    - ``srste``: SR-STE, Zhou et al., arXiv 2102.04010: forward and backward see the weights pruned along the input
      channels; their gradient goes to all master weights as it is (straight through), and ``decay`` times each pruned
      weight is added to it, which pulls pruned weights to zero.
    - ``bdwp``: BDWP, Fang et al., arXiv 2309.13015: forward sees the weights pruned along the input channels, backward
      along the output channels; the gradient of the weights is dense. No decay.

    Args:
        weights: (out_channels, kernel rows, kernel columns, in_channels), the master weights.
        pattern: N:M of every mask; dense leaves the layer alone.
        method: One of ``TRAINERS``.
        decay: Of SR-STE.
    """
    if method == "dense" or pattern.is_dense:
        return Masked(weights, weights, None, None)
    zero = weights.dtype.type(0)
    if method == "srste":
        kept = magnitude_mask(weights, pattern)
        pruned = np.where(kept, weights, zero)
        return Masked(pruned, pruned, weights.dtype.type(decay) * (weights - pruned), kept)
    kept, back = bidirectional_masks(weights, pattern)
    return Masked(np.where(kept, weights, zero), np.where(back, weights, zero), None, kept)
