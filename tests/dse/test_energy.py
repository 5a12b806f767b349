"""Is energy an objective for every family that counts actions?"""

import pytest

import zeroskip
from dse.evaluate import Evaluator
from dse.schema import SpaceFile
from dse.space import Space
from simulator.config import build_config

SPACES = {
    "dram_pim": {"config": "sparse", "parameters": {"buffer_columns": [1, 4]}},
    "dsp_chain": {"config": "u280", "parameters": {"weight_bits": [2, 8]}},
}


@pytest.mark.golden
@pytest.mark.parametrize("name", SPACES)
def test_energy_is_an_objective_of_a_family_and_that_of_its_simulation(name):
    values = {
        "name": "energy",
        "workload": [{"model": "gpt2-small", "layers": "decode.0.o*"}],
        "family": name,
        "objectives": {"energy_uj": "minimise", "edp_ujs": "minimise"},
        **SPACES[name],
    }
    space = Space(build_config(SpaceFile, values, "space"))
    (key, options) = next(iter(SPACES[name]["parameters"].items()))
    model = zeroskip.prune(zeroskip.load_model("gpt2-small"), "dense").select("decode.0.o*")
    found = []
    for option in options:
        outcome = Evaluator(space).evaluate({key: option})
        assert outcome.state == "complete", outcome.reason
        config = zeroskip.load_config(name, SPACES[name]["config"], settings=(f"{key}={option}",))
        result = zeroskip.simulate(zeroskip.lower(model, name, config))
        assert outcome.metrics["energy_uj"] == pytest.approx(sum(result.energy_pj.values()) / 1e6, rel=1e-9)
        found.append(outcome.metrics["energy_uj"])
    assert (found[0] < found[1]) == (name == "dsp_chain")  # dense weights do not use a wide buffer
