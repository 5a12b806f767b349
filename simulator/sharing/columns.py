"""Arrays that grow, and rows counted once."""

from collections.abc import Sequence

import numpy as np

from mapping.arrays import AnyArray, IntArray


class Column:
    """An array that is appended to in chunks and joined when it is read.

    Args:
        first: What it begins with; gives shape and dtype.
    """

    def __init__(self, first: AnyArray) -> None:
        self._chunks = [first]
        self.dtype = first.dtype
        self.length = len(first)

    def __len__(self) -> int:
        """Number of rows."""
        return self.length

    def append(self, rows: AnyArray) -> None:
        """Add rows at the end."""
        self._chunks.append(rows.astype(self.dtype, copy=False))
        self.length += len(rows)

    @property
    def array(self) -> AnyArray:
        """All rows, contiguous; it may be written to."""
        if len(self._chunks) > 1:
            self._chunks = [np.concatenate(self._chunks)]
        return self._chunks[0]


def distinct(columns: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
    """Rows that are alike.

    Args:
        columns: (n,) non-negative each, at least one.

    Returns:
        One row of each kind, (k,); and the kind of every row, (n,).
    """
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    key = np.zeros(len(columns[0]), np.int64)
    room = 1
    for column, size in zip(columns, sizes, strict=True):
        room *= size
        if room >= 2**62:
            _, rows, kind = np.unique(np.stack(columns, 1), axis=0, return_index=True, return_inverse=True)
            return rows, kind.ravel()
        key = key * size + column
    _, rows, kind = np.unique(key, return_index=True, return_inverse=True)
    return rows, kind
