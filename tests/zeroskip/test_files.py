"""`zeroskip simulate FILE` for every kind of file, from typing to numbers."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file
from scipy import io, sparse

from zeroskip.cli import main

RNG = np.random.default_rng(2)


def safetensors(path: Path) -> None:
    save_file({"0.weight": RNG.standard_normal((24, 32)).astype(np.float16), "0.bias": np.zeros(24)}, path)


def hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["dense/kernel"] = RNG.standard_normal((32, 24))


def topology(path: Path) -> None:
    path.write_text("Layer, M, N, K, Sparsity\nproj, 8, 24, 32, 2:4,\n")


def market(path: Path) -> None:
    io.mmwrite(path, sparse.random(24, 32, 0.5, rng=RNG))


def sparse_npz(path: Path) -> None:
    sparse.save_npz(path, sparse.random(24, 32, 0.5, format="csc", rng=RNG))


def dense_npz(path: Path) -> None:
    np.savez(path, a=RNG.standard_normal((24, 32)))


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("name", "write", "options"),
    [
        ("net.safetensors", safetensors, ["--sequence", "8"]),
        ("net.h5", hdf5, ["--sequence", "8"]),
        ("net.csv", topology, []),
        ("net.mtx", market, ["--batch", "8"]),
        ("net.npz", sparse_npz, ["--batch", "8"]),
        ("net.npz", dense_npz, ["--batch", "8"]),
    ],
)
def test_simulate(tmp_path, name, write, options) -> None:
    write(tmp_path / name)
    result = run("simulate", str(tmp_path / name), "--pattern", "2:8", "--keep", "none", "--json", *options)
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    (layer,) = record["layers"]
    kept = 4 / 8 if name == "net.csv" else 2 / 8  # the topology says 2:4
    assert (layer["m"], layer["k"], layer["n"]) == (8, 32, 24)
    most = 8 * 32 * 24 * kept
    # a matrix that is half empty may have fewer than two non-zeros in a group
    assert most * 0.9 <= layer["macs"] <= most
    assert layer["cycles"] > 0


@pytest.mark.smoke
def test_tensors_are_listed(tmp_path) -> None:
    path = tmp_path / "net.safetensors"
    safetensors(path)
    result = run("models", "tensors", str(path))
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert ["0.weight", "F16", "24", "x", "32", "layer", "0"] in lines
    assert ["0.bias", "F64", "24", "vector"] in lines


@pytest.mark.parametrize("arguments", [("simulate",), ("models", "tensors")])
def test_damage_is_one_line(tmp_path, arguments) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"\xff" * 100)
    result = run(*arguments, str(path))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {path} is no safetensors file, or it is damaged: ")
    assert result.stderr.count("\n") == 1
