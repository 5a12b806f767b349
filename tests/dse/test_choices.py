"""What can be chosen for layers: mappings and patterns, for all, for a group, for each layer by itself."""

import pytest

from dse.choices import FIELDS, choice_of
from dse.evaluate import Evaluator
from dse.executors import InProcess
from dse.judge import Judge
from dse.run import run
from dse.schema import LayerGroup, MappingChoices
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from mapping.rule import MappingRule
from mapping.sparsity import Pattern
from simulator.families import family
from simulator.ruled import ruled
from simulator.scheduling import best_mapping
from tests.dse.spaces import tiny

EACH = {
    "both": {"match": ["layer4.1.conv*"], "each": True, "pattern": ["dense", "2:8"], "tile": {"outputs": [64, 512]}}
}
NAMES = ("both:layer4.1.conv1", "both:layer4.1.conv2")


@pytest.mark.golden
def test_each_layer_has_variables_of_its_own():
    space = tiny(layers=EACH)
    assert space.groups == NAMES
    named = [variable.name for variable in space.variables if variable.group is not None]
    assert named == [f"{name}.{field}" for name in NAMES for field in ("pattern", "tile.outputs")]
    assert [work.name for work in Evaluator(space).work] == [*NAMES, "(dense)"]


@pytest.mark.golden
def test_a_layer_goes_before_its_group_and_a_group_before_all_layers():
    space = tiny(layers=EACH)
    values = {
        "mapping.buffers": 1,
        "mapping.order": "outputs_outer",
        "both.pattern": "2:8",
        "both.order": "positions_outer",
        f"{NAMES[0]}.order": "scheduled",
    }
    first, second, rest = space.design(values).choices
    assert (first.pattern, second.pattern, rest.pattern) == (Pattern(2, 8), Pattern(2, 8), Pattern(1, 1))
    assert first.rule == MappingRule(buffers=1)
    assert second.rule == MappingRule(buffers=1, order="positions_outer")
    assert rest.rule == MappingRule(buffers=1, order="outputs_outer")


@pytest.mark.golden
def test_products_of_activations_have_no_pattern_to_choose():
    space = tiny(
        workload=[{"model": "bert-base", "sequence": 16, "layers": "encoder.0.*"}],
        layers={"block": {"each": True, "pattern": ["dense", "2:8"]}},
        baselines={},
    )
    patterned = {variable.name for variable in space.variables if variable.name.endswith(".pattern")}
    assert "block:encoder.0.query.pattern" in patterned
    assert "block:encoder.0.scores.pattern" not in patterned
    assert "block:encoder.0.scores" in space.groups


@pytest.mark.timing
def test_a_mapping_that_is_chosen_takes_what_scheduling_finds_for_it():
    space = tiny(mapping={"buffers": [1, 2]}, layers=EACH)
    values = {"rows": 16, "mapping.buffers": 1, "both.tile.outputs": 64, "both.pattern": "2:8"}
    outcome = Evaluator(space).evaluate(values)
    sat, rule = family("sat"), MappingRule(buffers=1, outputs=64)
    work = Evaluator(space).work[0]
    config = space.design(values).config
    assert outcome.metrics["cycles"] == 2 * best_mapping(ruled(sat, rule), work.layers[0], Pattern(2, 8), config).cycles
    free = Evaluator(space).evaluate({"rows": 16, "both.pattern": "2:8"})
    assert outcome.metrics["cycles"] >= free.metrics["cycles"]


@pytest.mark.golden
def test_decompose_is_exact_where_mappings_vary():
    space = tiny(
        parameters={"rows": [16, 32]},
        mapping={"buffers": [1, 2]},
        layers=EACH,
        objectives={"latency_ms": "minimise", "dram_bytes": "minimise", "kept_weights": "maximise"},
        baselines={},
    )
    fronts = []
    for strategy in ("exhaustive", "decompose"):
        study = Study(space, Store("sqlite://"), strategy=strategy)
        run(study, InProcess(study.evaluator))
        fronts.append({trial.name for trial, _ in study.front()})
        study.store.close()
    assert fronts[0] == fronts[1]


@pytest.mark.golden
def test_results_depend_on_the_mapping_and_not_on_how_it_was_named():
    evaluator = Evaluator(tiny())
    groups = {"first.buffers": 1, "second.buffers": 1}
    assert evaluator.key({"mapping.buffers": 1}) != evaluator.key({})
    assert evaluator.key({"mapping.buffers": "scheduled"}) == evaluator.key({})
    assert Evaluator(tiny()).evaluate(groups).metrics == evaluator.evaluate({"mapping.buffers": 1}).metrics


@pytest.mark.golden
def test_patterns_stand_by_density_and_as_they_were_written():
    space = tiny(layers={"first": {"match": ["layer4.1.conv1"], "pattern": ["1:4", "bank:8/2", "dense", "3:7"]}})
    (variable,) = (each for each in space.variables if each.group == 0)
    assert (variable.values, variable.ordered) == (("dense", "bank:8/2", "3:7", "1:4"), True)
    assert Evaluator(space).key({"first.pattern": "bank:8/2"}) == Evaluator(space).key({"first.pattern": "4:8"})


@pytest.mark.smoke
def test_sizes_stand_in_order_and_may_be_a_range():
    tile = {"outputs": {"from": 8, "to": 64, "times": 2}, "rows": [7, 1], "channels": ["scheduled", 8]}
    variables = {each.name: each for each in tiny(mapping={"tile": tile}).variables}
    assert variables["mapping.tile.outputs"].values == (8, 16, 32, 64)
    assert (variables["mapping.tile.rows"].values, variables["mapping.tile.rows"].ordered) == ((1, 7), True)
    assert variables["mapping.tile.channels"].ordered is False


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("pattern", "unstructured:0.5", "a.pattern: pattern 'unstructured:0.5': expected 'dense' or 'N:M'"),
        ("criterion", "best", "a.criterion: 'best' is not one of random, magnitude, wanda, sparsegpt"),
        ("dataflow", "sideways", "a.dataflow: 'sideways' is not one of scheduled, weight_stationary"),
        ("order", 1, "a.order: 1 is not one of scheduled, outputs_outer"),
        ("buffers", True, "a.buffers: True is not one of scheduled, 1, 2"),
        ("tile.rows", 0, "a.tile.rows: 0 is neither scheduled nor a whole number of at least 1"),
        ("tile.cols", 1.5, "a.tile.cols: 1.5 is neither"),
    ],
)
def test_values_that_cannot_be(field, value, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        choice_of("a", {field: value})


def test_the_file_names_every_field_that_is_checked():
    tiles = [f"tile.{axis}" for axis in MappingChoices.model_fields["tile"].annotation.model_fields]
    own = set(LayerGroup.model_fields) - {"match", "each", "tile"}
    assert own | set(tiles) == set(FIELDS)


@pytest.mark.golden
def test_a_tile_that_no_layer_can_have_is_infeasible_with_the_reason():
    space = tiny(settings={"weight_scratchpad_kib": 16}, mapping={"tile": {"channels": [512], "outputs": [512]}})
    outcome = Evaluator(space).evaluate(space.decode((0,) * len(space.variables)))
    assert Judge(space).verdict(outcome)[0] == "infeasible"
    assert outcome.reason.startswith("layer layer4.1.conv1: weight_scratchpad_kib must be at least")
