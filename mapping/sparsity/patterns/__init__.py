"""Sparsity patterns: one file each, with check, projection, index bits and text form."""

from mapping.sparsity.patterns.along import Along, Axis
from mapping.sparsity.patterns.bank import BankBalanced
from mapping.sparsity.patterns.base import SparsityPattern
from mapping.sparsity.patterns.block import Block
from mapping.sparsity.patterns.butterfly import Butterfly, low_rank
from mapping.sparsity.patterns.fan_in import FanIn
from mapping.sparsity.patterns.grouped_nm import GroupedNM
from mapping.sparsity.patterns.monarch import Monarch, monarch_factors
from mapping.sparsity.patterns.nm import DENSE, MAX_GROUP, Pattern
from mapping.sparsity.patterns.registry import PATTERNS, parse_pattern
from mapping.sparsity.patterns.transposable import Transposable
from mapping.sparsity.patterns.unstructured import Unstructured

__all__ = [
    "DENSE",
    "MAX_GROUP",
    "PATTERNS",
    "Along",
    "Axis",
    "BankBalanced",
    "Block",
    "Butterfly",
    "FanIn",
    "GroupedNM",
    "Monarch",
    "Pattern",
    "SparsityPattern",
    "Transposable",
    "Unstructured",
    "low_rank",
    "monarch_factors",
    "parse_pattern",
]
