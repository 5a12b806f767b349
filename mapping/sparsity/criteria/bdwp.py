"""Bidirectional weight pruning: one N:M mask for each direction of a training step."""

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity.criteria.magnitude import magnitude_mask
from mapping.sparsity.patterns import Along, Pattern


def bidirectional_masks(weights: AnyArray, pattern: Pattern) -> tuple[BoolArray, BoolArray]:
    """The masks of the forward and of the backward pass, both by magnitude.

    Source: BDWP, Fang et al., arXiv 2309.13015: the forward product reduces over input channels and the backward
    product over output channels, so that each direction has its own N:M groups along its reduction axis. A single
    mask for both is ``Transposable``, which keeps fewer of the large weights.

    Args:
        weights: (outputs, ..., inputs).
        pattern: N:M of both directions.

    Returns:
        Forward mask, groups along the last axis; backward mask, groups along the first. Both of the weights' shape.
    """
    return magnitude_mask(weights, pattern), magnitude_mask(weights, Along(pattern, "out"))
