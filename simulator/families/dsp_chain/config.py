"""Configuration of FlightLLM's machine: chains of DSP slices, six queues, HBM."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mapping.errors import InputError
from simulator.config import FamilyConfig
from simulator.families.dsp_chain.chain import ChainConfig

BLOCK = 16  # rows and columns of a sparse block, "FSB block" of the artifact
CODES = (0, 2, 4, 8, 16)  # N of N:16; paper, section 3.2
WEIGHT_BITS = (2, 3, 4, 8)
CONTEXT_STEP = 16  # tokens of a length-adaptive bucket

CHAIN = ChainConfig.model_validate({})  # with its defaults

Depth = Annotated[int, Field(ge=1, le=4096)]
Stages = Annotated[int, Field(ge=0, le=64)]


class DspChainConfig(FamilyConfig):
    """FlightLLM (Zeng et al., FPGA'24, arXiv 2401.03868) as far as it is public.

    "Artifact" is FlightLLM/flightllm_test_demo, whose ``profile/config.yaml`` gives the sizes of the simulated VHK158.
    The paper's section on the chip gives the structure. A field that neither gives says that it is assumed.
    """

    fidelity: Literal["profiler", "microarch"] = Field(
        "profiler",
        description="profiler: service times of the artifact's profiler; microarch: pipelines, issue and HBM latency",
    )
    generator: Literal["artifact", "physical"] = Field(
        "physical",
        description="artifact: programs of the published generator with its shortcuts; physical: what fits on chip",
    )
    core_clock_mhz: int = Field(225, ge=10, le=1000, description="clock of the cores [MHz]; artifact")
    clock_mhz: int = Field(
        225, ge=10, description="unit of time [MHz]: core_clock_mhz, or a multiple that makes service times whole"
    )
    correction_factor: float = Field(
        1.0, ge=1, le=64, description="every service time is divided by it; 3.2 in the artifact, undocumented there"
    )
    cores: int = Field(1, ge=1, le=8, description="cores that share the columns of a layer; U280: one per SLR, 3")
    mm_rows: int = Field(128, description="rows of an MM instruction; artifact")
    mm_macs: int = Field(4096, ge=64, description="multiply-accumulates a cycle and core in MM mode; artifact")
    mv_columns: int = Field(512, description="columns of an MV instruction; artifact")
    mv_macs: int = Field(1024, ge=64, description="multiply-accumulates a cycle and core in MV mode; artifact")
    sfu_lanes: int = Field(16, ge=1, le=256, description="elements a cycle of the special function unit; artifact")
    weight_bits: Literal[2, 3, 4, 8] = Field(
        4, description="bits of a weight in HBM; dequantised to int8 on the way to its buffer; artifact: 4"
    )

    a_rows: Depth = Field(4096, description="rows of the A buffer, 256 B (MM) or 64 B (MV) a channel; artifact")
    b_rows: Depth = Field(4096, description="rows of the B buffer, 32 B (MM) or 16 B (MV); artifact")
    meta_rows: Depth = Field(
        4096, description="rows of the index buffer, 16 B (MM, artifact) or 32 B a channel (MV, assumed)"
    )
    fsb_rows: Depth = Field(
        4096, description="rows of the buffer of block codes, 1 B (MM, artifact) or 4 B a channel (MV, assumed)"
    )
    bias_rows: Depth = Field(4096, description="rows of the bias buffer, 64 B; artifact")
    global_rows: Depth = Field(512, description="rows of the global buffer, 256 B a channel; artifact")

    hbm_bytes_per_s: float = Field(
        879609302220.8, gt=0, description="of all channels; artifact: 819.2 * 2**30, U280 board: 460e9 (unverified)"
    )
    hbm_channels: int = Field(32, ge=1, le=64, description="channels of the HBM; artifact")
    core_channels: Literal[8] = Field(8, description="channels of a core's A and global buffers; artifact")
    hbm_gib: float = Field(8.0, gt=0, description="capacity [GiB]; artifact: 8 (the paper's text says 32)")
    same_channel_efficiency: float = Field(0.7, gt=0, le=1, description="of HBM bandwidth; artifact")
    cross_channel_efficiency: float = Field(0.35, gt=0, le=1, description="of HBM bandwidth; artifact")
    on_chip_decode: bool = Field(
        False, description="activations of a decode step stay on chip (paper, section 4); the artifact moves them"
    )

    chain: ChainConfig = Field(CHAIN, description="a chain of DSP slices; 16 slices follow from K = 16 of the artifact")
    hbm_latency: int = Field(0, ge=0, le=1000, description="first byte of a transfer [core cycles]; assumed")
    issue_cycles: Stages = Field(0, description="decode and address set-up of an instruction [cycles]; assumed")
    sfu_stages: Stages = Field(0, description="pipeline of the special function unit [cycles]; assumed")
    dispatch_latency: int = Field(0, ge=0, le=64, description="cycles between two instructions of a queue; artifact: 0")
    token_latency: int = Field(0, ge=0, le=64, description="cycles until a token is seen; artifact: 0")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.clock_mhz % self.core_clock_mhz:
            raise InputError(f"clock_mhz={self.clock_mhz} is not a multiple of core_clock_mhz={self.core_clock_mhz}")
        micro = ("hbm_latency", "issue_cycles", "sfu_stages")
        if self.fidelity == "profiler":
            set_anyway = [name for name in micro if getattr(self, name)]
            set_anyway += ["chain"] if self.chain != CHAIN else []
            if set_anyway:
                raise InputError(f"{set_anyway[0]} has no effect with fidelity='profiler'")
        elif self.correction_factor != 1:
            raise InputError(f"correction_factor={self.correction_factor} has no effect with fidelity='microarch'")
        if self.cores * (self.core_channels + 2) > self.hbm_channels + 1 and self.cores > 1:
            raise InputError(
                f"cores={self.cores}: each takes {self.core_channels} channels for A and 2 for B and instructions, "
                f"more than hbm_channels={self.hbm_channels}"
            )
        if self.generator == "artifact" and (self.cores != 1 or self.on_chip_decode):
            raise InputError("generator='artifact' knows one core, and moves activations through HBM")
        if self.mm_rows != 128 or self.mv_columns != 512:
            raise InputError(
                f"mm_rows={self.mm_rows}, mv_columns={self.mv_columns}: the buffers are cut for 128 and 512"
            )
        return self

    @property
    def clock_hz(self) -> int:
        """Units of time in a second."""
        return self.clock_mhz * 1_000_000

    @property
    def ticks(self) -> int:
        """Units of time in a cycle of the cores."""
        return self.clock_mhz // self.core_clock_mhz

    @property
    def channel_bytes_per_s(self) -> Fraction:
        """Bandwidth of one channel, exactly as the decimals of the configuration say."""
        return exact(self.hbm_bytes_per_s) / self.hbm_channels

    @property
    def hbm_bytes(self) -> int:
        """Capacity."""
        return int(exact(self.hbm_gib) * 2**30)

    @property
    def peak_macs(self) -> float:
        """Multiply-accumulates of all cores in a unit of time, in MM mode."""
        return float(self.cores * self.mm_macs * exact(self.correction_factor) / self.ticks)

    @property
    def peak_bytes(self) -> float:
        """Bytes of all channels in a unit of time."""
        return float(exact(self.hbm_bytes_per_s) * exact(self.correction_factor) / self.clock_hz)


def exact(value: float) -> Fraction:
    """A number as its decimals say: 0.7 is seven tenths."""
    return Fraction(repr(value))
