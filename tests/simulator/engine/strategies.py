"""Random jobs for property tests."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from simulator.engine.job import MAX_QUEUES, NO_RESOURCE, REQUEST_FIELDS, IntArray, Job, Machine, MemoryState
from simulator.memory.config import BankedMemory
from simulator.memory.presets import presets

LARGEST_JOB = 5000  # instructions


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to make a random job; tests draw recipes, since these are short to print and easy to shrink.

    The job can finish, unless there are shortages: every wait takes a token that was released further up in
    the list, so the list itself is an order in which the instructions can run.

    Attributes:
        seed: Of everything that the other parameters leave open.
        count: Instructions.
        queues: Queues, unequally loaded; some may have nothing to do.
        resources: Shared resources.
        dispatch_latency: Of the machine.
        token_latency: Of the machine.
        longest_service: Services are uniform in [0, longest_service] ...
        zero_share: ... but for this share of them, which is 0.
        resource_share: Share of the instructions that need a resource.
        request_share: Share of those that leave the service to a memory with state, if the resource has one.
        release_share: Probability of a token for a given queue, one that does not exist included.
        wait_share: Probability of taking a token from a given queue, if there is one.
        chain_share: Share of the instructions that wait for the instruction before them in the list.
        shortages: Instructions that wait for one token more, whether anyone sends it or not.
    """

    seed: int
    count: int
    queues: int
    resources: int
    dispatch_latency: int
    token_latency: int
    longest_service: int
    zero_share: float
    resource_share: float
    request_share: float
    release_share: float
    wait_share: float
    chain_share: float
    shortages: int

    def job(self) -> Job:
        rng = np.random.default_rng(self.seed)
        queue = rng.choice(self.queues, self.count, p=rng.dirichlet(np.ones(self.queues)))
        wait, release = self._masks(rng, queue)
        resource = np.full(self.count, NO_RESOURCE)
        if self.resources:
            needs = rng.random(self.count) < self.resource_share
            resource[needs] = rng.integers(0, self.resources, np.count_nonzero(needs))
        memories = tuple(_memory(rng) for _ in range(self.resources))
        requests = _requests(rng, min(self.count, 100))
        return Job(
            machine=Machine(
                queues=tuple(f"q{i}" for i in range(self.queues)),
                resources=tuple(f"r{i}" for i in range(self.resources)),
                dispatch_latency=self.dispatch_latency,
                token_latency=self.token_latency,
                memories=memories,
            ),
            queue=queue.astype(np.uint8),
            wait=wait.astype(np.uint16),
            release=release.astype(np.uint16),
            resource=resource.astype(np.int8),
            service=self._services(rng, resource, memories, len(requests)),
            requests=requests,
        )

    def _masks(self, rng: np.random.Generator, queue: IntArray) -> tuple[IntArray, IntArray]:
        """Wait and release masks, (i,) each."""
        targets = rng.random((self.count, MAX_QUEUES)) < self.release_share
        targets[:, self.queues + 1 :] = False
        sources = rng.random((self.count, self.queues)) < self.wait_share
        chained = np.flatnonzero(rng.random(self.count - 1) < self.chain_share)
        targets[chained, queue[chained + 1]] = True
        sources[chained + 1, queue[chained]] = True

        lying = np.zeros((self.queues, MAX_QUEUES), np.int64)  # tokens, by (from, to)
        for index, here in enumerate(queue.tolist()):
            sources[index] &= lying[:, here] > 0
            lying[:, here] -= sources[index]
            lying[here] += targets[index]

        bits = 1 << np.arange(MAX_QUEUES)
        wait, release = sources @ bits[: self.queues], targets @ bits
        short = rng.permutation(self.count)[: self.shortages]
        wait[short] |= 1 << rng.integers(0, min(self.queues + 1, MAX_QUEUES), len(short))
        return wait, release

    def _services(
        self,
        rng: np.random.Generator,
        resource: IntArray,
        memories: tuple[MemoryState | None, ...],
        requests: int,
    ) -> IntArray:
        service = rng.integers(0, self.longest_service + 1, self.count)
        service[rng.random(self.count) < self.zero_share] = 0
        has_memory = np.array([memory is not None for memory in memories] + [False])  # the last: NO_RESOURCE
        stateful = has_memory[resource] & (rng.random(self.count) < self.request_share)
        service[stateful] = -1 - rng.integers(0, requests, np.count_nonzero(stateful))
        return service


def _memory(rng: np.random.Generator) -> MemoryState | None:
    """DRAM, for a clock so slow that it refreshes all the time or for a usual one, or nothing."""
    preset, clock_hz = rng.choice(sorted(presets())), rng.choice((10**7, 10**9))
    return BankedMemory(preset=str(preset)).state(int(clock_hz)) if rng.random() < 0.8 else None


def _requests(rng: np.random.Generator, count: int) -> IntArray:
    """Small boxes, some of them empty, in few enough pages that rows are hit, missed and in conflict."""
    limits = dict.fromkeys(REQUEST_FIELDS, 5)
    limits |= {"address": 2**20, "run_bytes": 300, "write": 2}
    limits |= {"image_stride": 20_000, "row_stride": 3000, "col_stride": 400}
    return np.stack([rng.integers(0, limit, count) for limit in limits.values()], axis=1)


def recipes() -> st.SearchStrategy[Recipe]:
    """Recipes of jobs of 1 to 5000 instructions, most of them small and most of them live."""
    shares = st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0))
    return st.builds(
        Recipe,
        seed=st.integers(0, 2**32 - 1),
        count=st.integers(1, 40) | st.integers(41, 400) | st.integers(401, LARGEST_JOB),
        queues=st.integers(2, 8) | st.sampled_from((1, MAX_QUEUES)),
        resources=st.integers(0, 3),
        dispatch_latency=st.integers(0, 3),
        token_latency=st.integers(0, 3),
        longest_service=st.sampled_from((0, 1, 2, 5, 20, 1000, 2**40)),
        zero_share=st.sampled_from((0.0, 0.0, 0.5)),
        resource_share=shares,
        request_share=st.sampled_from((0.0, 0.0, 0.5, 1.0)),
        release_share=shares,
        wait_share=shares,
        chain_share=shares,
        shortages=st.sampled_from((0,) * 9 + (1, 2, LARGEST_JOB)),
    )
