"""What constraints ask for."""

from dataclasses import dataclass

from dse.schema import SpaceFile

_SCALE = 1e-12  # a limit of 0 has no relative excess


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One side of a constraint: ``sign * value`` may not exceed ``sign * limit``."""

    metric: str
    sign: int
    limit: float

    def excess(self, value: float) -> float:
        """How far a value is beyond, relative to the limit; at most 0 where it holds."""
        return self.sign * (value - self.limit) / max(abs(self.limit), _SCALE)

    def __str__(self) -> str:
        return f"{self.metric} {'<=' if self.sign > 0 else '>='} {self.limit:g}"


def bounds_of(file: SpaceFile) -> tuple[Bound, ...]:
    """Both sides of all constraints of a space."""
    return tuple(
        Bound(metric=name, sign=sign, limit=limit)
        for name, limits in file.constraints.items()
        for sign, limit in ((-1, limits.min), (1, limits.max))
        if limit is not None
    )
