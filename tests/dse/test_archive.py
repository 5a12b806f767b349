import pytest

from dse.archive import StoredStudy
from dse.executors import InProcess
from dse.run import run
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from tests.dse.spaces import tiny


@pytest.fixture
def searched(tmp_path):
    study = Study(tiny(), Store(f"sqlite:///{tmp_path}/a.db"), strategy="random", budget=12, seed=3)
    run(study, InProcess(study.evaluator))
    return study


@pytest.mark.golden
def test_a_stored_study_shows_what_the_study_showed(searched):
    stored = StoredStudy(Store(searched.store.url), searched.name)
    assert (stored.strategy_name, stored.seed) == ("random", 3)
    assert stored.outcomes == searched.outcomes
    assert sorted(stored.observations, key=lambda seen: seen.point) == sorted(
        searched.observations, key=lambda seen: seen.point
    )
    names = {trial.name for trial, _ in searched.front()}
    assert names
    assert {trial.name for trial, _ in stored.front()} == names


def test_an_unknown_study_is_named_beside_the_known(searched):
    with pytest.raises(InputError, match=f"no study 'other'; studies: {searched.name}"):
        StoredStudy(searched.store, "other")
