"""What a space file may say. ``SpaceFile.model_json_schema()`` is the JSON Schema for editors."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mapping.errors import InputError

Scalar = Annotated[bool | int | float | str, Field(union_mode="left_to_right")]
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


Values = Annotated[list[Scalar], Field(min_length=1, max_length=MAX_VALUES)] | Range


class Workload(_Part):
    """One model in one phase; a workload of several runs them one after another."""

    model: str = Field(description="a name that `zeroskip models` lists, or the path of an .onnx file")
    batch: int = Field(1, ge=1, description="images or sequences that run together")
    sequence: int | None = Field(None, ge=1, description="tokens per sequence, for language models")
    layers: str = Field("*", description="only the layers whose name matches this glob")
    runs: int = Field(1, ge=1, description="how often this entry runs, for example decoded tokens")


class LayerGroup(_Part):
    """Layers that share their sparsity and dataflow; a layer belongs to the first group that matches it."""

    match: list[str] = Field(["*"], min_length=1, description="globs of layer names")
    pattern: list[str] = Field(["dense"], min_length=1, description="dense or N:M, to choose from")
    dataflow: list[str] = Field(
        ["scheduled"], min_length=1, description="scheduled (the fastest), or a dataflow of the family, to choose from"
    )


class Limit(_Part):
    """What a metric of a feasible design may be, bounds included."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min is None and self.max is None:
            raise InputError("a constraint needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise InputError(f"contradictory constraint: min {self.min:g} is above max {self.max:g}")
        return self


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
    costs: dict[Name, dict[str, float]] = Field(
        {}, description="declared costs: each a sum of weight times field of the configuration or peak_macs"
    )
    technology: str | None = Field(
        None, description="energy of an action, by name or TOML file; cmos-45nm where a metric asks for energy"
    )
    objectives: dict[str, Literal["minimise", "maximise"]] = Field(min_length=1)
    constraints: dict[str, Limit] = {}
    baselines: dict[Name, dict[str, Scalar]] = Field(
        {}, description="designs to evaluate and show beside the front: what differs from the configuration, dense"
    )

    def canonical(self) -> dict[str, Any]:
        """Plain data that is equal for equal spaces, whatever the spelling of the file."""
        return self.model_dump(mode="json", by_alias=True)
