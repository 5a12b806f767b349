"""The attention masks of the artifact's prompt of 512 tokens, rebuilt from published counts.

The 32 mask files are not part of this project. Every head is assumed to see the first 64 tokens and a window of w
blocks of 64 up to its own. With n_w heads of each width, four published numbers of prefill 512 give four equations:

    heads                                             n_2 +    n_3 +    n_4 +    n_8  =  1024
    MISC time: blocks of 64 x 64                   21 n_2 + 26 n_3 + 30 n_4 + 36 n_8  = 29552
    LD count: runs of blocks, rows with zeros       5 n_2 +  4 n_3 +  3 n_4 -    n_8  =  2812
    MM count: columns below the diagonal blocks     6 n_2 +  8 n_3 + 10 n_4 + 12 n_8  =  9590

``HEADS`` is a solution in whole numbers. Its existence supports the family of masks; it does not prove it (windows of 5
and 6 blocks allow others). Which head comes last in its layer moves the end of the layer by nanoseconds: ``LAST`` is
chosen so that the total agrees to its last digit. So these five numbers of prefill 512 are inputs here; the others are
not.
"""

import numpy as np

from mapping.arrays import BoolArray

LAYERS, SIDE = 32, 8
HEADS = {2: 258, 3: 4, 4: 567, 8: 195}
LAST = {2: 10, 4: 11, 8: 11}  # layers by the width of their last head


def head_mask(width: int, side: int = SIDE) -> BoolArray:
    """(side, side): the first block of columns, and ``width`` blocks up to the diagonal."""
    row, column = np.indices((side, side))
    return (column <= row) & ((row - column < width) | (column == 0))


def artifact_masks() -> BoolArray:
    """(32, 32, 8, 8) bool: layers, heads, blocks of 64 rows, blocks of 64 columns."""
    last = np.repeat(list(LAST), list(LAST.values()))
    rest = np.repeat(list(HEADS), [count - LAST.get(width, 0) for width, count in HEADS.items()])
    widths = np.concatenate([rest.reshape(-1, LAYERS).T, last[:, None]], axis=1)
    kinds = {width: head_mask(width) for width in HEADS}
    return np.array([[kinds[width] for width in layer] for layer in widths.tolist()])
