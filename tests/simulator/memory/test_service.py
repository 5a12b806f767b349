"""The rules of the banked memory, one by one, on numbers worked out by hand.

Toy memory: 64 B pages over 4 banks, bursts of 16 B in 4 cycles; RCD 5, RP 7, CL 3, RAS 30, RFC 50,
REFI 10000.
"""

import numpy as np
import pytest

from mapping.errors import InputError
from simulator.engine.job import REQUEST_FIELDS, MemoryState
from simulator.memory import service as layout
from tests.simulator.memory.toy import box, run, serve, toy_params, toy_state

pytestmark = pytest.mark.timing


def test_the_columns_of_a_request_are_those_of_a_job():
    names = ("ADDRESS", "IMAGES", "ROWS", "COLS", "RUN_BYTES", "IMAGE_STRIDE", "ROW_STRIDE", "COL_STRIDE")
    assert [name.upper() for name in REQUEST_FIELDS] == [*names, "WRITE"]
    assert [getattr(layout, name) for name in names] == list(range(8))


# ---- rows


def test_closed_bank_is_activation_latency_and_transfer():
    assert serve((run(0, 16), 0)) == [5 + 3 + 4]


def test_row_hit_is_latency_and_transfer():
    assert serve((run(0, 16), 0), (run(16, 16), 12)) == [12, 3 + 4]


def test_row_conflict_adds_precharge():
    assert serve((run(0, 16), 0), (run(256, 16), 100)) == [12, 7 + 5 + 3 + 4]


def test_precharge_waits_for_tras():
    # Activated at 0, so precharge at 30, activation at 37, column command at 42, data until 49.
    assert serve((run(0, 16), 0), (run(256, 16), 12)) == [12, 49 - 12]


def test_each_bank_keeps_its_own_row():
    first, second = run(0, 16), run(64, 16)
    assert serve((first, 0), (second, 12), (first, 24), (second, 31)) == [12, 12, 7, 7]


# ---- overlap


def test_activation_hides_behind_the_transfer_of_another_bank():
    # Page 0 from 5 to 21; page 1 activated at 5, so its data follow at once until 37; latency 3.
    assert serve((run(0, 128), 0)) == [5 + 16 + 16 + 3]


def test_a_short_transfer_hides_only_its_own_length():
    # Page 0 from 5 to 9; page 1 activated at 5, ready at 10, until 14.
    assert serve((run(48, 32), 0)) == [14 + 3]


def test_a_conflict_hides_too():
    # Opens row 0 of banks 0 to 3; much later reads pages 4 and 5: only the first conflict is seen.
    assert serve((run(0, 256), 0), (run(256, 128), 1000))[1] == 7 + 5 + 16 + 16 + 3


def test_the_same_bank_hides_nothing():
    # Page 0 from 5 to 9; page 4 is row 1 of bank 0: precharge 30 (tRAS), activation 37, from 42 to 46.
    assert serve((box(0, cols=2, run_bytes=16, col_stride=256), 0)) == [46 + 3]
    # With tRAS over, precharge waits for the end of the transfer: 0 to 4, then 4 + 7 + 5 = 16 to 20.
    assert serve((run(0, 16), 0), (box(0, cols=2, run_bytes=16, col_stride=256), 100)) == [
        12,
        4 + 7 + 5 + 4 + 3,
    ]


def test_the_next_page_is_prepared_during_all_segments_of_the_current_one():
    # Page 0: 5 to 9 and 9 to 13; page 1 was activated at 5, so 13 to 17.
    assert serve((box(0, cols=3, run_bytes=16, col_stride=32), 0)) == [17 + 3]


# ---- bursts


@pytest.mark.parametrize(
    ("request_", "bursts"),
    [
        (run(15, 1), 1),
        (run(15, 2), 2),
        (run(1, 16), 2),
        (run(0, 17), 2),
        (box(0, cols=4, run_bytes=1, col_stride=16), 4),
        (box(0, rows=2, cols=2, run_bytes=8, row_stride=32, col_stride=16), 4),
    ],
)
def test_a_segment_is_rounded_outward_to_bursts(request_, bursts):
    assert serve((request_, 0)) == [5 + 4 * bursts + 3]


def test_a_request_is_rounded_up_once():
    params = toy_params(burst_num=10, burst_den=3)
    assert serve((run(0, 16), 0), params=params) == [5 + 4 + 3]
    assert serve((box(0, cols=3, run_bytes=16, col_stride=20), 0), params=params) == [5 + 17 + 3]  # 5 bursts
    assert serve((box(0, cols=3, run_bytes=4, col_stride=20), 0), params=params) == [5 + 10 + 3]  # 3 bursts


def test_many_bursts_in_a_cycle():
    params = toy_params(burst_num=1, burst_den=8)
    assert serve((run(0, 64), 0), params=params) == [5 + 1 + 3]
    # Both pages fit into one cycle; the second waits for its row, which is prepared from cycle 5.
    assert serve((run(0, 128), 0), params=params) == [10 + 3]


# ---- boxes


