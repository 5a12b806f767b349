"""What the fp16 programs of one run of the SAT core must bring about, beside what all programs must."""

import numpy as np

from mapping.arrays import AnyArray, BoolArray, ByteArray
from rtl.bench.coverage import Bins
from rtl.bench.sat.cases import SatCase
from rtl.bench.sat.values import weight_tiles
from simulator.families.sat.arithmetic import fp16_rounded
from simulator.families.sat.config import SatConfig
from simulator.families.sat.golden import Fields, Machine
from simulator.families.sat.isa import SAT_ISA
from simulator.memory.config import IdealMemory

CLASSES = ("-0", "subnormal", "infinity", "NaN")
FLOAT_BINS = (
    *(f"{operand}: {name}" for operand in ("activation", "weight", "stored fp16") for name in CLASSES),
    "stored fp16",
    "stored fp32",
    "stored fp32: infinity",
    "stored fp32: NaN",
    "accumulation: NaN",
    "accumulation: infinity",
    "accumulation: exact cancellation",
    "accumulation: tie to even, away from zero",
    "accumulation: tie to even, toward zero",
    "rounding to fp16: too large",
    "rounding to fp16: tie to even, away from zero",
    "rounding to fp16: tie to even, toward zero",
    "rounding to fp16: tie between subnormals",
    "rounding to fp16: too small",
    "a beat begins in the middle of an fp16 value",
)


def cover_floats(bins: Bins, case: SatCase) -> None:
    """Fill the bins of one program."""
    shape = case.layer.shape
    used = shape.images * shape.in_rows * shape.in_cols * shape.in_channels
    _cover_classes(bins, "activation", case.before[: 2 * used].view(np.float16))
    for tile in weight_tiles(case.before, case.layer, case.mapping, case.config):
        _cover_classes(bins, "weight", tile)
    _Watched(bins, case.before, case.config).run(case)
    _cover_beats(bins, case)


def _cover_classes(bins: Bins, operand: str, values: AnyArray) -> None:
    names = dict(zip(CLASSES, _classes(values), strict=True))
    for name, found in names.items():
        bins.hit(f"{operand}: {name}", found.any())


def _classes(values: AnyArray) -> tuple[BoolArray, ...]:
    tiny = np.finfo(values.dtype).smallest_normal
    magnitude = np.abs(values)
    zero = (values == 0) & np.signbit(values)
    return zero, (magnitude > 0) & (magnitude < tiny), np.isinf(values), np.isnan(values)


class _Watched(Machine):
    """The golden machine; sums are looked at before and after each rounding."""

    def __init__(self, bins: Bins, memory: ByteArray, config: SatConfig) -> None:
        super().__init__(memory.copy(), config)
        self._bins = bins

    def run(self, case: SatCase) -> None:
        """All instructions, in the order of the program."""
        program, run = case.program, {"LOAD": self.load, "GEMM": self.gemm, "STORE": self.store}
        for i in range(len(program)):
            opcode = SAT_ISA.opcodes[program.opcode[i]]
            names = [field.name for field in opcode.fields]
            run[opcode.name](dict(zip(names, program.operands[i].tolist(), strict=False)))

    def summed(self, standing: AnyArray, sums: AnyArray) -> AnyArray:
        """Looks at the sums."""
        bins, result = self._bins, super().summed(standing, sums)
        bins.hit("accumulation: NaN", np.isnan(result).any())
        bins.hit("accumulation: infinity", np.isinf(result).any())
        bins.hit("accumulation: exact cancellation", ((result == 0) & (sums != 0)).any())
        with np.errstate(all="ignore"):
            exact = standing.astype(np.float64) + sums.astype(np.float64)
        up, down = _ties(exact, result)
        bins.hit("accumulation: tie to even, away from zero", up.any())
        bins.hit("accumulation: tie to even, toward zero", down.any())
        return result

    def store(self, f: Fields) -> None:
        """Looks at what is stored."""
        bins, bytes_each = self._bins, 2 if f["narrow"] else 4
        count = f["images"] * f["rows"] * f["cols"] * f["run_bytes"] // bytes_each
        sums = self.outputs.read(f["pad_address"], 4 * count).view(np.float32)
        bins.hit("stored fp16", f["narrow"])
        bins.hit("stored fp32", not f["narrow"])
        if not f["narrow"]:
            bins.hit("stored fp32: infinity", np.isinf(sums).any())
            bins.hit("stored fp32: NaN", np.isnan(sums).any())
        else:
            rounded = fp16_rounded(sums)
            _cover_classes(bins, "stored fp16", rounded)
            up, down = _ties(sums.astype(np.float64), rounded)
            bins.hit("rounding to fp16: tie to even, away from zero", up.any())
            bins.hit("rounding to fp16: tie to even, toward zero", down.any())
            small = np.abs(sums) < np.finfo(np.float16).smallest_normal
            bins.hit("rounding to fp16: tie between subnormals", (small & (up | down)).any())
            bins.hit("rounding to fp16: too small", ((rounded == 0) & (sums != 0)).any())
            bins.hit("rounding to fp16: too large", (np.isinf(rounded) & np.isfinite(sums)).any())
        super().store(f)


def _ties(exact: AnyArray, rounded: AnyArray) -> tuple[BoolArray, BoolArray]:
    """Where a value in the middle between two was rounded away from zero, and where toward it; exact is float64."""
    with np.errstate(all="ignore"):
        away = np.abs(rounded.astype(np.float64)) > np.abs(exact)
        toward = np.where(away, 0, np.copysign(np.inf, exact)).astype(rounded.dtype)
        other = np.nextafter(rounded, toward)
        middle = (rounded.astype(np.float64) + other.astype(np.float64)) / 2
        tie = np.isfinite(rounded) & np.isfinite(other) & (exact == middle)
    return tie & away, tie & ~away


def _cover_beats(bins: Bins, case: SatCase) -> None:
    memory, program = case.config.memory, case.program
    assert isinstance(memory, IdealMemory)
    narrow = program.operand("STORE", "narrow") == 1
    size = np.prod([program.operand("STORE", name) for name in ("images", "rows", "cols", "run_bytes")], axis=0)
    several = size > memory.bytes_per_cycle
    odd = memory.bytes_per_cycle % 2 == 1
    bins.hit("a beat begins in the middle of an fp16 value", (narrow & several).any() and odd)
