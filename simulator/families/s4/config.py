"""Configuration of S4: one to four Antoum chips for bank-balanced weights."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mapping.errors import InputError
from simulator.config import FamilyConfig
from simulator.memory.config import BankedMemory, MemoryConfig

MAX_BANK = 64
MAX_SIDE = 1024
MAX_LATENCY = 64
MAX_KIB = 1024 * 1024

Latency = Annotated[int, Field(ge=0, le=MAX_LATENCY)]
Count = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Kib = Annotated[int, Field(ge=1, le=MAX_KIB)]
Rate = Annotated[int, Field(ge=1, le=10_000_000)]


class S4Config(FamilyConfig):
    """Moffett AI's S4, S10, S30 and S40 cards (1 to 4 Antoum chips) as far as they are public.

    Published by the vendor through ByteMLPerf (bytedance/ByteMLPerf, vendor_zoo/Moffett): chips, clusters, SPUs, DRAM
    and L2 size and bandwidth, NoC bandwidth, and 943.6 TOPS int8 at a 32-fold reduction, which is 460.8 GMAC/s an SPU.
    What is not public says so, with the reason for the value taken.
    """

    chips: int = Field(1, ge=1, le=4, description="Antoum chips on the card; they split the batch")
    clusters: int = Field(4, ge=1, le=16, description="clusters of a chip (published)")
    cluster_spus: int = Field(8, ge=1, le=16, description="SPUs of a cluster, which form a ring (8 published)")
    mac_rows: Count = Field(8, description="filters that an SPU works on at once; not public, rows x columns is 512")
    mac_columns: Count = Field(
        64, description="positions that an SPU works on at once; not public, 512 MACs x 900 MHz give the published rate"
    )
    bank: int = Field(
        32,
        ge=1,
        le=MAX_BANK,
        description="input channels of a bank; not public, 32 is the smallest that can keep one weight at 32x",
    )
    max_rate: int = Field(32, ge=1, le=MAX_BANK, description="highest reduction of the weights (32 published)")
    channel_multiple: int = Field(
        4,
        ge=1,
        le=64,
        description="channels, in and out, must be a multiple or the layer runs dense (older tool's rule)",
    )
    datapath: Literal["int8", "bf16"] = Field("int8", description="int8 x int8 -> int32, or bf16 x bf16 -> fp32")
    bf16_cycles: int = Field(
        2, ge=1, le=16, description="cycles of a bf16 operation in cycles of an int8 one; 2 is unverified"
    )
    output: Literal["element", "accumulator"] = Field(
        "element", description="what is stored: elements as the vector unit rounds them, or 32-bit accumulators"
    )
    clock_mhz: int = Field(900, ge=10, le=5000, description="clock [MHz]; not public, see mac_columns")
    spu_latency: int = Field(
        5, ge=1, le=MAX_LATENCY, description="cycles from a pass's last pair to its end; not public, 5 in the RTL"
    )
    ring_latency: int = Field(
        3, ge=1, le=MAX_LATENCY, description="cycles until pairs can be used by the next SPU; not public, 3 in the RTL"
    )
    vector_gops: Rate = Field(3200, description="int8 vector operations of a chip [10^9/s] (published)")
    special_gops: Rate = Field(
        800, description="exp, erf of a chip [10^9/s]; not public, a quarter of the vector rate as in a Turing SM"
    )
    l1_activation_kib: Kib = Field(24, description="L1 of an SPU for activations, both halves [KiB]; split not public")
    l1_weight_kib: Kib = Field(
        16, description="for weights: two halves of two ring places [KiB]; 56 KiB in all are 1.8 MB a chip (published)"
    )
    l1_output_kib: Kib = Field(16, description="for partial sums [KiB]; split not public")
    l2_mb: int = Field(
        82, ge=1, le=4096, description="L2 of a chip [MB]; published, but suspect: equal to the DRAM's GB/s"
    )
    l2_gb_per_s: Rate = Field(11_700, description="L2 bandwidth of a chip [GB/s] (published, suspect as the size is)")
    noc_mb_per_s: Rate = Field(204_800, description="network between the clusters [MB/s] (published)")
    memory_gb: int = Field(20, ge=1, le=4096, description="DRAM of a chip [GB] (published)")
    dispatch_latency: Latency = Field(1, description="cycles between two instructions of a queue; not public")
    token_latency: Latency = Field(1, description="cycles until a token is seen; not public")
    memory: MemoryConfig = Field(
        default_factory=lambda: BankedMemory(preset="lpddr4-3200", channels=13),
        description="DRAM of a chip; 13 channels of LPDDR4-3200 are 83.2 GB/s (82 published)",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max_rate > self.bank:
            raise InputError(f"max_rate={self.max_rate}: a bank of {self.bank} keeps at least one weight")
        return self

    @property
    def spus(self) -> int:
        """SPUs of a chip."""
        return self.clusters * self.cluster_spus

    @property
    def element_bytes(self) -> int:
        """Bytes of an activation or weight."""
        return 1 if self.datapath == "int8" else 2

    @property
    def accumulator_bytes(self) -> int:
        """Bytes of a partial sum."""
        return 4

    @property
    def output_bytes(self) -> int:
        """Bytes of a stored output."""
        return self.element_bytes if self.output == "element" else self.accumulator_bytes

    @property
    def mac_cycles(self) -> int:
        """Cycles of a multiply-accumulate in the datapath."""
        return 1 if self.datapath == "int8" else self.bf16_cycles

    @property
    def clock_hz(self) -> int:
        """Clock in Hz."""
        return self.clock_mhz * 1_000_000

    @property
    def l2_bytes(self) -> int:
        """Bytes of L2."""
        return self.l2_mb * 1_000_000
