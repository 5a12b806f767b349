"""Synthesises a machine with Yosys, block by block, and counts what each block takes.

A block is synthesised by itself, once for each set of parameters and content of its sources, so equal processing
elements cost one synthesis, whatever the size of the array. What is below a block is flattened into it; blocks inside
it are boxes to it. Constants do not cross the border of a block.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from mapping.cache import cache_folder
from rtl.bench.build import RTL, Design
from rtl.bench.targets import LIBERTY, Target
from rtl.bench.yosys import need_yosys, run_yosys
from simulator.cost.resources import Resources
from simulator.verilog import Unit, Verilog

FLOW = 1  # changed with what a cached count means
LIMIT_S = 3600  # of one block
# Where `hierarchy -chparam` of Yosys 0.70 aborts, or maps a module to twice the LUTs that it takes inside a core.
SET_BEFORE_HIERARCHY = frozenset({"zs_vector_unit", "zs_accumulator"})
ELABORATED, TREE, COUNTS = "elaborated.il", "tree.json", "counts.json"
Cells = dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Block:
    """Equal instances of a module.

    Attributes:
        name: As tables call it.
        module: Of the Verilog.
        count: Instances.
        one: What one takes, without the blocks inside it.
        cells: Of one, by type.
    """

    name: str
    module: str
    count: int
    one: Resources
    cells: Mapping[str, int]

    @property
    def total(self) -> Resources:
        """Of all instances."""
        return self.one.times(self.count)


@dataclass(frozen=True, kw_only=True)
class UnitArea:
    """A unit, synthesised."""

    unit: Unit
    blocks: tuple[Block, ...]

    @property
    def total(self) -> Resources:
        """Of all its blocks."""
        return Resources.total([block.total for block in self.blocks])


@dataclass(frozen=True, slots=True)
class _Module:
    """A module of an elaborated design."""

    key: str  # in RTLIL, which tells parameter sets apart
    name: str  # in Verilog
    children: Mapping[str, int]  # blocks inside it


def synthesise(
    verilog: Verilog,
    unit: Unit,
    target: Target,
    *,
    jobs: int = 1,
    only: Collection[str] | None = None,
    check: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda text: None,
) -> UnitArea:
    """Synthesise a unit, or find what was counted before.

    Args:
        verilog: Whose folders and blocks are used.
        unit: What to synthesise.
        target: For what.
        jobs: Blocks that are synthesised at a time.
        only: Names of blocks; the others are left out. None: all.
        check: Called again and again; what it raises stops all.
        say: Called with each block that is synthesised afresh.

    Raises:
        InputError: Yosys is not installed.
        YosysError: It failed.
    """
    stopped = Event()

    def polled() -> None:
        if stopped.is_set():
            raise InterruptedError
        check()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        modules = _elaborate(verilog, unit, folder, polled)

        def count(module: _Module) -> tuple[Cells, Resources]:
            return _count(verilog, unit, module, modules, target, folder, polled, say)

        with ThreadPoolExecutor(jobs) as pool:
            chosen = {k: m for k, m in modules.items() if only is None or _label(verilog, unit, m.name) in only}
            futures = {key: pool.submit(count, module) for key, module in chosen.items()}
            try:
                counted = {key: future.result() for key, future in futures.items()}
            except BaseException:
                stopped.set()
                pool.shutdown(cancel_futures=True)
                raise
    blocks = []
    for key, number in _instances(modules).items():
        if key not in counted:
            continue
        name = _label(verilog, unit, modules[key].name)
        cells, one = counted[key]
        blocks.append(Block(name=name, module=modules[key].name, count=number, one=one, cells=cells))
    return UnitArea(unit=unit, blocks=tuple(blocks))


def instances(verilog: Verilog, unit: Unit, check: Callable[[], None] = lambda: None) -> dict[str, int]:
    """How often each module that is a block of its own stands in a unit, the unit's module included.

    Raises:
        InputError: Yosys is not installed.
        YosysError: It failed.
    """
    with tempfile.TemporaryDirectory() as name:
        modules = _elaborate(verilog, unit, Path(name), check)
    found: dict[str, int] = {}
    for key, number in _instances(modules).items():
        found[modules[key].name] = found.get(modules[key].name, 0) + number
    return found


def _elaborate(verilog: Verilog, unit: Unit, folder: Path, check: Callable[[], None]) -> dict[str, _Module]:
    """The blocks of a unit, the unit itself first; the flattened design is left in ``folder``."""
    sources = _sources(verilog, unit.module)
    commands = [f'read_verilog -sv -defer "{path}"' for path in sources]
    hierarchy = f"hierarchy -check -top {unit.module}"
    if unit.module in SET_BEFORE_HIERARCHY:
        values = "".join(f" -set {name} {value}" for name, value in unit.parameters.items())
        commands += [f"chparam{values} {unit.module}", hierarchy, "proc"]
    else:
        values = "".join(f" -chparam {name} {value}" for name, value in unit.parameters.items())
        commands += [hierarchy + values, "proc"]
    for block in verilog.blocks:
        parent, _, child = block.rpartition("/")
        if parent:
            commands.append(f"setattr -set keep_hierarchy 1 *{parent}*/t:*{child}*")
        else:
            commands.append(f"setattr -mod -set keep_hierarchy 1 A:hdlname={child} {child}")
    commands += ["flatten -noscopeinfo", "opt_clean", f"tee -q -o {TREE} stat -json", f"write_rtlil {ELABORATED}"]
    run_yosys(commands, folder, limit_s=LIMIT_S, check=check)
    found = json.loads((folder / TREE).read_text("utf-8"))["modules"]
    modules = {}
    for key, values_of in found.items():
        children = {
            cell: n for cell, n in values_of["num_cells_by_type"].items() if cell in found or f"\\{cell}" in found
        }
        modules[key] = _Module(key, _verilog_name(key), {c if c in found else f"\\{c}": n for c, n in children.items()})
    top = f"\\{unit.module}"
    return {top: modules.pop(top), **modules}


def _count(
    verilog: Verilog,
    unit: Unit,
    module: _Module,
    modules: Mapping[str, _Module],
    target: Target,
    folder: Path,
    check: Callable[[], None],
    say: Callable[[str], None],
) -> tuple[Cells, Resources]:
    """Cells of one block by type, and what they take; from the cache if it is there."""
    design = _design(verilog, module.name)
    parts = [str(FLOW), need_yosys(), *target.passes, target.digest, module.key, *sorted(module.children)]
    if module.name == unit.module:
        parts += [f"{name}={value}" for name, value in sorted(unit.parameters.items())]
    parts += [*sorted(verilog.blocks), *(design.text(path) for path in design.sources())]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
    cache = cache_folder() / "area" / f"{digest}.json"
    kept = _read(cache)
    if kept is None:
        say(f"{unit.name}: {module.name} for {target.name}")
        with tempfile.TemporaryDirectory(dir=folder) as name:
            kept = _synthesise_block(module, modules, target, Path(name), folder / ELABORATED, check)
        _write(cache, kept)
    cells = {name: n for name, n in kept["cells"].items() if name not in module.children}
    resources = target.resources(cells)
    return cells, replace(resources, memory_bits=kept["memory_bits"], area_um2=kept["area"])


def _synthesise_block(
    module: _Module,
    modules: Mapping[str, _Module],
    target: Target,
    folder: Path,
    elaborated: Path,
    check: Callable[[], None],
) -> dict:
    """Run the passes of a target on one block."""
    plain = {key: f"block_{number}" for number, key in enumerate(modules)}
    text = elaborated.read_text("utf-8")
    for key in sorted(plain, key=len, reverse=True):
        text = re.sub(rf"(?<=\s){re.escape(key)}(?=\s)", lambda _, key=key: f"\\{plain[key]}", text)
    (folder / "block.il").write_text(text, "utf-8")
    if target.liberty is not None:
        shutil.copyfile(target.liberty, folder / LIBERTY)
    top = plain[module.key]
    boxes = [f"blackbox {plain[child]}" for child in module.children]
    passes = [command.replace("{top}", top) for command in target.passes]
    commands = ["read_rtlil block.il", *boxes, f"hierarchy -top {top}", *passes, "memory_unpack"]
    statistics = f"stat -json -liberty {LIBERTY}" if target.liberty else "stat -json"
    commands.append(f"tee -q -o {COUNTS} {statistics} {top}")
    run_yosys(commands, folder, limit_s=LIMIT_S, check=check)
    found = json.loads((folder / COUNTS).read_text("utf-8"))["modules"][f"\\{top}"]
    names = {plain_name: key for key, plain_name in plain.items()}
    cells = {names.get(name.removeprefix("\\"), name): n for name, n in found["num_cells_by_type"].items()}
    return {"cells": cells, "memory_bits": found["num_memory_bits"], "area": float(found.get("area", 0))}


def _instances(modules: Mapping[str, _Module]) -> dict[str, int]:
    """How often each block stands in the first module."""
    numbers = dict.fromkeys(modules, 0)

    def visit(key: str, number: int) -> None:
        numbers[key] += number
        for child, times in modules[key].children.items():
            visit(child, number * times)

    visit(next(iter(modules)), 1)
    return {key: number for key, number in numbers.items() if number}


def _design(verilog: Verilog, module: str) -> Design:
    return Design(toplevel=module, folders=tuple(RTL / folder for folder in verilog.folders))


def _sources(verilog: Verilog, module: str) -> list[Path]:
    return _design(verilog, module).sources()


def _verilog_name(key: str) -> str:
    r"""Of ``\zs_a``, ``$paramod$0123\zs_a`` or ``$paramod\zs_a\Width=s32'1``."""
    return re.sub(r"^\$paramod(\$[0-9a-f]+)?", "", key).split("\\")[1]


def _read(path: Path) -> dict | None:
    """A cached count; None if there is none, or a damaged one."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path, values: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(values), "utf-8")
    fresh.replace(path)


def _label(verilog: Verilog, unit: Unit, module: str) -> str:
    """What tables call a module."""
    if module == unit.module:
        return unit.name
    return next(name for block, name in verilog.blocks.items() if block.rpartition("/")[2] == module)
