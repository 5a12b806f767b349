"""A design space: its variables, and the designs that points of it stand for."""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any, NamedTuple

from dse.choices import ACCURACY, FIELDS, MAPPING, RULES, Choice, Value, choice_of
from dse.document import read_yaml
from dse.metrics import AREA_METRICS, ENERGY_METRICS, PART_METRICS, Machine, Metric, machine_of, metrics_with
from dse.schema import Range, SpaceFile
from dse.workload import Group, Workload, load_workload
from mapping.errors import InputError
from mapping.sparsity import parse_nm
from simulator.config import FamilyConfig, assign, build_config
from simulator.cost.area import need_model, target_of
from simulator.cost.energy import DEFAULT as DEFAULT_TECHNOLOGY
from simulator.cost.energy import Technology, technology
from simulator.cost.parts import Part, find_part
from simulator.families import Family, family

Point = tuple[int, ...]
SHOWN_GROUPS = 8  # of those that stand for one layer each


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One axis of a space.

    Attributes:
        name: A dotted key of the configuration, ``mapping.FIELD`` or ``GROUP.FIELD`` with a field of ``dse.choices``.
        values: What it may be.
        ordered: Whether neighbouring values are alike: numbers, and patterns, which stand by density.
        group: Index of the group of layers it belongs to; None where it concerns them all.
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
        choices: Of each group of layers, and last that of the layers in none.
    """

    values: Mapping[str, Value]
    config: FamilyConfig
    choices: tuple[Choice, ...]


class _Field(NamedTuple):
    """A choice by its name: its field, the groups that it is for, and the rank with which it goes before others."""

    key: str
    name: str
    groups: tuple[int, ...]
    rank: int


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
        self._groups = self._named_groups()
        self.groups = tuple(group.name for group in self._groups)
        self.technology = self._technology()
        self.part = self._part()
        self.area = self._asks_for_area()
        self.metrics: dict[str, Metric] = metrics_with(
            file.costs, energy=self.technology is not None, area=self.area, part=self.part is not None
        )
        self.chosen = self._chosen()
        base = self.family.load_config(file.config).model_dump()
        self._base = assign(base, file.settings)
        self._check_group_names()
        self.variables = (*self._hardware(), *self._layer_variables())
        self._check_names()
        for name, values in file.baselines.items():
            self.check_keys(values, f"baselines.{name}")
        # Bound per instance: the cache dies with the space.
        self._config_of = lru_cache(maxsize=65_536)(self._build)
        self._choices_of = lru_cache(maxsize=65_536)(self._choose)
        self.machine = lru_cache(maxsize=65_536)(self._find_machine)

    @classmethod
    def load(cls, path: Path) -> "Space":
        """Read and check a space file.

        Raises:
            InputError: See the class; the message begins with the path.
        """
        with said_of(str(path)):
            return cls(build_config(SpaceFile, read_yaml(path), str(path)), str(path))

    @cached_property
    def workload(self) -> Workload:
        """What runs.

        Raises:
            InputError: It cannot be loaded, or a group has no layer.
        """
        with said_of(self.origin):
            return load_workload(self.file, values=self.family.reads_values)

    def _named_groups(self) -> tuple[Group, ...]:
        """The groups of layers; models are loaded only where layers choose each by itself."""
        if any(group.each for group in self.file.layers.values()):
            return self.workload.groups
        return tuple(Group(name=name, parent=name, prunable=True) for name in self.file.layers)

    def _technology(self) -> Technology | None:
        """The energy of actions, where the file or a metric asks for it."""
        asked = ENERGY_METRICS.keys() & {*self.file.objectives, *self.file.constraints}
        if self.file.technology is None and not asked:
            return None
        if self.family.actions is None:
            what = f"technology {self.file.technology!r}" if self.file.technology else f"metric {min(asked)!r}"
            raise InputError(f"{what}: family {self.family.name!r} counts no actions, so there is no energy")
        return technology(self.file.technology or DEFAULT_TECHNOLOGY)

    def summary(self, metric: str) -> str:
        """What a metric is, with its unit."""
        return self.chosen[metric] if metric in self.chosen else self.metrics[metric].summary

    def _chosen(self) -> dict[str, str]:
        """What the metrics are that follow from choices alone, by name.

        Raises:
            InputError: A proxy that is called like a metric or lacks a pattern, or a setting that nothing reads.
        """
        asked = {*self.file.objectives, *self.file.constraints}
        measured = ACCURACY in asked or self.file.accuracy is not None
        for name, group in self.file.layers.items():
            if group.criterion is not None and not measured:
                raise InputError(f"layers.{name}.criterion: only {ACCURACY} depends on it, and nothing asks for that")
        found = {ACCURACY: "share of samples that the pruned network classifies right, measured [0 to 1]"}
        found = found if measured else {}
        for name, tables in self.file.proxies.items():
            if name in self.metrics or name == ACCURACY:
                raise InputError(f"proxies.{name}: there is a metric of that name")
            for of, table in tables.items():
                self._check_proxy(f"proxies.{name}.{of}", of, table)
            found[name] = "declared proxy, not a measurement"
        return found

    def _check_proxy(self, where: str, group: str, table: Mapping[str, float]) -> None:
        """Refuse a table of no group, or without a value for one of its patterns."""
        if group not in self.file.layers:
            raise InputError(f"{where}: no such group; groups: {', '.join(self.file.layers) or 'none'}")
        known = {parse_nm(text) for text in table}
        missing = [text for text in self.file.layers[group].pattern if parse_nm(text) not in known]
        if missing:
            raise InputError(f"{where}: no value for {', '.join(missing)}")

    @property
    def group_parents(self) -> tuple[str, ...]:
        """The group of the file behind each of ``groups``."""
        return tuple(group.parent for group in self._groups)

    def _part(self) -> Part | None:
        """The FPGA part that the file names."""
        if self.file.part is None:
            asked = PART_METRICS.keys() & {*self.file.objectives, *self.file.constraints}
            if asked:
                raise InputError(f"metric {min(asked)!r}: no part is named; for example part: U280")
            return None
        part = find_part(self.file.part)
        try:
            _, model = need_model(self.family)
        except InputError as error:
            raise InputError(f"part {part.name!r}: {error}") from error
        if part.target != target_of(model):
            raise InputError(f"part {part.name!r}: the area model is one of {target_of(model)}, not of {part.target}")
        return part

    def _asks_for_area(self) -> bool:
        asked = AREA_METRICS.keys() & {*self.file.objectives, *self.file.constraints}
        if asked and (self.family.verilog is None or self.family.verilog.model is None):
            raise InputError(f"metric {min(asked)!r}: family {self.family.name!r} has no area model")
        return bool(asked) or self.part is not None

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
        config = self._config_of(tuple((key, value) for key, value in values.items() if key not in self._fields))
        choices = self._choices_of(tuple((key, value) for key, value in values.items() if key in self._fields))
        return Design(values=dict(values), config=config, choices=choices)

    def _choose(self, named: tuple[tuple[str, Value], ...]) -> tuple[Choice, ...]:
        """What the groups are given, and the layers in none."""
        values = dict(named)
        own: list[dict[str, Value]] = [{} for _ in (*self._groups, MAPPING)]
        # What is said of all layers first, then of a group, then of a layer by itself: the last goes before the others.
        for field in sorted((self._fields[key] for key in values), key=lambda field: field.rank):
            for index in field.groups:
                own[index][field.name] = values[field.key]
        names = (*self.groups, MAPPING)
        return tuple(choice_of(name, said) for name, said in zip(names, own, strict=True))

    @cached_property
    def _fields(self) -> dict[str, _Field]:
        """The choices that have a name, by that name."""
        everything = range(len(self._groups) + 1)
        found = [_Field(f"{MAPPING}.{name}", name, tuple(everything), 0) for name in RULES]
        members: dict[str, list[int]] = {}
        for index, group in enumerate(self._groups):
            members.setdefault(group.parent, []).append(index)
        found += [_Field(f"{of}.{name}", name, tuple(own), 1) for of, own in members.items() for name in FIELDS]
        alone = [(index, group.name) for index, group in enumerate(self._groups) if group.name != group.parent]
        found += [_Field(f"{of}.{name}", name, (index,), 2) for index, of in alone for name in FIELDS]
        return {field.key: field for field in found}

    def _build(self, settings: tuple[tuple[str, Value], ...]) -> FamilyConfig:
        values = assign(self._base, dict(settings))
        config: FamilyConfig = build_config(self.family.config, values, "configuration")
        self.machine(config)
        return config

    def _find_machine(self, config: FamilyConfig) -> Machine:
        """What of a configuration enters the metrics; raises ``InputError`` as ``machine_of``."""
        return machine_of(self.family, config, self.file.costs, area=self.area, part=self.part)

    def _hardware(self) -> Iterator[Variable]:
        for name, given in self.file.parameters.items():
            values: tuple[Value, ...] = tuple(given.values() if isinstance(given, Range) else given)
            _refuse_duplicates(f"parameters.{name}", values)
            if name in self.file.settings:
                raise InputError(f"{name}: in settings and in parameters")
            numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
            yield Variable(name=name, values=tuple(sorted(values)) if numbers else values, ordered=numbers)

    def _layer_variables(self) -> Iterator[Variable]:
        for field, values in self.file.mapping.values().items():
            yield _variable(MAPPING, field, values)
        for index, group in enumerate(self._groups):
            for field, values in self.file.layers[group.parent].values().items():
                if group.prunable or field in RULES:
                    yield _variable(group.name, field, values, index)

    def _check_group_names(self) -> None:
        for name in self.file.layers:
            if name in self.family.config.model_fields or name == MAPPING:
                owner = "the mapping of all layers" if name == MAPPING else "a field of the configuration"
                raise InputError(f"layers.{name}: {owner} is called like that; choose another name")

    def _check_names(self) -> None:
        fields = self.family.config.model_fields
        given = [("parameters", name) for name in self.file.parameters]
        given += [("settings", name) for name in self.file.settings]
        for where, name in given:
            if name.split(".")[0] not in fields:
                raise InputError(f"{where}: unknown key {name!r}; legal keys: {', '.join(fields)}")
        wanted = [("objective", name) for name in self.file.objectives]
        wanted += [("constraint on", name) for name in self.file.constraints]
        for kind, name in wanted:
            if name not in self.metrics and name not in self.chosen:
                known = ", ".join((*self.metrics, *dict.fromkeys((ACCURACY, *self.chosen))))
                raise InputError(f"{kind} {name!r} is not reported; reported: {known}")

    def check_keys(self, values: Mapping[str, Value], where: str) -> None:
        """Refuse names that stand for nothing in this space.

        Raises:
            InputError: It lists the legal ones.
        """
        fields = self.family.config.model_fields
        for key in values:
            if key not in self._fields and key.split(".")[0] not in fields:
                names = [*self.file.layers, *self.groups[:SHOWN_GROUPS]]
                groups = f"{', '.join(dict.fromkeys((MAPPING, *names)))} with .{', .'.join(FIELDS)}"
                raise InputError(f"{where}: unknown key {key!r}; legal keys: {', '.join(fields)}; {groups}")


@contextmanager
def said_of(origin: str) -> Iterator[None]:
    """Let messages begin with where the fault is."""
    try:
        yield
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(f"{origin}: ") else f"{origin}: {text}") from error


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


def _variable(name: str, field: str, given: Sequence[Value], group: int | None = None) -> Variable:
    """The variable of a field; patterns stand by falling density, sizes ascending."""
    full = f"{name}.{field}"
    values = [FIELDS[field](full, value) for value in given]
    _refuse_duplicates(full, [parse_nm(str(value)) for value in values] if field == "pattern" else values)
    if field == "pattern":
        values.sort(key=lambda value: parse_nm(str(value)).density, reverse=True)
    sizes = [value for value in values if isinstance(value, int)]
    if sizes and len(sizes) == len(values):
        values = sorted(sizes)
    ordered = field == "pattern" or len(sizes) == len(values)
    return Variable(name=full, values=tuple(values), ordered=ordered, group=group)


def _refuse_duplicates(name: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in values[:index]):
            raise InputError(f"{name}: {value} is given twice")
