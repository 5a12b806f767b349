"""What the vector and special-function units do with the results of a layer.

Operations per output element, counted from the algebra; one multiplication, addition or comparison is one. Antoum's own
schedule is not public. int8 networks compute in int8 what stays linear; softmax, GELU and layer normalisation are bf16,
as in the vendor's "INT8/BF16" BERT (ByteMLPerf, Moffett SPU reports).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mapping.errors import InputError
from mapping.graph import VectorOp


@dataclass(frozen=True, slots=True)
class Work:
    """Operations per output element: int8 and bf16 vector operations, and special functions."""

    int_ops: int = 0
    float_ops: int = 0
    special_ops: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.int_ops + other.int_ops, self.float_ops + other.float_ops, self.special_ops + other.special_ops
        )


REQUANTISE = Work(int_ops=3)  # scale, bias, round
OPERATIONS: dict[VectorOp, Work] = {
    "relu": Work(int_ops=1),
    "add": Work(int_ops=2),  # the other operand's scale, and the sum
    "gelu": Work(float_ops=3, special_ops=1),  # x / 2 * (1 + erf(x / sqrt 2)): scale, erf, add, multiply
    "softmax": Work(float_ops=4, special_ops=1),  # maximum, subtract, exp, sum, divide by multiplying
    "layernorm": Work(float_ops=7),  # sum; subtract, square, sum; scale; weight and bias
}


def vector_work(then: Iterable[VectorOp], *, bf16: bool) -> Work:
    """Work per output element: scaling to the element type and what follows; all of it bf16 on a bf16 datapath.

    Raises:
        InputError: An operator that is not known here.
    """
    total = REQUANTISE
    for name in then:
        if name not in OPERATIONS:
            raise InputError(f"operator {name!r} is not one of {', '.join(OPERATIONS)}")
        total += OPERATIONS[name]
    return Work(0, total.int_ops + total.float_ops, total.special_ops) if bf16 else total
