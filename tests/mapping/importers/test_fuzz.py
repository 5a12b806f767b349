"""Damaged files of every format: a network comes out, or an InputError, and nothing else; in seconds."""

import gzip
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save
from scipy import io, sparse

from mapping.errors import InputError
from mapping.models import load_model
from tests.mapping.importers.test_scale_sim import CONV

MATRIX = sparse.random(7, 11, 0.4, rng=np.random.default_rng(5), format="csr")


def safetensors(path: Path) -> None:
    path.write_bytes(save({"a.weight": np.ones((3, 4), np.float32), "b.weight": np.ones((4, 3), np.float16)}))


def hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a/kernel"], file["b/bias"] = np.ones((3, 4), np.float32), np.ones(4)


def topology(path: Path) -> None:
    path.write_text(CONV + "a,8,8,3,3,16,4,1,1:4\nDP,8,8,3,3,16,1,2,\n")


def market(path: Path) -> None:
    io.mmwrite(path, MATRIX)


def packed_market(path: Path) -> None:
    market(path.with_suffix(""))
    path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))


def sparse_npz(path: Path) -> None:
    sparse.save_npz(path, MATRIX)


def plain_npz(path: Path) -> None:
    np.savez(path, a=MATRIX.toarray())


def npy(path: Path) -> None:
    np.save(path, MATRIX.toarray())


FORMATS = [
    ("a.safetensors", safetensors), ("a.h5", hdf5), ("a.csv", topology), ("a.mtx", market), ("a.mtx.gz", packed_market),
    ("a.npz", sparse_npz), ("a.npz", plain_npz), ("a.npy", npy),
]  # fmt: skip


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> dict[str, tuple[Path, bytes]]:
    contents = {}
    for name, write in FORMATS:
        path = tmp_path_factory.mktemp(write.__name__) / name
        write(path)
        contents[write.__name__] = path, path.read_bytes()
        assert load_model(path).macs > 0
    return contents


@pytest.mark.parametrize("form", [write.__name__ for _, write in FORMATS])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files(originals, form, data) -> None:
    path, original = originals[form]
    content = bytearray(original)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path.write_bytes(content[:cut])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy and SciPy warn of what they read
        try:
            model = load_model(path)
        except InputError as error:
            assert str(path) in str(error) or "layer " in str(error)  # noqa: PT017 - it may also be a legal file
            return
    assert model.macs > 0
