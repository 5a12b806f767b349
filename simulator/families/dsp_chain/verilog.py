"""The Verilog of a configuration: its vector units, and how they are synthesised."""

from mapping.errors import InputError
from simulator.families.dsp_chain.chain import ROWS
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.verilog import Unit, Verilog


def units(config: DspChainConfig) -> tuple[Unit, ...]:
    """The vector units of all cores: as many chains as give the multiply-accumulates of MM mode.

    Raises:
        InputError: These are no whole number of chains.
    """
    chain = config.chain
    each = chain.length * ROWS
    if config.mm_macs % each:
        raise InputError(f"mm_macs={config.mm_macs} is no multiple of the {each} of a chain of {chain.length} slices")
    stages = {
        "MuxStages": chain.mux_stages,
        "ReductionStages": chain.reduction_stages,
        "OverflowStages": chain.overflow_stages,
    }
    count = config.cores * config.mm_macs // each
    return (
        Unit(name="vector unit", module="zs_vector_unit", parameters={"Length": chain.length, **stages}, count=count),
    )


VERILOG = Verilog(
    default="u280",
    units=units,
    total="vector units",
    lacks="buffers, special function unit, instruction scheduler and memory controllers",
    blocks={
        "zs_dsp_chain": "chain",
        "zs_dsp_slice": "DSP slice",
        "zs_sparse_mux": "sparse MUX",
        "zs_reduction_node": "reduction node",
        "zs_overflow_adjust": "overflow adjust unit",
        "zs_block_sequencer": "block sequencer",
        "zs_column_accumulator": "column accumulator",
    },
    folders=("common", "dsp_chain"),
)
