"""The compiled executor gives the times of the reference executor, on every instruction of every job."""

from functools import partial
from heapq import heappush
from itertools import count

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from simpy.events import NORMAL

from simulator.engine.cycle import run_cycle
from simulator.engine.errors import Blocked, DeadlockError
from simulator.engine.fast import run_fast
from simulator.engine.job import NO_RESOURCE, Job, Machine
from simulator.execute import run
from tests.simulator.engine.strategies import recipes

pytestmark = pytest.mark.timing

EXAMPLES = 2000
PLAIN_PYTHON_LIMIT = 500  # instructions


def outcome(run, job):
    """Starts and ends, or the blocked queues."""
    try:
        start, end = run(job)
    except DeadlockError as error:
        return error.blocked
    return start.tolist(), end.tolist()


@settings(max_examples=EXAMPLES, deadline=None, print_blob=True)
@given(recipe=recipes())
def test_executors_agree(recipe):
    job = recipe.job()
    expected = outcome(run_cycle, job)
    assert outcome(partial(run_fast, compiled=True), job) == expected
    if len(job) <= PLAIN_PYTHON_LIMIT:
        assert outcome(partial(run_fast, compiled=False), job) == expected


# Would that test notice? What follows must turn up among as many jobs as it draws.


def turns_up(condition):
    find(
        recipes(),
        lambda recipe: condition(recipe.job()),
        settings=settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate]),
    )


def disagree(job):
    return outcome(run_cycle, job) != outcome(run_fast, job)


arrival = count()
WRONG_KEYS = {  # by which an arbiter sorts the requests, given cycle and queue of one
    "highest queue wins a tie": lambda cycle, queue: (cycle, -queue),
    "lowest queue wins always": lambda _cycle, queue: (0, queue),
    "last come, first served": lambda cycle, queue: (-cycle, queue),
    "in the order of the visits": lambda _cycle, _queue: (0, next(arrival)),
}


@pytest.mark.parametrize("key", WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_arbiter_with_a_wrong_order_is_noticed(monkeypatch, key):
    def push(requests, request):
        cycle, queue, grant = request
        heappush(requests, (*key(cycle, queue), grant))

    monkeypatch.setattr("simulator.engine.cycle.heappush", push)
    turns_up(disagree)


def test_arbiter_that_does_not_wait_for_the_end_of_a_round_is_noticed(monkeypatch):
    monkeypatch.setattr("simulator.engine.cycle._AFTER_ALL", NORMAL)
    turns_up(disagree)


def test_deadlock_turns_up_late():
    def late(job):
        first, *_ = result = outcome(run_fast, job)
        return isinstance(first, Blocked) and min(blocked.instruction for blocked in result) > 500

    turns_up(late)


def test_wait_for_a_queue_that_does_not_exist_turns_up():
    turns_up(lambda job: job.wait.max() >= 1 << len(job.machine.queues))


def test_several_grants_of_a_resource_in_one_cycle_turn_up():
    def crowded(job):
        first, *_ = result = outcome(run_fast, job)
        if isinstance(first, Blocked):
            return False
        grants = np.stack([job.resource, result[0]])[:, job.resource != NO_RESOURCE]
        _, repeats = np.unique(grants, axis=1, return_counts=True)
        return repeats.max(initial=0) > 3

    turns_up(crowded)


def test_memories_behind_all_resources_turn_up():
    turns_up(lambda job: len(set(job.resource[job.service < 0])) == 3)


@pytest.mark.parametrize("memories", [(), (None,)])
def test_a_resource_without_memory_may_say_so_or_say_nothing(memories):
    machine = Machine(queues=("q",), resources=("port",), dispatch_latency=0, token_latency=0, memories=memories)
    one = np.ones(2, np.int64)
    nothing = np.zeros(2, np.int64)
    job = Job(machine=machine, queue=nothing, wait=nothing, release=nothing, resource=nothing, service=one)
    timeline = run(job, "both")
    assert timeline.total == 2
    assert not any(state is not None for state in timeline.memories)
