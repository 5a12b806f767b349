"""Reinforcement learning with an agent for every axis."""

from dse.strategies.ppo import Ppo


class Marl(Ppo):
    """Independent PPO agents, one for each axis, that observe the same and are paid the same.

    The form of Krishnan et al. (2022, arXiv 2211.16385) for microprocessor design: every parameter has an agent of its
    own, with its own policy and critic; what the others pick is part of its environment.
    """

    def _shares(self) -> list[tuple[int, ...]]:
        return [(size,) for size in self.problem.sizes]
