"""Random points, without repetition."""

from dse.problem import Point
from dse.strategies.base import Strategy


class Random(Strategy):
    """Every point as likely as any other."""

    batch = 32

    def _propose(self, count: int) -> list[Point]:
        return self.fresh(count)
