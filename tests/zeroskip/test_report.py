"""What is written about a result: do the files hold what the result says?"""

import json
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from pyarrow import csv, parquet

import zeroskip
from mapping.errors import InputError
from simulator.families import family
from simulator.program import Program
from zeroskip.report.gantt import queue_shares, sections
from zeroskip.report.groups import groups, shared_prefix
from zeroskip.report.result_json import result_record
from zeroskip.report.spans import BUSY, DISPATCH, IDLE, RESOURCE, STATES, TOKEN, queue_spans
from zeroskip.report.tables import flat_rows
from zeroskip.report.trace import write_trace

OUTPUT_DOCS = Path(__file__).parents[2] / "docs" / "output.md"


def read_trace(path):
    """The slices of a trace by track, in the order of time."""
    tracks = defaultdict(list)
    for event in json.loads(path.read_text())["traceEvents"]:
        if event["ph"] == "X":
            tracks[event["tid"]].append(event)
    return {track: sorted(slices, key=lambda s: (s["ts"], s["ts"] + s["dur"])) for track, slices in tracks.items()}


@pytest.mark.smoke
def test_all_files_are_written(folder, result):
    pictures = {f"{name}.{kind}" for name in ("gantt", "layers", "roofline") for kind in ("png", "svg")}
    names = {"result.json", "layers.csv", "layers.parquet", "trace.json", "programs", *pictures}
    assert {path.name for path in folder.iterdir()} == names
    assert len(list((folder / "programs").iterdir())) == len(groups(result))


def test_result_json_is_the_record_of_the_result(folder, result):
    written = json.loads((folder / "result.json").read_text())
    for layer in written["layers"]:
        assert (folder / layer.pop("program")).is_file()
    expected = json.loads(json.dumps(result_record(result)))
    for layer in expected["layers"]:
        assert layer.pop("program") is None
    assert written == expected


def test_totals_are_sums_over_layers_and_repeats(result):
    record = result_record(result)
    totals, layers = record["totals"], record["layers"]
    assert totals["cycles"] == sum(layer["cycles"] * layer["repeats"] for layer in layers)
    assert totals["cycles"] == sum(layer["total_cycles"] for layer in layers)
    assert totals["dram_bytes"] == sum(layer["dram_bytes"] * layer["repeats"] for layer in layers)
    assert totals["dense_cycles"] == sum(layer["dense_cycles"] * layer["repeats"] for layer in layers)
    assert totals["time_ms"] == pytest.approx(totals["cycles"] / 200e6 * 1e3)
    assert record["seed"] == 3
    assert record["instructions_compared"] == sum(len(group.first.lowered.program) for group in groups(result)) > 0


def test_queues_and_stalls_add_up_to_the_cycles(result):
    for layer in result_record(result)["layers"]:
        for queue in layer["queues"]:
            waiting = sum(queue["waiting_for_token_cycles"].values()) + sum(
                queue["waiting_for_resource_cycles"].values()
            )
            total = queue["busy_cycles"] + queue["dispatch_cycles"] + waiting + queue["idle_cycles"]
            assert total == layer["cycles"]
        (computing,) = [queue for queue in layer["queues"] if queue["computes"]]
        assert computing["busy_cycles"] + sum(layer["stall_cycles"].values()) == layer["cycles"]


def test_unlimited_bandwidth_is_null_in_json():
    config = zeroskip.load_config("sat", "sat-ideal")
    sparse = zeroskip.prune(zeroskip.load_model("resnet18"), "dense").select("fc")
    record = result_record(zeroskip.simulate(zeroskip.lower(sparse, "sat", config)))
    assert record["peak_dram_bytes_per_cycle"] is None
    assert json.loads(json.dumps(record, allow_nan=False)) == json.loads(json.dumps(record))


def test_every_key_is_documented(folder):
    documented = set(re.findall(r"`([a-z_0-9]+)`", OUTPUT_DOCS.read_text(encoding="utf-8")))
    record = json.loads((folder / "result.json").read_text())
    layer = record["layers"][0]
    keys = set(record) | set(record["totals"]) | set(layer) | set(layer["mapping"]) | set(layer["queues"][0])
    assert keys - documented == set()


def test_csv_and_parquet_hold_the_layers_of_the_json(folder):
    rows = flat_rows(json.loads((folder / "result.json").read_text())["layers"])
    assert parquet.read_table(folder / "layers.parquet").to_pylist() == rows
    assert csv.read_csv(folder / "layers.csv").to_pylist() == rows
    assert [row["cycles"] for row in rows]
    assert any(row["stall_waiting_for_load_cycles"] for row in rows)


def test_programs_can_be_loaded_again(folder, result):
    isas = {"sat": family("sat").isa}
    for group in groups(result):
        program = Program.load(folder / "programs" / group.file_name(), isas)
        assert program.disassemble() == group.first.lowered.program.disassemble()


def test_spans_are_the_accounting_of_the_timeline(result):
    for layer in result.layers:
        for index, queue in enumerate(layer.timeline.queues):
            spans = queue_spans(layer.timeline, index)
            lengths = np.diff(spans.edges)
            assert lengths.min() >= 0
            cycles = [int(lengths[spans.state == state].sum()) for state in range(len(STATES))]
            assert cycles[BUSY] == queue.busy
            assert cycles[TOKEN] == sum(queue.waiting_for_token.values())
            assert cycles[RESOURCE] == sum(queue.waiting_for_resource.values())
            assert cycles[DISPATCH] == queue.dispatch
            assert cycles[IDLE] == queue.idle


