"""Batch search with Gaussian processes: few evaluations, each worth many seconds."""

from collections.abc import Sequence

import numpy as np

from dse.pareto import front, nondominated, scaled
from dse.problem import Observation, Point, Problem
from dse.strategies.base import Strategy
from dse.strategies.gaussian import Array, GaussianProcess
from dse.strategies.greedy import greedy
from dse.strategies.surrogate import FITTED, REFITTED, Expected, surrogate

FIRST = 16  # points that fill the space before anything is modelled
OPTIMISM = 0.3  # standard deviations below the mean at which a candidate is judged
EXPLORING = 1  # of the eight points of a batch, so many go where least is known
SAMPLES, CHILDREN, ROUNDS = 256, 256, 4


class Gp(Strategy):
    """Gaussian processes of what is not known of a point beforehand (``dse.strategies.surrogate``).

    The first points fill the space. After that, candidates are random points and several generations of crossings and
    mutations of the best: what is measured, and what the processes expect. Batches are filled greedily by the
    hypervolume that an optimistic prediction adds, times the probability that all constraints hold; an eighth goes to
    where the processes know least of likely good regions, which frees a search that a bad model has trapped.
    """

    batch = 8

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._seen: list[Observation] = []
        self._model = surrogate(problem)
        self._ordered = np.array(problem.ordered, bool)
        self._mapped = GaussianProcess(self._ordered)
        self._last = np.array(problem.sizes, np.int64) - 1
        self._varied = sum(size > 1 for size in problem.sizes)
        self._span = np.maximum(np.array(problem.sizes, np.float64) - 1, 1.0)

    def tell(self, observations: Sequence[Observation]) -> None:
        """Remember them."""
        self._seen.extend(observations)

    def _propose(self, count: int) -> list[Point]:
        measured = [seen for seen in self._seen if seen.objectives is not None]
        if len(self.asked) < FIRST or len(measured) < 2:
            return self.spread(count)
        best = _front_or_least(measured)
        chosen = {id(seen) for seen in best[: FITTED // 2]}
        latest = [seen for seen in reversed(measured) if id(seen) not in chosen]
        self._model.fit([*best[: FITTED // 2], *latest])
        archive = self._model.log(
            np.array([seen.objectives for seen in measured if seen.feasible]).reshape(-1, self.problem.objectives)
        )
        candidates, expected = self._candidates([seen.point for seen in best], archive)
        if expected is None or len(candidates) <= count:
            return candidates
        return [candidates[i] for i in self._choose(candidates, expected, archive, count)]

    def _candidates(self, best: list[Point], archive: Array) -> tuple[list[Point], Expected | None]:
        """Points never asked before, and what to expect of them: random ones, and children of the best."""
        points = self.fresh(SAMPLES)
        known, parents = set(points), best
        expected = self._model.expect(points) if points else None
        for _ in range(ROUNDS):
            found: dict[Point, None] = {}
            for child in self._children(parents):
                if child not in known:
                    self._add(child, found)
            if not found:
                continue
            known.update(found)
            points += found
            expected = _joined(expected, self._model.expect(list(found)))
            parents = [*best, *self._hoped_for(points, expected, archive)]
        return points, expected

    def _hoped_for(self, points: list[Point], expected: Expected, archive: Array) -> list[Point]:
        """The points that would be on the front if they turn out as well as can be expected."""
        hopeful = np.flatnonzero((expected.violations <= expected.doubt).all(axis=1))
        rows = np.concatenate([archive, _optimistic(expected)[hopeful]])
        return [points[i] for i in hopeful[nondominated(rows)[len(archive) :]].tolist()]

    def _children(self, parents: list[Point]) -> list[Point]:
        """Uniform crossings of two parents, changed along one or two axes: to any value, or to the next one."""
        shape = (CHILDREN, len(self.problem.sizes))
        first, second = np.array(parents)[self.rng.integers(len(parents), size=(2, CHILDREN))]
        child = np.where(self.rng.random(shape) < 0.5, first, second)
        changed = self.rng.random(shape) < 1.5 / max(self._varied, 1)
        near = np.clip(child + self.rng.choice((-1, 1), shape), 0, self._last)
        stepped = self._ordered & (self.rng.random(shape) < 0.5)
        step = np.where(stepped, near, self.rng.integers(0, self.problem.sizes, shape))
        return [tuple(row) for row in np.where(changed, step, child).tolist()]

    def _choose(self, candidates: list[Point], expected: Expected, archive: Array, count: int) -> list[int]:
        """The batch: greedy in added hypervolume, and some where the models know least."""
        rows = _optimistic(expected)
        shown = archive if len(archive) > 1 else rows
        low, high = shown.min(axis=0), shown.max(axis=0)
        probability = self._probability(candidates, expected)
        known, rows = scaled(archive, low, high), scaled(rows, low, high)
        exploring = (EXPLORING * count) // self.batch
        chosen = greedy(rows, known, count - exploring, probability)
        if len(chosen) < count - exploring:  # nothing promises more: the likeliest feasible points are as good as any
            left = probability.copy()
            left[chosen] = -1.0
            chosen += np.argsort(-left, kind="stable")[: count - exploring - len(chosen)].tolist()
        spread = scaled(expected.spread, np.zeros_like(low), high - low)
        doubt = spread.sum(axis=1) * np.sqrt(probability) * _near(rows, known)
        doubt[chosen] = -1.0
        return [*chosen, *np.argsort(-doubt, kind="stable")[: count - len(chosen)].tolist()]

    def _probability(self, candidates: list[Point], expected: Expected) -> Array:
        """(m,) probability that a candidate can be measured and holds every constraint."""
        from scipy.special import ndtr  # noqa: PLC0415

        margin = -expected.violations / np.maximum(expected.doubt, 1e-12)
        sure = np.where(expected.violations <= 0, 1.0, 0.0)
        probability = np.where(expected.doubt > 0, ndtr(margin), sure).prod(axis=1)
        recent = self._seen[-FITTED:]
        works = np.array([float(seen.objectives is not None) for seen in recent])
        if not works.all():
            self._mapped.fit(np.array([seen.point for seen in recent]) / self._span, works, REFITTED)
            share, _ = self._mapped.predict(np.array(candidates) / self._span)
            probability = probability * np.clip(share, 0.01, 1.0)
        return np.asarray(probability)


def _optimistic(expected: Expected) -> Array:
    return expected.objectives - OPTIMISM * expected.spread


def _joined(first: Expected | None, second: Expected) -> Expected:
    if first is None:
        return second
    fields = ("objectives", "spread", "violations", "doubt")
    return Expected(**{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in fields})


def _front_or_least(measured: list[Observation]) -> list[Observation]:
    """The feasible front; while there is none, the ten points that violate least."""
    feasible = [seen for seen in measured if seen.feasible]
    if not feasible:
        return sorted(measured, key=lambda seen: sum(max(v, 0.0) for v in seen.violations))[:10]
    return front(feasible)


def _near(rows: Array, known: Array) -> Array:
    """(m,) 1 for rows on the front and beyond, falling off with their distance behind it."""
    if not len(known):
        return np.ones(len(rows))
    behind = (rows[:, None] - known[None]).max(axis=2).min(axis=1)
    return np.exp(-5.0 * np.maximum(behind, 0.0))
