"""Do the floating-point units give what NumPy gives, bit for bit?"""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from rtl.bench.build import BenchError
from tests.rtl.sat import fp_vectors
from tests.rtl.sat.support import HERE, RTL, build_harness, require_tools, tools

pytestmark = [pytest.mark.rtl, pytest.mark.golden]
SEED = 20231112


def check_units(total: int, seed: int, folder: Path = RTL) -> int:
    """Vectors compared; raises BenchError on the first difference."""
    program = build_harness("zs_fp_bench", HERE / "fp_harness.cpp", folder)
    compared = 0
    for batch in fp_vectors.batches(total, seed):
        done = subprocess.run([str(program)], input=batch.tobytes(), capture_output=True, env=tools(), check=False)
        report = done.stdout.decode()
        if done.returncode or f"vectors {len(batch)} differences 0\n" not in report:
            raise BenchError(f"seed {seed}:\n{report}{done.stderr.decode()}")
        compared += len(batch)
    return compared


def test_units_equal_numpy() -> None:
    require_tools()
    assert check_units(100_000, SEED) >= 100_000


@pytest.mark.slow
def test_units_equal_numpy_on_ten_million_vectors() -> None:
    require_tools()
    assert check_units(10_000_000, SEED + 1) >= 10_000_000


def test_the_vectors_reach_every_class_of_result() -> None:
    words = np.concatenate(list(fp_vectors.batches(100_000, SEED)))
    bins: dict[str, bool] = {}
    for name, column, exponents, fraction in (
        ("sum", 3, 255, 23),
        ("product", 4, 255, 23),
        ("half product", 5, 255, 23),
        ("narrow", 6, 31, 10),
    ):
        value = words[:, column].astype(np.int64)
        exponent, rest = value >> fraction & exponents, value & (1 << fraction) - 1
        negative = value >> (15 if name == "narrow" else 31) == 1
        classes = {
            "zero": (exponent == 0) & (rest == 0),
            "normal": (exponent > 0) & (exponent < exponents),
            "infinity": (exponent == exponents) & (rest == 0),
        }
        if name != "half product":  # never subnormal in fp32
            classes["subnormal"] = (exponent == 0) & (rest > 0)
        for label, chosen in classes.items():
            bins[f"{name}: +{label}"] = bool((chosen & ~negative).any())
            bins[f"{name}: -{label}"] = bool((chosen & negative).any())
        bins[f"{name}: nan"] = bool(((exponent == exponents) & (rest > 0)).any())
    a, b = words[:, 0].view(np.float32), words[:, 1].view(np.float32)
    with np.errstate(all="ignore"):
        exact = a.astype(np.float64) + b.astype(np.float64)
        rounded = words[:, 3].view(np.float32).astype(np.float64)
        error = np.abs(exact - rounded)
        ulp = np.spacing(np.abs(words[:, 3].view(np.float32))).astype(np.float64)
        even = (words[:, 3] & 1) == 0
        bins["sum: tie to even, away"] = bool(((error == ulp / 2) & even & (np.abs(rounded) > np.abs(exact))).any())
        bins["sum: tie to even, toward zero"] = bool(
            ((error == ulp / 2) & even & (np.abs(rounded) < np.abs(exact))).any()
        )
        bins["sum: exact cancellation"] = bool(((a == -b) & (a != 0) & np.isfinite(a)).any())
    assert not [name for name, hit in bins.items() if not hit]
