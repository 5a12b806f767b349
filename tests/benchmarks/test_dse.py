"""The benchmark of strategies knows the truth."""

from itertools import product

import numpy as np
import pytest
import yaml

from benchmarks.dse import known as known_module
from benchmarks.dse.composed import Composed
from benchmarks.dse.known import Known
from benchmarks.dse.regret import Regret, one_run
from dse.store import Store
from tests.dse.spaces import TINY


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A space of 32 points in which a file of the benchmark is looked for."""
    space = TINY | {"constraints": {"kept_weights": {"max": 0.9}}}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(space, sort_keys=False))
    monkeypatch.setattr(known_module, "SPACES", tmp_path)
    return Store(f"sqlite:///{tmp_path}/results.db")


@pytest.mark.golden
def test_what_is_composed_is_what_is_evaluated(small):
    said = []
    whole, composed = Known("small", small), Composed("small", small)
    for space in (whole, composed):
        with pytest.raises(SystemExit, match="truth small"):
            space.open()
        space.learn(said.append)
        space.open()
    problem = composed.problem
    for point in filter(problem.valid, product(*map(range, problem.sizes))):
        a, b = composed.observe(point), whole.observe(point)
        assert (a.objectives, a.violations, a.parts) == (b.objectives, b.violations, b.parts)
    assert {tuple(row) for row in composed.front()} == {tuple(row) for row in whole.front()}
    assert any("equal to the sums" in line for line in said)


@pytest.mark.golden
def test_the_regret_of_everything_is_nothing_and_of_less_is_more(small):
    space = Known("small", small)
    space.learn(lambda _: None)
    space.open()
    measure = Regret(space.front())
    seen, seconds = one_run("exhaustive", space.problem, 0, 100, space.observe)
    assert measure.of(seen) == pytest.approx(0.0, abs=1e-12)
    assert measure.of([]) == 1.0
    assert measure.with_hindsight(space.front(), 100) == pytest.approx(0.0, abs=1e-12)
    assert measure.with_hindsight(space.front(), 1) > 0
    steps = [measure.of(seen[:count]) for count in range(len(seen) + 1)]
    assert steps == sorted(steps, reverse=True)
    assert 0 < np.mean(steps) < 1
    assert seconds >= 0


@pytest.mark.golden
def test_results_of_other_code_are_not_taken(small, monkeypatch):
    space = Known("small", small)
    space.learn(lambda _: None)
    monkeypatch.setattr("dse.evaluate.code_digest", lambda _: "other code")
    with pytest.raises(SystemExit, match="have no result of this code"):
        Known("small", small).open()
