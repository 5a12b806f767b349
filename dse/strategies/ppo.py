"""Reinforcement learning with one agent for the whole point."""

from collections.abc import Sequence

import numpy as np

from dse.problem import Observation, Point, Problem
from dse.rl.network import Array
from dse.rl.ppo import Agent
from dse.rl.reward import Scalariser
from dse.strategies.base import Strategy
from mapping.arrays import IntArray

ROLLOUT = 16
REPEATS = 4  # known points in a rollout for every new one, before random points take the place of new ones


class Ppo(Strategy):
    """Proximal policy optimisation: an agent observes and picks a point, and is paid for what became of it.

    It observes a weight vector, new for every pick, and the metrics of the last point that was evaluated; so one policy
    learns the whole front. Its rewards are those of ``dse.rl.reward``. Points that it picks again, and those that are
    not valid, are answered from memory: it learns from them too.
    """

    batch = ROLLOUT

    def __init__(self, problem: Problem, seed: int, budget: int | None = None) -> None:
        super().__init__(problem, seed, budget)
        self._scalariser = Scalariser(problem.objectives)
        self._agents = [Agent(2 * problem.objectives, sizes, self.rng) for sizes in self._shares()]
        self._known: dict[Point, Observation | None] = {}  # None: not valid
        self._rollout: list[tuple[Array, Point]] = []
        self._last: Observation | None = None

    def _shares(self) -> list[tuple[int, ...]]:
        """The sizes of the axes that each agent decides on, in order."""
        return [self.problem.sizes] if self.problem.sizes else []

    def tell(self, observations: Sequence[Observation]) -> None:
        """Learn from the rollout, as far as its points are known."""
        self._known |= {seen.point: seen for seen in observations}
        self._scalariser.learn(observations)
        self._last = observations[-1] if observations else self._last
        ready = [(inputs, point) for inputs, point in self._rollout if point in self._known]
        self._rollout = [pair for pair in self._rollout if pair[1] not in self._known]
        if len(ready) < 2:  # an advantage is relative to others
            return
        inputs = np.stack([each for each, _ in ready])
        picks = np.array([point for _, point in ready])
        rewards = np.array(
            [self._scalariser.reward(self._known[point], each[: self.problem.objectives]) for each, point in ready]
        )
        axis = 0
        for agent in self._agents:
            agent.learn(inputs, picks[:, axis : axis + len(agent.sizes)], rewards)
            axis += len(agent.sizes)

    def _propose(self, count: int) -> list[Point]:
        found: dict[Point, None] = {}
        repeats = 0
        while self._agents and len(found) < count and repeats < REPEATS * count:
            inputs = self._observe(count - len(found))
            for each, row in zip(inputs, self._pick(inputs).tolist(), strict=True):
                point = tuple(row)
                if point not in self.asked and not self.problem.promising(point):
                    self._known[point] = None
                if point in self._known:
                    repeats += 1
                elif point in found or point in self.asked:  # under evaluation
                    repeats += 1
                    continue
                else:
                    found[point] = None
                self._rollout.append((each, point))
        self.asked.update(found)
        rest = self.fresh(count - len(found)) if len(found) < count else []
        self.asked.difference_update(found)
        return [*found, *rest]

    def _observe(self, count: int) -> Array:
        """Observations (count, 2 * objectives): weights, and the metrics of the last point."""
        weights = self._scalariser.weights(count, self.rng)
        return np.concatenate([weights, np.tile(self._scalariser.metrics(self._last), (count, 1))], axis=1)

    def _pick(self, inputs: Array) -> IntArray:
        return np.concatenate([agent.act(inputs, self.rng) for agent in self._agents], axis=1)
