"""A training step: does it add up, does it respect the array's bound, and who can run one?"""

from dataclasses import replace
from math import ceil

import pytest

from mapping.errors import InputError
from mapping.sparsity import DENSE, Pattern
from mapping.training import METHODS, STAGES, training_step
from mapping.zoo import load_zoo
from simulator.execute import run
from simulator.families import family
from simulator.scheduling import best_mapping
from simulator.training import TOLERANCE, Trainer

BATCH = 8


@pytest.fixture(scope="module")
def steps():
    sat = family("sat")
    trainer = Trainer(sat, sat.load_config())
    layers = load_zoo("resnet18-tiny", batch=BATCH).layers
    patterns = {layer.name: Pattern(2, 8) for layer in layers}
    patterns |= {layers[0].name: DENSE, layers[-1].name: DENSE}
    return {method: trainer.step(training_step(layers, patterns, method)) for method in METHODS}


@pytest.mark.timing
def test_stages_add_up(steps):
    for step in steps.values():
        assert step.stages == ["forward", "backward", "update", "optimiser"]
        assert sum(step.stage(name).cost.cycles for name in step.stages) == step.cycles
        # 21 layers, of which the first has no backward pass.
        assert len(step.work) == 21 * 4 - 1


@pytest.mark.shape
def test_sparse_stages_are_faster_and_dense_ones_equal(steps):
    dense = {stage: steps["dense"].stage(stage).cost.cycles for stage in STAGES}
    sparse_stages = {"srste": ["forward"], "bdwp": ["forward", "backward"], "all": ["forward", "backward", "update"]}
    for method, sparse in sparse_stages.items():
        for stage in STAGES:
            cycles = steps[method].stage(stage).cost.cycles
            assert cycles < dense[stage] if stage in sparse else cycles == dense[stage]
    speedups = [steps["dense"].cycles / steps[method].cycles for method in METHODS]
    assert speedups == sorted(speedups)


@pytest.mark.shape
def test_no_stage_is_faster_than_its_multiplications(steps):
    peak = 32 * 32
    for step in steps.values():
        assert all(work.cost.cycles >= ceil(work.macs / peak) for work in step.work)
    # 2:8 leaves a quarter of what is not in the dense first and last layers.
    dense, sparse = (steps[method].stage("forward").macs for method in ("dense", "bdwp"))
    exempt = BATCH * (147 * 64 * 32 * 32 + 512 * 200)
    assert sparse - exempt == (dense - exempt) // 4


@pytest.mark.timing
def test_a_product_is_a_program_of_both_executors(steps):
    sat = family("sat")
    config = sat.load_config()
    layers = load_zoo("resnet18-tiny", batch=BATCH).layers
    (trained,) = training_step([layers[5]], {layers[5].name: Pattern(2, 8)}, "bdwp")
    (forward, update) = trained.products
    for product in (forward, update):
        (part,) = product.parts
        choice = best_mapping(sat, part, product.pattern, config, TOLERANCE)
        program = sat.lower(part, product.pattern, choice.mapping, config)
        assert run(sat.job(program, config), "both").total == choice.cycles
        (work,) = (w for w in steps["bdwp"].work if w.layer == layers[5].name and w.stage == product.stage)
        assert work.cost.cycles == choice.cycles


@pytest.mark.shape
def test_the_tolerance_bounds_what_the_search_may_miss():
    sat = family("sat")
    config = sat.load_config()
    for layer in load_zoo("resnet9-cifar10", batch=2).layers:
        best = best_mapping(sat, layer, Pattern(2, 8), config)
        near = best_mapping(sat, layer, Pattern(2, 8), config, 0.05)
        assert near.runs <= best.runs
        if near.proven:
            assert near.cycles * 0.95 <= best.cycles <= near.cycles


def test_a_family_that_does_not_train_is_refused():
    sat = family("sat")
    with pytest.raises(InputError, match="family 'sat' does not train"):
        Trainer(replace(sat, training=None), sat.load_config())
