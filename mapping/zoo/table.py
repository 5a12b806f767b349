"""The schema of a shape table: repeated blocks of layers, whose sizes may depend on the sequence length."""

from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.graph import ConvShape, Layer, VectorOp, gemm_layer
from mapping.zoo.decoder import Count, Decoder

Size = Count | Literal["sequence", "sequence + 1"]


class _Model(BaseModel):
    """Immutable, and no key that nothing reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConvRow(_Model):
    """A square convolution, padded by half its kernel; ``size`` is the input's rows and columns.

    With ``groups`` equal to its channels it is a depthwise convolution.
    """

    name: str
    size: Count
    conv: tuple[Count, Count]
    kernel: Count
    stride: Count = 1
    groups: Count = 1
    then: tuple[VectorOp, ...] = ()

    def layer(self, name: str, batch: int, sequence: int) -> Layer:
        """The layer over ``batch`` images; a convolution has no sequence."""
        del sequence
        channels, filters = self.conv
        shape = ConvShape(
            images=batch,
            in_rows=self.size,
            in_cols=self.size,
            in_channels=channels,
            out_channels=filters,
            kernel=(self.kernel, self.kernel),
            stride=(self.stride, self.stride),
            padding=(self.kernel // 2,) * 4,
            groups=self.groups,
        )
        return Layer(name=name, op="conv", shape=shape, then=self.then)


class GemmRow(_Model):
    """Activations times weights, (m, k, n) for one sequence or image."""

    name: str
    gemm: tuple[Size, Count, Count]
    then: tuple[VectorOp, ...] = ()

    def layer(self, name: str, batch: int, sequence: int) -> Layer:
        """The layer with the rows of the whole batch below each other: they share the weights."""
        m, k, n = self.gemm
        return replace(gemm_layer(name, batch * _resolve(m, sequence), k, n), then=self.then)


class ProductRow(_Model):
    """Activations times activations, (m, k, n) for one head of one sequence."""

    name: str
    product: tuple[Size, Size, Size]
    heads: Count
    then: tuple[VectorOp, ...] = ()

    def layer(self, name: str, batch: int, sequence: int) -> Layer:
        """The layer that runs once per head and sequence."""
        m, k, n = (_resolve(size, sequence) for size in self.product)
        product = gemm_layer(name, m, k, n, repeats=batch * self.heads)
        return replace(product, op="matmul", dynamic=True, then=self.then)


class Block(_Model):
    """Layers that stand ``repeat`` times in a row; ``{}`` in the name counts from ``first``."""

    name: str = ""
    first: int = 0
    repeat: Count = 1
    layers: tuple[ConvRow | GemmRow | ProductRow, ...] = Field(min_length=1)

    def expand(self, batch: int, sequence: int) -> list[Layer]:
        """All layers of all repetitions, named ``block.layer``."""
        prefixes = [self.name.format(index) for index in range(self.first, self.first + self.repeat)]
        names = [(f"{prefix}.{row.name}".lstrip("."), row) for prefix in prefixes for row in self.layers]
        return [row.layer(name, batch, sequence) for name, row in names]


class SequenceRange(_Model):
    """The sequence lengths, in tokens, that a table is meant for."""

    default: Count
    limit: Count


class Table(_Model):
    """One file of this folder."""

    title: str
    source: str
    sequence: SequenceRange | None = None
    block: tuple[Block, ...] = ()
    decoder: Decoder | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Table":
        if bool(self.block) == (self.decoder is not None):
            raise ValueError("a table has either blocks or a decoder")
        if self.decoder is not None and self.sequence is None:
            raise ValueError("a decoder needs the range of its sequences")
        return self

    def expand(self, batch: int, sequence: int) -> list[Layer]:
        """All layers in the order in which they run."""
        if self.decoder is not None:
            return self.decoder.expand(batch, sequence)
        return [layer for block in self.block for layer in block.expand(batch, sequence)]


def _resolve(size: int | str, sequence: int) -> int:
    """A size as a number."""
    return {"sequence": sequence, "sequence + 1": sequence + 1}[size] if isinstance(size, str) else size
