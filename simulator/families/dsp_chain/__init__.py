"""FlightLLM: chains of DSP slices on an HBM FPGA, N:16 sparse transformers (FPGA'24, arXiv 2401.03868)."""

from pathlib import Path

from simulator.families import Family
from simulator.families.dsp_chain.check import check
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.families.dsp_chain.cost import actions
from simulator.families.dsp_chain.generation import generate
from simulator.families.dsp_chain.golden import GOLDEN
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA
from simulator.families.dsp_chain.lower import candidates, lower
from simulator.families.dsp_chain.reproduce import reproduce
from simulator.families.dsp_chain.timing import dram_bytes, job
from simulator.families.dsp_chain.verilog import VERILOG

FAMILY = Family(
    name="dsp_chain",
    summary="chains of DSP slices on an HBM FPGA, N:16 sparse transformers (FlightLLM, arXiv 2401.03868)",
    config=DspChainConfig,
    configs=Path(__file__).parent / "configs",
    default="vhk158",
    isa=DSP_CHAIN_ISA,
    candidates=candidates,
    lower=lower,
    job=job,
    dram_bytes=dram_bytes,
    golden=GOLDEN,
    peak_macs=lambda config: config.peak_macs,
    peak_bytes=lambda config: config.peak_bytes,
    check=check,
    actions=actions,
    reproduce=reproduce,
    machine="flightllm",
    verilog=VERILOG,
    generate=generate,
    reads_values=True,
)
