"""Every cycle of every queue is in exactly one state, and times that break the rules are refused."""

import numpy as np
import pytest
from hypothesis import given, settings

from simulator.engine.errors import DeadlockError
from simulator.engine.fast import run_fast
from simulator.engine.job import Job, Machine
from simulator.engine.timeline import QueueTime, Timeline, TimelineError
from tests.simulator.engine.strategies import recipes

pytestmark = pytest.mark.timing


def two_queues(**changes) -> Job:
    """A load that takes 5 cycles, two folds that wait for one load each and for the port, and a second load."""
    columns = {
        "machine": Machine(queues=("load", "execute"), resources=("port",), dispatch_latency=1, token_latency=2),
        "queue": np.array([0, 1, 0, 1], np.uint8),
        "wait": np.array([0, 1, 0, 1], np.uint16),
        "release": np.array([2, 0, 2, 0], np.uint16),
        "resource": np.array([0, 0, 0, -1], np.int8),
        "service": np.array([5, 3, 4, 2]),
    }
    return Job(**(columns | changes))


def test_where_every_cycle_went():
    job = two_queues()
    start, end = run_fast(job, compiled=False)
    # The second load is ready at 6, before the fold at 7: the fold waits for the port until 10.
    assert start.tolist() == [0, 10, 6, 14]
    assert end.tolist() == [5, 13, 10, 16]
    timeline = Timeline(job=job, start=start, end=end)
    assert timeline.queues == (
        QueueTime(queue="load", busy=9, dispatch=1, waiting_for_token={}, waiting_for_resource={}, idle=6),
        QueueTime(
            queue="execute",
            busy=5,
            dispatch=1,
            waiting_for_token={"load": 7},
            waiting_for_resource={"port": 3},
            idle=0,
        ),
    )


@settings(max_examples=300, deadline=None)
@given(recipes())
def test_states_add_up_on_random_jobs(recipe):
    job = recipe.job()
    try:
        start, end = run_fast(job, compiled=True)
    except DeadlockError:
        return
    timeline = Timeline(job=job, start=start, end=end)
    for queue, time in enumerate(timeline.queues):
        own = job.queue == queue
        assert time.busy == (end[own] - start[own]).sum()
        assert time.total == timeline.total
        counts = (time.dispatch, time.idle, *time.waiting_for_token.values(), *time.waiting_for_resource.values())
        assert min(counts) >= 0


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ([0, 9, 6, 13], [5, 12, 10, 15], "resource port is held by two instructions at once"),
        ([0, 10, 6, 13], [5, 13, 10, 15], "instruction 3 starts 1 cycles before it is ready"),
        ([0, 10, 6, 15], [5, 13, 10, 17], "instruction 3 starts late"),
        ([0, 6, 6, 14], [5, 9, 10, 16], "instruction 1 starts 1 cycles before it is ready"),
    ],
)
def test_times_that_break_a_rule(start, end, message):
    with pytest.raises(TimelineError, match=message):
        Timeline(job=two_queues(), start=np.array(start), end=np.array(end))
