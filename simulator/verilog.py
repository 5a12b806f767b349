"""What a family says about its Verilog, so that a configuration can be synthesised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from simulator.config import FamilyConfig

C = TypeVar("C", bound=FamilyConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A module with its parameters, as a table calls it.

    Attributes:
        training: Only training needs it.
    """

    name: str
    module: str
    parameters: Mapping[str, int]
    training: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockShape:
    """What the size of a block follows from.

    Attributes:
        unit: The unit in which it is.
        name: As in ``Verilog.blocks``; that of the unit itself is the unit's.
        count: Instances.
        features: Quantities that its resources, all instances together, are taken to be proportional to.
    """

    unit: str
    name: str
    count: int
    features: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class AreaModel(Generic[C]):
    """What the fitted area model of a family needs.

    Attributes:
        shape: The blocks of a configuration.
        points: Settings of the default configuration at which the model is fitted.
        kinds: Parameters that are no quantities: a configuration is compared with points that have the same.
        file: The fitted model and the points, written by ``python -m benchmarks.area``.
    """

    shape: Callable[[C], tuple[BlockShape, ...]]
    points: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...]
    file: Path


@dataclass(frozen=True, kw_only=True)
class Verilog(Generic[C]):
    """The Verilog of a family.

    Attributes:
        default: Name of the configuration that is synthesised when none is given.
        units: The machine of a configuration as modules side by side, the core first. Raises ``InputError`` for a
            configuration that the Verilog cannot do.
        elements: Variants of the processing element worth comparing, for the datapath of a configuration.
        element_settings: Settings of the default configuration for which documentation compares them.
        blocks: Modules that are counted by themselves, and what tables call them. Each is synthesised once for each
            set of parameters, everything below it flattened. ``"a/b"``: instances of module b, only where they stand
            in module a.
        folders: Folders of ``rtl`` with the sources.
        model: Its area without synthesis, or None.
    """

    default: str
    units: Callable[[C], tuple[Unit, ...]]
    elements: Callable[[C], tuple[Unit, ...]]
    element_settings: tuple[tuple[str, ...], ...] = ((),)
    blocks: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ("common",)
    model: AreaModel[C] | None = None
