"""Configuration of SAT: a systolic array for dense and N:M sparse products."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mapping.errors import InputError
from mapping.tiling import Capacity
from simulator.config import FamilyConfig
from simulator.memory.config import BankedMemory, MemoryConfig

MAX_SIDE = 1024
MAX_LATENCY = 64
MAX_SCRATCHPAD_KIB = 1024 * 1024
MAX_SUPPORTED_GROUP = 32

Latency = Annotated[int, Field(ge=0, le=MAX_LATENCY)]
Scratchpad = Annotated[int, Field(ge=1, le=MAX_SCRATCHPAD_KIB)]


class SatConfig(FamilyConfig):
    """SAT (Fang et al., arXiv 2309.13015, TCAD 2023) as far as it is public.

    The array is described in the paper's abstract and in third-party notes; its size and clock are not confirmed,
    and latencies and scratchpads are not public. Such fields say so.
    """

    rows: int = Field(32, ge=1, le=MAX_SIDE, description="rows of the array [PEs]; 32 is unverified")
    cols: int = Field(32, ge=1, le=MAX_SIDE, description="columns of the array [PEs]; 32 lanes are reported")
    max_group: int = Field(
        32, ge=1, le=MAX_SUPPORTED_GROUP, description="largest M that the activation select of a PE supports"
    )
    datapath: Literal["int8", "fp16"] = Field(
        "fp16", description="int8 x int8 -> int32, or fp16 x fp16 -> fp32 (the paper's mixed precision)"
    )
    output: Literal["element", "accumulator"] = Field(
        "element",
        description="what is stored: rounded to fp16 (fp16 datapath only), or the 32-bit accumulator",
    )
    clock_mhz: int = Field(200, ge=10, le=5000, description="clock [MHz]; 200 is unverified")
    add_latency: int = Field(
        1, ge=1, le=MAX_LATENCY, description="pipeline stages of the accumulating adder [cycles]; not public"
    )
    mul_latency: Latency = Field(
        0, description="pipeline stages of the multiplier before the adder [cycles]; not public"
    )
    interleave: int = Field(
        1,
        ge=1,
        le=MAX_LATENCY,
        description="independent accumulators interleaved in a PE; add_latency hides it all",
    )
    weight_registers: Literal["single", "shadow"] = Field(
        "single",
        description="single: loading a fold's weights takes `rows` cycles; shadow: it hides behind the last fold",
    )
    fold_overlap: Literal["none", "pipelined"] = Field(
        "none", description="pipelined: back-to-back folds share one fill and drain (needs shadow registers)"
    )
    output_drain: Literal["hidden", "serial"] = Field(
        "hidden", description="serial: shifting output-stationary results out takes `rows` cycles a fold"
    )
    sparse_rows: Literal["group", "slot"] = Field(
        "group",
        description="group: a PE row owns a group of M and takes N cycles; slot: every kept weight has a row",
    )
    dataflows: Literal["flexible", "weight_stationary", "output_stationary"] = Field(
        "flexible", description="flexible: the interconnect of the array switches between both, fold by fold"
    )
    sore_lanes: int = Field(
        32, ge=1, le=MAX_SIDE, description="groups that SORE prunes at once; 32, one per column, are reported"
    )
    wuve_lanes: int = Field(32, ge=1, le=MAX_SIDE, description="weights that WUVE updates a cycle; not public")
    sparse_weights: Literal["ahead", "on_demand"] = Field(
        "ahead",
        description="ahead: SORE prunes in the weight update, behind WUVE; on_demand: before each use, array waiting",
    )
    activation_scratchpad_kib: Scratchpad = Field(1024, description="both halves [KiB]; not public")
    weight_scratchpad_kib: Scratchpad = Field(1024, description="both halves [KiB]; not public")
    output_scratchpad_kib: Scratchpad = Field(1024, description="both halves [KiB]; not public")
    dispatch_latency: Latency = Field(1, description="cycles between two instructions of a queue; 1 in the RTL")
    token_latency: Latency = Field(1, description="cycles until a token is seen; 1 in the RTL")
    memory: MemoryConfig = Field(
        default_factory=lambda: BankedMemory(preset="ddr4-2400", channels=4),
        description="off-chip memory behind the one DRAM port",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.output == "element" and self.datapath == "int8":
            raise InputError("output='element' needs datapath='fp16'; int8 stores the int32 'accumulator'")
        if self.fold_overlap == "pipelined" and self.weight_registers == "single":
            raise InputError("fold_overlap='pipelined' needs weight_registers='shadow'")
        if self.interleave > 1 and self.add_latency == 1:
            raise InputError(f"interleave={self.interleave} has no effect with add_latency=1")
        return self

    @property
    def element_bytes(self) -> int:
        """Bytes of an activation or weight."""
        return 1 if self.datapath == "int8" else 2

    @property
    def accumulator_bytes(self) -> int:
        """Bytes of an accumulator."""
        return 4

    @property
    def output_bytes(self) -> int:
        """Bytes of a stored output."""
        return self.element_bytes if self.output == "element" else self.accumulator_bytes

    @property
    def clock_hz(self) -> int:
        """Clock in Hz."""
        return self.clock_mhz * 1_000_000

    def capacity(self, buffers: int) -> Capacity:
        """What fits into one of ``buffers`` parts of each scratchpad."""
        return Capacity(
            activation_bytes=self.activation_scratchpad_kib * 1024 // buffers,
            weight_bytes=self.weight_scratchpad_kib * 1024 // buffers,
            output_bytes=self.output_scratchpad_kib * 1024 // buffers,
            element_bytes=self.element_bytes,
            accumulator_bytes=self.accumulator_bytes,
        )
