import json
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import dse
from dse.document import read_yaml
from dse.judge import Judge
from dse.schema import SpaceFile
from dse.space import Space, parse_values
from mapping.errors import InputError
from mapping.sparsity import Pattern
from tests.dse.spaces import TINY, tiny

EXAMPLES = sorted((Path(dse.__file__).parent / "examples").glob("*.yaml"))


@pytest.mark.golden
def test_size_and_variables():
    space = tiny()
    assert space.size == 2 * 2 * 2 * 2 * 2
    assert [v.name for v in space.variables][:4] == ["rows", "cols", "memory.channels", "first.pattern"]
    assert space.hardware_axes == 3


@pytest.mark.golden
def test_decode_and_design():
    space = tiny()
    values = space.decode((1, 0, 1, 1, 0))
    design = space.design(values)
    assert (design.config.rows, design.config.cols, design.config.memory.channels) == (32, 16, 4)
    assert [choice.pattern for choice in design.choices] == [Pattern(2, 8), Pattern(1, 1), Pattern(1, 1)]
    assert all(not choice.rule.fixed for choice in design.choices)


@pytest.mark.golden
def test_what_is_not_named_is_the_configuration_dense():
    design = tiny(settings={"clock_mhz": 300}).design({})
    assert (design.config.rows, design.config.clock_mhz) == (32, 300)
    assert all(choice.pattern.is_dense for choice in design.choices)


@pytest.mark.golden
@given(start=st.integers(1, 50), span=st.integers(0, 50), times=st.integers(2, 4))
def test_ranges(start, span, times):
    end = start + span
    rows = tiny(parameters={"rows": {"from": start, "to": end, "times": times}}).variables[0].values
    assert rows[0] == start
    assert all(b == a * times for a, b in pairwise(rows))
    assert rows[-1] <= end < rows[-1] * times
    steps = tiny(parameters={"rows": {"from": start, "to": end, "step": 3}}).variables[0].values
    assert steps == tuple(range(start, end + 1, 3))


@pytest.mark.golden
def test_illegal_machines_are_counted_with_their_reason():
    space = tiny(parameters={"add_latency": [1, 2], "interleave": [1, 2], "rows": [0, 8]})
    reasons, looked_at = Judge(space).check()
    assert looked_at == 8
    assert sum(reasons.values()) == 5
    assert sum("rows=0 outside [1, 1024]" in reason for reason in reasons) >= 1
    assert any("interleave=2 has no effect" in reason for reason in reasons)


@pytest.mark.golden
def test_machines_over_a_declared_cost_need_no_simulation():
    space = tiny(costs={"price": {"peak_macs": 1.0, "memory.channels": 100}}, constraints={"price": {"max": 600}})
    reasons, _ = Judge(space).check()
    assert reasons == {"violates price <= 600": 7}


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": {"rowz": [1]}}, "unknown key 'rowz'; legal keys: "),
        ({"parameters": {"rows": [8, 8]}}, "8 is given twice"),
        ({"parameters": {"rows": [8]}, "settings": {"rows": 8}}, "in settings and in parameters"),
        ({"objectives": {"energy": "minimise"}}, "objective 'energy' is not reported; reported: cycles"),
        ({"constraints": {"area": {"max": 1}}}, "constraint on 'area' is not reported"),
        ({"layers": {"a": {"pattern": ["8:2"]}}}, "outside"),
        ({"layers": {"a": {"pattern": ["4:4", "dense"]}}}, "given twice"),
        ({"layers": {"a": {"dataflow": ["sideways"]}}}, "a.dataflow: 'sideways' is not one of scheduled"),
        ({"layers": {"rows": {}}}, "layers.rows: a field of the configuration is called like that"),
        ({"family": "none"}, "family 'none' is not one of"),
        ({"config": "none"}, "configuration 'none' is not one of"),
        ({"costs": {"cycles": {"rows": 1.0}}}, "there is a metric of that name"),
        ({"baselines": {"x": {"rowz": 1}}}, "baselines.x: unknown key 'rowz'"),
    ],
)
def test_bad_spaces(changes, message):
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        tiny(**changes)


@pytest.mark.smoke
@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"rows": []}},
        {"parameters": {"rows": {"from": 8, "to": 4}}},
        {"parameters": {"rows": {"from": 1, "to": 8, "step": 1, "times": 2}}},
        {"objectives": {}},
        {"objectives": {"cycles": "less"}},
        {"constraints": {"cycles": {}}},
        {"constraints": {"cycles": {"min": 2, "max": 1}}},
        {"workload": []},
        {"nonsense": 1},
    ],
)
def test_spaces_that_the_schema_refuses(changes):
    with pytest.raises(ValidationError):
        tiny(**changes)


@pytest.mark.golden
def test_the_digest_follows_the_content_not_the_spelling():
    assert tiny().digest == tiny(family="sat").digest
    assert tiny().digest != tiny(parameters={"rows": [16, 32]}).digest
    assert tiny().digest != tiny(objectives={"cycles": "minimise"}).digest


@pytest.mark.smoke
def test_values_as_typed():
    assert parse_values(("rows=16", "a.pattern=2:8", "datapath=fp16", "x=true")) == {
        "rows": 16,
        "a.pattern": "2:8",
        "datapath": "fp16",
        "x": True,
    }
    for bad, message in ((("rows",), "expected KEY=VALUE"), (("rows=1", "rows=2"), "given twice")):
        with pytest.raises(InputError, match=message):
            parse_values(bad)


@pytest.mark.smoke
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_load_and_fit_the_json_schema(path):
    space = Space.load(path)
    reasons, looked_at = Judge(space).check()
    assert sum(reasons.values()) < looked_at
    jsonschema.validate(read_yaml(path), SpaceFile.model_json_schema())


@pytest.mark.smoke
def test_the_json_schema_refuses_what_the_loader_refuses():
    schema = json.loads(json.dumps(SpaceFile.model_json_schema()))
    tile, order = {"tile": {"rows": [0]}}, {"order": ["rows"]}
    for wrong in ({"nonsense": 1}, {"mapping": {"buffers": [3]}}, {"mapping": tile}, {"mapping": order}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(TINY | wrong, schema)
    jsonschema.validate(TINY | {"mapping": {"buffers": [1, "scheduled"], "tile": {"rows": [7, "scheduled"]}}}, schema)
    assert yaml.safe_dump(TINY)


def test_a_space_with_its_parameters_in_another_order_is_another_space():
    turned = dict(reversed(TINY["parameters"].items()))
    assert tiny(parameters=turned).digest != tiny().digest
