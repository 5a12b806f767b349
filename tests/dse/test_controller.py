"""Is the controller's space ArchGym's, and what it observes that of the simulator?"""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dse.controller import AXES, ControllerSpace, Metrics, canonical
from dse.strategies import make
from simulator.memory.controller.config import load_device
from simulator.memory.controller.run import run_controller
from simulator.memory.controller.traces import mixed, stream
from tests.dse.problems import drive

PAGE = Path(__file__).parents[2] / "docs" / "dram_controller.md"
DEVICE = load_device("ddr3-1600")
SPACE = ControllerSpace(trace=mixed(DEVICE, 0, 300))
POINTS = st.tuples(*(st.integers(0, len(values) - 1) for values in AXES.values()))


@pytest.mark.published
def test_the_space_has_its_size():
    problem = SPACE.problem()
    assert problem.sizes == (4, 3, 3, 8, 2, 2, 4, 4, 3, 8)
    assert problem.size == 442_368


@pytest.mark.published
@pytest.mark.parametrize(
    ("power", "latency", "goal", "reward"),
    [
        (1.5, 9.0, "power", 2.0),
        (0.5, 9.0, "power", 2.0),
        (9.0, 0.05, "latency", 2.0),
        (1.5, 0.05, "both", 4.0),
        (1.0, 0.05, "both", 1000.0),
        (1.0001, 0.05, "power", 1000.0),
    ],
)
def test_rewards(power, latency, goal, reward):
    assert Metrics(energy_mj=1.0, power_w=power, latency_ms=latency).reward(goal) == pytest.approx(reward)


@pytest.mark.smoke
def test_a_front_has_no_reward():
    with pytest.raises(ValueError, match="'front' has no reward"):
        Metrics(energy_mj=1.0, power_w=1.0, latency_ms=1.0).reward("front")


@pytest.mark.golden
@settings(max_examples=40, deadline=None)
@given(point=POINTS)
def test_controllers_that_are_called_alike_are_alike(point):
    config = SPACE.config(point)
    one, other = (run_controller(each, SPACE.trace, DEVICE) for each in (config, canonical(config, SPACE.trace)))
    assert one.cycles == other.cycles
    assert one.energy_pj == other.energy_pj
    assert SPACE.observe(point).objectives == (one.latency_ns / 1e6, pytest.approx(one.power_mw / 1e3))


@pytest.mark.golden
def test_writes_are_not_called_reads():
    """With writes in the trace buffers and schedulers stay what they are."""
    trace = stream(100)
    written = type(trace)(name="w", address=trace.address, write=np.arange(100) % 2, arrival=trace.arrival)
    point = (0, 1, 1, 0, 0, 0, 0, 0, 1, 0)
    assert canonical(SPACE.config(point), written).scheduler == "fr_fcfs_grp"
    assert canonical(SPACE.config(point), trace).scheduler == "fr_fcfs"


@pytest.mark.golden
def test_a_reward_is_the_inverse_of_its_objective():
    space = ControllerSpace(goal="both", trace=SPACE.trace)
    seen = space.observe((0,) * 10)
    assert space.reward(seen) == pytest.approx(space.metrics(space.config((0,) * 10)).reward("both"))


@pytest.mark.golden
@pytest.mark.parametrize("name", ["ppo", "marl"])
def test_agents_find_better_controllers_than_they_begin_with(name):
    """Latency alone: the mean of the last fifth beats that of the first, and the best known is near the data bus."""
    space = ControllerSpace(goal="latency", trace=stream(300))
    problem = space.problem()

    def observe(point):
        seen = space.observe(point)
        metrics = space.metrics(space.config(point))
        return type(seen)(point=point, objectives=(metrics.latency_ms,))

    seen = [each.objectives[0] for each in drive(make(name, problem, 0), observe, 320)]
    assert np.mean(seen[-64:]) < 0.5 * np.mean(seen[:64])
    assert min(seen) < 1.05 * (300 * 4 + 20) * 1.25e-6


@pytest.mark.smoke
def test_the_examples_of_the_page(capsys):
    pytest.importorskip("gymnasium")
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert "stream 50.025 us" in capsys.readouterr().out
    assert names["layer_result"].commands["RD"] > 0
    assert len(names["many"].possible_agents) == 10
    assert names["one"].reset()[0].shape == (1,)
