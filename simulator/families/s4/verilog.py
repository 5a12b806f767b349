"""The Verilog of an SPU for a configuration: its parameters, what it cannot do, and how it is synthesised."""

from mapping.errors import InputError
from simulator.families.s4.config import S4Config
from simulator.verilog import Unit, Verilog

WORD_BITS = 32  # of the weights' port
MAX_BANK = 64
MAX_PLACES = 16


def parameters(config: S4Config) -> dict[str, int]:
    """The parameters of ``zs_spu`` by name.

    A place of the ring holds at most one pair for every byte of L1 that it has, a bank word takes ``bank`` bytes of a
    column, and a word of sums one for every MAC.

    Raises:
        InputError: The Verilog has no such machine; every field that is in the way is named.
    """
    wanted = {"datapath": "int8", "spu_latency": 5, "ring_latency": 3}
    faults = [
        f"{name}={getattr(config, name)!r}: it has {value!r}"
        for name, value in wanted.items()
        if getattr(config, name) != value
    ]
    if faults:
        raise InputError("the Verilog does not support " + "; ".join(faults))
    return {
        "Rows": config.mac_rows,
        "Cols": config.mac_columns,
        "Bank": config.bank,
        "WordWidth": WORD_BITS,
        "PairDepth": config.l1_weight_kib * 1024 // 4,
        "ActDepth": config.l1_activation_kib * 1024 // 2,
        "SumDepth": max(config.l1_output_kib * 1024 // (4 * config.mac_rows * config.mac_columns), 1),
    }


def units(config: S4Config) -> tuple[Unit, ...]:
    """The SPUs of all chips, each with the L1 of the configuration.

    ``parameters`` gives every row and every place the room that the longest one could need; here the capacities are
    those of the configuration: pairs of all rows and four places, two halves of bank words for all columns.

    Raises:
        InputError: The Verilog has no such machine.
    """
    pair_bits = 8 + max(1, (config.bank - 1).bit_length())
    depths = {
        "PairDepth": config.l1_weight_kib * 1024 * 8 // (4 * config.mac_rows * pair_bits),
        "ActDepth": config.l1_activation_kib * 1024 // (2 * config.mac_columns * config.bank),
    }
    values = parameters(config) | {name: max(depth, 1) for name, depth in depths.items()}
    return (Unit(name="SPU", module="zs_spu", parameters=values, count=config.chips * config.spus),)


VERILOG = Verilog(
    default="s4",
    units=units,
    total="SPUs",
    lacks="L2, network, vector unit and DRAM controller",
    blocks={
        "zs_mac_row": "row of MACs",
        "zs_gather": "gather",
        "zs_pair_decoder": "pair decoder",
        "zs_spu_sequencer": "sequencer",
        "zs_sram": "L1",
    },
    folders=("common", "s4"),
)
