"""Random jobs for machines whose latencies are 1 and whose instructions all take a cycle or more."""

import numpy as np

from simulator.engine.job import MAX_QUEUES, NO_RESOURCE, Job, Machine

SERVICES = (1, 2, 3, 8, 40)  # longest; short ones make ties
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


def random_job(rng: np.random.Generator, *, queues: int, resources: int, count: int, short: bool) -> Job:
    """Draw a job.

    Args:
        rng: Where it comes from.
        queues: Of the machine.
        resources: Of the machine, at least 1.
        count: Instructions.
        short: Whether some instructions wait for tokens that nobody sends: the job cannot finish.

    Returns:
        The job. Unless ``short`` it can run in the order of its list.
    """
    queue = rng.choice(queues, count, p=rng.dirichlet(np.full(queues, 5.0)))
    release_share, wait_share, chain_share, resource_share = rng.choice(SHARES, 4)
    targets = rng.random((count, MAX_QUEUES)) < release_share
    targets[:, queues + 1 :] = False
    sources = rng.random((count, queues)) < wait_share
    chained = np.flatnonzero(rng.random(count - 1) < chain_share)
    targets[chained, queue[chained + 1]] = True
    sources[chained + 1, queue[chained]] = True

    lying = np.zeros((queues, MAX_QUEUES), np.int64)  # tokens, by (from, to)
    for index, here in enumerate(queue.tolist()):
        sources[index] &= lying[:, here] > 0
        lying[:, here] -= sources[index]
        lying[here] += targets[index]

    bits = 1 << np.arange(MAX_QUEUES)
    wait, release = sources @ bits[:queues], targets @ bits
    if short:
        few = rng.integers(0, count, 2)
        for _ in range(2):
            wait[few] |= 1 << rng.integers(0, min(queues + 1, MAX_QUEUES), len(few))
    resource = np.full(count, NO_RESOURCE)
    needs = rng.random(count) < resource_share
    resource[needs] = rng.integers(0, rng.integers(1, resources + 1), np.count_nonzero(needs))
    return Job(
        machine=Machine(
            queues=tuple(f"q{i}" for i in range(queues)), resources=tuple(f"r{i}" for i in range(resources))
        ),
        queue=queue.astype(np.uint8),
        wait=wait.astype(np.uint16),
        release=release.astype(np.uint16),
        resource=resource.astype(np.int8),
        service=rng.integers(1, rng.choice(SERVICES) + 1, count),
    )


def job_words(job: Job) -> list[list[int]]:
    """The words of ``zs_queue_machine``, by queue."""
    words: list[list[int]] = [[] for _ in job.machine.queues]
    for index in range(len(job)):
        queue, resource = int(job.queue[index]), int(job.resource[index])
        mask = 0 if resource == NO_RESOURCE else 1 << resource
        word = queue << 8 | int(job.wait[index]) << 16 | int(job.release[index]) << 32
        words[queue].append(word | mask << 48 | int(job.service[index]) << 64)
    return words
