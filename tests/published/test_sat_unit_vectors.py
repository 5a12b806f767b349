"""The unit vectors and fold formulas of the derived SAT model: 32 x 32 PEs of unit latency, memory without limits.

Derived from public statements about the machine (arXiv 2309.13015), not from the paper's tables: an exact match shows
that this implementation is that model, no more.
"""

import csv
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from tests.published.whole_layer import ideal, simulate_as_one_tile

ROWS = list(csv.DictReader(Path(__file__).with_name("sat_unit_vectors.csv").read_text().splitlines()))
VECTORS = [(row, dataflow) for row in ROWS for dataflow in ("weight_stationary", "output_stationary")]
PATTERNS = [(1, 1), (1, 2), (2, 4), (1, 4), (2, 8), (1, 8), (4, 8), (2, 16), (3, 7), (1, 32), (31, 32)]


def test_the_table_is_complete():
    assert len(VECTORS) == 32


@pytest.mark.published
@pytest.mark.parametrize(
    ("row", "dataflow"), VECTORS, ids=[f"{r['m']}x{r['k']}x{r['n']}-{r['pattern']}-{d}" for r, d in VECTORS]
)
def test_unit_vector(row, dataflow):
    layer = gemm_layer("gemm", int(row["m"]), int(row["k"]), int(row["n"]))
    timeline = simulate_as_one_tile(layer, dataflow, Pattern.parse(row["pattern"]))
    assert timeline.total == int(row[dataflow])


@pytest.mark.timing
def test_fold_formulas_on_random_gemms():
    """folds * (steady + overhead) for 1,000 GEMMs of ragged sizes, arrays and patterns, in both dataflows."""
    rng = np.random.default_rng(20230922)
    for case in range(1000):
        m, k, n = (int(size) for size in rng.integers(1, 700, 3))
        rows, cols = (int(side) for side in rng.integers(1, 65, 2))
        kept, group = PATTERNS[rng.integers(len(PATTERNS))]
        config = ideal(f"rows={rows}", f"cols={cols}")
        layer, pattern = gemm_layer("gemm", m, k, n), Pattern(kept, group)

        weight_folds = ceil(k / (rows * group)) * ceil(n / cols)
        weight_stationary = weight_folds * (kept * m + 2 * rows + cols - 2)
        output_folds = ceil(m / rows) * ceil(n / cols)
        output_stationary = output_folds * (kept * ceil(k / group) + rows + cols - 2)

        where = f"case {case}: {m}x{k}x{n} at {pattern} on {rows}x{cols}"
        assert simulate_as_one_tile(layer, "weight_stationary", pattern, config).total == weight_stationary, where
        assert simulate_as_one_tile(layer, "output_stationary", pattern, config).total == output_stationary, where
