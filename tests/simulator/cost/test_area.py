"""Does the fitted area model say what synthesis says, and refuse what it has not seen?"""

import re
from dataclasses import replace

import pytest

from benchmarks.area import Bench, errors, fit, sources_digest
from mapping.errors import InputError
from rtl.bench.synthesis import instances, synthesise
from rtl.bench.targets import find_target
from simulator.cost.area import FIELDS, area, box_of, estimate, load, predict
from simulator.cost.resources import Resources
from simulator.families import family
from simulator.verilog import Unit
from tests.rtl.tools import need_yosys

SAT = family("sat")
VERILOG = SAT.verilog
MODEL = VERILOG.model
DOCUMENT = load(MODEL.file)
BENCH = Bench(SAT, VERILOG, MODEL)
PLAIN = ("rows=4", "cols=4", "max_group=4", *(f"{pad}_scratchpad_kib=32" for pad in ("activation", "weight", "output")))
# Of blocks that are not fitted; docs/area.md shows what was found, and some room is for a file made anew.
WORST = {"lut": 0.15, "ff": 0.05, "dsp": 0.05, "bram": 0.01}


def config(*settings):
    """Of some settings; of two for one field the last."""
    return SAT.load_config(VERILOG.default, tuple({setting.split("=")[0]: setting for setting in settings}.values()))


@pytest.mark.smoke
def test_the_file_is_that_of_the_points_and_of_the_sources():
    """Else: python -m benchmarks.area."""
    assert DOCUMENT["blocks"].keys() == MODEL.points.keys()
    assert DOCUMENT["provenance"].keys() == {"command", "yosys", "sources", "passes"}
    assert DOCUMENT["provenance"]["sources"] == sources_digest(SAT, VERILOG)
    assert {check["block"] for check in DOCUMENT["checks"]} == MODEL.checks.keys()
    for key, settings in MODEL.points.items():
        wanted = {frozenset(s.parameters.items()) for each in settings for s in BENCH.shapes(each) if s.key == key}
        points = [frozenset(point["parameters"].items()) for point in DOCUMENT["blocks"][key]["points"]]
        assert set(points) == wanted
        assert len(points) == len(wanted)


@pytest.mark.shape
@pytest.mark.parametrize("check", DOCUMENT["checks"], ids=lambda check: check["block"])
def test_the_model_is_near_larger_blocks_that_it_has_not_seen(check):
    block = DOCUMENT["blocks"][check["block"]]
    assert check["parameters"] not in [point["parameters"] for point in block["points"]]
    found = (shape for shape in BENCH.shapes(tuple(check["settings"])) if shape.key == check["block"])
    shape = next(shape for shape in found if dict(shape.parameters) == check["parameters"])
    said = predict(replace(shape, count=1), block["model"]).total
    for field, worst in WORST.items():
        assert getattr(said, field) == check["said"][field]
        assert check["said"][field] == pytest.approx(check["one"][field], rel=worst, abs=1), field


@pytest.mark.shape
@pytest.mark.parametrize("key", MODEL.points)
def test_errors_in_the_file_are_those_of_its_points_and_coefficients(key):
    block = DOCUMENT["blocks"][key]
    shapes = []
    for point in block["points"]:
        found = (shape for shape in BENCH.shapes(tuple(point["settings"])) if shape.key == key)
        shapes.append(next(shape for shape in found if dict(shape.parameters) == point["parameters"]))
    sizes = [point["one"] for point in block["points"]]
    assert fit(shapes, sizes) == block["model"]
    assert errors(shapes, sizes)["worst"] == block["worst"]


@pytest.mark.shape
@pytest.mark.parametrize("more", [(), ("rows=32", "cols=32", "max_group=8")])
def test_dsp_blocks_of_the_elements_are_exact(more):
    made = config(*PLAIN, *more)
    (elements,) = (block for block in estimate(SAT, made).blocks if block.name == "PE")
    assert elements.total.dsp == elements.count == made.rows * made.cols


@pytest.mark.smoke
def test_blocks_add_up_and_training_comes_on_top():
    found = estimate(SAT, config(*PLAIN))
    assert Resources.total([block.total for block in found.blocks]) == found.total
    assert found.total == area(SAT, config(*PLAIN), training=True)
    assert found.total.lut > found.core.lut == area(SAT, config(*PLAIN)).lut
    assert len({(block.unit, block.name) for block in found.blocks}) == len(found.blocks)


@pytest.mark.rtl
def test_instances_are_those_of_the_verilog():
    need_yosys()
    made = config('datapath="fp16"', 'output="element"', "rows=3", "cols=2", "max_group=2", "add_latency=2")
    units = VERILOG.units(made)
    wanted = {}
    for shape in MODEL.shape(units):
        wanted[shape.unit, shape.module] = wanted.get((shape.unit, shape.module), 0) + shape.count
    for unit in units:
        assert instances(VERILOG, unit) == {m: count for (name, m), count in wanted.items() if name == unit.name}


