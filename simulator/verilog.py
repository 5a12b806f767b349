"""What a family says about its Verilog, so that a configuration can be synthesised."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class Verilog(Generic[C]):
    """The Verilog of a family.

    Attributes:
        default: Name of the configuration that is synthesised when none is given.
        units: The machine of a configuration as modules side by side, the core first. Raises ``InputError`` for a
            configuration that the Verilog cannot do.
        elements: Variants of the processing element worth comparing, for the datapath of a configuration.
        blocks: Modules that are counted by themselves, and what tables call them. Each is synthesised once for each
            set of parameters, everything below it flattened. ``"a/b"``: instances of module b, only where they stand
            in module a.
        folders: Folders of ``rtl`` with the sources.
    """

    default: str
    units: Callable[[C], tuple[Unit, ...]]
    elements: Callable[[C], tuple[Unit, ...]]
    blocks: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ("common",)
