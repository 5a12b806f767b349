"""What holds for every request: bounds, determinism, and the compiled function doing the same."""

from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.extending import register_jitable

from simulator.memory.config import MAX_CLOCK_HZ, MIN_CLOCK_HZ, BankedMemory
from simulator.memory.presets import find_preset, presets
from simulator.memory.service import FREE, FUNCTIONS, NEXT_REFRESH, T_CL, T_RCD, T_REFI, T_RFC, banked, service
from tests.simulator.memory.toy import box, run, toy_params, toy_state
from tests.simulator.memory.walk import walk

GHZ = 10**9
NAMES = tuple(presets())
for function in FUNCTIONS[:-1]:
    register_jitable(function)
compiled = numba.njit(banked)

pytestmark = pytest.mark.shape


@st.composite
def memories(draw):
    name, channels = draw(st.sampled_from(NAMES)), draw(st.integers(1, 8))
    clock_hz = draw(st.one_of(st.integers(MIN_CLOCK_HZ, 4 * GHZ), st.sampled_from([MIN_CLOCK_HZ, MAX_CLOCK_HZ])))
    return BankedMemory(preset=name, channels=channels), clock_hz


@st.composite
def requests(draw):
    """A box, and the idle time before it."""
    images, rows, cols = (draw(st.integers(1, 4)) for _ in range(3))
    run_bytes = draw(st.one_of(st.integers(1, 300), st.integers(1, 20_000)))
    col_stride = run_bytes + draw(st.sampled_from([0, 0, 1, 64, 5_000]))
    row_stride = cols * col_stride + draw(st.sampled_from([0, 0, 3, 512, 131_072]))
    image_stride = rows * row_stride + draw(st.sampled_from([0, 1, 40_000]))
    address = draw(st.integers(0, 2**34))
    columns = [
        address,
        images,
        rows,
        cols,
        run_bytes,
        image_stride,
        row_stride,
        col_stride,
        draw(st.integers(0, 1)),
    ]
    return columns, draw(st.sampled_from([0, 0, 1, 17, 300, 4_000, 10**6]))


def _peak(memory, clock_hz):
    """Bytes per cycle, exactly."""
    return Fraction(find_preset(memory.preset).bytes_per_s * memory.channels, clock_hz)