@pytest.mark.smoke
def test_every_feature_of_a_larger_machine_is_larger():
    small, large = (MODEL.shape(VERILOG.units(config(*PLAIN, *more))) for more in ((), ("rows=8", "cols=8")))
    for one, other in zip(small, large, strict=True):
        assert all(other.features[name] >= value for name, value in one.features.items()), one.key


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("rows=1024", "GEMM unit: Rows=1024 outside [2, 32], where its area was fitted; zeroskip area without --model"),
        ("max_group=32", "GEMM unit: MaxN=32 outside [1, 16]"),
        ("mul_latency=9", "MulLatency=9 outside [0, 4]"),
        ("memory.bytes_per_cycle=64", "core: DmaLanes=64 outside [4, 16]"),
        ('weight_registers="shadow"', "the Verilog does not support weight_registers='shadow'"),
    ],
)
def test_what_was_not_fitted_is_refused(more, message):
    with pytest.raises(InputError, match=re.escape(message)):
        area(SAT, config(*PLAIN, more))


@pytest.mark.smoke
def test_only_who_asks_for_training_is_refused_for_it():
    assert area(SAT, config(*PLAIN, "sore_lanes=1024")) == area(SAT, config(*PLAIN))
    with pytest.raises(InputError, match=r"SORE: Lanes=1024 outside \[8, 32\]"):
        area(SAT, config(*PLAIN, "sore_lanes=1024"), training=True)


@pytest.mark.smoke
def test_the_range_is_that_of_the_points():
    points = [{"parameters": {"Cols": cols, **more}} for cols, more in ((2, {}), (8, {"AddLatency": 3}), (4, {}))]
    assert box_of(points) == {"Cols": (2, 8), "AddLatency": (3, 3)}


@pytest.mark.shape
def test_a_fit_finds_what_is_there():
    """Resources that are sums of features come out exactly, and at points that the fit has not seen as well."""
    key = "core/array"
    shapes = [next(s for s in BENCH.shapes(settings) if s.key == key) for settings in MODEL.points[key]]
    sizes = [dict.fromkeys(FIELDS, 0.0) | {"lut": 2 * sum(shape.features.values())} for shape in shapes]
    fitted = fit(shapes, sizes)
    assert fitted["ff"] == {}
    for shape, size in zip(shapes, sizes, strict=True):
        assert predict(shape, fitted).total.lut == pytest.approx(size["lut"], rel=1e-3)
    assert errors(shapes, sizes)["worst"]["lut"] < 1e-3


@pytest.mark.rtl
@pytest.mark.parametrize(
    "keys", [("core/PE", "core/fp32 adder"), pytest.param(tuple(MODEL.points), marks=pytest.mark.slow)]
)
def test_points_come_out_again(keys):
    """The first point of a block, synthesised afresh, is that in the file; else: python -m benchmarks.area."""
    need_yosys()
    for key in keys:
        point = DOCUMENT["blocks"][key]["points"][0]
        found = (shape for shape in BENCH.shapes(tuple(point["settings"])) if shape.key == key)
        shape = next(shape for shape in found if dict(shape.parameters) == point["parameters"])
        assert BENCH.measure(shape) == point["one"], key


@pytest.mark.rtl
@pytest.mark.parametrize("names", [("PE", "accumulator"), pytest.param(None, marks=pytest.mark.slow)])
def test_blocks_alone_are_the_blocks_in_their_machine(names):
    """So the parameters of a shape are those that the core hands down. LUTs depend on how Yosys numbers names."""
    need_yosys()
    units = VERILOG.units(config(*PLAIN))
    target = find_target("xcup")
    found = synthesise(VERILOG, units[0], target, only=names).blocks
    whole = {name: Resources.total([b.total for b in found if b.name == name]) for name in {b.name for b in found}}
    alone = dict.fromkeys(whole, Resources())
    for shape in MODEL.shape(units):
        if shape.unit == "core" and shape.name in whole:
            unit = Unit(name=shape.name, module=shape.module, parameters=shape.parameters)
            (block,) = synthesise(VERILOG, unit, target, only=[shape.name]).blocks
            alone[shape.name] += block.one.times(shape.count)
    for name, inside in whole.items():
        assert replace(alone[name], lut=0) == replace(inside, lut=0), name
    luts = [Resources.total(list(parts.values())).lut for parts in (alone, whole)]
    assert luts[0] == pytest.approx(luts[1], rel=0.1 if names else 0.03)
