"""An evaluation says what `zeroskip simulate` says."""

import pytest

import zeroskip
from dse import layers as evaluation
from dse.evaluate import Evaluator
from dse.executors import InProcess
from dse.judge import Judge
from dse.metrics import ENERGY_METRICS, METRICS, Machine, Totals
from dse.run import run
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from simulator.cost.energy import FOLDER
from simulator.families import family
from tests.dse.spaces import tiny


@pytest.fixture(scope="module")
def evaluator():
    return Evaluator(tiny())


@pytest.mark.timing
def test_it_agrees_with_the_simulation(evaluator):
    outcome = evaluator.evaluate({"rows": 16, "cols": 32, "first.pattern": "2:8", "second.pattern": "2:8"})
    config = zeroskip.load_config("sat", settings=("rows=16", "cols=32"))
    sparse = zeroskip.prune(zeroskip.load_model("resnet18"), "2:8", keep=()).select("layer4.1.conv*")
    result = zeroskip.simulate(zeroskip.lower(sparse, "sat", config), "both")
    assert outcome.state == "complete"
    assert outcome.metrics["cycles"] == result.total_cycles
    assert outcome.metrics["dram_bytes"] == result.dram_bytes
    assert outcome.metrics["macs"] == result.macs
    assert outcome.metrics["utilisation"] == pytest.approx(result.utilisation, rel=1e-12)
    assert outcome.metrics["latency_ms"] == pytest.approx(result.total_cycles / 200e6 * 1e3, rel=1e-12)
    assert outcome.metrics["kept_weights"] == 0.25


@pytest.mark.timing
def test_repeats_runs_and_kept_layers_count():
    space = tiny(
        workload=[{"model": "resnet18", "layers": "layer4.1.*", "runs": 3}],
        keep=["layer4.1.conv1"],
        layers={"rest": {"pattern": ["2:8"]}},
    )
    evaluator = Evaluator(space)
    fixed = evaluator.evaluate({"rest.pattern": "2:8"})
    assert [work.name for work in evaluator.work] == ["rest", "(dense)"]
    once = Evaluator(tiny()).evaluate({"second.pattern": "2:8"})
    assert fixed.metrics["cycles"] == 3 * once.metrics["cycles"]


@pytest.mark.timing
def test_a_fixed_dataflow_is_never_faster_than_scheduling(evaluator):
    cycles = {
        flow: evaluator.evaluate({"first.dataflow": flow, "second.dataflow": flow}).metrics["cycles"]
        for flow in ("scheduled", "weight_stationary", "output_stationary")
    }
    assert cycles["scheduled"] <= min(cycles.values())
    assert cycles["weight_stationary"] != cycles["output_stationary"]


@pytest.mark.golden
def test_an_illegal_configuration_is_infeasible_for_the_reason_that_the_family_gives(evaluator):
    outcome = evaluator.evaluate({"rows": 0})
    assert (outcome.state, outcome.metrics) == ("infeasible", {})
    assert "rows=0 outside [1, 1024]" in outcome.reason


@pytest.mark.golden
def test_a_layer_that_does_not_fit_is_infeasible(evaluator):
    outcome = evaluator.evaluate({"weight_scratchpad_kib": 1, "cols": 1024})
    assert outcome.state == "infeasible"
    assert "weight_scratchpad_kib must be at least" in outcome.reason


@pytest.mark.golden
def test_a_broken_constraint_is_named_with_the_value():
    space = tiny(constraints={"latency_ms": {"max": 0.5}})
    outcome = Evaluator(space).evaluate({})
    state, reason = Judge(space).verdict(outcome)
    assert state == "infeasible"
    assert reason.startswith("latency_ms=")
    assert reason.endswith("violates latency_ms <= 0.5")


@pytest.mark.golden
def test_a_fault_of_ours_is_failed_not_infeasible(evaluator, monkeypatch):
    monkeypatch.setattr(evaluator, "parts", lambda design: 1 / 0)
    outcome = evaluator.evaluate({})
    assert outcome.state == "failed"
    assert outcome.reason.startswith("ZeroDivisionError: division by zero (")


@pytest.mark.golden
def test_layers_are_scheduled_once(monkeypatch):
    runs = []
    real = evaluation.best_mapping
    monkeypatch.setattr(evaluation, "best_mapping", lambda *args: runs.append(args) or real(*args))
    evaluator = Evaluator(tiny())
    for first in ("dense", "2:8"):
        for second in ("dense", "2:8"):
            evaluator.evaluate({"first.pattern": first, "second.pattern": second})
    assert len(runs) == 2  # conv1 and conv2 have one shape, with two patterns


