"""Sizes of storage formats, as a table."""

import numpy as np

from mapping.arrays import BoolArray
from mapping.errors import InputError
from mapping.formats import formats_for
from mapping.formats.base import Format, Shape
from mapping.formats.edge_llm import VALUE_BITS, EdgeLlm
from mapping.sparsity import SparsityPattern
from mapping.sparsity.criteria import random_mask
from zeroskip.report.screen import grid, plain_table, show


def print_formats(shape: Shape, pattern: SparsityPattern, value_bits: int, seed: int) -> None:
    """Bits, ratio to dense and bits per non-zero of every format that can hold a random mask.

    Args:
        shape: Rows (outputs) and columns (inputs).
        pattern: What the mask is projected to from uniform scores.
        value_bits: Bits of a value; EdgeLLM always has 4, and its own dense layout to compare with.
        seed: Seed of the scores.
    """
    mask = random_mask(np.empty(shape, np.float32), pattern, seed)
    nonzeros = int(np.count_nonzero(mask))
    table = plain_table("format", "value bits", "size [bits]", "ratio to dense", "bits per non-zero")
    for column in table.columns[1:]:
        column.justify = "right"
    for form in formats_for(mask, pattern):
        bits = VALUE_BITS if isinstance(form, EdgeLlm) else value_bits
        table.add_row(str(form), str(bits), *_sizes(form, mask, bits))
    header = {
        "matrix": f"{shape[0]} x {shape[1]}, {nonzeros:,} non-zeros ({nonzeros / mask.size:.2%}), seed {seed}",
        "pattern": f"{pattern}, indices alone {pattern.mask_bits(*shape):,} bits",
    }
    show(grid(header), table)


def _sizes(form: Format, mask: BoolArray, value_bits: int) -> tuple[str, str, str]:
    """The three numbers of a row; dashes where the format has no room for values of this width."""
    try:
        size = form.size_bits(mask, value_bits)
    except InputError:
        return ("-", "-", "-")
    rows, columns = mask.shape
    nonzeros = int(np.count_nonzero(mask))
    share = f"{size / nonzeros:.2f}" if nonzeros else "-"
    return (f"{size:,}", f"{size / form.dense_bits((rows, columns), value_bits):.4f}", share)
