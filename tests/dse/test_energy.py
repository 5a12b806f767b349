"""Is energy an objective for every family that counts actions?"""

import pytest

import zeroskip
from dse.evaluate import Evaluator
from dse.schema import SpaceFile
from dse.space import Space
from simulator.config import build_config

# A machine, one of its parameters with two values, a layer; and whether the first value takes less energy.
SPACES = {
    "dram_pim": ("sparse", "buffer_columns", (1, 4), "gpt2-small", "decode.0.o*", 1, None),  # dense: no difference
    "dsp_chain": ("u280", "weight_bits", (2, 8), "gpt2-small", "decode.0.o*", 1, True),
    "s4": ("s4", "chips", (1, 2), "resnet18", "layer4.1.conv1", 2, True),  # each chip loads all weights
}


@pytest.mark.golden
@pytest.mark.parametrize("name", SPACES)
def test_energy_is_an_objective_of_a_family_and_that_of_its_simulation(name):
    machine, key, options, model_name, layers, batch, first_is_less = SPACES[name]
    values = {
        "name": "energy",
        "workload": [{"model": model_name, "layers": layers, "batch": batch}],
        "keep": [],
        "family": name,
        "config": machine,
        "parameters": {key: list(options)},
        "objectives": {"energy_uj": "minimise", "edp_ujs": "minimise"},
    }
    evaluator = Evaluator(Space(build_config(SpaceFile, values, "space")))
    model = zeroskip.prune(zeroskip.load_model(model_name, batch=batch), "dense").select(layers)
    found = []
    for option in options:
        outcome = evaluator.evaluate({key: option})
        assert outcome.state == "complete", outcome.reason
        config = zeroskip.load_config(name, machine, settings=(f"{key}={option}",))
        result = zeroskip.simulate(zeroskip.lower(model, name, config))
        assert outcome.metrics["energy_uj"] == pytest.approx(sum(result.energy_pj.values()) / 1e6, rel=1e-9)
        found.append(outcome.metrics["energy_uj"])
    assert found[0] == found[1] if first_is_less is None else (found[0] < found[1]) == first_is_less
