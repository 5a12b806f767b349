"""The Verilog parameters of an SPU for a configuration, and what the Verilog cannot do."""

from mapping.errors import InputError
from simulator.families.s4.config import S4Config

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
