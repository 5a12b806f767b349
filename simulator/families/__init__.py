"""Accelerator families: one folder each, found through the entry point group ``zeroskip.families``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from mapping.arrays import AnyArray, ByteArray, IntArray
from mapping.errors import InputError
from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping as LayerMapping
from mapping.training import TrainedLayer
from simulator.config import FamilyConfig, build_config, override, read_toml
from simulator.cost.actions import Actions
from simulator.cost.energy import Technology, energy_pj
from simulator.engine.job import Job
from simulator.generation import Generation
from simulator.isa import InstructionSet
from simulator.page import Page
from simulator.program import Program
from simulator.sharing.offers import Sharing
from simulator.verilog import Verilog

GROUP = "zeroskip.families"
Reproduce = Callable[[Callable[[str], None], int], Page]
C = TypeVar("C", bound=FamilyConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A mapping worth trying, and a number of cycles that it cannot beat."""

    mapping: LayerMapping
    bound_cycles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles(Generic[C]):
    """Mappings that a family takes beyond those that it offers.

    Attributes:
        fields: Fields of a mapping and its tiling that may have any value.
        bound: A number of cycles that a layer in a mapping cannot beat; raises ``InputError`` where it does not fit.
        buffered: Candidates that cut each scratchpad into so many parts, or None: their number cannot be chosen.
    """

    fields: tuple[str, ...]
    bound: Callable[[Layer, LayerMapping, C], int]
    buffered: Callable[[Layer, Pattern, C, int], list[Candidate]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden(Generic[C]):
    """The values of a family: what a program computes, without a clock.

    Attributes:
        image: The DRAM before the program of a layer runs, bytes.
        execute: The DRAM after a program has run, instructions in the given order (None: as they stand).
        output: The output tensor in a DRAM image, (images, out_rows, out_cols, out_channels).
    """

    image: Callable[[Layer, Pattern, LayerMapping, C], ByteArray]
    execute: Callable[[Program, ByteArray, C, IntArray | None], ByteArray]
    output: Callable[[Layer, LayerMapping, C, ByteArray], AnyArray]


@dataclass(frozen=True, kw_only=True)
class Family(Generic[C]):
    """An accelerator family.

    Attributes:
        name: As on the command line.
        summary: One line.
        config: Its configuration class.
        configs: Folder of named configurations, one TOML file each.
        default: Name of the configuration used when none is given.
        isa: Its instruction set.
        candidates: Mappings worth trying for a layer pruned to a pattern, by ascending bound.
        lower: A layer in a mapping, as a program.
        job: A program with its service times.
        dram_bytes: Bytes that each instruction of a program moves to or from DRAM, (i,) int64.
        golden: What it computes.
        peak_macs: Multiply-accumulates per cycle of a configuration; a fraction where time is counted more finely.
        peak_bytes: DRAM bytes per cycle of a configuration.
        check: Further checks of a program against a configuration; raises ``ProgramError``.
        part: The part of a layer that one of several equal chips runs, or None: the whole layer.
        admit: Refuses a model, as the parts of all its layers with their patterns, that the machine cannot hold; raises
            ``InputError``. None: memory has no end.
        training: What a training step does for one layer beside its products, as programs by name (for example the
            optimiser), or None: the family does not train. ``job``, ``check`` and ``dram_bytes`` take them too.
        actions: What the hardware does to run a program, counted for the energy model, or None: it has none.
        chips: How many equal chips run their part of every layer, each a program; None: one.
        reproduce: Writes the page that compares the family with what is published about it, or None; called with a
            function that is told what is done, and the number of processes to use.
        pages: More such pages, by the name they have on the command line.
        verilog: How a configuration becomes Verilog modules, for ``zeroskip area``, or None: it has no Verilog.
        generate: A prompt and the tokens behind it, by settings of the transformer, or None: it runs layers only.
        tiles: What ``lower`` takes beyond candidates, for a search that asks for tiles of its own, or None: nothing.
        reads_values: Whether the values of weights decide times beside their pattern, as where blocks are stored at the
            fewest weights that any of them needs; else layers of equal shape and pattern take equally long.
        machine: What the published machine is called, another name in ``zeroskip reproduce``, or None.
        sharing: How configurations share programs, for fast sweeps of the hardware, or None: they do not.
        pages: More such pages, by the name they have on the command line.
    """

    name: str
    summary: str
    config: type[C]
    configs: Path
    default: str
    isa: InstructionSet
    candidates: Callable[[Layer, Pattern, C], list[Candidate]]
    lower: Callable[[Layer, Pattern, LayerMapping, C], Program]
    job: Callable[[Program, C], Job]
    dram_bytes: Callable[[Program], IntArray]
    golden: Golden[C]
    peak_macs: Callable[[C], float]
    peak_bytes: Callable[[C], float]
    check: Callable[[Program, C], None]
    part: Callable[[Layer, C], Layer] | None = None
    admit: Callable[[Sequence[tuple[Layer, Pattern]], C], None] | None = None
    training: Callable[[TrainedLayer, C], dict[str, Program]] | None = None
    actions: Callable[[Program, C], list[Actions]] | None = None
    chips: Callable[[C], int] | None = None
    reproduce: Reproduce | None = None
    pages: Mapping[str, Reproduce] = field(default_factory=dict)
    verilog: Verilog[C] | None = None
    tiles: Tiles[C] | None = None
    reads_values: bool = False
    machine: str | None = None
    generate: Callable[[tuple[str, ...], int, int, C], Generation] | None = None
    sharing: Sharing[C] | None = None

    def on_chip(self, layers: Sequence[Layer], config: C) -> list[Layer]:
        """What one chip runs of each layer."""
        return [layer if self.part is None else self.part(layer, config) for layer in layers]

    def check_room(self, layers: Sequence[tuple[Layer, Pattern]], config: C) -> None:
        """Refuse a model, as what one chip runs of its layers with their patterns, that the machine cannot hold.

        Raises:
            InputError: It says by how much.
        """
        if self.admit is not None:
            self.admit(layers, config)

    def config_names(self) -> list[str]:
        """Names of the configurations it comes with."""
        return sorted(path.stem for path in self.configs.glob("*.toml"))

    def load_config(self, name_or_path: str | None = None, settings: tuple[str, ...] = ()) -> C:
        """A named configuration or one from a TOML file, with ``KEY=VALUE`` settings applied.

        Raises:
            InputError: No such name or file, or values that are not legal.
        """
        name = self.default if name_or_path is None else name_or_path
        path = Path(name) if name.endswith(".toml") else self.configs / f"{name}.toml"
        if not name.endswith(".toml") and name not in self.config_names():
            raise InputError(
                f"configuration {name!r} is not one of {', '.join(self.config_names())}, nor a path that ends in .toml"
            )
        values: dict[str, Any] = override(read_toml(path), settings)
        return build_config(self.config, values, f"configuration {name}")

    def energy_pj(self, program: Program, config: C, of: Technology) -> dict[str, float]:
        """Energy of a program by component [pJ], on all chips.

        Raises:
            InputError: The family counts no actions, or the technology lacks one.
        """
        if self.actions is None:
            raise InputError(f"family {self.name!r} counts no actions")
        chips = 1 if self.chips is None else self.chips(config)
        return {part: chips * pj for part, pj in energy_pj(self.actions(program, config), of).items()}


@cache
def families() -> dict[str, Family[Any]]:
    """All installed families by name.

    Raises:
        InputError: Two families of one name, or one whose package cannot be loaded.
    """
    found: dict[str, Family[Any]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        if entry.name in found:
            raise InputError(f"two packages install a family called {entry.name!r}")
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            package = entry.dist.name if entry.dist else "an unknown package"
            raise InputError(
                f"family {entry.name!r} of {package} cannot be loaded from {entry.value}: {error}; "
                f"mend or uninstall {package}"
            ) from error
    return found


def family(name: str) -> Family[Any]:
    """The family called ``name``.

    Raises:
        InputError: There is none.
    """
    if name not in families():
        raise InputError(f"family {name!r} is not one of {', '.join(families())}")
    return families()[name]


def pages() -> dict[str, Reproduce]:
    """The pages that all installed families bring, by name; a family's own page has its name and its machine's.

    Raises:
        InputError: Two pages of one name.
    """
    found: dict[str, Reproduce] = {}
    for each in families().values():
        names = [each.name] if each.machine is None else [each.name, each.machine]
        own = {name: each.reproduce for name in names if each.reproduce is not None}
        for name, page in {**own, **each.pages}.items():
            if name in found:
                raise InputError(f"two families bring a page called {name!r}")
            found[name] = page
    return found
