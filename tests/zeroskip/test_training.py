"""``simulate --training`` and ``reproduce``: do they run, and do they refuse what they cannot do?"""

import json
import re

import pytest
from click.testing import CliRunner

from zeroskip import cli

STEP = ("simulate", "resnet18-tiny", "--training", "--pattern", "2:8", "--batch", "2")


def zs(*arguments: str, exit_code: int = 0):
    result = CliRunner().invoke(cli.main, arguments, catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


@pytest.mark.smoke
def test_a_step_is_printed_by_stage():
    text = zs(*STEP, "--method", "bdwp").stdout
    for stage in ("forward", "backward", "update", "optimiser"):
        assert re.search(rf"^ {stage} +\d", text, flags=re.M), stage
    assert "bdwp: forward and backward weights are pruned, each along its own reduction" in text
    assert re.search(r"cycles a step = [\d.]+ ms; speedup [\d.]+x over dense training \([\d,]+ cycles\)", text)


@pytest.mark.timing
def test_the_record_adds_up():
    records = {method: json.loads(zs(*STEP, "--method", method, "--json").stdout) for method in ("dense", "bdwp")}
    for record in records.values():
        for run in (record["step"], record["dense"]):
            assert sum(stage["cycles"] for stage in run["stages"].values()) == run["cycles"]
            assert sum(layer["cycles"] for layer in run["layers"]) == run["cycles"]
        assert record["dense"] == records["dense"]["step"]
        assert record["speedup"] == record["dense"]["cycles"] / record["step"]["cycles"]
    assert records["dense"]["speedup"] == 1 < records["bdwp"]["speedup"]


@pytest.mark.smoke
def test_pruning_on_demand_shows_as_stages_of_its_own():
    text = zs(*STEP, "--set", "sparse_weights=on_demand").stdout
    assert re.search(r"^ pruning forward +\d", text, flags=re.M)
    assert re.search(r"^ pruning backward +\d", text, flags=re.M)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--layers", "layer1.*"), "--layers layer1.*: not with --training"),
        (("--out", "folder"), "--out folder: not with --training"),
        (("--executor", "both"), "--executor both: not with --training"),
        (("--set", "datapath=int8", "--set", "output=accumulator"), "datapath='int8': training needs 'fp16'"),
        (("--pattern", "8:2"), "pattern 8:2: N=8 outside [1, M=2]"),
    ],
)
def test_refusals(options, said):
    result = zs(*STEP, *options, exit_code=2)
    assert said in result.stderr
    assert result.stdout == ""


def test_a_method_without_training_is_refused():
    result = zs("simulate", "resnet18-tiny", "--method", "srste", exit_code=2)
    assert "--method srste: only with --training" in result.stderr


@pytest.mark.smoke
def test_families_with_a_page_are_listed():
    assert re.search(r"^ +sat +Print the page of sat", zs("reproduce", "--help").stdout, flags=re.M)
    said = zs("reproduce", "nobody", exit_code=2).stderr
    assert "No such command 'nobody'; legal: cent, " in said
    assert all(name in said for name in ("pim-gpt", "sat"))
