"""Every benchmark runs, on sizes too small to mean anything, and what it measures is shown."""

import json
import sys

import pytest
from click.testing import CliRunner

from benchmarks import engine, hardware, networks, peers, scale, startup, transformer
from benchmarks.__main__ import main
from benchmarks.cost import Cost, measure_process
from benchmarks.rows import AIM, Row, table
from benchmarks.scale_sim import ScaleSim
from benchmarks.zig_zag import ZigZag
from dse.store import opened
from zeroskip.report.screen import show

pytestmark = pytest.mark.smoke


def row(**changes) -> Row:
    values = {"what": "w", "ours": 2.0, "unit": "s", "beside": AIM, "theirs": 5.0, "better": "less"}
    return Row(**(values | changes))


def check(rows, capsys):
    assert rows
    assert all(row.ours > 0 and row.theirs > 0 for row in rows)
    show(table("title", rows))
    shown = capsys.readouterr().out
    assert all(row.what in shown for row in rows)


def test_engine(capsys):
    check(engine.run(fast=(300, 600), cycle=300), capsys)


def test_networks(capsys):
    check(networks.run(fast={"bert-base": 1.0}, cycle={"resnet18": 1.0}, repeats=1), capsys)


def test_transformer(capsys):
    check(transformer.run(context=32, prompt=128, longest=32, layers=1), capsys)


def test_startup(capsys):
    check(startup.run(small=("families",), large=("models",), repeats=1), capsys)


def test_peers(capsys, monkeypatch):
    cost = Cost(cpu=20.0, wall=30.0)
    monkeypatch.setattr(peers, "scale_sim", lambda *_: ScaleSim(1_215, cost, cost))
    rows = peers.run(m=16, k=64, n=32, side=8)
    check(rows, capsys)
    assert rows[0].unit == "cycles"
    assert rows[0].ours == 1_216  # as SCALE-Sim counts, plus one


def test_command_prints_and_writes(monkeypatch, tmp_path):
    monkeypatch.setattr(startup, "run", lambda: [row(what="nothing at all")])
    file = tmp_path / "rows.json"
    done = CliRunner().invoke(main, ["startup", "--json", str(file)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "nothing at all" in done.output
    record = json.loads(file.read_text())
    assert record["benchmarks"]["startup"][0]["ratio"] == 2.5
    assert record["circumstances"]["commit"]


@pytest.mark.parametrize(("better", "ratio"), [("less", 2.5), ("more", 0.4), ("same", 0.4)])
def test_ratio_above_1_is_better(better, ratio):
    assert row(better=better).ratio == ratio


def test_cost_of_a_process_is_its_own():
    busy = "import time\nwhile time.process_time() < 0.2: pass\nprint('done')"
    child = measure_process(sys.executable, "-c", busy)
    assert child.output == "done\n"
    assert child.cost.cpu >= 0.2


def test_scale_of_a_store(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(scale, "WRITERS", 2)
    rows = [*scale.store_rows("SQLite", f"sqlite:///{tmp_path}/scale.db", writes=40), scale.size_row(500)]
    check(rows, capsys)
    with opened(f"sqlite:///{tmp_path}/scale.db") as store:
        assert len(store.trials(scale.STUDY.name)) == 2 * 40  # every write is a trial of its own
    assert scale.study_ms(300) > 0


@pytest.mark.slow
def test_hardware(capsys, monkeypatch):
    monkeypatch.setattr(hardware, "zigzag", lambda *_: ZigZag(75_000, Cost(cpu=2.0, wall=3.0)))
    check(hardware.run(mixes=("times vary",), patterns=("2:8",), workers=(1,), points=30), capsys)


@pytest.mark.slow
def test_scale(capsys, monkeypatch):
    monkeypatch.setattr(scale, "WRITERS", 2)
    rows = scale.run(writes=40, stored=500, trials=300, tasks=50)
    check(rows, capsys)
    assert rows[-1].ours == pytest.approx(rows[-2].ours + rows[-3].ours)  # a thousand times so many ms are so many s