@pytest.mark.parametrize(
    "touching",
    [
        box(8, cols=50, run_bytes=4, col_stride=4),
        box(8, rows=10, cols=5, run_bytes=4, row_stride=20, col_stride=4),
        box(8, images=2, rows=5, cols=5, run_bytes=4, image_stride=100, row_stride=20, col_stride=4),
        box(8, images=5, run_bytes=40, image_stride=40, row_stride=7, col_stride=7),
        box(8, rows=5, run_bytes=40, image_stride=9, row_stride=40, col_stride=7),
    ],
)
def test_runs_that_touch_are_one_run(touching):
    expected, merged = toy_state(), toy_state()
    assert serve((touching, 3), state=merged) == serve((run(8, 200), 3), state=expected)
    assert merged == expected


@pytest.mark.parametrize(
    "interleaved",
    [
        box(0, rows=2, cols=2, run_bytes=8, row_stride=8, col_stride=32),
        box(0, images=2, cols=2, run_bytes=8, image_stride=8, col_stride=32),
        box(0, images=2, rows=2, run_bytes=8, image_stride=8, row_stride=32),
    ],
)
def test_an_outer_axis_that_touches_is_not_merged_past_an_inner_one_that_does_not(interleaved):
    assert serve((interleaved, 0)) == [5 + 4 * 4 + 3]  # bytes 0, 32, 8, 40: a burst each


def test_runs_apart_are_walked_image_by_image():
    # 2 images x 2 rows x 2 columns, all in different bursts: pages 0, 1 (image 0) and 2, 3 (image 1).
    spread = box(0, images=2, rows=2, cols=2, run_bytes=8, image_stride=128, row_stride=64, col_stride=32)
    state = toy_state()
    # Page 0: 5 to 13; page 1 ready at 10: 13 to 21; and so on, nothing else is exposed.
    assert serve((spread, 0), state=state) == [5 + 8 * 4 + 3]
    assert state[2::2] == [0, 0, 0, 0]
    assert state[3::2] == [0, 5, 13, 21]


def test_an_empty_request_takes_no_time_and_leaves_no_trace():
    for empty in (
        run(0, 0),
        box(0, images=0, run_bytes=8),
        box(0, rows=0, run_bytes=8),
        box(0, cols=0, run_bytes=8),
    ):
        state = toy_state()
        assert serve((empty, 20_000), state=state) == [0]
        assert state == toy_state()


# ---- refresh


@pytest.mark.parametrize(("start", "cycles"), [(9_999, 12), (10_000, 62), (10_020, 42), (10_049, 13), (10_050, 12)])
def test_a_request_waits_for_the_rest_of_a_refresh(start, cycles):
    assert serve((run(0, 16), start)) == [cycles]


def test_a_refresh_while_idle_closes_the_rows():
    assert serve((run(0, 16), 0), (run(0, 16), 9_000), (run(0, 16), 10_500)) == [12, 7, 12]


def test_of_many_refreshes_while_idle_only_the_last_can_block():
    state = toy_state()
    assert serve((run(0, 16), 0), (run(0, 16), 50_020), state=state) == [12, 30 + 12]
    assert state[layout.NEXT_REFRESH] == 60_000


def test_a_refresh_within_a_request_costs_trfc_and_an_activation():
    # Page 0 from 9995 to 10011, refresh until 10061, page 1 from 10066 to 10082.
    assert serve((run(0, 128), 9_990)) == [10_085 - 9_990]
    assert serve((run(0, 128), 0)) == [10_085 - 9_990 - 50 - 5]


def test_nothing_is_prepared_across_a_refresh():
    # Page 0 from 9998 to 10002, refresh until 10052, page 0 again from 10057 to 10061.
    # Page 1 is activated at 10057 and transferred from 10062 to 10066.
    assert serve((box(0, cols=3, run_bytes=16, col_stride=32), 9_993)) == [10_069 - 9_993]


def test_a_refresh_due_in_the_last_segment_begins_when_the_request_has_ended():
    # Ends at 10002; the refresh, due at 10000, lasts until 10052.
    assert serve((run(0, 16), 9_990), (run(0, 16), 10_002)) == [12, 50 + 12]
    assert serve((run(0, 16), 9_990), (run(0, 16), 10_012)) == [12, 40 + 12]


def test_every_refresh_within_a_long_request_is_paid():
    # 5000 pages of 16 cycles are 80000 cycles of data, hence 8 refreshes; their 440 cycles hold no ninth.
    state = toy_state()
    assert serve((run(0, 5_000 * 64), 0), state=state) == [5 + 80_000 + 8 * 55 + 3]
    assert state[layout.NEXT_REFRESH] == 90_000


# ---- the interface


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match=r"memory kind 0 is not one of \(1, 2\)"):
        MemoryState(params=np.zeros(layout.PARAMS, np.int64), state=np.array(toy_state()))


def test_words_behind_the_state_are_left_alone():
    state = [*toy_state(), 77, 78]
    serve((run(0, 1024), 0), (run(0, 1024), 30_000), state=state)
    assert state[-2:] == [77, 78]


def test_a_write_costs_what_a_read_costs():
    request = run(0, 4096)
    assert serve((request, 0)) == serve(([*request[:-1], 1], 0))
