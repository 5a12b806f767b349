"""Where a transformer block lies on CENT: which channels, which banks, which rows."""

from dataclasses import dataclass
from functools import cached_property

from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.partition import Partition, partition
from simulator.families.dram_pim.transformer import Transformer

GROUP = 4  # banks that an element-wise product takes: two factors, the result, one unused


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a block lies.

    Attributes:
        model: The decoder.
        config: One device.
        block_channels: Channels of a block on a device; a device holds as many blocks as fit.
        devices: Devices over which the matrices of a block are spread; attention stays on the first.
    """

    model: Transformer
    config: DramPimConfig
    block_channels: int
    devices: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot lie there.

        Raises:
            InputError: More channels than a device has, heads that do not split, or more rows than a bank has.
        """
        model, config = self.model, self.config
        if not 1 <= self.block_channels <= config.channels:
            raise InputError(f"channels per block={self.block_channels} outside [1, {config.channels}]")
        if self.devices > 1 and self.block_channels != config.channels:
            raise InputError(
                f"channels per block={self.block_channels}: a block over {self.devices} devices takes all "
                f"{config.channels}"
            )
        if model.head_dim % config.banks:
            raise InputError(
                f"model {model.name}: heads of {model.head_dim} do not split over the {config.banks} banks of a channel"
            )
        if config.row_elements % model.head_dim:
            raise InputError(
                f"model {model.name}: heads of {model.head_dim} do not divide rows of {config.row_elements}"
            )
        if self.rows_needed > config.rows:
            missing = self.rows_needed - config.rows
            excess = missing * config.row_bytes * config.banks * self.block_channels / 2**20
            raise InputError(
                f"model {model.name} does not fit: a block needs {self.rows_needed} rows in each bank of "
                f"{self.block_channels} channels, {missing} more than there are ({excess:.0f} MiB)"
            )

    @property
    def banks(self) -> int:
        """Banks of a block on one device."""
        return self.block_channels * self.config.banks

    @property
    def matrix_banks(self) -> int:
        """Banks over which matrices and keys are spread."""
        return self.banks * self.devices

    @property
    def blocks(self) -> int:
        """Blocks that share a device."""
        return self.config.channels // self.block_channels

    def matrix(self, inputs: int, outputs: int) -> Partition:
        """A matrix over all banks of the block."""
        return partition(inputs, outputs, self.matrix_banks, self.config)

    @cached_property
    def matrices(self) -> dict[str, Partition]:
        """The weights of a block."""
        model = self.model
        kv = model.kv_heads * model.head_dim
        shapes = {
            "q": (model.dim, model.dim),
            "k": (model.dim, kv),
            "v": (model.dim, kv),
            "o": (model.dim, model.dim),
            "gate": (model.dim, model.ffn),
            "up": (model.dim, model.ffn),
            "down": (model.ffn, model.dim),
        }
        return {name: self.matrix(*shape) for name, shape in shapes.items()}

    @cached_property
    def first_rows(self) -> dict[str, int]:
        """First row of everything that lies in the banks; ``end`` is one past the last."""
        model, config = self.model, self.config
        kv_rows = ceil_div(model.kv_heads * model.head_dim, config.row_elements)
        sequence_rows = ceil_div(model.context, config.row_elements)
        vectors = ("x", "x_copy", "norm", "xq", "xk", "sa_copy", "ffn_norm", "x1", "x1_sigmoid")
        sizes = dict.fromkeys(vectors, 1) | {name: matrix.rows for name, matrix in self.matrices.items()}
        sizes["keys"] = ceil_div(model.context, self.matrix_banks) * kv_rows
        sizes["values"] = sequence_rows * self.heads_per_channel * (model.head_dim // config.banks)
        sizes["scores"] = sequence_rows * self.scores_per_bank
        first, rows = 0, {}
        for name, size in sizes.items():
            rows[name] = first
            first += size
        return rows | {"end": first}

    @property
    def rows_needed(self) -> int:
        """Rows of a bank that a block takes."""
        return self.first_rows["end"]

    @property
    def heads_per_channel(self) -> int:
        """Heads of values in a channel."""
        return ceil_div(self.model.kv_heads, self.block_channels)

    @property
    def scores_per_bank(self) -> int:
        """Heads whose scores lie in a bank group for the scaling."""
        return ceil_div(self.model.heads, self.block_channels * GROUP)
