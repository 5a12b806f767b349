"""Published sizes of storage formats come out of real matrices."""

import numpy as np
import pytest

from mapping.formats.bcsr import Bcsr
from mapping.formats.bitmap import Bitmap
from mapping.formats.csr import Csr
from mapping.formats.edge_llm import EdgeLlm
from mapping.formats.grouped_nm import GroupedNMFormat
from mapping.formats.mustafar import Mustafar
from mapping.formats.nm import NMFormat
from mapping.formats.tca_bme import TcaBme
from mapping.formats.tiled_csl import TiledCsl
from mapping.sparsity import Pattern, parse_pattern
from mapping.sparsity.patterns import GroupedNM, Unstructured

pytestmark = pytest.mark.published
SHAPE = (1024, 2048)
SPARSITIES = (0.5, 0.7, 0.8, 0.9)


def ratio(form, pattern, bits=16, shape=SHAPE):
    """Length of the real encoding of a random matrix over its dense size."""
    rng = np.random.default_rng(0)
    matrix = np.where(pattern.project(rng.random(shape)), rng.standard_normal(shape), 0).astype(f"f{bits // 8}")
    return 8 * len(form.encode(matrix)) / form.dense_bits(shape, bits)


# SpInfer (EuroSys 2025) equations 2, 3 and 9, Endor (arXiv 2406.11674), as ratios to dense fp16; the pointers and
# paddings of this size are the difference that the tolerance allows.
@pytest.mark.parametrize(
    ("form", "ratios", "tolerance"),
    [
        (Csr(), (1.5, 0.9, 0.6, 0.3), 0.001),
        (TiledCsl(), (1.0, 0.6, 0.4, 0.2), 0.001),
        (Bitmap(), (0.5625, 0.3625, 0.2625, 0.1625), 1e-6),
        (TcaBme(), (0.5625, 0.3625, 0.2625, 0.1625), 0.001),
    ],
    ids=str,
)
def test_ratio_to_dense_fp16(form, ratios, tolerance):
    for sparsity, expected in zip(SPARSITIES, ratios, strict=True):
        assert ratio(form, Unstructured(sparsity)) == pytest.approx(expected, abs=tolerance), sparsity


def test_endor_transfers_1_78_times_less_at_half_sparsity():
    """Endor's Llama2-70B speedup, 1.78x, is that of a purely transfer-bound machine."""
    assert 1 / ratio(Bitmap(), Unstructured(0.5)) == pytest.approx(1.78, abs=0.005)


@pytest.mark.parametrize(("sparsity", "expected"), [(0.5, 0.648), (0.7, 0.449)])
def test_mustafar_cache(sparsity, expected):
    """Mustafar keeps the KV cache at 45 % of dense with 70 % sparsity; 0.649 and 0.448 for this draw."""
    assert ratio(Mustafar(), Unstructured(sparsity)) == pytest.approx(expected, abs=0.002)


def test_mustafar_formula():
    """Per 1 x 64 tile 2 ceil8(nnz) + 8 + 4 bytes, and one closing offset for the matrix."""
    mask = np.random.default_rng(1).random((33, 640)) < 0.3
    nnz = mask.reshape(-1, 64).sum(1)
    assert Mustafar().size_bits(mask, 16) == 8 * (int((2 * (-(-nnz // 8) * 8) + 8 + 4).sum()) + 4)


@pytest.mark.parametrize(
    ("kept", "bits", "speedup"), [(8, 4.125, 1), (4, 3.125, 1.32), (2, 1.875, 2.2), (1, 1.125, 3.67)]
)
def test_edge_llm_bits_per_weight_and_speedup(kept, bits, speedup):
    """EdgeLLM (TCAS-I 2025): dense, 50 %, 75 % and 87.5 % on a bandwidth-bound machine."""
    rng = np.random.default_rng(0)
    mask = Pattern(kept, 8).project(rng.random((256, 4096)))
    matrix = np.where(mask, rng.integers(1, 8, mask.shape), 0).astype(np.int8)
    size = 8 * len(EdgeLlm(kept).encode(matrix))
    assert size / matrix.size == bits
    assert EdgeLlm(kept).dense_bits(matrix.shape) / size == pytest.approx(speedup, abs=0.005)


@pytest.mark.parametrize(("pattern", "expected"), [(GroupedNM(2, 4, 16), 0.625), (GroupedNM(1, 10, 8), 0.15)])
def test_sten_ratio_to_dense_fp32(pattern, expected):
    """n v + 2 bytes for m elements; the shape holds whole chunks and groups."""
    assert ratio(GroupedNMFormat(pattern), pattern, bits=32, shape=(4 * pattern.chunk, 100 * pattern.m)) == expected


def test_two_of_four():
    assert ratio(NMFormat(Pattern(2, 4)), Pattern(2, 4)) == 0.5625


@pytest.mark.parametrize("sparsity", [0.5, 0.9])
def test_smat_bytes(sparsity):
    """nb (16 16 2) + 4 nb + 4 (M / 16 + 1), plus 2 x 4 M/16 K/16 of block info: near 2 + 4 / 256 per stored element."""
    pattern = parse_pattern(f"block:16@{sparsity}")
    mask = pattern.project(np.random.default_rng(0).random(SHAPE))
    total = (SHAPE[0] // 16) * (SHAPE[1] // 16)
    blocks = total - round(total * sparsity)
    expected = blocks * 16 * 16 * 2 + 4 * blocks + 4 * (SHAPE[0] // 16 + 1)
    assert Bcsr().size_bits(mask, 16) == 8 * expected
    assert Bcsr(block_info=True).size_bits(mask, 16) == 8 * (expected + 8 * total)
    assert expected / (256 * blocks) == pytest.approx(2 + 4 / 256, abs=0.002)


def test_flash_llm_bytes():
    """4 NNZ_pad + 4 (NT + 2), each 128 x 64 tile padded to a multiple of 4."""
    mask = np.random.default_rng(2).random((256, 320)) < 0.2
    nnz = mask.reshape(2, 128, 5, 64).sum((1, 3))
    assert TiledCsl().size_bits(mask, 16) == 8 * (4 * int((-(-nnz // 4) * 4).sum()) + 4 * (10 + 2))
