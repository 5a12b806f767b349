"""Which tensor is which layer: a small file of patterns, matched by the user's choice or by the names in the file."""

import re
import tomllib
from collections.abc import Collection
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from mapping.errors import InputError

FALLBACK = "linear"


def _compiles(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Regex = Annotated[str, AfterValidator(_compiles)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LayerRule(_Model):
    """Tensors that are layers.

    Attributes:
        tensor: Regular expression for the whole name; a group ``block`` holds the number of a repeated block.
        stored: Order of the axes: ``out_in`` and ``in_out`` for matrices, ``oihw``, ``hwio`` and, over sequences,
            ``oil`` for convolutions.
        rows: Rows that the matrix multiplies: one per token, one per sequence, or a number.
        size: For a convolution, rows and columns of its input, or the length of the sequence.
        stride: Of a convolution.
        padding: Of a convolution on all sides; half its kernel if None.
        role: What the matrix makes for attention, if anything: the two products of attention follow the last one.
    """

    tensor: Regex
    stored: Literal["out_in", "in_out", "oihw", "hwio", "oil"] = "out_in"
    rows: Literal["sequence", "one"] | Annotated[int, Field(ge=1)] = "sequence"
    size: int | None = Field(None, ge=1)
    stride: int = Field(1, ge=1)
    padding: int | None = Field(None, ge=0)
    role: Literal["query", "key", "value", "fused"] | None = None

    @model_validator(mode="after")
    def _sizes_of_convolutions(self) -> "LayerRule":
        if (self.size is None) == (self.stored in ("oihw", "hwio", "oil")):
            raise ValueError(f"{self.tensor!r}: size is for stored = oihw, hwio or oil, and these need it")
        return self

    @property
    def axes(self) -> int:
        """Axes that a tensor must have."""
        return len(self.stored) if self.size else 2


class IgnoreRule(_Model):
    """Tensors that are no layer, and what they are."""

    tensor: Regex
    what: str


class SequenceRange(_Model):
    """Tokens per sequence."""

    default: int = Field(ge=1)
    limit: int = Field(2**20, ge=1)


class Match(NamedTuple):
    """The rule of a tensor, and where its layer stands: the stage, the block in it, the rule, the name's numbers."""

    rule: LayerRule
    order: tuple[int, int, int, bool, tuple[int, ...], str]


class Rules(_Model):
    """One file of rules.

    Attributes:
        title: One line.
        recognise: A tensor whose name shows that the rules fit a file; None for rules that only a user chooses.
        sequence: The sequence lengths.
        heads: Query heads of attention; if None, ``config.json`` beside the weights says them.
        layer: Tensors that are layers, in the order in which these run; the first that fits counts.
        ignore: Tensors that are not. Vectors need no rule.
    """

    title: str
    recognise: Regex | None = None
    sequence: SequenceRange | None = None
    heads: int | None = Field(None, ge=1)
    layer: tuple[LayerRule, ...] = Field(min_length=1)
    ignore: tuple[IgnoreRule, ...] = ()

    @cached_property
    def _stages(self) -> tuple[int, ...]:
        """Rules in a row that all have a block, or all have none, are one stage: a stage runs block by block."""
        stages, last = [0], "(?P<block>" in self.layer[0].tensor
        for rule in self.layer[1:]:
            blocked = "(?P<block>" in rule.tensor
            stages.append(stages[-1] + (blocked != last))
            last = blocked
        return tuple(stages)

    def match(self, name: str) -> Match | None:
        """The rule for a tensor, None if no layer rule fits."""
        for index, rule in enumerate(self.layer):
            found = re.fullmatch(rule.tensor, name)
            if found:
                block = found.groupdict().get("block") or "0"
                numbers = tuple(int(number) for number in re.findall(r"\d{1,9}", name))
                place = int(block) if block.isdigit() else 0
                # a name without numbers, such as lm_head, is more often behind the numbered ones than before them
                return Match(rule, (self._stages[index], place, index, not numbers, numbers, name))
        return None

    def ignored(self, name: str) -> str | None:
        """What a tensor that is no layer is, None if no rule says so."""
        return next((rule.what for rule in self.ignore if re.fullmatch(rule.tensor, name)), None)

    def fits(self, names: Collection[str]) -> bool:
        """Whether the rules recognise a file by the names of its tensors."""
        return self.recognise is not None and any(re.fullmatch(self.recognise, name) for name in names)


def choose_rules(names: Collection[str], chosen: str | Path | None) -> Rules:
    """The rules that a user chose, or the first that fit, or those for any linear layer.

    Raises:
        InputError: The chosen file cannot be read or has other keys.
    """
    if chosen is not None:
        return _parsed(Path(chosen))
    files = sorted(file.name for file in resources.files("mapping.importers.tensors.tables").iterdir())
    known = [file.removesuffix(".toml") for file in files if file.endswith(".toml")]
    fitting = [rules for rules in map(_built_in, known) if rules.fits(names)]
    return fitting[0] if fitting else _built_in(FALLBACK)


def _built_in(name: str) -> Rules:
    text = resources.files("mapping.importers.tensors.tables").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Rules.model_validate(tomllib.loads(text))


def _parsed(path: Path) -> Rules:
    """A file of rules.

    Raises:
        InputError: It is none.
    """
    try:
        return Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeError) as error:
        raise InputError(f"rules {path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"rules {path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"rules {path}: {place}: {first['msg']}") from error
