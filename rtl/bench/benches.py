"""Which benches there are, and the parameter sets on which they run and lint is done."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A bench of a module.

    Attributes:
        module: The Verilog module under test.
        toplevel: What is simulated: the module, or a frame around it.
        bench: Python module with the cocotb tests.
        parameters: By name, sets of Verilog parameters to run it with.
        environment: Parameters that the bench wants to know before it sees the module.
        slow: Parameter sets that the default test run leaves out.
    """

    module: str
    toplevel: str
    bench: str
    parameters: Mapping[str, Mapping[str, int]]
    environment: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()

    def environment_of(self, name: str) -> dict[str, str]:
        """What is handed to the bench for one set of parameters."""
        return {key.upper(): str(self.parameters[name][key]) for key in self.environment}


COMMON = (
    Bench(
        module="zs_spill_register",
        toplevel="zs_spill_register",
        bench="rtl.bench.spill_register",
        parameters={"byte": {"Width": 8}},
    ),
    Bench(
        module="zs_fifo",
        toplevel="zs_fifo",
        bench="rtl.bench.fifo",
        parameters={
            "one": {"Width": 8, "Depth": 1},
            "three": {"Width": 1, "Depth": 3},
            "four": {"Width": 70, "Depth": 4},
        },
        environment=("Depth",),
    ),
    Bench(
        module="zs_token_counter",
        toplevel="zs_token_counter",
        bench="rtl.bench.token_counter",
        parameters={"three": {"Width": 2}, "fifteen": {"Width": 4}},
    ),
    Bench(
        module="zs_arbiter",
        toplevel="zs_arbiter",
        bench="rtl.bench.arbiter",
        parameters={"three": {"NumQueues": 3}},
    ),
    Bench(
        module="zs_dispatch",
        toplevel="zs_dispatch_bench",
        bench="rtl.bench.dispatch",
        parameters={"middle": {}},
    ),
    Bench(
        module="zs_control",
        toplevel="zs_queue_machine",
        bench="rtl.bench.queue_machine",
        parameters={
            "six": {"NumQueues": 6, "NumResources": 2},
            "largest": {"NumQueues": 16, "NumResources": 3},
        },
        slow=("largest",),
    ),
    Bench(
        module="zs_scratchpad",
        toplevel="zs_scratchpad",
        bench="rtl.bench.scratchpad",
        parameters={
            "bytes": {"Bytes": 24, "Lanes": 1, "ReadPorts": 1, "WritePorts": 1},
            "ports": {"Bytes": 64, "Lanes": 4, "ReadPorts": 2, "WritePorts": 3},
            "rows": {"Bytes": 48, "Lanes": 4, "ReadPorts": 1, "WritePorts": 1},  # 12 of them
        },
    ),
    Bench(
        module="zs_dma",
        toplevel="zs_dma_bench",
        bench="rtl.bench.dma",
        parameters={
            "bytes": {"Lanes": 1, "DramBytes": 4096, "PadBytes": 1024},
            "wide": {"Lanes": 8, "DramBytes": 4096, "PadBytes": 1024},
        },
    ),
)

DSP_CHAIN = (
    Bench(
        module="zs_dsp_slice",
        toplevel="zs_dsp_cells_bench",
        bench="rtl.bench.dsp_cells",
        parameters={"cells": {"ReductionStages": 2, "OverflowStages": 2}},
    ),
    Bench(
        module="zs_dsp_chain",
        toplevel="zs_dsp_chain",
        bench="rtl.bench.dsp_chain",
        parameters={
            "sixteen": {"Length": 16, "TagWidth": 9},
            "deep": {"Length": 16, "MuxStages": 2, "ReductionStages": 3, "OverflowStages": 2, "TagWidth": 9},
            "two": {"Length": 2, "TagWidth": 9},
            "four": {"Length": 4, "TagWidth": 9},
            "eight": {"Length": 8, "MuxStages": 2, "TagWidth": 9},
        },
        environment=("Length",),
        slow=("deep", "two", "four", "eight"),
    ),
    Bench(
        module="zs_vector_unit",
        toplevel="zs_vector_unit",
        bench="rtl.bench.dsp_vector_unit",
        parameters={
            "two": {"Length": 2},
            "four": {"Length": 4, "MuxStages": 2},
            "eight": {"Length": 8, "ReductionStages": 2},
            "sixteen": {"Length": 16, "MuxStages": 2, "ReductionStages": 2, "OverflowStages": 2},
            "plain": {"Length": 16},
        },
        environment=("Length",),
        slow=("plain",),
    ),
)
