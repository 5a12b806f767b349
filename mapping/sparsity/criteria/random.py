"""Random pruning: the floor that every other criterion must beat."""

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.sparsity.patterns import SparsityPattern


def random_mask(weights: AnyArray, pattern: SparsityPattern, seed: int = 0) -> BoolArray:
    """Keep what uniformly drawn scores keep.

    Args:
        weights: (outputs, ..., inputs); only the shape counts.
        pattern: What may stay.
        seed: Seed of the scores.

    Returns:
        Mask of the same shape.
    """
    return pattern.project(np.random.default_rng(seed).random(weights.shape, dtype=np.float32))
