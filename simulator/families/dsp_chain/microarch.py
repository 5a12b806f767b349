"""Service times of the pipelines: chains fill, instructions are issued, HBM answers late.

What the profiler leaves out. Depths and latencies are assumed, each marked so in the configuration; nothing is fitted.
"""

from mapping.arrays import IntArray
from simulator.families.dsp_chain import timing
from simulator.families.dsp_chain.chain import unit_cycles
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.program import Program


def service(program: Program, config: DspChainConfig) -> IntArray:
    """(i,) time of every instruction.

    * LD: issue, then the bytes. The first, and one that waits for a token, also wait for HBM: they may find the port
    idle.
      Those behind are under way while they are answered.
    * ST: issue, then the bytes; nobody waits for the answer.
    * MM, MV: issue, then the vector units, which share the blocks evenly: 64 pairs of rows times 2 units in MM mode,
    two
      units for each block of columns in MV mode, all at the pace of ``chain.block_beats``. The pipeline fills once.
    * MISC: issue, the pipeline of the special function unit, its elements. SYS: one cycle.
    """
    result = timing.profiled(program, config)
    ticks = config.ticks
    issue = config.issue_cycles * ticks
    for name in ("LD", "ST", "MM", "MV", "MISC"):
        result[program.of(name)] += issue
    loads = program.of("LD")
    alone = program.wait[loads] != 0
    alone[:1] = True
    result[loads[alone]] += config.hbm_latency * ticks
    fill = unit_cycles(0, config.chain) * ticks
    for name in ("MM", "MV"):
        result[program.of(name)] += fill
    result[program.of("MISC")] += config.sfu_stages * ticks
    return result