def test_trace_covers_every_cycle_of_every_queue(folder, result):
    tracks = read_trace(folder / "trace.json")
    assert len(tracks) == 1 + len(result.lowered.family.isa.queues)
    for slices in tracks.values():
        assert slices[0]["ts"] == 0
        for before, after in pairwise(slices):
            assert before["ts"] + before["dur"] == after["ts"]
        assert slices[-1]["ts"] + slices[-1]["dur"] == result.total_cycles
    assert len(tracks[0]) == sum(layer.layer.repeats for layer in result.layers)
    busy = sum(slice_["cat"] == "busy" for slices in tracks.values() for slice_ in slices)
    assert busy == result.instructions


def test_trace_agrees_with_the_stall_table(folder, result):
    waiting = sum(
        slice_["dur"]
        for slice_ in read_trace(folder / "trace.json")[1 + result.layers[0].compute_queue]
        if slice_["name"] == "waiting for load"
    )
    assert waiting == sum(layer.stalls.get("waiting for load", 0) * layer.layer.repeats for layer in result.layers) > 0


def test_a_trace_with_too_many_instructions_shows_each_layer_once_as_far_as_they_fit(result, tmp_path):
    alike = groups(result)
    sizes = sorted(len(group.first.lowered.program) for group in alike)
    message = write_trace(result, tmp_path / "trace.json", limit=sum(sizes[:-1]))
    assert f"{result.instructions:,} instructions" in message
    other = json.loads((tmp_path / "trace.json").read_text())["otherData"]
    assert other["left_out"] == message
    shown = read_trace(tmp_path / "trace.json")[0]
    assert 0 < len(shown) < len(alike)
    assert len({slice_["name"] for slice_ in shown}) == len(shown)


def test_a_trace_into_which_no_layer_fits_is_still_valid(result, tmp_path):
    write_trace(result, tmp_path / "trace.json", limit=1)
    assert read_trace(tmp_path / "trace.json") == {}


@pytest.mark.parametrize("bins", [1, 7, 1200])
def test_shares_of_the_gantt_are_those_of_the_accounting(result, bins):
    for index in range(len(result.lowered.family.isa.queues)):
        shares = queue_shares(result, index, bins)
        assert np.allclose(shares.sum(0), 1)
        busy = sum(layer.timeline.queues[index].busy * layer.layer.repeats for layer in result.layers)
        assert shares[BUSY].sum() / bins * result.total_cycles == pytest.approx(busy)


def test_names_above_the_gantt_cover_all_cycles(result):
    assert sum(cycles for _, cycles in sections(result)) == result.total_cycles


@pytest.mark.parametrize("name", ["gantt.png", "layers.png", "roofline.png"])
def test_pictures_show_something(folder, name):
    pixels = imread(folder / name)
    assert min(pixels.shape[:2]) >= 500
    assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 50


def test_layers_that_are_alike_are_grouped(result):
    alike = groups(result)
    assert sorted(layer.layer.name for group in alike for layer in group.layers) == sorted(
        layer.layer.name for layer in result.layers
    )
    assert sum(group.cycles for group in alike) == result.total_cycles
    assert len(alike) < len(result.layers)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", group.file_name()) for group in alike)


def test_shared_prefix_ends_where_a_part_of_the_name_does():
    assert shared_prefix(["a/conv1", "a/conv2"]) == "a/"
    assert shared_prefix(["block.0.conv", "block.1.conv"]) == "block."
    assert shared_prefix(["conv1", "conv2"]) == ""
    assert shared_prefix(["only/one"]) == ""


@pytest.mark.golden
def test_energy_adds_up_by_layer_and_by_component(result, folder):
    written = json.loads((folder / "result.json").read_text())
    totals = written["totals"]
    by_layer = sum(sum(layer["energy_pj"].values()) * layer["repeats"] for layer in written["layers"])
    assert written["technology"] == "cmos-45nm"
    assert sum(totals["energy_pj"].values()) == pytest.approx(by_layer, rel=1e-12)
    assert totals["energy_uj"] * 1e6 == pytest.approx(by_layer)
    assert totals["power_w"] * totals["time_ms"] * 1e3 == pytest.approx(totals["energy_uj"])
    assert totals["edp_ujs"] == pytest.approx(totals["energy_uj"] * totals["time_ms"] / 1e3)
    assert sum(row["energy_pj"] for row in flat_rows(written["layers"])) > 0


def test_without_a_known_energy_the_result_says_why(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('base = "aim"\ntitle = "A DRAM of mine"\nsource = "nobody"\n')
    model = zeroskip.prune(zeroskip.load_model("gpt2-small", sequence=16), "dense").select("decode.0.scores")
    lowered = zeroskip.lower(model, "dram_pim", zeroskip.load_config("dram_pim", settings=(f"timing={own}",)))
    result = zeroskip.simulate(lowered)
    assert (result.technology, result.energy_pj) == (None, None)
    assert f"no energy of the commands of memory '{own}'; known: aim, pim-gpt" in result.no_energy
    record = result_record(result)
    assert "energy_uj" not in record["totals"]
    assert record["layers"][0]["energy_pj"] is None
    with pytest.raises(InputError, match="technology cmos-45nm: no energy of the commands of memory"):
        zeroskip.simulate(lowered, technology="cmos-45nm")
