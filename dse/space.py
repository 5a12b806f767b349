"""A design space: its variables, and the designs that points of it stand for."""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any, get_args

from dse.document import read_yaml
from dse.metrics import ENERGY_METRICS, Metric, machine_of, metrics_with
from dse.schema import Range, SpaceFile
from mapping.errors import InputError
from mapping.sparsity import DENSE, Pattern
from mapping.tiling import Dataflow
from simulator.config import FamilyConfig, build_config, override
from simulator.cost.energy import DEFAULT as DEFAULT_TECHNOLOGY
from simulator.cost.energy import Technology, technology
from simulator.families import Family, family

Point = tuple[int, ...]
Value = bool | int | float | str
SCHEDULED = "scheduled"


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One axis of a space.

    Attributes:
        name: A dotted key of the configuration, ``GROUP.pattern`` or ``GROUP.dataflow``.
        values: What it may be.
        ordered: Whether neighbouring values are alike: numbers, and patterns listed by density.
        group: Index of the group of layers it belongs to; None for the hardware.
    """

    name: str
    values: tuple[Value, ...]
    ordered: bool
    group: int | None = None


@dataclass(frozen=True, kw_only=True)
class Design:
    """What is evaluated.

    Attributes:
        values: Every chosen value by name; what is not named is as in the configuration, dense and scheduled.
        config: The machine.
        patterns: Of each group of layers.
        dataflows: Of each group; None where scheduling chooses.
    """

    values: Mapping[str, Value]
    config: FamilyConfig
    patterns: tuple[Pattern, ...]
    dataflows: tuple[str | None, ...]


class Space:
    """A checked space.

    Args:
        file: What the user wrote.
        origin: Its name in messages.

    Raises:
        InputError: Anything in it that cannot be.
    """

    def __init__(self, file: SpaceFile, origin: str = "space") -> None:
        self.file = file
        self.origin = origin
        self.family: Family[Any] = family(file.family)
        self.groups = tuple(file.layers)
        self.technology = self._technology()
        self.metrics: dict[str, Metric] = metrics_with(file.costs, energy=self.technology is not None)
        base = self.family.load_config(file.config).model_dump()
        self._base = override(base, _settings(file.settings))
        self.variables = (*self._hardware(), *self._layer_variables())
        self._check_names()
        for name, values in file.baselines.items():
            self.check_keys(values, f"baselines.{name}")
        # Bound per instance: the cache dies with the space.
        self._config_of = lru_cache(maxsize=65_536)(self._build)

    @classmethod
    def load(cls, path: Path) -> "Space":
        """Read and check a space file.

        Raises:
            InputError: See the class; the message begins with the path.
        """
        file = build_config(SpaceFile, read_yaml(path), str(path))
        try:
            return cls(file, str(path))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    def _technology(self) -> Technology | None:
        """The energy of actions, where the file or a metric asks for it."""
        asked = ENERGY_METRICS.keys() & {*self.file.objectives, *self.file.constraints}
        if self.file.technology is None and not asked:
            return None
        if self.family.actions is None:
            what = f"technology {self.file.technology!r}" if self.file.technology else f"metric {min(asked)!r}"
            raise InputError(f"{what}: family {self.family.name!r} counts no actions, so there is no energy")
        return technology(self.file.technology or DEFAULT_TECHNOLOGY)

    @property
    def sizes(self) -> Point:
        """Number of values of each variable."""
        return tuple(len(variable.values) for variable in self.variables)

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.sizes)

    @property
    def hardware_axes(self) -> int:
        """How many of the first variables belong to the hardware."""
        return sum(variable.group is None for variable in self.variables)

    @cached_property
    def digest(self) -> str:
        """Equal for equal spaces: SHA-256 of the file, the configuration it starts from and the energies."""
        energies = None if self.technology is None else self.technology.model_dump(mode="json")
        order = [variable.name for variable in self.variables]  # a point is a list of indices, so it counts
        said = [self.file.canonical(), self._base, energies, order]
        return sha256(dumps(said, sort_keys=True).encode()).hexdigest()

    def decode(self, point: Point) -> dict[str, Value]:
        """The values by name at an index vector."""
        return {variable.name: variable.values[i] for variable, i in zip(self.variables, point, strict=True)}

    def design(self, values: Mapping[str, Value]) -> Design:
        """The design with these values, which need not be among those of the space.

        Raises:
            InputError: An unknown name, or a configuration or pattern that is not legal; the message says why.
        """
        self.check_keys(values, "point")
        config = self._config_of(tuple((key, value) for key, value in values.items() if not self._is_choice(key)))
        patterns = tuple(Pattern.parse(str(values.get(f"{name}.pattern", DENSE))) for name in self.groups)
        flows = tuple(_dataflow(str(values.get(f"{name}.dataflow", SCHEDULED))) for name in self.groups)
        return Design(values=dict(values), config=config, patterns=patterns, dataflows=flows)

    def _build(self, settings: tuple[tuple[str, Value], ...]) -> FamilyConfig:
        values = override(self._base, _settings(dict(settings)))
        config: FamilyConfig = build_config(self.family.config, values, "configuration")
        machine_of(self.family, config, self.file.costs)
        return config

    def _hardware(self) -> Iterator[Variable]:
        for name, given in self.file.parameters.items():
            values: tuple[Value, ...] = tuple(given.values() if isinstance(given, Range) else given)
            _refuse_duplicates(f"parameters.{name}", values)
            if name in self.file.settings:
                raise InputError(f"{name}: in settings and in parameters")
            numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
            yield Variable(name=name, values=tuple(sorted(values)) if numbers else values, ordered=numbers)

    def _layer_variables(self) -> Iterator[Variable]:
        for index, (name, group) in enumerate(self.file.layers.items()):
            patterns = [Pattern.parse(text) for text in group.pattern]
            _refuse_duplicates(f"layers.{name}.pattern", patterns)
            densities = [pattern.density for pattern in patterns]
            ordered = densities in (sorted(set(densities)), sorted(set(densities), reverse=True))
            texts = tuple(str(pattern) for pattern in patterns)
            yield Variable(name=f"{name}.pattern", values=texts, ordered=ordered, group=index)
            _refuse_duplicates(f"layers.{name}.dataflow", group.dataflow)
            for flow in group.dataflow:
                _dataflow(flow)
            yield Variable(name=f"{name}.dataflow", values=tuple(group.dataflow), ordered=False, group=index)

    def _check_names(self) -> None:
        fields = self.family.config.model_fields
        for name in self.groups:
            if name in fields:
                raise InputError(f"layers.{name}: the configuration has a field of that name; choose another")
        for variable in self.variables:
            if variable.group is None and variable.name.split(".")[0] not in fields:
                raise InputError(f"parameters: unknown key {variable.name!r}; legal keys: {', '.join(fields)}")
        wanted = [("objective", name) for name in self.file.objectives]
        wanted += [("constraint on", name) for name in self.file.constraints]
        for kind, name in wanted:
            if name not in self.metrics:
                raise InputError(f"{kind} {name!r} is not reported; reported: {', '.join(self.metrics)}")

    def _is_choice(self, key: str) -> bool:
        group, _, field = key.rpartition(".")
        return group in self.groups and field in ("pattern", "dataflow")

    def check_keys(self, values: Mapping[str, Value], where: str) -> None:
        """Refuse names that stand for nothing in this space.

        Raises:
            InputError: It lists the legal ones.
        """
        fields = self.family.config.model_fields
        for key in values:
            if not self._is_choice(key) and key.split(".")[0] not in fields:
                choices = [f"{name}.{field}" for name in self.groups for field in ("pattern", "dataflow")]
                raise InputError(f"{where}: unknown key {key!r}; legal keys: {', '.join([*choices, *fields])}")


def parse_values(settings: tuple[str, ...]) -> dict[str, Value]:
    """``KEY=VALUE`` options as values by name; a value is a TOML scalar, or else a plain string.

    Raises:
        InputError: An option of another form, or a key given twice.
    """
    values: dict[str, Value] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise InputError(f"--point {setting!r}: expected KEY=VALUE, for example rows=16")
        if key in values:
            raise InputError(f"--point {key}: given twice")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        values[key] = value if isinstance(value, bool | int | float) else text
    return values


def _settings(values: Mapping[str, Value]) -> tuple[str, ...]:
    """Values as ``KEY=VALUE`` settings; JSON scalars are TOML scalars."""
    return tuple(f"{key}={dumps(value)}" for key, value in values.items())


def _dataflow(name: str) -> str | None:
    if name == SCHEDULED:
        return None
    if name not in get_args(Dataflow):
        raise InputError(f"dataflow {name!r} is not one of {', '.join((SCHEDULED, *get_args(Dataflow)))}")
    return name


def _refuse_duplicates(name: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in values[:index]):
            raise InputError(f"{name}: {value} is given twice")
