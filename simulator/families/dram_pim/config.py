"""Configuration of a DRAM with multiply-accumulate units in its banks."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from mapping.errors import InputError
from simulator.config import FamilyConfig
from simulator.engine.job import MemoryState
from simulator.families.dram_pim.isa import MAX_CHANNELS, OPERATIONS
from simulator.memory.commands.table import CommandTable, load_table, vectors

BF16_BYTES = 2
PS_PER_US = 1_000_000


class DramPimConfig(FamilyConfig):
    """GDDR6 with a MAC unit in every bank; cycles are those of the DRAM's commands."""

    timing: str = Field("aim", description="timing table, simulator/memory/commands/tables, or a TOML file")
    channels: int = Field(32, ge=1, le=MAX_CHANNELS, description="channels of a device behind one host")
    bank_groups: int = Field(4, ge=1, le=16, description="bank groups of a channel")
    group_banks: int = Field(4, ge=1, le=16, description="banks of a group")
    rows: int = Field(16384, ge=1, le=2**24, description="rows of a bank")
    row_bytes: int = Field(2048, ge=32, le=2**16, multiple_of=32, description="bytes of a row in one bank")
    lanes: int = Field(16, ge=16, le=16, description="products of a MAC unit per column access of 32 bytes (bf16)")
    registers: int = Field(32, ge=1, le=256, description="sums that a bank holds at once")
    buffer_columns: int = Field(
        1,
        ge=1,
        le=64,
        description="columns of the input vector that the buffer of a channel sends to its banks for one column of "
        "weights; 1 in AiM: compressed weights then wait for their inputs",
    )
    refresh: bool = Field(True, description="whether refreshes fall due every nREFI")
    storage: Literal["dense", "compressed"] = Field(
        "compressed",
        description="dense: pruned weights are stored, columns that are zero in all banks skipped; compressed: kept "
        "weights and their indices only",
    )
    packing: Literal["row", "packed"] = Field(
        "packed",
        description="where weights of an output begin: in a row of their own (CENT), or behind those of the one before",
    )
    clock_mhz: int = Field(2000, ge=10, le=5000, description="command clock [MHz]; must be that of the timing table")
    dispatch_latency: int = Field(
        0, ge=0, le=64, description="cycles between two instructions; 0 as in AiM's simulator"
    )
    token_latency: int = Field(0, ge=0, le=64, description="cycles until a token is seen")

    @field_validator("timing")
    @classmethod
    def _complete(cls, name: str) -> str:
        table = load_table(name)
        missing = [operation for operation in OPERATIONS if operation not in table.operations]
        if missing:
            raise InputError(f"timing table {name}: no operation {', '.join(missing)}")
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.clock_mhz * self.table.cycle_ps != PS_PER_US:
            raise InputError(
                f"clock_mhz={self.clock_mhz}: a cycle of timing table {self.timing} is {self.table.cycle_ps} ps"
            )
        return self

    @cached_property
    def table(self) -> CommandTable:
        """Commands and constraints."""
        return load_table(self.timing)

    @property
    def banks(self) -> int:
        """Banks of a channel."""
        return self.bank_groups * self.group_banks

    @property
    def all_channels(self) -> int:
        """The mask of all channels."""
        return (1 << self.channels) - 1

    @property
    def row_elements(self) -> int:
        """bf16 elements of a row."""
        return self.row_bytes // BF16_BYTES

    @property
    def row_columns(self) -> int:
        """Column accesses of a row."""
        return self.row_elements // self.lanes

    @property
    def bytes(self) -> int:
        """Bytes of the device."""
        return self.channels * self.banks * self.rows * self.row_bytes

    def memory(self, log_rows: int = 0) -> MemoryState:
        """The memory before the first instruction: all rows closed.

        Args:
            log_rows: Commands to write down in its state, the first ones.
        """
        params, state = vectors(
            self.table,
            channels=self.channels,
            groups=self.bank_groups,
            group_banks=self.group_banks,
            refresh=self.refresh,
            log_rows=log_rows,
        )
        return MemoryState(params=params, state=state)
