"""Do traces ask for what they say?"""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.models import load_model
from mapping.sparsity import Pattern
from simulator.families import family
from simulator.memory.controller.config import ControllerConfig, load_device
from simulator.memory.controller.run import run_controller
from simulator.memory.controller.traces import Trace, mixed, of_job, random, stream
from simulator.scheduling import best_mapping

DEVICE = load_device("ddr3-1600")


@pytest.mark.golden
def test_a_stream_rises_by_bursts():
    trace = stream()
    assert len(trace) == 10_000
    assert set(np.diff(trace.address)) == {64}
    assert not trace.write.any()


@pytest.mark.golden
def test_the_seed_decides():
    assert np.array_equal(random(DEVICE, 1).address, random(DEVICE, 1).address)
    assert not np.array_equal(random(DEVICE, 1).address, random(DEVICE, 2).address)
    assert not np.array_equal(mixed(DEVICE, 1).address, mixed(DEVICE, 2).address)


@pytest.mark.golden
def test_random_bursts_lie_in_the_device_and_everywhere():
    address = random(DEVICE, 0).address
    assert (address % 64 == 0).all()
    assert 0 <= address.min() < DEVICE.capacity_bytes // 100
    assert DEVICE.capacity_bytes * 99 // 100 < address.max() < DEVICE.capacity_bytes


@pytest.mark.golden
def test_mixed_runs_go_on_where_the_stream_was():
    address = mixed(DEVICE, 3, 3000).address
    jumps = np.diff(address) != 64
    assert 0.2 < jumps.mean() < 0.8
    streamed = address[np.append(~jumps, False)]
    assert streamed[0] == 0
    assert (np.diff(streamed[streamed < 64 * 3000]) > 0).all()


@pytest.mark.golden
def test_a_layer_asks_for_the_bytes_that_its_program_moves():
    """A real convolution on a real machine: loads are reads, stores writes, bursts as the banked memory counts them."""
    sat = family("sat")
    config = sat.load_config("sat-32x32", ("memory.kind=banked", "memory.preset=ddr4-2400"))
    layer = next(layer for layer in load_model("resnet18-tiny").layers if layer.k > 500)
    pattern = Pattern.parse("2:4")
    program = sat.lower(layer, pattern, best_mapping(sat, layer, pattern, config).mapping, config)
    job = sat.job(program, config)
    trace = of_job(job, DEVICE, 10**6)
    moved = sat.dram_bytes(program).sum()
    assert moved <= len(trace) * 64 < 1.5 * moved
    assert 0 < trace.write.sum() < len(trace)
    short = of_job(job, DEVICE, 500)
    assert np.array_equal(short.address, trace.address[:500])
    result = run_controller(ControllerConfig(scheduler="fr_fcfs_grp", request_buffer_size=8), short, DEVICE)
    assert result.commands["RD"] + result.commands["WR"] == 500


@pytest.mark.smoke
def test_bad_traces_are_refused():
    one = np.zeros(1, np.int64)
    with pytest.raises(InputError, match="0 requests outside"):
        stream(0)
    with pytest.raises(InputError, match="arrival has 2 rows, expected 1"):
        Trace(name="t", address=one, write=one, arrival=np.arange(2))
    with pytest.raises(InputError, match="neither 0 nor 1"):
        Trace(name="t", address=one, write=one + 2, arrival=one)
    with pytest.raises(InputError, match="cycles that decrease"):
        Trace(name="t", address=np.zeros(2, np.int64), write=np.zeros(2, np.int64), arrival=np.array([1, 0]))
    sat = family("sat")
    config = sat.load_config("sat-32x32", ("memory.kind=ideal",))
    layer = load_model("resnet18-tiny").layers[1]
    dense = Pattern.parse("dense")
    program = sat.lower(layer, dense, best_mapping(sat, layer, dense, config).mapping, config)
    with pytest.raises(InputError, match=r"memory\.kind=banked"):
        of_job(sat.job(program, config), DEVICE)
