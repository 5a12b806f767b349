"""Sharing programs changes nothing but the time that a sweep takes."""

import numpy as np
import pytest

from dse import layers as module
from dse.evaluate import Evaluator
from dse.layers import Layers
from simulator.families import family
from tests.dse.spaces import tiny

PARAMETERS = {
    "rows": [8, 16, 32],
    "cols": [16, 32],
    "add_latency": [1, 3],
    "interleave": [1, 2],
    "activation_scratchpad_kib": [1, 16, 1024],
    "weight_scratchpad_kib": [4, 1024],
    "clock_mhz": [100, 600],
    "memory.channels": [1, 4],
    "weight_registers": ["single", "shadow"],
    "dispatch_latency": [0, 2],
}
WORK = {"workload": [{"model": "resnet18", "layers": "layer4.0.*"}], "baselines": {}}
GROUPS = {
    "first": {"match": ["*conv1"], "pattern": ["dense", "2:8"], "dataflow": ["scheduled", "weight_stationary"]},
    "rest": {"pattern": ["dense", "1:4"]},
}


def _outcomes(space, points, monkeypatch, shared_from):
    monkeypatch.setattr(module, "SHARED_FROM", shared_from)
    evaluator = Evaluator(space)
    return [evaluator.evaluate(space.decode(point)) for point in points]


@pytest.mark.timing
def test_an_outcome_does_not_depend_on_how_it_was_found(monkeypatch):
    space = tiny(parameters=PARAMETERS, layers=GROUPS, technology="cmos-45nm", **WORK)
    rng = np.random.default_rng(7)
    points = [tuple(row) for row in rng.integers(0, space.sizes, (14, len(space.sizes))).tolist()]
    alone, shared = (_outcomes(space, points, monkeypatch, first) for first in (10**9, 0))
    for one, other in zip(alone, shared, strict=True):
        assert (one.key, one.state, one.reason) == (other.key, other.state, other.reason)
        assert (one.metrics, one.parts) == (other.metrics, other.parts)
    assert {outcome.state for outcome in alone} == {"complete", "infeasible"}


@pytest.mark.golden
def test_machines_are_forgotten_and_found_again(monkeypatch):
    monkeypatch.setattr(module, "CACHED_LAYERS", 3)
    monkeypatch.setattr(module, "CACHED_ENERGIES", 1)
    space = tiny(technology="cmos-45nm")
    points = [(rows, cols, channels, 0, 1) for rows in (0, 1) for cols in (0, 1) for channels in (0, 1)] * 2
    known = _outcomes(space, points, monkeypatch, 2)
    assert [outcome.parts for outcome in known[:8]] == [outcome.parts for outcome in known[8:]]


@pytest.mark.golden
def test_programs_are_shared_from_some_number_of_machines_on(monkeypatch):
    monkeypatch.setattr(module, "SHARED_FROM", 2)
    space = tiny()
    evaluator, asked = Evaluator(space), []
    scheduler = evaluator._layers._scheduler
    monkeypatch.setattr(type(scheduler), "find", lambda *_: asked.append(1) or [])
    for rows in (8, 16):
        assert evaluator.evaluate({"rows": rows}).state == "complete"
    assert not asked
    evaluator.evaluate({"rows": 32})
    assert asked


@pytest.mark.golden
def test_a_family_that_shares_nothing_is_simulated_layer_by_layer():
    assert Layers(family("sat"), None)._scheduler is not None
    assert all(Layers(one, None)._scheduler is None for one in map(family, ("dsp_chain", "s4")) if not one.sharing)
