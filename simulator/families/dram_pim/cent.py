"""One transformer block on CENT: what its host sends to the channels of a device for one token.

The order of the steps is that of CENT's trace generator (Yufeng98/CENT@8c79786, cent_simulation/Llama.py, trace_only):
vectors are spread over banks for element-wise products, matrices are multiplied from the banks, keys lie token by
token in one bank each, values lie dimension by dimension. Blocks that share a device run in lock-step, each on
channels of its own.
"""

from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.families.dram_pim.partition import Partition, multiply
from simulator.families.dram_pim.placement import GROUP, Placement
from simulator.families.dram_pim.stream import Stream
from simulator.program import Program

LANES = 16


class BlockLowering:
    """Writes the instructions of one block for one token after ``sequence - 1`` others."""

    def __init__(self, place: Placement, sequence: int) -> None:
        """Begin a block.

        Raises:
            InputError: A sequence longer than the model's context, or empty.
        """
        if not 1 <= sequence <= place.model.context:
            raise InputError(f"sequence={sequence} outside [1, {place.model.context}] for {place.model.name}")
        self.place, self.model, self.config = place, place.model, place.config
        self.sequence = sequence
        self.rows = place.first_rows
        self.stream = Stream(self._mask(place.block_channels))

    def block(self) -> Program:
        """All of it."""
        model, row = self.model, self.rows
        self._norm_input("x")
        self._norm("x", "x_copy", "norm", (0, 1))
        for name in ("q", "k", "v"):
            self._multiply(name)
        self._rotate()
        self._store_keys_and_values()
        self._scores()
        self._softmax()
        self._values()
        self._multiply("o")
        self.stream.host("HOST")  # addition of the residual, in the host's registers
        self._norm_input("sa_copy")
        self._norm("sa_copy", "sa_copy", "ffn_norm", (1, 0))
        self._multiply("gate", activate=True)
        self._multiply("up")
        self._gate()
        self._multiply("down")
        self.stream.host("HOST")
        return self._program(f"block of {model.name}", row["end"])

    def matrices(self) -> Program:
        """Only the products with weights: what the other devices of a block do."""
        for name in ("q", "k", "v", "o"):
            self._multiply(name)
        self._multiply("gate", activate=True)
        self._multiply("up")
        self._multiply("down")
        return self._program(f"matrices of {self.model.name}", self.rows["end"])

    def ends(self) -> Program:
        """What comes before the first block and after the last: the products with the embedding, and a norm."""
        model, row = self.model, self.rows
        self._multiply_matrix(self.place.matrix(model.vocabulary, model.dim), row["q"])
        columns = ceil_div(self._spread(model.dim, 2)[0], LANES)
        self.stream.host("WR_BIAS")
        self.stream.host("MAC_ABK", row=row["x"], count=columns)
        self.stream.host("RD_MAC")
        length, used = self._spread(model.dim, GROUP)
        self._vector("WRITE", "x_copy", length, used, GROUP, 1)
        self._norm_products("x_copy", "norm", length, used)
        self._multiply_matrix(self.place.matrix(model.dim, model.vocabulary), row["o"])
        return self._program(f"embedding of {model.name}", row["end"])

    def _program(self, title: str, rows: int) -> Program:
        return self.stream.program(title=title, sequence=self.sequence, rows=rows)

    # Masks and places.

    def _mask(self, channels: int) -> int:
        """Channels 0 to ``channels - 1`` of the block, and as many of every block beside it, as CENT counts them."""
        most = self.config.channels
        if channels > most:
            return self.config.all_channels
        return (1 << (most // channels * channels)) - 1

    def _spread(self, length: int, share: int) -> tuple[int, int]:
        """Elements of a vector in every bank that holds any, and how many banks do, at one in ``share``."""
        per_bank = ceil_div(length, self.place.banks // share)
        return per_bank, ceil_div(length, per_bank)

    def _bank(self, index: int) -> tuple[int, int]:
        """Channel of the device and bank, of the banks of a block counted through."""
        return index // self.config.banks % self.config.channels, index % self.config.banks

    def _vector(self, operation: str, name: str, length: int, used: int, share: int, offset: int) -> None:
        """Read or write a vector that lies in every ``share``-th bank from ``offset``, column by column."""
        for _ in range(ceil_div(length, LANES)):
            for index in range(used):
                channel, bank = self._bank(index * share + offset)
                self._lockstep(operation, channel, bank, self.rows[name])

    def _lockstep(self, operation: str, channel: int, bank: int, row: int) -> None:
        """One read or write in every block of the device."""
        for block in range(self.place.blocks):
            target = channel + block * self.place.block_channels
            self.stream.host(operation, mask=1 << target, bank=bank, row=row)

    # Steps.

    def _norm_input(self, name: str) -> None:
        length, used = self._spread(self.model.dim, 2)
        for offset in (0, 1):
            self._vector("WRITE", name, length, used, 2, offset)
        self.stream.host("WR_BIAS")
        self.stream.host("MAC_ABK", row=self.rows[name], count=ceil_div(length, LANES))
        self.stream.host("RD_MAC")

    def _norm(self, _: str, copy: str, weights: str, offsets: tuple[int, int]) -> None:
        length, used = self._spread(self.model.dim, GROUP)
        for offset in offsets:
            self._vector("WRITE", copy, length, used, GROUP, offset)
        self._norm_products(copy, weights, length, used)

    def _norm_products(self, copy: str, weights: str, length: int, used: int) -> None:
        columns = ceil_div(length, LANES)
        self.stream.host("EWMUL", row=self.rows[copy], count=columns)
        self._copy_results(((copy, weights, columns),))
        self.stream.host("EWMUL", row=self.rows[weights], count=columns)
        self._vector("READ", weights, length, used, GROUP, 2)
        self.stream.host("SYNC", mask=self.config.all_channels)

    def _copy_results(self, parts: tuple[tuple[str, str, int], ...]) -> None:
        """Bring the results of an element-wise product, in every third bank of a group, into the second."""
        for bank in range(2, self.config.banks, GROUP):
            for source, _, columns in parts:
                self.stream.host("COPY_BKGB", bank=bank, row=self.rows[source], count=columns)
            for _, target, columns in parts:
                self.stream.host("COPY_GBBK", bank=bank - 1, row=self.rows[target], count=columns)

    def _multiply(self, name: str, *, activate: bool = False) -> None:
        self._multiply_matrix(self.place.matrices[name], self.rows[name], activate=activate)

    def _multiply_matrix(self, matrix: Partition, first_row: int, *, activate: bool = False) -> None:
        channels = ceil_div(matrix.used_banks, self.config.banks)
        whole, self.stream.mask = self.stream.mask, self._mask(channels)
        multiply(self.stream, matrix, first_row, self.config.registers, activate=activate)
        self.stream.mask = whole

    def _rotate(self) -> None:
        """Rotary embedding: products with cosines and sines, element by element."""
        model = self.model
        length, used = self._spread(model.dim, GROUP)
        lengths = {"xq": length * 2, "xk": length // model.sharing * 2}
        for name, elements in lengths.items():
            self._vector("WRITE", name, elements, used, GROUP, 1)
        self.stream.host("EWMUL", row=self.rows["xq"], count=model.dim // LANES)
        self.stream.host("EWMUL", row=self.rows["xk"], count=model.dim // model.sharing // LANES)
        # CENT's generator writes here, where results are read back.
        for name, elements in lengths.items():
            self._vector("WRITE", name, elements, used, GROUP, 2)

    def _store_keys_and_values(self) -> None:
        model, config, place = self.model, self.config, self.place
        token = self.sequence - 1
        channel, bank = self._bank(token % place.matrix_banks)
        rows = model.kv_heads * model.head_dim // config.row_elements
        for row in range(rows):
            for block in range(place.blocks):
                target = channel + block * place.block_channels
                for _ in range(config.row_columns):
                    first = self.rows["keys"] + token // place.matrix_banks * rows + row
                    self.stream.host("WRITE", mask=1 << target, bank=bank, row=first)
        offset = ceil_div(token, config.row_elements) - 1
        for head in range(place.heads_per_channel):
            for part in range(model.head_dim // config.banks):
                for channel in range(place.block_channels):
                    if channel * place.heads_per_channel + head >= model.kv_heads:
                        break
                    row = self._value_row(head, part) + max(offset, 0)
                    self.stream.host("WR_ABK", mask=1 << channel, row=row)

    def _value_row(self, head: int, part: int) -> int:
        sequence_rows = ceil_div(self.model.context, self.config.row_elements)
        return self.rows["values"] + (head * (self.model.head_dim // self.config.banks) + part) * sequence_rows

    def _scores(self) -> None:
        """Query times keys: a bank holds the keys of one token, a row of it those of several heads."""
        model, config, place = self.model, self.config, self.place
        key_rows = ceil_div(model.head_dim * model.kv_heads, config.row_elements)
        rounds = ceil_div(self.sequence, place.matrix_banks)
        whole = self.stream.mask
        for row in range(key_rows):
            for turn in range(rounds):
                left = self.sequence - place.matrix_banks * turn
                self.stream.mask = self._mask(ceil_div(min(left, place.matrix_banks), config.banks))
                if place.matrix_banks // config.banks > config.channels:
                    self.stream.mask = config.all_channels
                for _ in range(model.sharing):
                    self.stream.host("WR_GB", count=config.row_columns)
                    for head in range(config.row_elements // model.head_dim):
                        self.stream.host("WR_BIAS")
                        self.stream.host(
                            "MAC_ABK",
                            row=self.rows["keys"] + turn * key_rows + row,
                            column=head * model.head_dim // LANES,
                            count=model.head_dim // LANES,
                        )
                        self.stream.host("RD_MAC")
        self.stream.mask = whole

    def _softmax(self) -> None:
        """Scaling of the scores, twice, element by element; exponentials and sums are the accelerator's."""
        for _ in range(2):
            self._score_vectors("WRITE", 0)
            self._score_vectors("WRITE", 1)
            for index in range(self.place.scores_per_bank):
                for piece, length in enumerate(self._pieces()):
                    row = self.rows["scores"] + index * len(self._pieces()) + piece
                    self.stream.host("EWMUL", row=row, count=ceil_div(length, LANES))
            self._score_vectors("READ", 2)
            self.stream.host("SYNC", mask=self.config.all_channels)

    def _pieces(self) -> list[int]:
        """The sequence in rows: elements of each."""
        size = self.config.row_elements
        return [min(size, self.sequence - first) for first in range(0, self.sequence, size)]

    def _score_vectors(self, operation: str, offset: int) -> None:
        pieces, per_bank = self._pieces(), self.place.scores_per_bank
        for piece, length in enumerate(pieces):
            for index in range(per_bank):
                row = self.rows["scores"] + index * len(pieces) + piece
                for _ in range(ceil_div(length, LANES)):
                    for bank_index in range(offset, self.place.banks, GROUP):
                        if bank_index // GROUP * per_bank + index >= self.model.heads:
                            break
                        channel, bank = self._bank(bank_index)
                        self._lockstep(operation, channel, bank, row)

    def _values(self) -> None:
        """Scores times values: a bank holds one dimension in sixteen of a head, over the whole sequence."""
        model, place = self.model, self.place
        for head in range(place.heads_per_channel):
            for _ in range(model.sharing):
                for piece, length in enumerate(self._pieces()):
                    columns = ceil_div(length, LANES)
                    self.stream.host("WR_GB", count=columns)
                    for part in range(model.head_dim // self.config.banks):
                        self.stream.host("WR_BIAS")
                        self.stream.host("MAC_ABK", row=self._value_row(head, part) + piece, count=columns)
                        self.stream.host("RD_MAC")

    def _gate(self) -> None:
        """x1 * sigmoid(x1) * x3, element by element; what does not fit into one row takes a second pass."""
        model, config, place = self.model, self.config, self.place
        most = place.banks // GROUP * config.row_elements
        if model.ffn > most:
            first, second = self._spread(most, GROUP), self._spread(model.ffn - most, GROUP)
            parts = [("x1", *first), ("x1_sigmoid", *second)]
        else:
            parts = [("x1_sigmoid", *self._spread(model.ffn, GROUP))]
        split = len(parts) > 1
        columns = tuple((name, name, ceil_div(length, LANES)) for name, length, _ in parts)
        for offset in (1, 0) if split else (0, 1):
            for name, length, used in parts:
                self._vector("WRITE", name, length, used, GROUP, offset)
        self._products(columns)
        self._copy_results(columns)
        for name, length, used in parts:
            self._vector("WRITE", name, length, used, GROUP, 1 if split else 0)
        self._products(columns)
        for name, length, used in parts:
            self._vector("READ", name, length, used, GROUP, 2)
        self.stream.host("SYNC", mask=config.all_channels)

    def _products(self, parts: tuple[tuple[str, str, int], ...]) -> None:
        for name, _, columns in parts:
            self.stream.host("EWMUL", row=self.rows[name], count=columns)
