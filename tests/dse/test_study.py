from concurrent.futures import Future

import pytest

from dse.evaluate import Evaluator
from dse.executors import InProcess, Pool, WorkerDiedError
from dse.run import ATTEMPTS, run
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from tests.dse.spaces import tiny


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/results.db")
    yield opened
    opened.close()


def front(study):
    return [(trial.name, dict(outcome.metrics)) for trial, outcome in study.front()]


@pytest.mark.golden
def test_a_loop_of_the_users_own(store):
    study = Study(tiny(), store, strategy="random", budget=10)
    evaluated = 0
    while trials := study.ask(3):
        assert len(trials) <= 3
        for trial in reversed(trials):
            study.tell(trial, study.evaluator.evaluate(trial.values))
            evaluated += 1
    assert evaluated == study.asked == len(study.observations) == 10
    assert study.front()


@pytest.mark.golden
@pytest.mark.parametrize("strategy", ["exhaustive", "decompose", "random", "nsga2", "gp", "local"])
def test_interrupted_anywhere_and_resumed_it_is_the_same_study(store, strategy):
    whole = Study(tiny(), store, name="whole", strategy=strategy, seed=4, budget=28)
    assert run(whole, InProcess(whole.evaluator)) in ("budget", "exhausted")
    evaluated = []
    for stop_after in (3, 9, 100):
        part = Study(tiny(), store, name="part", strategy=strategy, seed=4, budget=28, resume=True)
        run(
            part,
            InProcess(part.evaluator),
            stop=lambda limit=stop_after: len(evaluated) >= limit,
            report=lambda *a: evaluated.append(a),
        )
    assert evaluated == []  # every result is known from the study before
    assert front(part) == front(whole)
    assert [r.name for r, _ in store.trials("part")] == [r.name for r, _ in store.trials("whole")]


@pytest.mark.golden
def test_stops_and_resumes_without_repeating_work(store):
    done = []
    for stop_after in (4, 11, 1000):
        study = Study(tiny(), store, strategy="exhaustive", resume=True)
        ended = run(
            study,
            InProcess(study.evaluator),
            stop=lambda limit=stop_after: len(done) >= limit,
            report=lambda t, o: done.append(t.name),
        )
    assert ended == "exhausted"
    assert len(done) == len(set(done)) == 32  # the baseline is one of the points: evaluated once, under its name
    assert len(store.trials(study.name)) == 32 + 1


@pytest.mark.golden
def test_a_time_limit(store):
    study = Study(tiny(), store, strategy="random")
    assert run(study, InProcess(study.evaluator), seconds=0.0) == "time"


@pytest.mark.golden
def test_workers_do_not_change_the_front(store, tmp_path):
    fronts = []
    for workers in (0, 1, 3):
        other = Store(f"sqlite:///{tmp_path}/{workers}.db")
        study = Study(tiny(), other, strategy="nsga2", seed=1, budget=24)
        if workers:
            with Pool(study.space, workers) as pool:
                run(study, pool)
        else:
            run(study, InProcess(study.evaluator))
        fronts.append(front(study))
        other.close()
    assert fronts[0] == fronts[1] == fronts[2]


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({}, {"resume": False}, "exists: add --resume"),
        ({"parameters": {"rows": [16]}}, {"resume": True}, "searches another space"),
        ({}, {"resume": True, "seed": 5}, "has seed 0, not 5"),
        ({}, {"resume": True, "strategy": "gp"}, "uses strategy random, not gp"),
    ],
)
def test_studies_that_are_not_resumed(store, changes, settings, message):
    Study(tiny(), store, strategy="random")
    with pytest.raises(InputError, match=message):
        Study(tiny(**changes), store, **{"strategy": "random"} | settings)


@pytest.mark.golden
def test_auto_says_why_and_stays_with_its_choice(store):
    study = Study(tiny(), store)
    assert study.strategy_name == "exhaustive"
    assert study.advice.startswith("auto: exhaustive, since 32 points at")
    again = Study(tiny(), store, resume=True, budget=2)
    assert (again.strategy_name, again.advice) == ("exhaustive", None)


@pytest.mark.golden
def test_a_design_that_kills_its_worker_is_failed_and_its_neighbours_are_not(store):
    space = tiny(baselines={})
    evaluator = Evaluator(space)
    poison = space.decode((0, 1, 0, 1, 0))
    study = Study(space, store, strategy="exhaustive")
    real = evaluator.evaluate

    class Executor:
        slots = 3
        deaths = 0

        def submit(self, values):
            future = Future()
            if values == poison:
                Executor.deaths += 1
                future.set_exception(WorkerDiedError("killed"))
            else:
                future.set_result(real(values))
            return future

    assert run(study, Executor()) == "exhausted"
    states = [record.state for record, _ in store.trials(study.name)]
    assert states.count("failed") == 1
    assert states.count("complete") == 31
    assert Executor.deaths == ATTEMPTS
