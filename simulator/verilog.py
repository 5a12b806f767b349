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
        count: How many of it the machine has.
    """

    name: str
    module: str
    parameters: Mapping[str, int]
    training: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockShape:
    """Equal instances of a module, and what the size of one follows from.

    Attributes:
        unit: The unit in which they are.
        name: As in ``Verilog.blocks``; that of the unit itself is the unit's. Several shapes may share it.
        module: In Verilog.
        parameters: Of the module.
        count: Instances.
        features: Quantities that the resources of one instance are taken to be proportional to.
        wires: Parameters that only set how wide the wires through it are, so that any value of them is in range.
    """

    unit: str
    name: str
    module: str
    parameters: Mapping[str, int]
    count: int
    features: Mapping[str, float]
    wires: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What data files and tables call the block."""
        return f"{self.unit}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class AreaModel:
    """What the fitted area model of a family needs.

    Attributes:
        shape: The blocks of a machine, from its units.
        points: For each block, by key, settings of the default configuration at which it is synthesised and fitted.
        checks: For some blocks, settings at which they are synthesised to see how far the model is off, and not fitted.
        file: Points, coefficients and checks, written by ``python -m benchmarks.area``.
    """

    shape: Callable[[tuple[Unit, ...]], tuple[BlockShape, ...]]
    points: Mapping[str, tuple[tuple[str, ...], ...]]
    checks: Mapping[str, tuple[tuple[str, ...], ...]]
    file: Path


@dataclass(frozen=True, kw_only=True)
class Verilog(Generic[C]):
    """The Verilog of a family.

    Attributes:
        default: Name of the configuration that is synthesised when none is given.
        units: The machine of a configuration as modules side by side, the core first. Raises ``InputError`` for a
            configuration that the Verilog cannot do.
        total: What tables call the sum of all units that not only training needs.
        lacks: What of the machine has no Verilog, so that no total holds it.
        elements: Variants of the processing element worth comparing, for the datapath of a configuration; None: there
            are none.
        element_settings: Settings of the default configuration for which documentation compares them.
        blocks: Modules that are counted by themselves, and what tables call them. Each is synthesised once for each
            set of parameters, everything below it flattened. ``"a/b"``: instances of module b, only where they stand
            in module a.
        folders: Folders of ``rtl`` with the sources.
        model: Its area without synthesis, or None.
    """

    default: str
    units: Callable[[C], tuple[Unit, ...]]
    total: str = "core"
    lacks: str = ""
    elements: Callable[[C], tuple[Unit, ...]] | None = None
    element_settings: tuple[tuple[str, ...], ...] = ((),)
    blocks: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ("common",)
    model: AreaModel | None = None
