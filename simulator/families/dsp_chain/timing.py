"""Service times, each formula once: as the artifact's profiler, or with pipelines, issue and HBM latency.

A time is a count of units of ``clock_mhz``, rounded up. The profiler's formulas are exact fractions of a cycle:
``config.clock_mhz`` of ``vhk158-artifact`` makes all of them whole for the artifact's programs.
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from mapping.arrays import IntArray
from simulator.engine.job import NO_RESOURCE, Job, Machine
from simulator.families.dsp_chain import microarch
from simulator.families.dsp_chain.config import BLOCK, DspChainConfig, exact
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA, TWO_PASSES
from simulator.families.dsp_chain.plan import MM_ROW
from simulator.program import Program


def job(program: Program, config: DspChainConfig) -> Job:
    """A program with the service time of every instruction.

    The profiler lets LD and ST move bytes at once; in ``microarch`` they share the HBM port.
    """
    micro = config.fidelity == "microarch"
    machine = Machine(
        queues=DSP_CHAIN_ISA.queues,
        resources=DSP_CHAIN_ISA.resources,
        dispatch_latency=config.dispatch_latency,
        token_latency=config.token_latency,
    )
    return Job(
        machine=machine,
        queue=program.queue,
        wait=program.wait,
        release=program.release,
        resource=program.resource if micro else np.full(len(program), NO_RESOURCE, np.int8),
        service=service(program, config),
    )


def service(program: Program, config: DspChainConfig) -> IntArray:
    """(i,) time of every instruction."""
    return profiled(program, config) if config.fidelity == "profiler" else microarch.service(program, config)


def profiled(program: Program, config: DspChainConfig) -> IntArray:
    """(i,) time of every instruction without pipelines and latencies, as the artifact's profiler has it."""
    result = np.zeros(len(program), np.int64)
    for name, cycles in (
        ("LD", _load),
        ("ST", _store),
        ("MM", _product),
        ("MV", _product),
        ("MISC", misc),
        ("SYS", _sys),
    ):
        at = program.of(name)
        if len(at):
            result[at] = cycles(program, name, at, config)
    return result


def transfer_bytes(program: Program, name: str, at: IntArray) -> IntArray:
    """Bytes in the buffer of LDs or STs."""
    loops = ("loop_1d", "loop_2d", "loop_3d") if name == "LD" else ("loop_1d",)
    size = program.operand(name, "length", at).copy()
    for loop in loops:
        size *= program.operand(name, loop, at)
    return size


def _load(program: Program, name: str, at: IntArray, config: DspChainConfig) -> IntArray:
    """Bytes over the bandwidth of its channels, those in HBM, which may be fewer; zeros 256 B a cycle and channel."""
    size = transfer_bytes(program, name, at)
    keys = ("channels", "cross", "zero_fill", "share", "whole")
    columns = [program.operand(name, key, at) for key in keys]

    def per_byte(channels: int, cross: int, zeros: int, share: int, whole: int) -> Fraction:
        if zeros:
            return Fraction(1, MM_ROW * channels)
        return Fraction(share, whole) * byte_cycles(channels, bool(cross), config)

    return scaled(size, columns, per_byte, config)


def _store(program: Program, name: str, at: IntArray, config: DspChainConfig) -> IntArray:
    """Bytes over the bandwidth of its channels."""
    columns = [program.operand(name, "channels", at)]
    return scaled(
        transfer_bytes(program, name, at), columns, lambda channels: byte_cycles(channels, False, config), config
    )


def byte_cycles(channels: int, cross: bool, config: DspChainConfig) -> Fraction:
    """Cycles of the cores that a byte takes."""
    efficiency = config.cross_channel_efficiency if cross else config.same_channel_efficiency
    bandwidth = config.channel_bytes_per_s * channels * exact(efficiency)
    return config.core_clock_mhz * 10**6 / bandwidth


def _product(program: Program, name: str, at: IntArray, config: DspChainConfig) -> IntArray:
    """Multiply-accumulates over those of a cycle: 128 rows and 16 columns of an MM, 512 columns of an MV."""
    outputs = config.mm_rows * BLOCK if name == "MM" else config.mv_columns
    parallel = config.mm_macs if name == "MM" else config.mv_macs
    columns = [program.operand(name, key, at) for key in ("share", "whole")]
    dense = outputs * BLOCK * program.operand(name, "K", at)
    return scaled(dense, columns, lambda share, whole: Fraction(share, whole * parallel), config)


def misc(program: Program, name: str, at: IntArray, config: DspChainConfig) -> IntArray:
    """Elements over lanes, twice where all elements have to be seen first (paper, section 3.3)."""
    columns = [program.operand(name, "operation", at)]
    elements = BLOCK * program.operand(name, "K", at)
    return scaled(
        elements, columns, lambda operation: Fraction(1 + (operation in TWO_PASSES), config.sfu_lanes), config
    )


def _sys(program: Program, name: str, at: IntArray, config: DspChainConfig) -> IntArray:
    """One cycle."""
    del program, name
    return scaled(np.ones(len(at), np.int64), [np.zeros(len(at), np.int64)], lambda _: Fraction(1), config)


def scaled(work: IntArray, keys: list[IntArray], cycles: Callable[..., Fraction], config: DspChainConfig) -> IntArray:
    """Work times cycles per unit of it, in units of time, rounded up; ``cycles`` is asked once for a kind of keys."""
    first, kind = _kinds(keys)
    factor = config.ticks / exact(config.correction_factor)
    rates = [cycles(*(int(key[at]) for key in keys)) * factor for at in first]
    above, below = ([getattr(rate, part) for rate in rates] for part in ("numerator", "denominator"))
    most = int(work.max(initial=0)) * max(above, default=0)
    number = np.int64 if max(most, max(below, default=1)) < 2**62 else object  # whole numbers of any size
    scaled_work = work.astype(number) * np.array(above, number)[kind]
    return (-(-scaled_work // np.array(below, number)[kind])).astype(np.int64)


def _kinds(keys: list[IntArray]) -> tuple[IntArray, IntArray]:
    """Where each kind of row stands first, and the kind of every row."""
    code = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        values, place = np.unique(key, return_inverse=True)
        code = code * len(values) + place
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    return first, kind


def dram_bytes(program: Program, cores: int = 1) -> IntArray:
    """(i,) bytes that each instruction moves to or from HBM, in all cores."""
    result = np.zeros(len(program), np.int64)
    loads, stores = program.of("LD"), program.of("ST")
    share, whole = (program.operand("LD", name, loads) for name in ("share", "whole"))
    moved = -(-transfer_bytes(program, "LD", loads) * share // np.maximum(whole, 1))
    result[loads] = np.where(program.operand("LD", "zero_fill", loads), 0, moved)
    result[stores] = transfer_bytes(program, "ST", stores)
    return result * int(program.notes.get("cores", cores))
