"""Parameter sets on which the SPU is tested: rings of one, two and three, ragged and as wide as the bank."""

SETS = {
    "ring of three": {"Ring": 3, "Rows": 2, "Cols": 3, "Bank": 8},
    "alone": {"Ring": 1, "Rows": 3, "Cols": 2, "Bank": 4},
}
SLOW_SETS = {
    "wide": {"Ring": 4, "Rows": 4, "Cols": 4, "Bank": 32},
    "pair": {"Ring": 2, "Rows": 1, "Cols": 1, "Bank": 16},
}
MEMORIES = {"WordWidth": 32, "PairDepth": 512, "ActDepth": 512, "SumDepth": 64}


def parameters(name: str) -> dict[str, int]:
    """Of ``zs_spu_ring_bench``."""
    return MEMORIES | (SETS | SLOW_SETS)[name]
