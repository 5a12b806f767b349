"""Every rule of docs/time.md, on a timeline short enough to work out by hand."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from simulator.engine.cycle import run_cycle
from simulator.engine.errors import Blocked, DeadlockError
from simulator.engine.job import NO_RESOURCE, REQUEST_FIELDS, Job, Machine, MemoryState
from simulator.memory.service import BANKED
from tests.simulator.engine.strategies import recipes

pytestmark = pytest.mark.timing


class Row(NamedTuple):
    queue: int
    service: int
    wait: Sequence[int] = ()
    release: Sequence[int] = ()
    on: int = NO_RESOURCE


def job_of(*rows: Row, dispatch: int = 0, token: int = 0) -> Job:
    def mask(queues: Sequence[int]) -> int:
        return sum(1 << queue for queue in queues)

    return Job(
        machine=Machine(
            queues=("load", "execute", "store", "other"),
            resources=("dram", "link"),
            dispatch_latency=dispatch,
            token_latency=token,
        ),
        queue=np.array([row.queue for row in rows], np.uint8),
        wait=np.array([mask(row.wait) for row in rows], np.uint16),
        release=np.array([mask(row.release) for row in rows], np.uint16),
        resource=np.array([row.on for row in rows], np.int8),
        service=np.array([row.service for row in rows], np.int64),
    )


def timeline(*rows: Row, dispatch: int = 0, token: int = 0) -> list[tuple[int, int]]:
    start, end = run_cycle(job_of(*rows, dispatch=dispatch, token=token))
    assert start.dtype == end.dtype == np.int64
    return list(zip(start.tolist(), end.tolist(), strict=True))


def blocked(*rows: Row) -> tuple[Blocked, ...]:
    with pytest.raises(DeadlockError) as caught:
        run_cycle(job_of(*rows))
    return caught.value.blocked


# When an instruction starts


def test_empty_job():
    assert timeline() == []


def test_first_instruction_is_free_at_cycle_0():
    assert timeline(Row(0, 3), Row(2, 4), dispatch=2, token=3) == [(0, 3), (0, 4)]


def test_dispatch_latency_separates_instructions_of_one_queue():
    assert timeline(Row(0, 3), Row(0, 2), Row(0, 1), dispatch=2) == [(0, 3), (5, 7), (9, 10)]


def test_dispatch_latency_0_is_back_to_back():
    assert timeline(Row(0, 3), Row(0, 2)) == [(0, 3), (3, 5)]


def test_queue_is_in_order_whatever_stands_between():
    assert timeline(Row(1, 5), Row(0, 2), Row(1, 1), Row(0, 1)) == [(0, 5), (0, 2), (5, 6), (2, 3)]


def test_token_is_visible_token_latency_after_the_end():
    assert timeline(Row(0, 3, release=[1]), Row(1, 1, wait=[0]), token=2) == [(0, 3), (5, 6)]


def test_token_latency_0_is_visible_in_the_cycle_of_the_end():
    assert timeline(Row(0, 3, release=[1]), Row(1, 1, wait=[0])) == [(0, 3), (3, 4)]


@pytest.mark.parametrize(("dispatch", "token", "start"), [(4, 1, 5), (1, 4, 7), (2, 0, 3)])
def test_free_and_token_are_awaited_together(dispatch, token, start):
    rows = Row(0, 3, release=[1]), Row(1, 1), Row(1, 1, wait=[0])
    assert timeline(*rows, dispatch=dispatch, token=token)[2] == (start, start + 1)


def test_one_token_from_every_queue_in_the_mask():
    rows = Row(0, 2, release=[3]), Row(1, 7, release=[3]), Row(2, 4, release=[3]), Row(3, 1, wait=[0, 1, 2])
    assert timeline(*rows)[3] == (7, 8)


def test_one_release_sends_a_token_to_every_queue_in_the_mask():
    rows = Row(0, 2, release=[1, 2, 3]), Row(1, 1, wait=[0]), Row(2, 1, wait=[0]), Row(3, 1, wait=[0])
    assert timeline(*rows)[1:] == [(2, 3)] * 3


def test_kth_wait_takes_kth_token():
    sent = Row(0, 1, release=[1]), Row(0, 5, release=[1]), Row(0, 1, release=[1])
    taken = Row(1, 2, wait=[0]), Row(1, 2, wait=[0]), Row(1, 2, wait=[0])
    assert timeline(*sent, *taken)[3:] == [(1, 3), (6, 8), (8, 10)]


def test_tokens_lie_until_they_are_wanted():
    sent = [Row(0, 1, release=[1])] * 5
    taken = [Row(1, 2, wait=[0])] * 5
    assert timeline(Row(1, 100), *sent, *taken)[6:] == [(100 + 2 * i, 102 + 2 * i) for i in range(5)]


def test_tokens_of_different_pairs_do_not_mix():
    rows = Row(0, 1, release=[2]), Row(1, 6, release=[2]), Row(2, 1, wait=[1]), Row(2, 1, wait=[0])
    assert timeline(*rows)[2:] == [(6, 7), (7, 8)]


def test_token_to_itself():
    assert timeline(Row(0, 2, release=[0]), Row(0, 1, wait=[0]), dispatch=1, token=3) == [(0, 2), (5, 6)]


def test_token_to_a_queue_that_does_not_exist_just_lies_there():
    assert timeline(Row(0, 2, release=[1, 15]), Row(1, 1, wait=[0])) == [(0, 2), (2, 3)]


def test_token_to_a_queue_that_does_not_exist_reaches_no_other():
    rows = [Row(queue, 1, wait=[3]) for queue in (0, 1, 2)]
    assert len(blocked(Row(3, 1, release=range(4, 16)), *rows)) == 3


def test_service_0_with_latency_0_happens_in_one_cycle():
    rows = (
        Row(0, 0, release=[1]),
        Row(1, 0, wait=[0], release=[2]),
        Row(2, 0, wait=[1], release=[0]),
        Row(0, 0, wait=[2]),
    )
    assert timeline(*rows) == [(0, 0)] * 4


def test_times_beyond_32_bits():
    assert timeline(Row(0, 2**40, release=[1]), Row(1, 2**40, wait=[0]))[1] == (2**40, 2**41)


# Who gets a shared resource


def test_grant_is_held_to_the_end_and_given_on_in_that_cycle():
    assert timeline(Row(0, 4, on=0), Row(1, 3, on=0), Row(2, 2, on=0)) == [(0, 4), (4, 7), (7, 9)]


def test_resources_are_independent():
    assert timeline(Row(0, 4, on=0), Row(1, 3, on=1)) == [(0, 4), (0, 3)]


def test_resource_is_not_held_while_waiting_for_a_token():
    rows = Row(0, 1, wait=[2], on=0), Row(1, 3, on=0), Row(2, 5, release=[0])
    assert timeline(*rows) == [(5, 6), (0, 3), (0, 5)]


def test_first_ready_is_first_served():
    rows = Row(3, 10, on=0), Row(0, 5), Row(0, 1, on=0), Row(1, 3), Row(1, 2, on=0)
    assert timeline(*rows) == [(0, 10), (0, 5), (12, 13), (0, 3), (10, 12)]


def test_tie_goes_to_the_lowest_queue():
    assert timeline(Row(2, 2, on=0), Row(1, 2, on=0), Row(0, 2, on=0)) == [(4, 6), (2, 4), (0, 2)]


def test_tie_counts_from_ready_not_from_dispatch():
    rows = Row(3, 9, on=0), Row(1, 4, release=[0]), Row(0, 1, wait=[1], on=0), Row(2, 4), Row(2, 1, on=0)
    assert timeline(*rows)[2::2] == [(9, 10), (10, 11)]


@pytest.mark.parametrize(("ready", "first"), [(3, 1), (4, 0)])
def test_request_made_in_the_cycle_in_which_the_holder_ends(ready, first):
    rows = Row(3, 4, on=0), Row(0, 4), Row(0, 2, on=0), Row(1, ready), Row(1, 2, on=0)
    starts = {0: timeline(*rows)[2][0], 1: timeline(*rows)[4][0]}
    assert starts == {first: 4, 1 - first: 6}


def test_holder_stands_in_line_again():
    assert timeline(Row(0, 4, on=0), Row(0, 4, on=0), Row(1, 3, on=0)) == [(0, 4), (7, 11), (4, 7)]


# Rounds: zero service and zero latency, where the order of visits could matter


def test_requests_of_the_cycle_are_all_made_before_a_grant():
    rows = Row(2, 4, on=0), Row(1, 0, release=[0]), Row(0, 3, wait=[1], on=0)
    assert timeline(*rows) == [(3, 7), (0, 0), (0, 3)]


def test_request_of_a_later_round_of_the_same_cycle_ties_with_the_earlier_ones():
    rows = Row(1, 0, release=[0], on=0), Row(2, 5, on=0), Row(0, 3, wait=[1], on=0)
    assert timeline(*rows) == [(0, 0), (3, 8), (0, 3)]


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0)])
def test_grant_does_not_see_a_request_caused_by_a_grant_of_the_same_round(first, second):
    rows = Row(1, 0, release=[0], on=first), Row(2, 7, on=second), Row(0, 3, wait=[1], on=second)
    assert timeline(*rows) == [(0, 0), (0, 7), (7, 10)]


def test_resource_grants_once_per_round():
    rows = Row(0, 0, on=0), Row(0, 2, on=0), Row(1, 3, on=0)
    assert timeline(*rows) == [(0, 0), (0, 2), (2, 5)]


def test_many_rounds_in_one_cycle():
    rows = [Row(queue, 0, on=0) for queue in (3, 2, 1, 0)] * 10
    assert timeline(*rows, Row(3, 1, on=0)) == [(0, 0)] * 40 + [(0, 1)]


# When it cannot finish


def test_wait_on_a_queue_that_never_releases():
    assert blocked(Row(0, 1), Row(1, 1, wait=[0])) == (Blocked(1, 1, (0,)),)


def test_wait_on_a_queue_that_does_not_exist():
    assert blocked(Row(0, 1), Row(0, 1, wait=[9, 15])) == (Blocked(0, 1, (9, 15)),)


def test_wait_on_itself():
    assert blocked(Row(0, 1, wait=[0], release=[0])) == (Blocked(0, 0, (0,)),)


def test_too_few_tokens():
    assert blocked(Row(0, 1, release=[1]), Row(1, 1, wait=[0]), Row(1, 1, wait=[0])) == (Blocked(1, 2, (0,)),)


def test_only_the_queues_whose_tokens_lack_are_named():
    rows = Row(0, 1, release=[3]), Row(1, 1), Row(2, 9, release=[3]), Row(3, 1, wait=[0, 1, 2])
    assert blocked(*rows) == (Blocked(3, 3, (1,)),)


def test_every_blocked_queue_is_named_with_its_head():
    rows = Row(2, 1, wait=[1]), Row(2, 1), Row(0, 1), Row(0, 1, wait=[2]), Row(1, 1, wait=[0, 2], release=[2])
    assert blocked(*rows) == (Blocked(0, 3, (2,)), Blocked(1, 4, (0, 2)), Blocked(2, 0, (1,)))


def test_the_others_run_on_before_a_deadlock_is_declared():
    with pytest.raises(DeadlockError) as caught:
        run_cycle(job_of(Row(0, 1, wait=[3]), Row(1, 5, on=0), Row(2, 5, on=0), Row(1, 1, on=0), Row(2, 1)))
    assert caught.value.blocked == (Blocked(0, 0, (3,)),)


def test_deadlock_message():
    with pytest.raises(DeadlockError) as caught:
        run_cycle(job_of(Row(0, 1, wait=[1]), Row(1, 1), Row(1, 1, wait=[0, 7])))
    assert str(caught.value) == (
        "deadlock: queue load: instruction 0 lacks a token from execute; "
        "queue execute: instruction 2 lacks a token from load, queue 7 (none)"
    )


# Memory with state


def test_memory_is_asked_once_at_each_grant(monkeypatch):
    """A stand-in that takes as many cycles as it has answered requests, and remembers what it was asked."""
    asked = []

    def service(params, state, request, start):
        state[0] += 1
        asked.append((params[1], request[0], start))
        return int(state[0])

    monkeypatch.setattr("simulator.engine.cycle.memory_service", service)
    memories = tuple(MemoryState(params=np.array([BANKED, p]), state=np.array([s])) for p, s in ((70, 4), (71, 0)))
    job = Job(
        machine=Machine(queues=("load", "store"), resources=("dram", "link"), dispatch_latency=0, memories=memories),
        queue=np.array([1, 0, 0, 1, 0], np.uint8),
        wait=np.zeros(5, np.uint16),
        release=np.zeros(5, np.uint16),
        resource=np.array([0, 0, 0, 1, 0], np.int8),
        service=np.array([-1, -2, 10, -3, -2]),
        requests=np.arange(30, 33)[:, None].repeat(len(REQUEST_FIELDS), axis=1),
    )
    start, end = run_cycle(job)
    assert asked == [(70, 31, 0), (70, 30, 5), (71, 32, 11), (70, 31, 21)]
    assert start.tolist() == [5, 0, 11, 11, 21]
    assert end.tolist() == [11, 5, 21, 12, 28]
    assert [memory.state[0] for memory in memories] == [4, 0], "the job was changed"


# The executor itself


@settings(max_examples=200, deadline=None, print_blob=True)
@given(recipe=recipes(), data=st.data())
def test_order_in_which_processes_start_changes_nothing(recipe, data):
    job = recipe.job()
    order = data.draw(st.permutations(range(len(job.machine.queues))))
    assert outcome(job) == outcome(job, order)


def outcome(job, order=None):
    try:
        start, end = run_cycle(job, order=order)
    except DeadlockError as error:
        return error.blocked
    return start.tolist(), end.tolist()


@pytest.mark.parametrize("order", [[0, 1, 2], [0, 1, 2, 2], [1, 2, 3, 4]])
def test_order_must_be_a_permutation(order):
    with pytest.raises(InputError, match="not a permutation of the 4 queues"):
        run_cycle(job_of(Row(0, 1)), order=order)


def test_progress_is_told_now_and_then():
    told = []
    run_cycle(job_of(*[Row(i % 4, 1) for i in range(10_000)]), progress=told.append)
    assert told == [4096, 8192]
