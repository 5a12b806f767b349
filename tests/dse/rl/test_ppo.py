"""Is the gradient that of the clipped objective, and does an agent find what pays?"""

from itertools import product

import numpy as np
import pytest

from dse.rl.ppo import CLIP, Agent
from tests.dse.rl.test_network import numeric

SIZES = (3, 2, 4)


def rollout(seed, count=12, inputs=2):
    rng = np.random.default_rng(seed)
    agent = Agent(inputs, SIZES, rng)
    agent.actor.weights[2] *= 100  # away from uniform
    observations = rng.standard_normal((count, inputs))
    return agent, observations, agent.act(observations, rng), rng.standard_normal(count), rng


@pytest.mark.golden
@pytest.mark.parametrize("seed", range(5))
def test_gradient_against_differences(seed):
    agent, observations, picks, advantages, rng = rollout(seed)
    # Ratios on both sides of the clip, none within a step of its edges, where the objective has a kink.
    before = agent.log_probability(observations, picks) + rng.choice([-0.5, -0.1, 0.0, 0.1, 0.5], len(picks))
    outer = agent.slope(observations, picks, before, advantages)
    gradient = agent.actor.gradient(observations, outer)
    for weights, slope in zip(agent.actor.weights, gradient, strict=True):
        expected = numeric(lambda: agent.loss(observations, picks, before, advantages), weights)
        assert np.allclose(slope, expected, atol=1e-7)


@pytest.mark.golden
def test_probabilities_of_all_picks_add_up_to_one():
    agent, observations, _, _, _ = rollout(1, count=1)
    every = np.array(list(product(*map(range, SIZES))))
    logs = agent.log_probability(np.repeat(observations, len(every), axis=0), every)
    assert np.exp(logs).sum() == pytest.approx(1.0)


@pytest.mark.golden
def test_picks_are_as_frequent_as_probable():
    agent, observations, _, _, rng = rollout(2, count=1)
    drawn = agent.act(np.repeat(observations, 20_000, axis=0), rng)
    assert (drawn < SIZES).all()
    seen, counts = np.unique(drawn, axis=0, return_counts=True)
    expected = np.exp(agent.log_probability(np.repeat(observations, len(seen), axis=0), seen))
    assert counts / 20_000 == pytest.approx(expected, abs=0.02)  # four deviations of a share near 1/2


@pytest.mark.golden
def test_beyond_the_clip_only_the_entropy_pulls():
    agent, observations, picks, _, _ = rollout(3)
    good = np.ones(len(picks))
    inside = agent.log_probability(observations, picks)
    beyond = inside - np.log(1 + 2 * CLIP)  # the picks have become more probable than the clip rewards
    assert not np.allclose(
        agent.slope(observations, picks, inside, good), agent.slope(observations, picks, beyond, 0 * good)
    )
    assert np.allclose(
        agent.slope(observations, picks, beyond, good), agent.slope(observations, picks, beyond, 0 * good)
    )


@pytest.mark.golden
@pytest.mark.parametrize("seed", range(3))
def test_an_agent_finds_what_pays_and_that_it_depends_on_what_it_sees(seed):
    rng = np.random.default_rng(seed)
    agent = Agent(2, SIZES, rng)
    best = {0: (2, 0, 3), 1: (0, 1, 1)}

    def paid(observations, picks):
        wanted = np.array([best[int(row[1])] for row in observations])
        return -np.abs(picks - wanted).sum(axis=1).astype(float)

    def see(count):
        return np.eye(2)[rng.integers(0, 2, count)]

    first = paid(shown := see(500), agent.act(shown, rng)).mean()
    for _ in range(120):
        observations = see(16)
        picks = agent.act(observations, rng)
        agent.learn(observations, picks, paid(observations, picks))
    last = paid(shown := see(500), agent.act(shown, rng)).mean()
    assert first < -2
    assert last > -0.3
