"""What a space file may say. ``SpaceFile.model_json_schema()`` is the JSON Schema for editors."""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator

from mapping.errors import InputError
from mapping.sparsity import CRITERIA
from mapping.tiling import LOOP_ORDERS, Dataflow


def _scalar(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise InputError(f"{value!r} is neither a number nor a word nor true or false")
    return value


def _kind(value: object) -> str:
    return "range" if isinstance(value, dict | Range) else "list"


def _said(schema: dict[str, Any]) -> WithJsonSchema:
    """What editors are told of a value that is checked with its name, by ``dse.choices``."""
    return WithJsonSchema(schema)


Scalar = Annotated[Any, BeforeValidator(_scalar), _said({"type": ["boolean", "number", "string"]})]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
MAX_VALUES = 100_000


class _Part(BaseModel):
    """Frozen; unknown keys are refused and types are not converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Range(_Part):
    """``from`` to ``to``, both included: by ``step``, or multiplied by ``times`` each time."""

    start: int = Field(alias="from", ge=0, description="first value")
    end: int = Field(alias="to", ge=0, description="no value lies above")
    step: int | None = Field(None, ge=1, description="added each time; 1 where neither it nor times is given")
    times: int | None = Field(None, ge=2, description="multiplied each time")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.end < self.start:
            raise InputError(f"empty range: from {self.start} to {self.end}")
        if self.step is not None and self.times is not None:
            raise InputError("a range takes step or times, not both")
        if self.times is not None and self.start == 0:
            raise InputError("a range with times must not begin at 0")
        if self.times is None and (self.end - self.start) // (self.step or 1) >= MAX_VALUES:
            raise InputError(f"a range of more than {MAX_VALUES} values")
        return self

    def values(self) -> list[int]:
        """All values, ascending."""
        if self.times is None:
            return list(range(self.start, self.end + 1, self.step or 1))
        found = [self.start]
        while found[-1] * self.times <= self.end:
            found.append(found[-1] * self.times)
        return found


Values = Annotated[
    Annotated[list[Scalar], Field(min_length=1, max_length=MAX_VALUES), Tag("list")] | Annotated[Range, Tag("range")],
    Discriminator(_kind),
]
_Size = Annotated[Scalar, _said({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "scheduled"}]})]
_Buffers = Annotated[Scalar, _said({"enum": [1, 2, "scheduled"]})]
_Dataflow = Annotated[str, _said({"enum": ["scheduled", *get_args(Dataflow)]})]
_Order = Annotated[str, _said({"enum": ["scheduled", *LOOP_ORDERS]})]
_Criterion = Annotated[str, _said({"enum": list(CRITERIA)})]


class Workload(_Part):
    """One model in one phase; a workload of several runs them one after another."""

    model: str = Field(description="a name that `zeroskip models` lists, or the path of an .onnx file")
    batch: int = Field(1, ge=1, description="images or sequences that run together")
    sequence: int | None = Field(None, ge=1, description="tokens per sequence, for language models")
    layers: str = Field("*", description="only the layers whose name matches this glob")
    runs: int = Field(1, ge=1, description="how often this entry runs, for example decoded tokens")


Sizes = Annotated[
    Annotated[list[_Size], Field(min_length=1), Tag("list")] | Annotated[Range, Tag("range")], Discriminator(_kind)
]


class Tiles(_Part):
    """Tile sizes to choose from; a tile as long as the layer, or longer, is the only one along that axis."""

    images: Sizes | None = Field(default=None, description="images")
    rows: Sizes | None = Field(default=None, description="output rows; on s4 output positions of one SPU")
    cols: Sizes | None = Field(default=None, description="output columns")
    channels: Sizes | None = Field(default=None, description="input channels of one group")
    outputs: Sizes | None = Field(default=None, description="output channels of one group")


class MappingChoices(_Part):
    """Fields of a mapping to choose from; ``scheduled`` leaves a field to scheduling, as does what is not named."""

    dataflow: list[_Dataflow] | None = Field(
        default=None, min_length=1, description="weight_stationary, output_stationary"
    )
    order: list[_Order] | None = Field(
        default=None, min_length=1, description="outputs_outer, positions_outer: the outer loop"
    )
    buffers: list[_Buffers] | None = Field(
        default=None, min_length=1, description="2 halves of each scratchpad, which overlap transfers with work, or 1"
    )
    tile: Tiles = Field(default=Tiles(), description="sizes of tiles")

    def values(self) -> dict[str, list[Scalar]]:
        """The values to choose from by field, ``tile.rows`` for example, of the fields that are named."""
        found: dict[str, Any] = {name: getattr(self, name) for name in ("dataflow", "order", "buffers")}
        found |= {f"tile.{axis}": getattr(self.tile, axis) for axis in Tiles.model_fields}
        listed = {name: values.values() if isinstance(values, Range) else values for name, values in found.items()}
        return {name: list(values) for name, values in listed.items() if values is not None}


class LayerGroup(MappingChoices):
    """Layers that share their sparsity and mapping; a layer belongs to the first group that matches it."""

    match: list[str] = Field(default=["*"], min_length=1, description="globs of layer names")
    each: bool = Field(default=False, description="choose for each of these layers by itself")
    pattern: list[str] = Field(
        default=["dense"], min_length=1, description="dense, N:M or bank:BANK/RATE, to choose from"
    )
    criterion: list[_Criterion] | None = Field(
        default=None,
        min_length=1,
        description="which weights stay: magnitude, random, wanda or sparsegpt; matters to accuracy",
    )

    def values(self) -> dict[str, list[Scalar]]:
        """See ``MappingChoices``."""
        criterion: dict[str, list[Scalar]] = {} if self.criterion is None else {"criterion": list(self.criterion)}
        pattern: dict[str, list[Scalar]] = {"pattern": list(self.pattern)}
        return pattern | criterion | super().values()


class Limit(_Part):
    """What a metric of a feasible design may be, bounds included."""

    min: Finite | None = None
    max: Finite | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min is None and self.max is None:
            raise InputError("a constraint needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise InputError(f"contradictory constraint: min {self.min:g} is above max {self.max:g}")
        return self


class Accuracy(_Part):
    """How the metric ``accuracy`` is measured: which samples of the network's evaluation set."""

    samples: int | None = Field(default=None, ge=1, description="the first so many are evaluated; all by default")
    calibration: int = Field(
        default=128, ge=1, description="samples that wanda and sparsegpt look at, no evaluated ones"
    )
    data: str | None = Field(
        default=None, description="an .npz file with an array for each input of the network, and its labels"
    )
    seed: int = Field(default=0, ge=0, description="of the criterion random")


class SpaceFile(_Part):
    """A design space: what runs, what may vary, what counts."""

    name: Name = Field(description="also the default name of the study")
    family: Name = Field("sat", description="accelerator family")
    config: str | None = Field(None, description="configuration that parameters vary, by name; default of the family")
    settings: dict[str, Scalar] = Field({}, description="fields of the configuration to set once, by dotted key")
    workload: list[Workload] = Field(min_length=1)
    keep: list[str] = Field(["first", "last"], description="layers that stay dense: globs, first, last")
    parameters: dict[str, Values] = Field({}, description="fields of the configuration to vary, by dotted key")
    layers: dict[Name, LayerGroup] = Field({}, description="groups of layers; a layer in none stays dense")
    mapping: MappingChoices = Field(
        MappingChoices(), description="the mapping of all layers, as far as their group does not name the same field"
    )
    costs: dict[Name, dict[str, Finite]] = Field(
        {}, description="declared costs: each a sum of weight times field of the configuration or peak_macs"
    )
    technology: str | None = Field(
        None, description="energy of an action, by name or TOML file; cmos-45nm where a metric asks for energy"
    )
    accuracy: Accuracy | None = Field(None, description="how accuracy is measured; by default on all samples")
    proxies: dict[Name, dict[str, dict[str, Finite]]] = Field(
        {}, description="declared stand-ins: for each group of layers a number for each of its patterns; they add up"
    )
    part: str | None = Field(
        None, description="FPGA part that the machine must fit, by name; brings the metrics of area and of shares"
    )
    objectives: dict[str, Literal["minimise", "maximise"]] = Field(min_length=1)
    constraints: dict[str, Limit] = {}
    baselines: dict[Name, dict[str, Scalar]] = Field(
        {}, description="designs to evaluate and show beside the front: what differs from the configuration, dense"
    )

    def canonical(self) -> dict[str, Any]:
        """Plain data that is equal for equal spaces, whatever the spelling of the file."""
        return self.model_dump(mode="json", by_alias=True)