@pytest.mark.golden
def test_the_key_is_of_the_content():
    a, b = Evaluator(tiny()), Evaluator(tiny(name="other", objectives={"cycles": "minimise"}, baselines={}))
    assert a.key({"rows": 32}) == b.key({}) == a.key({"first.pattern": "4:4"})
    assert a.key({"rows": 16}) != a.key({})
    assert a.key({"first.pattern": "2:8"}) != a.key({"second.pattern": "2:8"})
    assert a.key({"rows": 0}) != a.key({"rows": -1})
    more = Evaluator(tiny(workload=[{"model": "resnet18", "layers": "layer4.1.conv*", "runs": 2}]))
    assert more.key({}) != a.key({})


@pytest.mark.golden
def test_every_metric_moves_with_its_sums_as_declared(evaluator):
    """Merging layers exactly relies on it."""
    machine = Machine(clock_hz=1e9, peak_macs=64.0, peak_bytes=8.0, costs={})
    base = Totals(cycles=1000, dram_bytes=500, macs=9000, kept=20, weights=80, energy_fj=10**9)
    for name, metric in (METRICS | ENERGY_METRICS).items():
        for column in ("cycles", "dram_bytes", "macs", "kept", "energy_fj"):
            moved = base._replace(**{column: getattr(base, column) + 1})
            change = metric.value(moved, machine) - metric.value(base, machine)
            assert (change > 0) - (change < 0) == metric.slopes.get(column, 0), (name, column)


@pytest.mark.golden
def test_workloads_that_cannot_be(evaluator):
    for changes, message in [
        ({"workload": [{"model": "nothing"}]}, "no such file"),
        ({"workload": [{"model": "resnet18", "layers": "zzz"}]}, "no layer of resnet18 matches"),
        ({"keep": ["zzz"]}, "keep: no layer matches"),
        ({"layers": {"a": {"match": ["zzz"]}}}, "'zzz' matches no layer"),
    ]:
        with pytest.raises(InputError, match=message):
            Evaluator(tiny(**changes))
    assert family("sat").name == "sat"


@pytest.mark.golden
def test_energy_is_that_of_the_simulation_and_its_metrics_follow():
    space = tiny(objectives={"energy_uj": "minimise", "latency_ms": "minimise"}, layers={}, technology="cmos-45nm")
    outcome = Evaluator(space).evaluate({"rows": 16, "cols": 16, "memory.channels": 1})
    config = zeroskip.load_config("sat", settings=("rows=16", "cols=16", "memory.channels=1"))
    model = zeroskip.prune(zeroskip.load_model("resnet18"), "dense").select("layer4.1.conv*")
    result = zeroskip.simulate(zeroskip.lower(model, "sat", config))
    microjoules = sum(result.energy_pj.values()) / 1e6
    seconds = result.seconds
    assert outcome.metrics["energy_uj"] == pytest.approx(microjoules, rel=1e-9)  # rounded to femtojoules a layer
    assert outcome.metrics["power_w"] == pytest.approx(microjoules / 1e6 / seconds)
    assert outcome.metrics["edp_ujs"] == pytest.approx(microjoules * seconds)
    assert outcome.metrics["ed2p_ujs2"] == pytest.approx(microjoules * seconds**2)
    assert outcome.metrics["macs_per_uj"] == pytest.approx(result.macs / microjoules)


@pytest.mark.golden
def test_decompose_is_exact_with_energy_too():
    space = tiny(objectives={"energy_uj": "minimise", "latency_ms": "minimise", "power_w": "minimise"})
    fronts = []
    for strategy in ("exhaustive", "decompose"):
        study = Study(space, Store("sqlite://"), strategy=strategy, budget=None)
        run(study, InProcess(study.evaluator))
        fronts.append({trial.name for trial, _ in study.front()})
    assert fronts[0] == fronts[1]


def test_energy_is_reported_only_where_it_is_asked_for():
    assert "energy_uj" not in tiny().metrics
    assert "energy_uj" in tiny(technology="cmos-45nm").metrics
    with pytest.raises(InputError, match="technology 'nix' is not one of"):
        tiny(technology="nix")


def test_a_memory_without_energy_is_infeasible_only_for_who_asks(tmp_path):
    lines = (FOLDER / "cmos-45nm.toml").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith('"gddr6-16"'))
    own = tmp_path / "own.toml"
    own.write_text("\n".join(lines[:first] + lines[first + 3 :]))
    where = {"parameters": {"memory.preset": ["gddr6-16", "hbm2"]}, "baselines": {}}
    asked = Evaluator(tiny(objectives={"energy_uj": "minimise"}, technology=str(own), **where)).evaluate(
        {"memory.preset": "gddr6-16"}
    )
    assert (asked.state, "no energy of memory 'gddr6-16'" in asked.reason) == ("infeasible", True)
    assert Evaluator(tiny(**where)).evaluate({"memory.preset": "gddr6-16"}).state == "complete"
