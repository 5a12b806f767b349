"""Patterns (what a mask may look like) and pruning criteria (which weight stays)."""

from mapping.sparsity.pattern import DENSE, MAX_GROUP, Pattern
from mapping.sparsity.prune import magnitude_mask, prune_layer

__all__ = ["DENSE", "MAX_GROUP", "Pattern", "magnitude_mask", "prune_layer"]
