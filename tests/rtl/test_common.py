"""The common modules: does each do what its model does, in every cycle?

The long part runs inside the simulator, in the benches of `rtl/bench`: every output in every cycle against a model,
all coverage bins filled. `zs_queue_machine` is the proof that `docs/time.md` can be built: its instructions start and
end in the cycles that both executors give.
"""

import subprocess

import numpy as np
import pytest

from rtl.bench.benches import COMMON, BenchRun
from rtl.bench.build import RTL, BenchError, Design, build, run
from rtl.bench.models import Box, gather, scatter
from simulator.families.sat.isa import SAT_ISA
from simulator.isa import HEADER_BITS
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl

SEED = 1
FOUR_STATE_JOBS = 30  # Icarus is slow


def cases(slow):
    return [
        pytest.param(bench, name, id=f"{bench.module}-{name}")
        for bench in COMMON
        for name in (bench.slow if slow else bench.sets)
    ]


def run_bench(bench, name, simulator, cases=0):
    need(simulator)
    ran = bench.run(name, BenchRun(simulator=simulator, seed=SEED, cases=cases))
    assert ran >= 2, "at least one test and the one of the coverage"


@pytest.mark.parametrize(("bench", "name"), cases(slow=False))
def test_bench(bench, name):
    run_bench(bench, name, "verilator")


@pytest.mark.slow
@pytest.mark.parametrize(("bench", "name"), cases(slow=True))
def test_large_bench(bench, name):
    run_bench(bench, name, "verilator", 1000)


@pytest.mark.parametrize(("bench", "name"), cases(slow=False))
def test_no_x_reaches_an_output(bench, name):
    """The same in a 4-state simulator: the benches drive X on idle payload and refuse X where they look."""
    run_bench(bench, name, "icarus", FOUR_STATE_JOBS if bench.unit == "jobs" else 0)


def test_an_x_that_reaches_an_output_is_seen():
    need("icarus")
    path = RTL / "common" / "zs_fifo.sv"
    original = "in_ready_o  = count_q != CountWidth'(Depth)"
    leak = f"{original} && (in_valid_i || !(in_data_i[0] ^ in_data_i[0]))"  # right wherever there is no X
    assert path.read_text().count(original) == 1
    design = Design(
        toplevel="zs_fifo",
        parameters={"Depth": 3},
        replaced={path: path.read_text().replace(original, leak)},
    )
    with pytest.raises(BenchError, match="in_ready_o is X"):
        run(design, "rtl.bench.fifo", simulator="icarus", environment={"DEPTH": "3", "CASES": "400"})


ILLEGAL = [
    ("zs_spill_register", "Width", 65537),
    ("zs_fifo", "Width", 65537),
    ("zs_fifo", "Depth", 65537),
    ("zs_token_counter", "Width", 33),
    ("zs_arbiter", "NumQueues", 17),
    ("zs_dispatch", "NumQueues", 17),
    ("zs_dispatch", "QueueIndex", 3),
    ("zs_dispatch", "NumResources", 17),
    ("zs_dispatch", "WordWidth", 4097),
    ("zs_dispatch", "Depth", 1),
    ("zs_dispatch", "Depth", 1025),
    ("zs_control", "NumQueues", 17),
    ("zs_control", "NumResources", 17),
    ("zs_control", "TokenWidth", 33),
    ("zs_service_timer", "Width", 65),
    ("zs_scratchpad", "Lanes", 3),
    ("zs_scratchpad", "Bytes", 1001),
    ("zs_scratchpad", "ReadPorts", 65),
    ("zs_scratchpad", "WritePorts", 65),
    ("zs_dma", "Lanes", 65),
    ("zs_dma", "LatencyWidth", 33),
]


@pytest.mark.parametrize(("module", "name", "value"), ILLEGAL)
def test_illegal_parameters_are_fatal(module, name, value, tmp_path):
    need("icarus")
    design = Design(toplevel=module)
    sources = [str(path) for path in design.sources()]
    command = ["iverilog", "-g2012", "-s", module, f"-P{module}.{name}={value}", "-o", str(tmp_path / "sim")]
    subprocess.run([*command, *sources], check=True, capture_output=True)
    done = subprocess.run(["vvp", str(tmp_path / "sim")], capture_output=True, text=True, check=False)
    assert done.returncode
    assert f"{module}: {name}={value}" in done.stdout + done.stderr


def test_a_failing_bench_is_reported_with_its_seed_and_log():
    need("verilator")
    path = RTL / "common" / "zs_token_counter.sv"
    broken = path.read_text().replace("count_q + 1'b1", "count_q + 2'd2")
    design = Design(toplevel="zs_token_counter", parameters={"Width": 4}, replaced={path: broken})
    with pytest.raises(BenchError, match=r"(?s)seed 7.*failed: test_every_cycle.*AssertionError"):
        run(design, "rtl.bench.token_counter", seed=7, environment={"CASES": "400"})


def test_sources_that_do_not_compile_are_reported():
    need("verilator")
    path = RTL / "common" / "zs_token_counter.sv"
    design = Design(toplevel="zs_token_counter", replaced={path: "module zs_token_counter; oops endmodule"})
    with pytest.raises(BenchError, match="build failed"):
        build(design)


def test_a_build_is_used_again_until_something_changes(monkeypatch, tmp_path):
    need("icarus")
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    first = build(Design(toplevel="zs_fifo", parameters={"Depth": 3}), "icarus")
    made = (first / "sim.vvp").stat().st_mtime_ns
    assert build(Design(toplevel="zs_fifo", parameters={"Depth": 3}), "icarus") == first
    assert (first / "sim.vvp").stat().st_mtime_ns == made
    path = RTL / "common" / "zs_fifo.sv"
    assert build(Design(toplevel="zs_fifo", parameters={"Depth": 4}), "icarus") != first
    changed = Design(toplevel="zs_fifo", parameters={"Depth": 3}, replaced={path: path.read_text() + "\n"})
    assert build(changed, "icarus") != first


def test_the_box_of_the_dma_is_that_of_the_instructions():
    names = list(Box.__dataclass_fields__)
    for opcode in ("LOAD", "STORE"):
        assert [field.name for field in SAT_ISA[opcode].fields[: len(names)]] == names
        first, bits = SAT_ISA.field_layout(opcode)[len(names) - 1]
        assert first + bits - HEADER_BITS == 276


def test_gather_and_scatter_are_what_a_loop_does():
    rng = np.random.default_rng(3)
    box = Box(
        dram_address=5,
        pad_address=0,
        images=2,
        rows=3,
        cols=2,
        run_bytes=4,
        image_stride=60,
        row_stride=17,
        col_stride=3,  # runs overlap
    )
    memory = rng.integers(0, 256, 200).astype(np.uint8)
    places = [
        5 + image * 60 + row * 17 + col * 3 + byte
        for image in range(2)
        for row in range(3)
        for col in range(2)
        for byte in range(4)
    ]
    assert gather(memory, box).tolist() == [memory[place] for place in places]
    data = rng.integers(0, 256, box.size).astype(np.uint8)
    expected = memory.copy()
    for place, byte in zip(places, data, strict=True):
        expected[place] = byte
    scatter(memory, box, data)
    assert (memory == expected).all()
    assert max(places) + 1 == box.end