@settings(deadline=None)
@given(memories(), st.lists(requests(), min_size=1, max_size=6))
def test_no_request_beats_the_peak_bandwidth(memory, sequence):
    memory, clock_hz = memory
    initial = memory.state(clock_hz)
    params, state, time = initial.params.tolist(), initial.state.tolist(), 0
    for request, idle in sequence:
        time += idle
        cycles = service(params, state, request, time)
        size = request[1] * request[2] * request[3] * request[4]
        assert cycles >= -(-size // _peak(memory, clock_hz)) + params[T_CL]
        time += cycles
        assert state[FREE] == time


@settings(deadline=None)
@given(memories(), st.lists(requests(), min_size=1, max_size=6))
def test_the_compiled_function_gives_the_same_times_and_states(memory, sequence):
    memory, clock_hz = memory
    initial = memory.state(clock_hz)
    lists, arrays, time = initial.state.tolist(), initial.state.copy(), 0
    mixed = initial.state.copy()
    for request, idle in sequence:
        time += idle
        row = np.array(request, np.int64)
        cycles = service(initial.params.tolist(), lists, request, time)
        assert compiled(initial.params, arrays, row, time) == cycles
        assert service(initial.params, mixed, row, time) == cycles
        assert arrays.tolist() == lists == mixed.tolist()
        time += cycles


@settings(deadline=None)
@given(memories(), st.lists(requests(), min_size=1, max_size=6))
def test_counting_runs_together_changes_nothing(memory, sequence):
    memory, clock_hz = memory
    initial = memory.state(clock_hz)
    _same_as_walked(initial.params.tolist(), initial.state.tolist(), sequence)


@st.composite
def crowded(draw):
    """Many short runs in few pages of the toy memory."""
    size = st.integers(0, 40)
    counts = {name: draw(st.integers(1, 12)) for name in ("images", "rows", "cols")}
    strides = {name: draw(size) for name in ("image_stride", "row_stride", "col_stride")}
    if draw(st.booleans()):
        strides["row_stride"] = strides["col_stride"] * counts["cols"]
    return box(draw(st.integers(0, 500)), run_bytes=draw(st.integers(1, 30)), **counts, **strides), draw(size)


@settings(deadline=None, max_examples=400)
@given(st.integers(51, 300), st.integers(1, 12), st.integers(1, 12), st.lists(crowded(), min_size=1, max_size=4))
def test_refreshes_between_runs_counted_together_fall_where_they_did(t_refi, num, den, sequence):
    params = toy_params(burst_num=num, burst_den=den)
    params[T_REFI] = t_refi
    _same_as_walked(params, [t_refi, *toy_state()[1:]], sequence)


def _same_as_walked(params, state, sequence):
    walked, time = list(state), 0
    for request, idle in sequence:
        time += idle
        cycles = walk(params, walked, request, time)
        assert service(params, state, request, time) == cycles
        assert state == walked
        time += cycles


@settings(deadline=None)
@given(memories(), requests(), st.integers(1, 10**6))
def test_more_bytes_never_take_less_time(memory, request_, more):
    memory, clock_hz = memory
    initial = memory.state(clock_hz)
    address = request_[0][0]
    short, long = (service(initial.params, initial.state.copy(), run(address, size), 0) for size in (more, more + 64))
    assert long >= short


def test_products_stay_exact_at_the_far_end():
    # 64 GiB far up, at the highest clock and width. Plain Python cannot overflow: equal means exact.
    memory = BankedMemory(preset="ddr4-2400", channels=1024).state(MAX_CLOCK_HZ - 1)
    request, start = run(2**60 + 12_345, 2**36), 2**55
    exact, machine = memory.state.tolist(), memory.state.copy()
    cycles = service(memory.params.tolist(), exact, request, start)
    assert compiled(memory.params, machine, np.array(request, np.int64), start) == cycles
    assert machine.tolist() == exact
    assert cycles >= 2**36 * (MAX_CLOCK_HZ - 1) // (19_200_000_000 * 1024)


# ---- anchors


@pytest.mark.timing
@pytest.mark.parametrize(
    ("name", "rcd", "cl", "transfer"),
    [("ddr4-2400", 15, 15, 4), ("hbm2", 14, 14, 2), ("lpddr4-3200", 18, 18, 5), ("gddr6-16", 15, 14, 1)],
)
def test_unloaded_latency_is_activation_column_and_burst(name, rcd, cl, transfer):
    """Each rounded up from ns: 14.16, 14.16, 3.33; 14, 14, 2; 18, 17.5, 5; 14.82, 13.68, 1."""
    memory = BankedMemory(preset=name).state(GHZ)
    assert service(memory.params, memory.state, run(0, 1), 0) == rcd + cl + transfer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("clock_hz", [200_000_000, GHZ, 3 * GHZ])
@pytest.mark.parametrize("channels", [1, 8])
def test_a_stream_runs_at_peak_but_for_refresh(name, clock_hz, channels):
    """A page takes longer than tRP + tRCD, so bank changes cost nothing; each refresh costs tRFC + tRCD."""
    memory = BankedMemory(preset=name, channels=channels)
    initial = memory.state(clock_hz)
    params, state, size = initial.params, initial.state.copy(), channels * 2**22
    cycles = compiled(params, state, np.array(run(0, size), np.int64), 0)

    transfer = -(-size // _peak(memory, clock_hz))
    refreshes = state[NEXT_REFRESH] // params[T_REFI] - 1
    assert cycles == params[T_RCD] + transfer + refreshes * (params[T_RFC] + params[T_RCD]) + params[T_CL]
    assert refreshes in (cycles // params[T_REFI], cycles // params[T_REFI] - 1)
    # Worst preset: LPDDR4, (280 + 18) / 3904 = 7.6 % of the time; the rest of the 10 % is rounding to cycles.
    assert transfer / cycles >= 0.90


@pytest.mark.parametrize("name", NAMES)
def test_one_byte_of_every_burst_costs_as_much_as_all_bytes(name):
    memory = BankedMemory(preset=name).state(GHZ)
    burst, count = find_preset(name).burst_bytes, 1000
    scattered = [0, 1, 1, count, 1, 0, 0, burst, 0]
    dense = run(0, burst * count)
    times = [service(memory.params, memory.state.copy(), request, 0) for request in (scattered, dense)]
    assert times[0] == times[1]
