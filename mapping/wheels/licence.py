"""What a wheel says about its licence."""

from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from mapping.errors import InputError
from mapping.wheels.unpack import read_text

_FILES = ("LICEN", "COPYING", "NOTICE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The licence of a wheel.

    Attributes:
        stated: What its metadata say, one line each; empty if they say nothing.
        texts: Its licence files by name.
        author: Who the metadata say made it.
    """

    stated: tuple[str, ...]
    texts: dict[str, str]
    author: str


def read_licence(wheel: Path) -> Licence:
    """The licence of a wheel, from the metadata and files of its ``.dist-info`` folder.

    Raises:
        InputError: No zip file, or no metadata in it.
    """
    metadata = read_text(wheel, "METADATA")
    if len(metadata) != 1:
        raise InputError(f"{wheel.name}: {len(metadata)} METADATA files, expected one")
    fields = HeaderParser().parsestr(next(iter(metadata.values())))
    classifiers = fields.get_all("Classifier", [])
    stated = [fields.get("License-Expression"), (fields.get("License") or "").split("\n")[0]]
    stated += [line.split("::")[-1].strip() for line in classifiers if line.startswith("License ::")]
    known = dict.fromkeys(line for line in stated if line and line != "UNKNOWN")
    texts: dict[str, str] = {}
    for prefix in _FILES:
        texts |= read_text(wheel, prefix)
    return Licence(stated=tuple(known), texts=texts, author=fields.get("Author") or fields.get("Author-email") or "")
