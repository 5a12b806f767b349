"""The commands `sweep`, `evaluate` and `space-schema`."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from pyarrow import parquet

import dse
from tests.dse.spaces import TINY
from zeroskip.cli import main
from zeroskip.sweep import parse_seconds


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write()
    return tmp_path


def write(**changes):
    Path("space.yaml").write_text(yaml.safe_dump(TINY | changes))


def invoke(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.mark.smoke
def test_a_sweep_prints_the_front_beside_the_baselines(folder):
    result = invoke("sweep", "space.yaml", "--out", "out", "--strategy", "decompose")
    assert result.exit_code == 0, result.output
    for text in ("Pareto front of", "published", "latency_ms", "kept_weights", "the strategy has no more points"):
        assert text in result.output
    pictures = {f"{name}.{kind}" for name in ("front", "importance", "parallel") for kind in ("png", "svg")}
    tables = {f"{name}.{kind}" for name in ("front", "trials") for kind in ("csv", "parquet")}
    assert {p.name for p in Path("out").iterdir()} == {"study.json", *pictures, *tables}
    record = json.loads(Path("out/study.json").read_text())
    rows = list(csv.DictReader(Path("out/front.csv").read_text().splitlines()))
    assert len(rows) == len(record["front"]) + 1 == parquet.read_table("out/front.parquet").num_rows
    for picture in pictures:
        begin = b"\x89PNG" if picture.endswith("png") else b"<?xml"
        assert Path("out", picture).read_bytes().startswith(begin)


@pytest.mark.golden
def test_decompose_finds_what_the_exhaustive_search_finds(folder):
    fronts = []
    for strategy in ("exhaustive", "decompose"):
        result = invoke("sweep", "space.yaml", "--study", strategy, "--strategy", strategy, "--json")
        record = json.loads(result.stdout)
        fronts.append(sorted(row["name"] for row in record["front"]))
        assert record["trials"]["failed"] == 0
    assert fronts[0] == fronts[1]


@pytest.mark.smoke
def test_check_explains_and_evaluates_nothing(folder):
    write(parameters={"rows": [8, 16], "add_latency": [1, 2], "interleave": [1, 4]})
    result = invoke("sweep", "space.yaml", "--check")
    assert result.exit_code == 0
    assert "interleave=4 has no effect with add_latency=1" in result.output
    assert "points       32" in result.output
    assert not Path("zeroskip.db").exists()


@pytest.mark.smoke
def test_evaluate(folder):
    result = invoke("evaluate", "space.yaml", "--point", "rows=16", "--point", "first.pattern=2:8", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["metrics"]["peak_macs"] == 16 * 32
    table = invoke("evaluate", "space.yaml", "--baseline", "published")
    assert table.exit_code == 0
    assert "latency_ms" in table.output


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ("rows=0", "rows=0 outside [1, 1024]"),
        ("interleave=4", "interleave=4 has no effect with add_latency=1"),
        ("first.pattern=1:64", "M=64 outside [1, 32] (max_group)"),
        ("first.pattern=9:8", "N=9 outside"),
    ],
)
def test_evaluate_says_why_a_design_is_infeasible(folder, point, reason):
    result = invoke("evaluate", "space.yaml", "--point", point)
    assert result.exit_code == 1
    assert "infeasible" in result.output
    assert reason in result.output


@pytest.mark.smoke
def test_a_finished_study_resumes_to_the_same_front(folder):
    first = invoke("sweep", "space.yaml", "--json")
    again = invoke("sweep", "space.yaml", "--json", "--resume")
    assert again.exit_code == 0
    records = [json.loads(done.stdout) for done in (first, again)]
    assert [record.pop("command") for record in records] == [
        "zeroskip sweep space.yaml --json",
        "zeroskip sweep space.yaml --json --resume",
    ]
    assert records[0] == records[1]


@pytest.mark.smoke
def test_the_schema_is_printed():
    schema = json.loads(invoke("space-schema").stdout)
    assert {"workload", "parameters", "objectives"} <= set(schema["properties"])


def spoil_store():
    invoke("sweep", "space.yaml", "--budget", "1")
    with sqlite3.connect("zeroskip.db") as connection:
        connection.execute("UPDATE meta SET schema = 99")


def change_space():
    invoke("sweep", "space.yaml", "--budget", "1")
    write(parameters={"rows": [8]})


BAD = [
    ("empty list", lambda: write(parameters={"rows": []}), (), "parameters.rows"),
    ("empty range", lambda: write(parameters={"rows": {"from": 9, "to": 3}}), (), "empty range: from 9 to 3"),
    ("unknown key", lambda: write(nonsense=1), (), "unknown key 'nonsense'"),
    ("unknown field", lambda: write(parameters={"rowz": [1]}), (), "unknown key 'rowz'; legal keys: "),
    ("objective", lambda: write(objectives={"energy": "minimise"}), (), "objective 'energy' is not reported"),
    ("constraint", lambda: write(constraints={"cycles": {"min": 2, "max": 1}}), (), "contradictory constraint"),
    (
        "kills all machines",
        lambda: write(constraints={"peak_macs": {"max": 1}}),
        (),
        "8 of 8 machines by: violates peak_macs <= 1",
    ),
    (
        "kills all points",
        lambda: write(constraints={"latency_ms": {"max": 0.1}, "kept_weights": {"min": 0.1}}),
        (),
        "latency_ms <= 0.1 kills 32 of 32 before simulation",
    ),
    (
        "kills what is simulated",
        lambda: write(constraints={"dram_bytes": {"max": 1}, "kept_weights": {"min": 0.5}}),
        (),
        "kept_weights >= 0.5 kills 8 of 32 before simulation; dram_bytes <= 1 kills 24 of 24",
    ),
    ("store of another schema", spoil_store, ("--resume",), "schema [99] of another version"),
    ("changed space", change_space, ("--resume",), "searches another space"),
    ("study exists", lambda: invoke("sweep", "space.yaml", "--budget", "1"), (), "exists: add --resume"),
    ("unreachable database", lambda: None, ("--store", "sqlite:////no/such/x.db"), "unable to open database file"),
    ("no url", lambda: None, ("--store", "nowhere"), "store nowhere: "),
    ("not a database", lambda: None, ("--store", "sqlite:///space.yaml"), "store sqlite:///space.yaml: "),
    ("time", lambda: None, ("--time", "soon"), "expected a duration such as 90s"),
    ("no time", lambda: None, ("--time", "0s"), "must be more than nothing"),
    ("budget", lambda: None, ("--budget", "0"), "'--budget'"),
    ("workers", lambda: None, ("--workers", "0"), "'--workers'"),
    ("strategy", lambda: None, ("--strategy", "bayes"), "'--strategy'"),
    ("not decomposable", lambda: write(layers={}), ("--strategy", "decompose"), "no groups of layers"),
    ("no layer", lambda: write(layers={"a": {"match": ["zzz"]}}), (), "'zzz' matches no layer"),
    ("model", lambda: write(workload=[{"model": "nothing"}]), (), "model 'nothing': no such file"),
    ("pattern", lambda: write(layers={"a": {"pattern": ["3:2"]}}), (), "pattern 3:2"),
    ("banks", lambda: write(layers={"a": {"pattern": ["bank:8/3"]}}), (), "rate=3 does not divide bank=8"),
    ("no list", lambda: write(parameters={"rows": 16}), (), "parameters.rows=16: input should be a valid list"),
    ("null", lambda: write(parameters={"rows": [None]}), (), "parameters.rows.0: None is neither a number"),
    ("setting", lambda: write(settings={"rowz": 1}), (), "settings: unknown key 'rowz'; legal keys: "),
    ("limit", lambda: write(constraints={"cycles": {"max": float("inf")}}), (), "constraints.cycles.max="),
    ("sides", lambda: write(constraints={"cycles": {"min": 2, "max": 1}}), (), "constraints.cycles: contradictory"),
    (
        "tile",
        lambda: write(mapping={"tile": {"rows": [0]}}),
        (),
        "mapping.tile.rows: 0 is neither scheduled nor a whole",
    ),
    ("buffers", lambda: write(mapping={"buffers": [3]}), (), "mapping.buffers: 3 is not one of scheduled, 1, 2"),
    ("order", lambda: write(mapping={"order": ["rows"]}), (), "mapping.order: 'rows' is not one of scheduled, outputs"),
    ("axis", lambda: write(mapping={"tile": {"depth": [1]}}), (), "unknown key 'mapping.tile.depth'"),
    ("reserved", lambda: write(layers={"mapping": {}}), (), "layers.mapping: the mapping of all layers is called like"),
    ("criterion", lambda: write(layers={"a": {"criterion": ["wanda"]}}), (), "only accuracy depends on it"),
    ("accuracy", lambda: write(objectives={"accuracy": "maximise"}), (), "space.yaml: resnet18 is a shape table"),
    (
        "unmappable",
        lambda: write(
            mapping={"tile": {"channels": [512], "outputs": [512]}},
            baselines={},
            layers={},
            settings={"weight_scratchpad_kib": 16},
        ),
        (),
        "8 by: layer layer4.1.conv1: weight_scratchpad_kib must be at least",
    ),
]


@pytest.mark.smoke
@pytest.mark.parametrize(("prepare", "options", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input_is_one_message_and_exit_code_2(folder, prepare, options, message):
    prepare()
    result = invoke("sweep", "space.yaml", *options)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.smoke
def test_a_full_disk_is_one_message_and_exit_code_2(folder):
    """/dev/full takes nothing."""
    result = invoke("sweep", "space.yaml", "--store", "sqlite:////dev/full")
    assert result.exit_code == 2
    assert "store sqlite:////dev/full: " in result.stderr


@pytest.mark.golden
@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("1.5h", 5400)])
def test_durations(text, seconds):
    assert parse_seconds(text) == seconds


@pytest.mark.golden
def test_an_exported_study_is_one_of_optuna(folder):
    optuna = pytest.importorskip("optuna", reason="its storage is written")
    limits = {"kept_weights": {"min": 0.5}, "dram_bytes": {"max": 9_000_000}}
    write(constraints=limits, parameters={"rows": [16, 32]}, baselines={"big": {"rows": 2048}})
    record = json.loads(invoke("sweep", "space.yaml", "--json", "--strategy", "exhaustive").stdout)
    assert invoke("export", "tiny", "--optuna", "sqlite:///optuna.db").exit_code == 0
    study = optuna.load_study(study_name="tiny", storage="sqlite:///optuna.db")
    assert len(study.trials) == sum(record["trials"].values()) + len(record["baselines"])
    assert dict(zip(study.metric_names, (d.name for d in study.directions), strict=True)) == {
        "latency_ms": "MINIMIZE",
        "peak_macs": "MINIMIZE",
        "kept_weights": "MAXIMIZE",
    }
    best = {(t.params["rows"], t.params["first.pattern"], t.params["second.pattern"])
            for t in study.best_trials if "baseline" not in t.user_attrs}  # fmt: skip
    front = {(r["rows"], r["first.pattern"], r["second.pattern"]) for r in record["front"]}
    assert best == front
    states = [trial.state.name for trial in study.trials]
    assert states.count("FAIL") == 1  # 2048 rows cannot be built
    assert any("violates" in trial.user_attrs.get("reason", "") for trial in study.trials)
    again = invoke("export", "tiny", "--optuna", "sqlite:///optuna.db")
    assert (again.exit_code, "has a study 'tiny' already" in again.stderr) == (2, True)
    wrong = invoke("export", "tiny", "--optuna", "nonsense://x")
    assert (wrong.exit_code, "cannot be opened" in wrong.stderr) == (2, True)


EXAMPLES = Path(dse.__file__).parent / "examples"
SAME = [
    ("sat-tiny", ("rows=16", "first.pattern=2:4", "second.pattern=2:4"),
     ("resnet18", "--layers", "layer4.1.conv*", "--keep", "none", "--pattern", "2:4", "--set", "rows=16")),
    ("s4-resnet18", ("chips=4", "early.pattern=bank:32/4", "late.pattern=bank:32/4"),
     ("resnet18", "--batch", "8", "--family", "s4", "--pattern", "bank:32/4", "--set", "chips=4")),
    ("dram-pim-gpt2", ("channels=8", "projections.pattern=2:8"),
     ("gpt2-small", "--sequence", "32", "--layers", "decode.[01].*", "--keep", "none", "--family", "dram_pim",
      "--config", "sparse", "--pattern", "2:8", "--set", "channels=8")),
]  # fmt: skip


@pytest.mark.timing
@pytest.mark.parametrize(("space", "point", "simulated"), SAME, ids=[case[0] for case in SAME])
def test_evaluate_says_what_simulate_says(space, point, simulated):
    points = [part for value in point for part in ("--point", value)]
    evaluated = invoke("evaluate", str(EXAMPLES / f"{space}.yaml"), *points, "--json")
    result = invoke("simulate", *simulated, "--json")
    assert (evaluated.exit_code, result.exit_code) == (0, 0), evaluated.output + result.output
    assert json.loads(evaluated.stdout)["metrics"]["cycles"] == json.loads(result.stdout)["totals"]["cycles"]
