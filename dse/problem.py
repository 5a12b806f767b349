"""What a strategy sees of a space, and what it is told of a point. Nothing here knows hardware."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mapping.arrays import AnyArray

Point = tuple[int, ...]
Row = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What became of a point.

    Attributes:
        point: Its index vector.
        objectives: All to be minimised; None where nothing was measured.
        violations: For each constraint how far it is exceeded, relative to its limit; at most 0 where it holds.
        parts: For each separable group of variables its columns (see ``Separable``), or empty.
        seconds: How long the evaluation took.
    """

    point: Point
    objectives: Row | None
    violations: Row = ()
    parts: tuple[Row, ...] = ()
    seconds: float = 0.0

    @property
    def feasible(self) -> bool:
        """Whether it was measured and no constraint is exceeded."""
        return self.objectives is not None and all(violation <= 0 for violation in self.violations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is known of a point before it is evaluated: its evaluation can say the same or worse.

    Attributes:
        objectives: At least; minus infinity where nothing is known.
        violations: At least, likewise.
    """

    objectives: Row
    violations: Row = ()

    @property
    def hopeless(self) -> bool:
        """Whether a constraint is exceeded for sure."""
        return any(violation > 0 for violation in self.violations)


class Separable(Protocol):
    """A space whose groups of variables only meet in sums of columns, once the shared variables are fixed.

    A column is a sum over groups. ``score`` says what objectives and violations follow from the summed columns;
    ``directions`` says for each column in which way it may only make them worse, ``exact`` whether ``bound`` is not
    only a bound of it but what an evaluation says.
    """

    shared: int
    groups: tuple[tuple[int, ...], ...]
    directions: tuple[tuple[int, int], ...]
    exact: tuple[bool, ...]

    def score(self, point: Point, columns: AnyArray) -> tuple[AnyArray, AnyArray]:
        """Objectives (r, o) and violations (r, c) of rows of summed columns (r, k), on the hardware of a point."""

    def bound(self, point: Point) -> tuple[Row, ...] | None:
        """Per group: columns that no evaluation of this point can beat; None where there is no bound."""


def _always(_: Point) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A finite grid of points.

    Attributes:
        sizes: Number of values along each axis.
        ordered: Whether neighbouring values of an axis are alike.
        objectives: How many; all are minimised.
        constraints: How many.
        valid: Whether a point is worth asking for; cheap.
        separable: How it falls apart, if it does.
        together: Why it does not, if that needs saying.
        forecast: What is known of a valid point before it is evaluated; cheap.
        exact: For each objective, then each constraint, whether its forecast is what an evaluation says.
    """

    sizes: Point
    ordered: tuple[bool, ...]
    objectives: int
    constraints: int = 0
    valid: Callable[[Point], bool] = _always
    separable: Separable | None = None
    together: str = ""
    forecast: Callable[[Point], Forecast] | None = None
    exact: tuple[bool, ...] = ()

    def promising(self, point: Point) -> bool:
        """Whether a point is valid and, as far as can be known, feasible."""
        return self.valid(point) and (self.forecast is None or not self.forecast(point).hopeless)

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.sizes)

    def point(self, index: int) -> Point:
        """The point at a position in the order in which the last axis runs fastest."""
        found = []
        for size in reversed(self.sizes):
            index, i = divmod(index, size)
            found.append(i)
        return tuple(reversed(found))

    def draw(self, rng: np.random.Generator, count: int) -> list[Point]:
        """Random points, each as likely as any, in turn."""
        return [tuple(row) for row in rng.integers(0, self.sizes, (count, len(self.sizes))).tolist()]


def measured(observations: Sequence[Observation]) -> list[Observation]:
    """Those with objectives."""
    return [seen for seen in observations if seen.objectives is not None]
