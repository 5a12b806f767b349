"""Strategies: matrices of every dtype with zeros in clumps, and formats with their parameters."""

import numpy as np
from hypothesis import strategies as st

from mapping.formats.bcsr import Bcsr
from mapping.formats.bitmap import Bitmap
from mapping.formats.blocked_ell import BlockedEll
from mapping.formats.csc import Csc
from mapping.formats.csr import Csr
from mapping.formats.mustafar import Mustafar
from mapping.formats.run_length import RunLength
from mapping.formats.tca_bme import TcaBme
from mapping.formats.tiled_csl import TiledCsl

DTYPES = [np.int8, np.float16, np.float32]


@st.composite
def matrices(draw, dtypes=DTYPES, most=(150, 150), values=None):
    """A matrix whose density varies from block to block, so that empty rows and full tiles both occur."""
    shape = draw(st.integers(1, most[0])), draw(st.integers(1, most[1]))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    side = draw(st.sampled_from([1, 8, 64]))
    density = rng.choice(
        draw(st.sampled_from([(0.0, 0.3), (0.05, 1.0), (0.0, 0.0, 1.0)])), [-(-n // side) for n in shape]
    )
    mask = rng.random(shape) < np.kron(density, np.ones((side, side)))[: shape[0], : shape[1]]
    if values is not None:
        return np.where(mask, rng.integers(*values, shape), 0).astype(dtype)
    # Every bit pattern but those of zero: subnormals, infinities and NaN included.
    bits = rng.integers(1, 1 << (8 * dtype.itemsize - 1), shape).astype(f"u{dtype.itemsize}")
    sign = rng.integers(0, 2, shape).astype(bits.dtype) << (8 * dtype.itemsize - 1)
    return np.where(mask, bits | sign, 0).astype(bits.dtype).view(dtype)


general = st.one_of(
    st.sampled_from([Bitmap(), Csr(), Csc(), TcaBme(), Mustafar()]),
    st.builds(Bcsr, st.integers(1, 17), st.booleans()),
    st.builds(BlockedEll, st.integers(1, 17)),
    st.builds(RunLength, st.integers(1, 20)),
)
sixteen_bits = st.just(TiledCsl())


def same_bits(one, other):
    """Equal shape, dtype and bits."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def check_round_trip(form, matrix):
    """Size, round trip bit for bit, and refusal of data one byte too long or too short."""
    data = form.encode(matrix)
    assert data.dtype == np.uint8
    assert 8 * len(data) == form.size_bits(matrix != 0, 8 * matrix.itemsize)
    assert same_bits(form.decode(data, matrix.shape, matrix.dtype), matrix)
