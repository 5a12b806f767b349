"""A network as the artifact runs it: one program for each of its layers, a barrier between two of them.

Every layer's first LD waits for SYS and its last ST releases SYS, so that nothing of a layer begins before the layer
before it has ended. Therefore a program for each layer gives the same times as one program for the network, and layers
that are alike share one. ``stitch`` makes the one program; a test holds the equality.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mapping.arrays import IntArray
from simulator.engine.fast import run_fast
from simulator.engine.job import Job
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA, TO_SYS
from simulator.families.dsp_chain.timing import dram_bytes, job
from simulator.program import Program


@dataclass(frozen=True, kw_only=True)
class Network:
    """What one step of a transformer runs.

    Attributes:
        name: For the output.
        order: Names of its layers in order; one that runs again has the same name.
        programs: The program of each name.
    """

    name: str
    order: tuple[str, ...]
    programs: dict[str, Program]

    @cached_property
    def repeats(self) -> dict[str, int]:
        """How often each layer runs."""
        counts = dict.fromkeys(self.programs, 0)
        for name in self.order:
            counts[name] += 1
        return counts

    def __len__(self) -> int:
        """Instructions of the whole network."""
        return sum(len(program) * self.repeats[name] for name, program in self.programs.items())

    def count(self, queue: str) -> int:
        """Instructions of a queue."""
        return sum(len(program.of(queue)) * self.repeats[name] for name, program in self.programs.items())


@dataclass(frozen=True, kw_only=True)
class NetworkTime:
    """When a network ran, in units of the configuration's time.

    Attributes:
        network: What ran.
        config: The machine.
        totals: Time of each layer.
        busy: Time that each queue was busy, (6,) for each layer.
        moved: Bytes that each layer moves to or from HBM.
    """

    network: Network
    config: DspChainConfig
    totals: dict[str, int]
    busy: dict[str, IntArray]
    moved: dict[str, int]

    @cached_property
    def total(self) -> int:
        """Time of the whole network: its layers, and the token of SYS between two of them."""
        layers = sum(self.totals[name] * times for name, times in self.network.repeats.items())
        return layers + self.config.token_latency * (len(self.network.order) - 1)

    def queue(self, name: str) -> int:
        """Time that a queue was busy."""
        index = DSP_CHAIN_ISA.queues.index(name)
        return sum(int(self.busy[layer][index]) * times for layer, times in self.network.repeats.items())

    @property
    def bytes(self) -> int:
        """Bytes to or from HBM."""
        return sum(self.moved[name] * times for name, times in self.network.repeats.items())

    def ms(self, time: int) -> float:
        """Milliseconds of a time."""
        return float(Fraction(time, self.config.clock_mhz * 1000))

    @property
    def total_ms(self) -> float:
        """Milliseconds of the whole network."""
        return self.ms(self.total)


def run(network: Network, config: DspChainConfig) -> NetworkTime:
    """Run every program once, by the fast executor."""
    totals, busy, moved = {}, {}, {}
    for name, program in network.programs.items():
        work = job(program, config)
        start, end = run_fast(work)
        totals[name] = int(end.max())
        spent = end - start
        queues = range(len(DSP_CHAIN_ISA.queues))
        busy[name] = np.array([int(spent[program.queue == queue].sum()) for queue in queues])
        moved[name] = int(dram_bytes(program).sum())
    return NetworkTime(network=network, config=config, totals=totals, busy=busy, moved=moved)


def stitch(network: Network) -> Program:
    """One program of a whole network: the first instruction of a layer waits for the SYS of the layer before."""
    parts = [network.programs[name] for name in network.order]
    wait, release = _barriers(parts)
    return Program(
        isa=DSP_CHAIN_ISA,
        queue=np.concatenate([part.queue for part in parts]),
        opcode=np.concatenate([part.opcode for part in parts]),
        wait=wait,
        release=release,
        operands=np.concatenate([part.operands for part in parts]),
        macs=np.concatenate([part.macs for part in parts]),
        notes={"network": network.name, "cores": parts[0].notes["cores"]},
    )


def whole_job(network: Network, config: DspChainConfig) -> Job:
    """The job of ``stitch``'s program: the times of equal layers are computed once, operands are not copied."""
    jobs = {name: job(program, config) for name, program in network.programs.items()}
    parts = [jobs[name] for name in network.order]
    wait, release = _barriers([network.programs[name] for name in network.order])
    return Job(
        machine=parts[0].machine,
        queue=np.concatenate([part.queue for part in parts]),
        wait=wait,
        release=release,
        resource=np.concatenate([part.resource for part in parts]),
        service=np.concatenate([part.service for part in parts]),
    )


def _barriers(parts: list[Program]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Wait and release masks of programs in a row, with a token from each SYS to what begins the next layer."""
    wait = np.concatenate([part.wait for part in parts])
    release = np.concatenate([part.release for part in parts])
    first = np.cumsum([len(part) for part in parts[:-1]])
    wait[first] |= TO_SYS
    release[first - 1] |= np.array([1 << int(part.queue[0]) for part in parts[1:]], np.uint16)
    return wait, release
