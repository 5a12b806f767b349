from pathlib import Path

import pytest

import zeroskip
from zeroskip.report import write_report
from zeroskip.simulation import Result


@pytest.fixture(scope="session")
def result() -> Result:
    """An encoder block: sparse and dense layers, layers that are alike, layers that run several times."""
    sparse = zeroskip.prune(zeroskip.load_model("bert-base", sequence=16, seed=3), "2:8", keep=["first"])
    lowered = zeroskip.lower(sparse.select("encoder.0.*"))
    return zeroskip.simulate(lowered, "both")


@pytest.fixture(scope="session")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is written about it."""
    out = tmp_path_factory.mktemp("report")
    assert write_report(result, out) == []
    return out
