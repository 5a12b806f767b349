"""Single matrices from files."""

import gzip
import re
import zipfile

import numpy as np
import pytest
from scipy import io, sparse

from mapping.errors import InputError
from mapping.importers.matrix import read_matrices
from mapping.models import load_model

RNG = np.random.default_rng(5)
HEADER = "%%MatrixMarket matrix coordinate real general\n"
MATRIX = sparse.random(7, 11, 0.4, rng=RNG, format="csr")


def refused(message: str):
    return pytest.raises(InputError, match=re.escape(message))


def weights(path, **options) -> np.ndarray:
    (layer,) = load_model(path, **options).layers
    assert layer.weights.dtype == np.float32
    return layer.weights.reshape(layer.n, layer.k)


@pytest.mark.parametrize("zipped", [False, True])
def test_matrix_market(tmp_path, zipped) -> None:
    path = tmp_path / "a.mtx"
    io.mmwrite(path, MATRIX)
    if zipped:
        content, path = path.read_bytes(), tmp_path / "a.mtx.gz"
        path.write_bytes(gzip.compress(content))
    np.testing.assert_allclose(weights(path), MATRIX.toarray(), rtol=1e-6)
    model = load_model(path, batch=5)
    (layer,) = model.layers
    assert (layer.name, layer.m, layer.k, layer.n) == ("a", 5, 11, 7)
    assert model.weights_note == f"values of {path.name}: rows are outputs, columns are inputs"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coordinate real symmetric\n2 2 2\n1 1 3\n2 1 4\n", [[3, 4], [4, 0]]),
        ("coordinate pattern general\n2 3 2\n1 3\n2 1\n", [[0, 0, 1], [1, 0, 0]]),
        ("coordinate integer skew-symmetric\n2 2 1\n2 1 4\n", [[0, -4], [4, 0]]),
        ("coordinate real general\n% two\n%comments\n\n2 2 2\n1 1 3\n1 1 4\n", [[7, 0], [0, 0]]),
        ("coordinate real general\n2 2 0\n", [[0, 0], [0, 0]]),
        ("array real general\n2 2\n1\n2\n3\n4\n", [[1, 3], [2, 4]]),
        ("array real symmetric\n2 2\n1\n2\n3\n", [[1, 2], [2, 3]]),
        ("array real skew-symmetric\n3 3\n1\n2\n3\n", [[0, -1, -2], [1, 0, -3], [2, 3, 0]]),
    ],
)
def test_matrix_market_variants(tmp_path, text, expected) -> None:
    (tmp_path / "a.mtx").write_text(f"%%MatrixMarket matrix {text}")
    np.testing.assert_array_equal(weights(tmp_path / "a.mtx"), expected)


@pytest.mark.golden
@pytest.mark.parametrize("symmetry", ["general", "symmetric", "skew-symmetric"])
@pytest.mark.parametrize("dense", [False, True])
def test_matrix_market_as_scipy_reads_it(tmp_path, symmetry, dense) -> None:
    square = sparse.random(9, 9, 0.4, rng=RNG).toarray()
    square = {"general": square, "symmetric": square + square.T, "skew-symmetric": square - square.T}[symmetry]
    io.mmwrite(tmp_path / "a.mtx", square if dense else sparse.coo_array(square), symmetry=symmetry)
    expected = io.mmread(tmp_path / "a.mtx", spmatrix=False)
    np.testing.assert_array_equal(
        weights(tmp_path / "a.mtx"), (expected if dense else expected.toarray()).astype(np.float32)
    )


def test_a_gzip_bomb(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mapping.importers.matrix_market.MAX_TEXT", 1 << 20)
    (tmp_path / "a.mtx.gz").write_bytes(gzip.compress(bytes(1 << 24)))
    with refused("a.mtx.gz: unpacks to more than 1048576 bytes"):
        load_model(tmp_path / "a.mtx.gz")


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
def test_sparse_npz(tmp_path, form) -> None:
    sparse.save_npz(tmp_path / "a.npz", MATRIX.asformat(form))
    np.testing.assert_allclose(weights(tmp_path / "a.npz"), MATRIX.toarray(), rtol=1e-6)
    assert sparse.issparse(read_matrices(tmp_path / "a.npz")["a"])  # not made dense before somebody asks


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.bool_])
def test_dense_arrays(tmp_path, dtype) -> None:
    dense = (MATRIX.toarray() * 9).astype(dtype)
    np.save(tmp_path / "a.npy", dense)
    np.testing.assert_array_equal(weights(tmp_path / "a.npy"), dense.astype(np.float32))
    np.savez_compressed(tmp_path / "a.npz", first=dense, bias=np.zeros(3), second=dense.T)
    layers = load_model(tmp_path / "a.npz", batch=2, seed=4).layers
    assert [(layer.name, layer.m, layer.k, layer.n, layer.seed) for layer in layers] == [
        ("first", 2, 11, 7, 4),
        ("second", 2, 7, 11, 4),
    ]


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_python_objects_are_refused(tmp_path, ending) -> None:
    path = tmp_path / f"a.{ending}"
    array = np.array([[object()]])
    np.save(path, array, allow_pickle=True) if ending == "npy" else np.savez(path, a=array)
    with refused(f"{path} cannot be read: it holds Python objects (a pickle), and reading these runs code"):
        load_model(path)


