"""Do the floating-point units give what NumPy gives, bit for bit?"""

import numpy as np
import pytest

from mapping.errors import InputError
from rtl.bench.build import RTL, BenchError
from rtl.bench.sat import float_vectors
from rtl.bench.sat.floats import check_units, refuse_other_simulators
from tests.rtl.tools import need

pytestmark = [pytest.mark.rtl, pytest.mark.golden]
SEED = 20231112


def test_units_equal_numpy() -> None:
    need("verilator")
    assert check_units(100_000, SEED) >= 100_000


@pytest.mark.slow
def test_units_equal_numpy_on_ten_million_vectors() -> None:
    need("verilator")
    assert check_units(10_000_000, SEED + 1) >= 10_000_000


def test_the_vectors_reach_every_class_of_result() -> None:
    words = np.concatenate(list(float_vectors.batches(100_000, SEED)))
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


def test_a_difference_is_shown() -> None:
    need("verilator")
    path = RTL / "sat" / "zs_fp32_to_fp16.sv"
    broken = path.read_text().replace("shifted[37] && (", "shifted[37] || (")
    assert broken != path.read_text()
    with pytest.raises(BenchError, match=r"seed 3:\nfp32_to_fp16 latency 0: a [0-9a-f]{8} .* expected [0-9a-f]{8} got"):
        check_units(10_000, 3, {path: broken})


def test_other_simulators_are_refused() -> None:
    need("icarus")
    with pytest.raises(InputError, match="simulator='icarus': the bench of the floating-point units runs in verilator"):
        refuse_other_simulators("icarus")
