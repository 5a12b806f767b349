"""Batch search with Gaussian processes: few evaluations, each worth many seconds."""

from collections.abc import Sequence

import numpy as np

from dse.pareto import MARGIN, front, hypervolume, logarithmic, nondominated, scaled
from dse.problem import Observation, Point, Problem
from dse.strategies.base import Strategy
from dse.strategies.gaussian import Array, GaussianProcess
from mapping.arrays import IntArray

FIRST = 16
OPTIMISM = 0.3  # standard deviations below the mean at which a candidate is judged
EXPLORING = 2  # of the eight points of a batch, these go where least is known
SAMPLES, CHILDREN = 384, 640
FITTED = 320  # points a model is fitted to; beyond, the front and the latest
ITERATIONS, REFITTED = 40, 12


class Gp(Strategy):
    """One Gaussian process per objective and constraint.

    Candidates are random points and crossings and mutations of the front. Batches are filled greedily by the
    hypervolume that an optimistic prediction adds, times the probability that all constraints hold; a quarter goes to
    where the models know least of likely good regions, which frees a search that a bad model has trapped.
    """

    batch = 8

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._seen: list[Observation] = []
        ordered = np.array(problem.ordered, bool)
        self._models = [GaussianProcess(ordered) for _ in range(problem.objectives + problem.constraints)]
        self._mapped = GaussianProcess(ordered)
        self._ordered, self._last = ordered, np.array(problem.sizes, np.int64) - 1
        self._span = np.maximum(np.array(problem.sizes, np.float64) - 1, 1.0)
        self._fits = 0

    def tell(self, observations: Sequence[Observation]) -> None:
        """Remember them."""
        self._seen.extend(observations)

    def _propose(self, count: int) -> list[Point]:
        measured = [seen for seen in self._seen if seen.objectives is not None]
        if len(self.asked) < FIRST or len(measured) < 2:
            return self.fresh(count)
        candidates = self._candidates(measured)
        if len(candidates) <= count:
            return candidates
        return self._choose(candidates, measured, count)

    def _candidates(self, measured: list[Observation]) -> list[Point]:
        """Points never asked before: random ones, and children of the front."""
        found = dict.fromkeys(self.fresh(SAMPLES))
        parents = [seen.point for seen in _front_or_least(measured)]
        for _ in range(CHILDREN):
            first, second = (parents[i] for i in self.rng.integers(len(parents), size=2))
            child = np.where(self.rng.random(len(first)) < 0.5, first, second)
            changed = self.rng.random(len(first)) < 1.5 / max(len(first), 1)
            near = np.clip(child + self.rng.choice((-1, 1), len(first)), 0, self._last)
            step = np.where(self._ordered & (self.rng.random(len(first)) < 0.5), near, self._anywhere())
            child = np.where(changed, step, child)
            self._add(tuple(int(i) for i in child), found)
        return list(found)

    def _anywhere(self) -> IntArray:
        return self.rng.integers(0, self.problem.sizes)

    def _choose(self, candidates: list[Point], measured: list[Observation], count: int) -> list[Point]:
        """The batch: greedy in added hypervolume, and some where the models know least."""
        objectives = logarithmic([seen.objectives for seen in measured if seen.objectives is not None])
        low, high = objectives.min(axis=0), objectives.max(axis=0)
        feasible = np.array([seen.feasible for seen in measured])
        if feasible.sum() > 1:
            low, high = objectives[feasible].min(axis=0), objectives[feasible].max(axis=0)
        mean, deviation = self._predict(candidates, measured, scaled(objectives, low, high))
        probability = self._probability(candidates, measured, mean[:, self.problem.objectives :], deviation)
        archive = scaled(objectives[feasible], low, high)
        count_of_objectives = self.problem.objectives
        spread = deviation[:, :count_of_objectives]
        optimistic = mean[:, :count_of_objectives] - OPTIMISM * spread
        exploring = (EXPLORING * count) // self.batch
        chosen = _greedy(optimistic, probability, archive, count - exploring)
        doubt = spread.sum(axis=1) * np.sqrt(probability) * _near(optimistic, archive)
        doubt[chosen] = -1.0
        chosen += np.argsort(-doubt, kind="stable")[: count - len(chosen)].tolist()
        return [candidates[i] for i in chosen]

    def _predict(self, candidates: list[Point], measured: list[Observation], targets: Array) -> tuple[Array, Array]:
        """Mean and deviation (m, objectives + constraints) of every model."""
        x = np.array([seen.point for seen in measured]) / self._span
        violations = np.array([seen.violations for seen in measured], np.float64).reshape(len(measured), -1)
        columns = np.concatenate([targets, np.arcsinh(violations)], axis=1)
        keep = self._fitted_to(measured)
        iterations = ITERATIONS if self._fits % 4 == 0 else REFITTED
        self._fits += 1
        at = np.array(candidates) / self._span
        predictions = []
        for model, column in zip(self._models, columns.T, strict=True):
            model.fit(x[keep], column[keep], iterations)
            predictions.append(model.predict(at))
        means, deviations = zip(*predictions, strict=True)
        return np.stack(means, axis=1), np.stack(deviations, axis=1)

    def _fitted_to(self, measured: list[Observation]) -> list[int]:
        if len(measured) <= FITTED:
            return list(range(len(measured)))
        best = {id(seen) for seen in _front_or_least(measured)[: FITTED // 2]}
        kept = [i for i, seen in enumerate(measured) if id(seen) in best]
        others = [i for i, seen in enumerate(measured) if id(seen) not in best]
        return sorted(kept + others[len(kept) - FITTED :])

    def _probability(
        self, candidates: list[Point], measured: list[Observation], mean: Array, deviation: Array
    ) -> Array:
        """(m,) probability that a candidate can be measured and holds every constraint."""
        from scipy.special import ndtr  # noqa: PLC0415

        spread = deviation[:, self.problem.objectives :]
        probability = np.asarray(ndtr(-mean / spread)).prod(axis=1) if mean.shape[1] else np.ones(len(candidates))
        if len(measured) < len(self._seen):
            recent = self._seen[-FITTED:]
            x = np.array([seen.point for seen in recent]) / self._span
            works = np.array([float(seen.objectives is not None) for seen in recent])
            self._mapped.fit(x, works, REFITTED)
            expected, _ = self._mapped.predict(np.array(candidates) / self._span)
            probability = probability * np.clip(expected, 0.01, 1.0)
        return probability


def _front_or_least(measured: list[Observation]) -> list[Observation]:
    """The feasible front; while there is none, the ten points that violate least."""
    feasible = [seen for seen in measured if seen.feasible]
    if not feasible:
        return sorted(measured, key=lambda seen: sum(max(v, 0.0) for v in seen.violations))[:10]
    return front(feasible)


def _greedy(rows: Array, probability: Array, known: Array, count: int) -> list[int]:
    """Indices of ``count`` rows (m, o), each adding most expected hypervolume to the front and those before.

    What a row adds only shrinks while the archive grows, so old gains are upper bounds: few are computed again.
    """
    corner = np.full(rows.shape[1], MARGIN)
    archive = known[nondominated(known, keep_equal=False)] if len(known) else known.reshape(0, rows.shape[1])
    expected = np.array([_gain(row, archive, corner) for row in rows]) * probability
    chosen: list[int] = []
    while len(chosen) < count:
        best = int(expected.argmax())
        if expected[best] <= 0:  # nothing promises more: the likeliest feasible points are as good as any
            left = probability.copy()
            left[chosen] = -1.0
            chosen += np.argsort(-left, kind="stable")[: count - len(chosen)].tolist()
            break
        now = _gain(rows[best], archive, corner) * probability[best]
        runner_up = np.partition(expected, -2)[-2] if len(expected) > 1 else 0.0
        if now < runner_up:
            expected[best] = now
            continue
        chosen.append(best)
        expected[best] = -1.0
        archive = np.concatenate([archive, rows[best : best + 1]])
        archive = archive[nondominated(archive, keep_equal=False)]
    return chosen


def _gain(row: Array, archive: Array, corner: Array) -> float:
    """Hypervolume that a row (o,) adds to the archive (a, o)."""
    if (row >= corner).any() or (len(archive) and (archive <= row).all(axis=1).any()):
        return 0.0
    # Only what is cut to the row's own box matters, and much of that is dominated.
    return float(np.prod(corner - row)) - hypervolume(np.maximum(archive, row), corner)


def _near(rows: Array, known: Array) -> Array:
    """(m,) 1 for rows on the front and beyond, falling off with their distance behind it."""
    if not len(known):
        return np.ones(len(rows))
    behind = (rows[:, None] - known[None]).max(axis=2).min(axis=1)
    return np.exp(-5.0 * np.maximum(behind, 0.0))
