"""A search problem as an environment of Gymnasium (one agent) and PettingZoo (an agent for every axis).

For agents that come from elsewhere, such as Stable-Baselines3 or RLlib; the strategies ``ppo`` and ``marl`` do without.
Needs ``pip install 'zeroskip[rl]'``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pettingzoo

from dse.problem import Observation, Point, Problem

Seen = npt.NDArray[np.float32]
Evaluate = Callable[[Point], Observation]
Reward = Callable[[Observation], float]
LARGEST = float(np.finfo(np.float32).max)


class _Evaluations:
    """What both kinds of environment share: an episode of evaluations."""

    def __init__(self, problem: Problem, evaluate: Evaluate, reward: Reward, steps: int) -> None:
        if steps < 1:
            raise ValueError(f"steps={steps}: must be at least 1")
        self.problem, self._evaluate, self._reward, self._steps = problem, evaluate, reward, steps
        self._done = 0
        width = (problem.objectives + problem.constraints,)
        # Objectives and violations have no limits of their own, and Gymnasium advises against infinite ones.
        self.space = gymnasium.spaces.Box(-LARGEST, LARGEST, width, np.float32)

    def begin(self) -> tuple[Seen, dict[str, Any]]:
        """The first observation of an episode, zeros."""
        self._done = 0
        return np.zeros(self.space.shape, np.float32), {}

    def take(self, point: Point) -> tuple[Seen, float, bool, dict[str, Any]]:
        """Evaluate a point: observation, reward, whether the episode ends here, and what else there is to know."""
        valid = self.problem.valid(point)
        seen = self._evaluate(point) if valid else Observation(point=point, objectives=None)
        values = np.zeros(self.space.shape, np.float32)
        if seen.objectives is not None:
            values[:] = np.clip((*seen.objectives, *seen.violations), -LARGEST, LARGEST)
        self._done += 1
        return values, float(self._reward(seen)), self._done >= self._steps, {"observation": seen}


class DesignEnv(gymnasium.Env[Seen, npt.NDArray[np.int64]]):
    """One agent picks a whole point in every step.

    Args:
        problem: What is searched.
        evaluate: What becomes of a point; asked for valid ones only.
        reward: Of what became of a point, also of one that is not valid or cannot be measured (no objectives).
        steps: Evaluations in an episode; after that it is truncated.

    The action is an index vector. The observation is the objectives of the last point, then its violations; zeros at
    first and where nothing was measured. ``info["observation"]`` is the ``Observation``.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  # Gymnasium declares it so

    def __init__(self, problem: Problem, evaluate: Evaluate, reward: Reward, steps: int = 1) -> None:
        self._evaluations = _Evaluations(problem, evaluate, reward, steps)
        self.observation_space = self._evaluations.space
        self.action_space = gymnasium.spaces.MultiDiscrete(list(problem.sizes))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Seen, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed, options=options)
        return self._evaluations.begin()

    def step(self, action: npt.NDArray[np.int64]) -> tuple[Seen, float, bool, bool, dict[str, Any]]:
        """Evaluate a point."""
        values, reward, ends, info = self._evaluations.take(tuple(int(i) for i in action))
        return values, reward, False, ends, info


class DesignParallelEnv(pettingzoo.ParallelEnv[str, Seen, int]):  # type: ignore[misc]  # it ships no types
    """An agent for every axis: all pick at once, observe the same and are paid the same.

    Args:
        problem: What is searched.
        evaluate: What becomes of a point; asked for valid ones only.
        reward: Of what became of a point, as in ``DesignEnv``.
        names: Of the agents, in the order of the axes; by default their numbers.
        steps: Evaluations in an episode.
    """

    metadata: dict[str, Any] = {"render_modes": [], "name": "zeroskip_design_v0"}  # noqa: RUF012  # as PettingZoo's

    def __init__(
        self,
        problem: Problem,
        evaluate: Evaluate,
        reward: Reward,
        names: Sequence[str] | None = None,
        steps: int = 1,
    ) -> None:
        self._evaluations = _Evaluations(problem, evaluate, reward, steps)
        self.possible_agents = [f"axis_{axis}" for axis in range(len(problem.sizes))] if names is None else list(names)
        if len(set(self.possible_agents)) != len(problem.sizes):
            raise ValueError(f"names={self.possible_agents}: one each for {len(problem.sizes)} axes")
        self.agents: list[str] = []
        self.observation_spaces = dict.fromkeys(self.possible_agents, self._evaluations.space)
        self.action_spaces = {
            name: gymnasium.spaces.Discrete(size)
            for name, size in zip(self.possible_agents, problem.sizes, strict=True)
        }

    def observation_space(self, agent: str) -> gymnasium.spaces.Box:
        """Of any agent: the same."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Discrete:
        """The values of an agent's axis."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Seen], dict[str, dict[str, Any]]]:
        """Begin an episode; nothing here is random."""
        del seed, options
        self.agents = list(self.possible_agents)
        values, info = self._evaluations.begin()
        return self._each(values), self._each(info)

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[dict[str, Seen], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Evaluate the point that the agents pick together."""
        point = tuple(int(actions[agent]) for agent in self.possible_agents)
        values, reward, ends, info = self._evaluations.take(point)
        result = self._each(values), self._each(reward), self._each(False), self._each(ends), self._each(info)
        if ends:
            self.agents = []
        return result

    def _each(self, value: Any) -> dict[str, Any]:  # noqa: ANN401  # the same of anything for every agent
        return dict.fromkeys(self.agents, value)
