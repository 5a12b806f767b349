"""The formats that suit a matrix."""

import numpy as np

from mapping.arrays import BoolArray
from mapping.formats.bank_pairs import BankPairs
from mapping.formats.base import Format
from mapping.formats.bcsr import Bcsr
from mapping.formats.bitmap import Bitmap
from mapping.formats.blocked_ell import BlockedEll
from mapping.formats.csc import Csc
from mapping.formats.csr import Csr
from mapping.formats.edge_llm import MASK_BITS, EdgeLlm
from mapping.formats.grouped_nm import GroupedNMFormat
from mapping.formats.mustafar import Mustafar
from mapping.formats.nm import NMFormat
from mapping.formats.run_length import RunLength
from mapping.formats.tca_bme import TcaBme
from mapping.formats.tiled_csl import TiledCsl
from mapping.sparsity.patterns import BankBalanced, GroupedNM, Pattern, SparsityPattern
from mapping.sparsity.patterns.selection import grouped

# Formats that hold any matrix, with their authors' parameters.
GENERAL: tuple[Format, ...] = (
    Bitmap(),
    Csr(),
    Csc(),
    Bcsr(),
    Bcsr(block_info=True),
    BlockedEll(),
    RunLength(),
    TiledCsl(),
    TcaBme(),
    Mustafar(),
)
_FITTED = 8  # group in which the N of a matrix without an N:M pattern is looked up


def formats_for(mask: BoolArray, pattern: SparsityPattern | None = None) -> list[Format]:
    """Every format that can hold a matrix.

    N:M storage takes the pattern if that is N:M, and the fullest group of 8 otherwise; EdgeLLM's takes the least of
    its four block fillings that suffices. n:m:g and bank pairs need a matrix of that pattern.

    Args:
        mask: (rows, columns), true where the matrix is not zero.
        pattern: What the mask keeps to, if known.
    """
    fullest = int(np.count_nonzero(grouped(mask, _FITTED, False), axis=-1).max(initial=1))
    nm = pattern if isinstance(pattern, Pattern) else Pattern(max(1, fullest), _FITTED)
    formats: list[Format] = [NMFormat(nm), *GENERAL]
    if isinstance(pattern, GroupedNM):
        formats.append(GroupedNMFormat(pattern))
    if isinstance(pattern, BankBalanced):
        formats.append(BankPairs(pattern))
    return [*formats, EdgeLlm(min(kept for kept in MASK_BITS if kept >= fullest))]