@pytest.mark.parametrize("ending", ["pth", "pt", "bin", "pkl", "ckpt"])
def test_pickles_are_refused_by_their_ending(tmp_path, ending) -> None:
    (tmp_path / f"a.{ending}").write_bytes(b"\x80\x02.")
    with refused(f".{ending} files are pickles, and reading one runs code from it; known: .onnx, .safetensors, .h5"):
        load_model(tmp_path / f"a.{ending}")


def test_a_zip_bomb(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as file:
        for _ in range(40):
            file.write(bytes(1 << 20))
    assert (tmp_path / "a.npz").stat().st_size < 1 << 16
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mapping.importers.matrix.MAX_BYTES", 1 << 24)
        with refused("a.npz: unpacks to 41943040 bytes, more than 16777216"):
            load_model(tmp_path / "a.npz")


def test_sizes_beyond_a_layer(tmp_path) -> None:
    big = sparse.coo_array((np.ones(1), (np.array([0]), np.array([0]))), shape=(100_000, 100_000))
    io.mmwrite(tmp_path / "a.mtx", big)
    assert read_matrices(tmp_path / "a.mtx")["a"].shape == (100_000, 100_000)
    with refused("100000 x 100000 elements outside [1, 268435456], which a layer can hold"):
        load_model(tmp_path / "a.mtx")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.mtx is no Matrix Market file: its first line is ''"),
        ("hello\n", "a.mtx is no Matrix Market file: its first line is 'hello'"),
        (HEADER.replace("real", "complex") + "1 1 1\n1 1 2 3\n", "complex general matrices are not supported"),
        (HEADER, "the line of sizes is ''"),
        (HEADER + "% only a comment\n", "the line of sizes is ''"),
        (HEADER + "2 2\n", "the line of sizes is '2 2'"),
        (HEADER + "2 -2 1\n", "the line of sizes is '2 -2 1'"),
        (HEADER.replace("general", "symmetric") + "2 3 1\n1 1 1\n", "a matrix of 2 x 3 cannot be coordinate real symm"),
        (HEADER + "2 2 1\n3 1 2\n", "entry 1 is at (3, 1), outside 2 x 2"),
        (HEADER + "2 2 2\n1 1 2\n1 0 2\n", "entry 2 is at (1, 0), outside 2 x 2"),
        (HEADER + "2 2 1\n1.5 1 2\n", "entry 1 is at (1.5, 1), outside 2 x 2"),
        (HEADER + "2 2 9\n1 1 2\n", "1 lines of 3 numbers, expected 9 of 3"),
        (HEADER + "2 2 1\n1 1 2\n2 2 2\n", "2 lines of 3 numbers, expected 1 of 3"),
        (HEADER + "2 2 1\n1 1\n", "1 lines of 2 numbers, expected 1 of 3"),
        (HEADER + "2 2 2\n1 1 2\n1 2\n", "a.mtx cannot be read: "),
        (HEADER + "2 2 1\n1 1 1e-\n", "a.mtx cannot be read: "),  # SciPy's own reader does not survive this
        ("%%MatrixMarket matrix array real general\n9999999 9999999\n1\n", "99999980000001 stored numbers, more than"),
        (HEADER + "99999999999 1 1\n1 1 1\n", "the line of sizes is '99999999999 1 1'"),
        (HEADER + "2 2 1\n1 1 nan\n", "1 weights are NaN or infinite"),
    ],
)
def test_damaged_matrix_market(tmp_path, text, message) -> None:
    (tmp_path / "a.mtx").write_text(text)
    with refused(message):
        load_model(tmp_path / "a.mtx")


def test_indices_out_of_range(tmp_path) -> None:
    path = tmp_path / "a.npz"
    good = {"data": np.ones(2), "indices": np.array([0, 99]), "indptr": np.array([0, 1, 2]), "shape": np.array([2, 3])}
    np.savez(path, format=np.array(b"csr"), **good)
    with refused("a.npz cannot be read: "):
        load_model(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [({}, "no matrix of real numbers in it (it is empty)"), ({"v": np.zeros(3)}, "(v: float64 (3,))")],
)
def test_no_matrix(tmp_path, arrays, message) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with refused(message):
        load_model(tmp_path / "a.npz")


def test_an_empty_matrix(tmp_path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((0, 4)))
    with refused("0 x 4 elements outside [1, 268435456]"):
        load_model(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"sequence": 3}, "sequence=3: "), ({"shapes": {"x": (1,)}}, "shape of 'x': "), ({"rules": "a"}, "rules=a: ")],
)
def test_options_that_a_matrix_does_not_take(tmp_path, options, message) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 4)))
    with refused(message):
        load_model(tmp_path / "a.npy", **options)


def test_scipy_is_needed_for_sparse_files_only(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    np.save(tmp_path / "a.npy", np.ones((3, 4)))
    assert load_model(tmp_path / "a.npy").macs == 12
    (tmp_path / "a.mtx").touch()
    with refused(f"reading {tmp_path / 'a.mtx'} needs the scipy package: pip install 'zeroskip[models]'"):
        load_model(tmp_path / "a.mtx")
