"""The unit beside PIM-GPT's memory: what multiplications do not cover, in its adders and multipliers.

Unverified: 256 adders and 128 multipliers at 1 GHz; exponentials by Taylor series, reciprocals and roots by Newton's
method. Assumed: the lengths of both, one operation a cycle in every unit, additions and multiplications one after the
other.
"""

from mapping.graph import ceil_div

ADDERS, MULTIPLIERS = 256, 128
TAYLOR_TERMS = 6
NEWTON_STEPS = 3
_NEWTON_CYCLES = NEWTON_STEPS * 4  # two products and a sum each, and one to begin with; they depend on each other


def _cycles(additions: int, multiplications: int) -> int:
    return ceil_div(additions, ADDERS) + ceil_div(multiplications, MULTIPLIERS)


def layer_norm(dim: int) -> int:
    """Cycles of a layer norm: mean, variance, one root and one reciprocal, scale and shift."""
    return _cycles(4 * dim, 3 * dim) + 2 * _NEWTON_CYCLES


def softmax(heads: int, sequence: int) -> int:
    """Cycles of the softmax of every head: maximum, exponentials, sum, one reciprocal a head, scaling."""
    scores = heads * sequence
    return _cycles(scores * (2 + TAYLOR_TERMS), scores * (1 + TAYLOR_TERMS)) + heads * _NEWTON_CYCLES


def gelu(width: int) -> int:
    """Cycles of GeLU by its tanh form: a cubic, an exponential, a reciprocal of each element, products."""
    steps = NEWTON_STEPS
    return _cycles(width * (3 + TAYLOR_TERMS + steps), width * (5 + TAYLOR_TERMS + 2 * steps))


def add(width: int) -> int:
    """Cycles of adding two vectors: residuals and partial sums."""
    return _cycles(width, 0)
