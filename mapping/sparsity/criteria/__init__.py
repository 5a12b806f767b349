"""Pruning criteria: which weights stay. One file each."""

from mapping.sparsity.criteria.bdwp import bidirectional_masks
from mapping.sparsity.criteria.calibration import Calibration
from mapping.sparsity.criteria.magnitude import magnitude_mask
from mapping.sparsity.criteria.random import random_mask
from mapping.sparsity.criteria.registry import CRITERIA, Criterion, prune_weights
from mapping.sparsity.criteria.sparsegpt import sparsegpt
from mapping.sparsity.criteria.wanda import wanda_mask

__all__ = [
    "CRITERIA",
    "Calibration",
    "Criterion",
    "bidirectional_masks",
    "magnitude_mask",
    "prune_weights",
    "random_mask",
    "sparsegpt",
    "wanda_mask",
]
