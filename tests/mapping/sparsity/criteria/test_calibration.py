"""Sums over calibration inputs."""

import numpy as np
import pytest

from mapping.errors import InputError
from mapping.sparsity import Calibration

pytestmark = pytest.mark.golden


def test_batches_add_up():
    rows = np.random.default_rng(0).standard_normal((2, 15, 6)).astype(np.float32)
    calibration = Calibration(6).add(rows[0, :4]).add(rows[0, 4:]).add(rows[1])
    flat = rows.reshape(30, 6)
    assert calibration.samples == 30
    np.testing.assert_allclose(calibration.gram, flat.T @ flat, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(calibration.norms, np.linalg.norm(flat, axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 5)), r"calibration inputs have shape \(3, 5\), expected \(..., 4\)"),
        (np.full((1, 4), np.nan), "calibration inputs hold NaN or infinite values"),
    ],
)
def test_bad_inputs(rows, message):
    with pytest.raises(InputError, match=message):
        Calibration(4).add(rows)
