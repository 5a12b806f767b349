"""Every family sweeps, and an evaluation says what `zeroskip simulate` says, to the cycle."""

from dataclasses import dataclass
from pathlib import Path

import pytest

import dse
import zeroskip
from dse.evaluate import Evaluator
from dse.executors import InProcess
from dse.run import run
from dse.schema import SpaceFile
from dse.space import Space
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from simulator.families import families

EXAMPLES = Path(dse.__file__).parent / "examples"


@dataclass(frozen=True)
class Case:
    family: str
    config: str
    model: str
    pattern: str
    layers: str = "*"
    batch: int = 1
    sequence: int | None = None
    settings: tuple[tuple[str, int], ...] = ()


CASES = [
    Case("sat", "sat-32x32", "fashion-cnn", "bank:8/4"),
    Case("s4", "s40", "resnet18-tiny", "bank:32/16", batch=6),  # images over four chips
    Case("s4", "s30", "gpt2-small", "4:8", "*.0.*", sequence=48),  # heads and rows over three chips, vector work
    Case("dsp_chain", "u280", "fashion-mlp", "8:16"),  # weights that quantisation makes zero count
    Case("dsp_chain", "vhk158", "gpt2-small", "4:16", "*.0.*", sequence=64),
    Case("dram_pim", "sparse", "fashion-mlp", "2:8"),
    Case("dram_pim", "sparse", "gpt2-small", "2:8", "decode.0.*", sequence=32, settings=(("channels", 8),)),
]


def evaluated(case: Case):
    entry = {"model": case.model, "layers": case.layers, "batch": case.batch, "sequence": case.sequence}
    file = {
        "name": "agreement",
        "family": case.family,
        "config": case.config,
        "settings": dict(case.settings),
        "workload": [entry],
        "layers": {"all": {"pattern": [case.pattern]}},
        "objectives": {"cycles": "minimise"},
    }
    return Evaluator(Space(SpaceFile.model_validate(file))).evaluate({"all.pattern": case.pattern})


def simulated(case: Case):
    config = zeroskip.load_config(case.family, case.config, tuple(f"{k}={v}" for k, v in case.settings))
    model = zeroskip.load_model(case.model, batch=case.batch, sequence=case.sequence)
    return zeroskip.simulate(
        zeroskip.lower(zeroskip.prune(model, case.pattern).select(case.layers), case.family, config)
    )


@pytest.mark.timing
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.family}-{case.model}")
def test_an_evaluation_agrees_with_the_simulation(case):
    outcome, result = evaluated(case), simulated(case)
    assert outcome.state == "complete", outcome.reason
    assert outcome.metrics["cycles"] == result.total_cycles
    assert outcome.metrics["dram_bytes"] == result.dram_bytes
    assert outcome.metrics["macs"] == result.macs


def test_no_family_is_left_out():
    assert {case.family for case in CASES} == set(families())


@pytest.mark.golden
@pytest.mark.parametrize(
    "case",
    [
        Case("dram_pim", "cent", "llama2-70b", "dense", sequence=32),  # the banks cannot hold it
        Case("s4", "s4", "resnet18-tiny", "3:7"),  # banks cannot balance it
        Case("dsp_chain", "vhk158", "fashion-mlp", "2:8"),  # no density code
        Case("sat", "sat-32x32", "resnet18-tiny", "bank:64/2"),  # M above max_group
    ],
    ids=lambda case: case.family,
)
def test_what_the_simulation_refuses_is_infeasible_for_the_same_reason(case):
    outcome = evaluated(case)
    with pytest.raises(InputError) as refusal:
        simulated(case)
    assert (outcome.state, outcome.reason) == ("infeasible", str(refusal.value))


@pytest.mark.smoke
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_runs(path):
    study = Study(Space.load(path), Store("sqlite://"), strategy="random", budget=2)
    run(study, InProcess(study.evaluator))
    states = {study.judge.verdict(outcome)[0] for _, outcome in study.outcomes.values()}
    assert states <= {"complete", "infeasible"}
    assert "complete" in states
    study.store.close()


@pytest.mark.smoke
def test_every_family_has_an_example():
    assert {Space.load(path).family.name for path in EXAMPLES.glob("*.yaml")} == set(families())


@pytest.mark.golden
def test_a_layer_keeps_the_pattern_that_its_model_states(tmp_path):
    table = tmp_path / "topology.csv"
    table.write_text("Layer, M, N, K, Sparsity\nfirst, 16, 32, 64, 1:4\nsecond, 16, 32, 64, 2:8\n")
    file = {
        "name": "stated",
        "workload": [{"model": str(table)}],
        "keep": [],
        "objectives": {"cycles": "minimise"},
    }
    outcome = Evaluator(Space(SpaceFile.model_validate(file))).evaluate({})
    model = zeroskip.load_model(str(table))
    assert model.patterns["first"] == "1:4"
    result = zeroskip.simulate(zeroskip.lower(zeroskip.prune(model, keep=()), "sat"))
    assert outcome.metrics["cycles"] == result.total_cycles
    assert outcome.metrics["macs"] == result.macs


@pytest.mark.golden
def test_decompose_is_refused_where_layers_share_a_memory_that_has_an_end():
    space = Space.load(EXAMPLES / "dram-pim-gpt2.yaml")
    with pytest.raises(InputError, match="decompose: family 'dram_pim' says of all layers together whether they fit"):
        Study(space, Store("sqlite://"), strategy="decompose")


@pytest.mark.golden
def test_what_one_group_leaves_no_room_for_is_infeasible():
    space = Space.load(EXAMPLES / "dram-pim-gpt2.yaml")
    small = {"channels": 2, "rows": 256, "storage": "compressed"}
    outcome = Evaluator(space).evaluate(small)
    assert outcome.state == "infeasible"
    assert outcome.reason.startswith("the model does not fit: ")
    pruned = Evaluator(space).evaluate(small | {"rows": 16384, "projections.pattern": "2:8"})
    assert pruned.state == "complete"
