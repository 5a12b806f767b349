"""The patterns by their text."""

from mapping.errors import InputError
from mapping.sparsity.patterns.along import Along
from mapping.sparsity.patterns.bank import BankBalanced
from mapping.sparsity.patterns.base import SparsityPattern
from mapping.sparsity.patterns.block import Block
from mapping.sparsity.patterns.butterfly import Butterfly
from mapping.sparsity.patterns.fan_in import FanIn
from mapping.sparsity.patterns.grouped_nm import GroupedNM
from mapping.sparsity.patterns.monarch import Monarch
from mapping.sparsity.patterns.nm import Pattern
from mapping.sparsity.patterns.transposable import Transposable
from mapping.sparsity.patterns.unstructured import Unstructured

# Text, and the pattern that reads it. S is the share of what is pruned: 0.9 keeps a tenth.
PATTERNS: dict[str, type[SparsityPattern]] = {
    "dense": Pattern,
    "N:M": Pattern,
    "N:M@in, N:M@out": Along,
    "N:M@both": Transposable,
    "n:m:g": GroupedNM,
    "block:B@S, block:HxW@S": Block,
    "bank:BANK/RATE": BankBalanced,
    "fan-in:K": FanIn,
    "butterfly:BLOCK/STRIDE[+RANK]": Butterfly,
    "monarch:BLOCKS/left, monarch:BLOCKS/right": Monarch,
    "unstructured@S": Unstructured,
}


def parse_pattern(text: str) -> SparsityPattern:
    """The pattern that ``text`` names; ``str(pattern)`` is its inverse.

    Raises:
        InputError: Text of no known form, or numbers out of range.
    """
    for kind in dict.fromkeys(PATTERNS.values()):
        pattern = kind.read(text)
        if pattern is not None:
            return pattern
    raise InputError(f"pattern {text!r}: expected one of {'; '.join(PATTERNS)}")
