"""Is a trace served command by command as docs/dram_controller.md says?"""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.memory.controller.config import ControllerConfig, load_device
from simulator.memory.controller.run import run_controller
from simulator.memory.controller.traces import Trace, mixed, random, reads, stream
from tests.simulator.memory.controller.reference import Reference

DEVICES = ("ddr3-1600", "ddr4-2400")
SIZES = {"request_buffer_size": 8, "max_active_transactions": 12, "refresh_max_postponed": 3, "refresh_max_pulledin": 3}


@st.composite
def configs(draw):
    values = {}
    for name, field in ControllerConfig.model_fields.items():
        least = 0 if name.startswith("refresh_max") else 1
        values[name] = (
            draw(st.integers(least, SIZES[name]))
            if name in SIZES
            else draw(st.sampled_from(get_args(field.annotation)))
        )
    return ControllerConfig(**values)


@st.composite
def traces(draw, device, most=40):
    """Few banks, rows and columns, so that they meet; pauses long enough for refreshes."""
    count = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    base = rng.integers(0, 6, count) * 8192 * 8 + rng.integers(0, 3, count) * 8192 + rng.integers(0, 4, count) * 64
    write = rng.integers(0, 2, count) * draw(st.integers(0, 1))
    gaps = rng.choice([0, 0, 1, 5, 40, 3 * device.commands.timings["nREFI"]], count, p=[0.3, 0.3, 0.2, 0.1, 0.07, 0.03])
    return Trace(name="drawn", address=base, write=write, arrival=np.cumsum(gaps))


def names_of(result, device):
    names = list(device.commands.commands)
    return [(int(cycle), names[number], None if bank < 0 else int(bank)) for cycle, _, number, bank, _ in result.log]


@pytest.mark.timing
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_every_command_comes_when_the_plain_model_issues_it(data):
    device = load_device(data.draw(st.sampled_from(DEVICES)))
    config, trace = data.draw(configs()), data.draw(traces(device))
    reference = Reference(config, trace, device)
    result = run_controller(config, trace, device, logged=True)
    last = max(request.done for request in reference.requests)
    assert result.cycles == last
    for ours, theirs in (
        (result.sent, "sent"),
        (result.taken, "taken"),
        (result.column, "issued"),
        (result.done, "done"),
    ):
        assert ours.tolist() == [getattr(request, theirs) for request in reference.requests], theirs
    assert [each for each in names_of(result, device) if each[0] < last] == reference.issued


@pytest.mark.timing
def test_a_write_elsewhere_changes_which_hit_goes_first():
    """Hits are grouped by the kind of the last column command, whichever bank it was for."""
    device = load_device("ddr3-1600")
    config = ControllerConfig(scheduler="fr_fcfs_grp", request_buffer_size=3)
    address = [131072, 204864, 270336, 335936, 192, 0, 278592, 344128, 82112, 73728, 344192, 131136, 73728, 278720]
    write = [0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0]
    arrival = [0, 40, 40, 40, 41, 42, 43, 83, 83, 83, 83, 83, 84, 89]
    trace = Trace(name="found", address=np.array(address), write=np.array(write), arrival=np.array(arrival))
    issued = Reference(config, trace, device).issued
    assert names_of(run_controller(config, trace, device, logged=True), device) == issued


@pytest.mark.timing
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_plain_python_and_machine_code_agree(data):
    device = load_device(data.draw(st.sampled_from(DEVICES)))
    config, trace = data.draw(configs()), data.draw(traces(device))
    one, other = (run_controller(config, trace, device, compiled=compiled, logged=True) for compiled in (True, False))
    assert one.cycles == other.cycles
    assert np.array_equal(one.log, other.log)
    assert np.array_equal(one.done, other.done)
    assert one.energy_pj == other.energy_pj


@pytest.mark.golden
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_limits_that_were_not_reached_change_nothing(data):
    device = load_device("ddr3-1600")
    config, trace = data.draw(configs()), data.draw(traces(device))
    result = run_controller(config, trace, device, logged=True)
    lower = {}
    for name in ("refresh_max_postponed", "refresh_max_pulledin", "max_active_transactions"):
        least, now = max(getattr(result.slack, name), 1), getattr(config, name)
        lower[name] = data.draw(st.integers(least, now)) if least <= now else now
    other = run_controller(config.model_copy(update=lower), trace, device, logged=True)
    assert np.array_equal(result.log, other.log)
    assert np.array_equal(result.done, other.done)


@pytest.mark.shape
@pytest.mark.parametrize("name", DEVICES)
def test_a_stream_of_hits_takes_one_burst_after_the_other(name):
    device = load_device(name)
    timings = device.commands.timings
    config = ControllerConfig(scheduler_buffer="shared", request_buffer_size=64)
    result = run_controller(config, stream(2000), device)
    first = timings["nRCD"] + timings["nRL"] + timings["nBL"]
    assert result.cycles == first + 1999 * timings["nCCDS"]


@pytest.mark.shape
def test_closed_rows_of_one_bank_take_a_row_cycle_each():
    device = load_device("ddr3-1600")
    timings = device.commands.timings
    config = ControllerConfig(page_policy="closed", scheduler_buffer="shared", request_buffer_size=8)
    result = run_controller(config, reads("one row", np.arange(100) * 64), device)
    assert result.cycles == 99 * timings["nRC"] + timings["nRCD"] + timings["nRL"] + timings["nBL"]
    assert result.row_hits == 0


@pytest.mark.shape
def test_no_trace_beats_the_data_bus():
    device = load_device("ddr3-1600")
    for trace in (stream(500), random(device, 1, 500), mixed(device, 1, 500)):
        config = ControllerConfig(scheduler="fr_fcfs", scheduler_buffer="shared", request_buffer_size=64)
        result = run_controller(config, trace, device)
        assert result.cycles >= 4 * len(trace)
        assert np.array_equal(np.sort(result.done), np.unique(result.done))
        assert result.commands["RD"] + result.commands["RDA"] == len(trace)


@pytest.mark.golden
def test_one_transaction_at_a_time_waits_for_its_data():
    device = load_device("ddr3-1600")
    config = ControllerConfig(arbiter="fifo", max_active_transactions=1, request_buffer_size=8)
    result = run_controller(config, stream(10), device)
    assert np.diff(result.done).tolist() == [14] * 9  # nRL + nBL, the row is open


@pytest.mark.golden
def test_postponed_refreshes_are_made_up_when_nothing_waits():
    """Three fall due while a stream runs; in the pause after it those follow the fourth, then two ahead of time."""
    device = load_device("ddr3-1600")
    interval, rfc = device.commands.timings["nREFI"], device.commands.timings["nRFC"]
    long = np.arange(3 * interval // 4 + 100)
    trace = Trace(
        name="pause",
        address=np.append(long * 64, 0),
        write=np.zeros(len(long) + 1, np.int64),
        arrival=np.append(long, 10 * interval),
    )
    config = ControllerConfig(
        scheduler_buffer="shared", request_buffer_size=8, refresh_policy="all_bank",
        refresh_max_postponed=8, refresh_max_pulledin=2, arbiter="fifo", max_active_transactions=64,
    )  # fmt: skip
    log = names_of(run_controller(config, trace, device, logged=True), device)
    refreshes = [cycle for cycle, name, _ in log if name == "REF"]
    # At 4 intervals that one, three postponed and two ahead, without a gap; those two are kept for busier times.
    assert refreshes[0] == 4 * interval + 10  # after a precharge of all banks
    assert np.diff(refreshes[:6]).tolist() == [rfc] * 5
    assert refreshes[6:] == [number * interval for number in range(5, 10)]
