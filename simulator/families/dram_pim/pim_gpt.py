"""One transformer block on PIM-GPT: products in the banks, everything else in the ASIC.

Known (arXiv 2310.09385, abstract): matrices are concatenated and partitioned over channels and banks so that all units
work on local data; an ASIC does the non-linear functions and issues instructions. The rest is this model's: queries,
keys and values are one matrix; the keys of a token lie in one bank, the values of a head in one channel; results go
to the ASIC as bf16, and nothing of the ASIC overlaps with the banks, because each step needs the one before.
"""

from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dram_pim import asic
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.partition import multiply, partition
from simulator.families.dram_pim.stream import Stream
from simulator.families.dram_pim.transformer import Transformer
from simulator.program import Program


class TokenLowering:
    """Writes one block, or the output layer, for a token after ``sequence - 1`` others."""

    def __init__(self, model: Transformer, config: DramPimConfig, sequence: int) -> None:
        """Place the model.

        Raises:
            InputError: A model that does not fit or does not split, or a sequence outside its context.
        """
        if not 1 <= sequence <= model.context:
            raise InputError(f"sequence={sequence} outside [1, {model.context}] for {model.name}")
        if model.head_dim % config.banks:
            raise InputError(
                f"model {model.name}: heads of {model.head_dim} do not split over the {config.banks} banks of a channel"
            )
        self.model, self.config, self.sequence = model, config, sequence
        self.all_banks = config.channels * config.banks
        self.row = 0
        needed = self.rows_needed()
        if needed > config.rows:
            missing = (needed - config.rows) * self.all_banks * config.row_bytes / 2**20
            raise InputError(
                f"model {model.name} does not fit: {needed} rows in each bank, {config.rows} there are "
                f"({missing:.0f} MiB too many)"
            )
        self.stream = Stream(config.all_channels)

    @property
    def heads_per_row(self) -> int:
        """Heads whose keys for one token share a row."""
        return self.config.row_elements // self.model.head_dim

    @property
    def key_rows(self) -> int:
        """Rows of the keys of one token."""
        return ceil_div(self.model.heads, self.heads_per_row)

    @property
    def heads_per_channel(self) -> int:
        """Heads whose values share a channel."""
        return ceil_div(self.model.heads, self.config.channels)

    def rows_needed(self) -> int:
        """Rows of every bank for all blocks, the KV cache at its longest, and the output layer."""
        model, config = self.model, self.config
        shapes = ((model.dim, 3 * model.dim), (model.dim, model.dim), (model.dim, model.ffn), (model.ffn, model.dim))
        weights = sum(partition(k, n, self.all_banks, config).rows for k, n in shapes)
        keys = ceil_div(model.context, self.all_banks) * self.key_rows
        values = (
            self.heads_per_channel * (model.head_dim // config.banks) * ceil_div(model.context, config.row_elements)
        )
        return (
            model.blocks * (weights + keys + values)
            + partition(model.dim, model.vocabulary, self.all_banks, config).rows
        )

    def block(self) -> Program:
        """One block."""
        model, stream = self.model, self.stream
        stream.asic(asic.layer_norm(model.dim))
        self._multiply(model.dim, 3 * model.dim)
        keys = self._rows(ceil_div(model.context, self.all_banks) * self.key_rows)
        values = self._rows(
            self.heads_per_channel
            * (model.head_dim // self.config.banks)
            * ceil_div(model.context, self.config.row_elements)
        )
        self._store(keys, values)
        self._scores(keys)
        stream.asic(asic.softmax(model.heads, self.sequence))
        self._values(values)
        self._multiply(model.dim, model.dim)
        stream.asic(asic.add(model.dim) + asic.layer_norm(model.dim))
        self._multiply(model.dim, model.ffn)
        stream.asic(asic.gelu(model.ffn))
        self._multiply(model.ffn, model.dim)
        stream.asic(asic.add(model.dim))
        return stream.program(title=f"block of {model.name}", sequence=self.sequence)

    def output(self) -> Program:
        """The last norm and the product with the embedding."""
        self.stream.asic(asic.layer_norm(self.model.dim))
        self._multiply(self.model.dim, self.model.vocabulary)
        return self.stream.program(title=f"output of {self.model.name}", sequence=self.sequence)

    def _rows(self, count: int) -> int:
        first, self.row = self.row, self.row + count
        return first

    def _multiply(self, inputs: int, outputs: int) -> None:
        matrix = partition(inputs, outputs, self.all_banks, self.config)
        multiply(self.stream, matrix, self._rows(matrix.rows), self.config.registers)

    def _store(self, keys: int, values: int) -> None:
        """The new token's keys, a row or more of one bank; its values, an element in a row of each dimension."""
        model, config, token = self.model, self.config, self.sequence - 1
        channel, bank = divmod(token % self.all_banks, config.banks)
        left = model.dim
        for row in range(self.key_rows):
            elements = min(left, self.heads_per_row * model.head_dim)
            left -= elements
            first = keys + token // self.all_banks * self.key_rows + row
            self.stream.host("WRITE", mask=1 << channel, bank=bank, row=first, count=ceil_div(elements, config.lanes))
        for head in range(model.heads):
            channel = head // self.heads_per_channel
            for part in range(model.head_dim // config.banks):
                row = self._value_row(values, head % self.heads_per_channel, part) + token // config.row_elements
                self.stream.host("WR_ABK", mask=1 << channel, row=row)

    def _value_row(self, values: int, head: int, part: int) -> int:
        pieces = ceil_div(self.model.context, self.config.row_elements)
        return values + (head * (self.model.head_dim // self.config.banks) + part) * pieces

    def _scores(self, keys: int) -> None:
        model, config = self.model, self.config
        columns = ceil_div(model.head_dim, config.lanes)
        for row in range(self.key_rows):
            heads = min(self.heads_per_row, model.heads - row * self.heads_per_row)
            self.stream.host("WR_GB", count=heads * columns)
            for turn in range(ceil_div(self.sequence, self.all_banks)):
                first = keys + turn * self.key_rows + row
                for group in range(0, heads, config.registers):
                    members = range(group, min(group + config.registers, heads))
                    for register in range(len(members)):
                        self.stream.host("WR_BIAS", register=register)
                    for register, head in enumerate(members):
                        column = head * columns
                        self.stream.host("MAC_ABK", row=first, column=column, count=columns, register=register)
                    for register in range(len(members)):
                        self.stream.host("RD_MAC", register=register)

    def _values(self, values: int) -> None:
        model, config = self.model, self.config
        size = config.row_elements
        for head in range(self.heads_per_channel):
            for piece, first in enumerate(range(0, self.sequence, size)):
                columns = ceil_div(min(size, self.sequence - first), config.lanes)
                self.stream.host("WR_GB", count=columns)
                parts = model.head_dim // config.banks
                for part in range(parts):
                    self.stream.host("WR_BIAS", register=part)
                for part in range(parts):
                    row = self._value_row(values, head, part) + piece
                    self.stream.host("MAC_ABK", row=row, count=columns, register=part)
                for part in range(parts):
                    self.stream.host("RD_MAC", register=part)
