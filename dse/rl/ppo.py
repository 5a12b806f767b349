"""Proximal policy optimisation (Schulman et al., 2017) of an agent that picks values for one axis or several.

Episodes are one step long: an agent sees an observation, picks, and is paid. So the return is the reward, the advantage
is the reward less what the critic expected, and there is nothing for generalised advantage estimation to add up.
"""

from collections.abc import Sequence

import numpy as np

from dse.rl.network import Adam, Array, Network
from mapping.arrays import IntArray

HIDDEN = 32
CLIP = 0.2
ENTROPY = 0.01  # weight of the entropy bonus
EPOCHS = 8  # over every rollout
RATE = 0.01


class Agent:
    """An actor with one categorical choice for each axis, and a critic.

    The probability of a whole pick is the product over the axes, and that product is what is clipped.

    Args:
        inputs: Width of an observation.
        sizes: Number of values of each axis that it decides on.
        rng: Of its first weights.
    """

    def __init__(self, inputs: int, sizes: Sequence[int], rng: np.random.Generator) -> None:
        self.sizes = tuple(sizes)
        self._ends = np.cumsum(self.sizes)[:-1]
        self.actor = Network(inputs, HIDDEN, sum(self.sizes), rng, last=0.01)
        self.critic = Network(inputs, HIDDEN, 1, rng)
        self._optimisers = Adam(self.actor, RATE), Adam(self.critic, RATE)

    def act(self, observations: Array, rng: np.random.Generator) -> IntArray:
        """Picks (n, axes) for observations (n, inputs)."""
        picks = [
            (np.exp(logs).cumsum(axis=1) < rng.random((len(logs), 1))).sum(axis=1) for logs in self._logs(observations)
        ]
        # A cumulated sum may end a rounding below 1.
        return np.minimum(np.stack(picks, axis=1), np.array(self.sizes) - 1)

    def log_probability(self, observations: Array, picks: IntArray) -> Array:
        """(n,) logarithm of the probability of whole picks."""
        logs = self._logs(observations)
        return sum(
            (each[np.arange(len(picks)), picks[:, axis]] for axis, each in enumerate(logs)), np.zeros(len(picks))
        )

    def learn(self, observations: Array, picks: IntArray, rewards: Array) -> None:
        """Improve the policy by a rollout: observations (n, inputs), picks (n, axes), rewards (n,)."""
        advantages = rewards - self.critic(observations)[:, 0]
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        before = self.log_probability(observations, picks)
        for _ in range(EPOCHS):
            outer = self.slope(observations, picks, before, advantages)
            self._optimisers[0].descend(self.actor.gradient(observations, outer))
            error = self.critic(observations) - rewards[:, None]
            self._optimisers[1].descend(self.critic.gradient(observations, error / len(error)))

    def loss(self, observations: Array, picks: IntArray, before: Array, advantages: Array) -> float:
        """What the actor minimises: the clipped objective and the entropy bonus, both negative."""
        ratio = np.exp(self.log_probability(observations, picks) - before)
        clipped = np.clip(ratio, 1 - CLIP, 1 + CLIP)
        entropy = -sum((np.exp(logs) * logs).sum(axis=1) for logs in self._logs(observations))
        return float(-np.mean(np.minimum(ratio * advantages, clipped * advantages)) - ENTROPY * np.mean(entropy))

    def slope(self, observations: Array, picks: IntArray, before: Array, advantages: Array) -> Array:
        """Gradient (n, outputs) of ``loss`` by the outputs of the actor."""
        count = len(picks)
        ratio = np.exp(self.log_probability(observations, picks) - before)
        # Where clipping binds the objective is flat.
        free = ratio * advantages <= np.clip(ratio, 1 - CLIP, 1 + CLIP) * advantages
        weight = (free * ratio * advantages / count)[:, None]
        parts = []
        for axis, logs in enumerate(self._logs(observations)):
            chance = np.exp(logs)
            picked = np.zeros_like(chance)
            picked[np.arange(count), picks[:, axis]] = 1.0
            spread = -(chance * logs).sum(axis=1, keepdims=True)
            parts.append(-weight * (picked - chance) + ENTROPY / count * chance * (logs + spread))
        return np.concatenate(parts, axis=1)

    def _logs(self, observations: Array) -> list[Array]:
        """Logarithms of the probabilities of the values of each axis, (n, size) each."""
        found = []
        for logits in np.split(self.actor(observations), self._ends, axis=1):
            shifted = logits - logits.max(axis=1, keepdims=True)
            found.append(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
        return found
