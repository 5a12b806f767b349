"""Do problems keep to the rules of Gymnasium and PettingZoo?"""

import numpy as np
import pytest

pytest.importorskip("gymnasium")
pytest.importorskip("pettingzoo")

from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test

from dse.environments import DesignEnv, DesignParallelEnv
from tests.dse.problems import Toy


def reward(seen):
    return -1000.0 if not seen.feasible else -seen.objectives[0]


def made(kind, steps=3, **changes):
    toy = Toy(limit=130.0, broken={(0, 2)})
    return kind(toy.problem(**changes), toy.observe, reward, steps=steps), toy


@pytest.mark.golden
def test_gymnasium_finds_nothing_wrong():
    environment, _ = made(DesignEnv)
    check_env(environment, skip_render_check=True)


@pytest.mark.golden
def test_pettingzoo_finds_nothing_wrong():
    environment, _ = made(DesignParallelEnv)
    parallel_api_test(environment, num_cycles=30)


@pytest.mark.golden
def test_one_agent_and_many_are_told_the_same():
    one, toy = made(DesignEnv)
    many, _ = made(DesignParallelEnv)
    one.reset(seed=0)
    many.reset(seed=0)
    point = (5, 3, 4, 2, 1)
    values, paid, terminated, truncated, info = one.step(np.array(point))
    seen = toy.observe(point)
    assert values.tolist() == pytest.approx([*seen.objectives, *seen.violations])
    assert info["observation"] == seen
    assert (paid, terminated, truncated) == (reward(seen), False, False)
    observations, rewards, ends, cuts, _ = many.step(dict(zip(many.possible_agents, point, strict=True)))
    assert set(observations) == {f"axis_{axis}" for axis in range(5)}
    assert all(np.array_equal(each, values) for each in observations.values())
    assert set(rewards.values()) == {paid}
    assert not any(ends.values())
    assert not any(cuts.values())


@pytest.mark.golden
def test_episodes_end_after_their_steps():
    environment, _ = made(DesignParallelEnv, steps=2)
    environment.reset()
    actions = dict.fromkeys(environment.agents, 0)
    assert not any(environment.step(actions)[3].values())
    assert all(environment.step(actions)[3].values())
    assert environment.agents == []


@pytest.mark.golden
def test_points_that_are_not_valid_are_not_evaluated():
    environment, toy = made(DesignEnv, valid=lambda point: point[0] != 1)
    environment.reset()
    values, paid, *_ = environment.step(np.array((1, 0, 0, 0, 0)))
    assert toy.evaluated == []
    assert not values.any()
    assert paid == -1000.0


@pytest.mark.smoke
def test_mistakes_are_refused():
    with pytest.raises(ValueError, match="steps=0"):
        made(DesignEnv, steps=0)
    with pytest.raises(ValueError, match="one each for 5 axes"):
        DesignParallelEnv(Toy().problem(), Toy().observe, reward, names=["a", "b"])
