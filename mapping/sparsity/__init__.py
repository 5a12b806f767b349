"""Patterns (what a mask may look like), pruning criteria (which weight stays) and activation sparsity."""

from mapping.sparsity.criteria import CRITERIA, Calibration, bidirectional_masks, magnitude_mask, prune_weights
from mapping.sparsity.patterns import DENSE, MAX_GROUP, Pattern, SparsityPattern, parse_pattern
from mapping.sparsity.patterns.bank import parse_nm
from mapping.sparsity.prune import KEPT_DENSE, kept_dense, prune_layer
from mapping.sparsity.stated import stated_patterns

__all__ = [
    "CRITERIA",
    "DENSE",
    "KEPT_DENSE",
    "MAX_GROUP",
    "Calibration",
    "Pattern",
    "SparsityPattern",
    "bidirectional_masks",
    "kept_dense",
    "magnitude_mask",
    "parse_nm",
    "parse_pattern",
    "prune_layer",
    "prune_weights",
    "stated_patterns",
]
