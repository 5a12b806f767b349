"""Files of many types, made with Python's own libraries from Python's own documentation and sources.

The words come from ``pydoc_data.topics``, the language reference that every Python carries; a seed decides which. The
bytes depend on the Python version, so numbers compare within one installation.
"""

import bz2
import configparser
import csv
import gzip
import hashlib
import io
import json
import lzma
import marshal
import pickle
import plistlib
import re
import sqlite3
import struct
import sysconfig
import tarfile
import wave
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from pathlib import Path
from pydoc_data import topics
from xml.etree import ElementTree

import numpy as np

Draw = np.random.Generator


def prose(rng: Draw) -> str:
    """Some consecutive paragraphs of the language reference."""
    texts = sorted(topics.topics)
    text = topics.topics[texts[int(rng.integers(len(texts)))]].strip()
    first = int(rng.integers(max(1, len(text) - 4000)))
    return text[first : first + 4000]


def _words(rng: Draw, count: int) -> list[str]:
    words = re.findall(r"[a-z]{3,}", prose(rng).lower()) or ["word"]
    return [words[int(index)] for index in rng.integers(len(words), size=count)]


def _table(rng: Draw) -> list[list[str]]:
    """A table of names and numbers with a heading."""
    names = _words(rng, 60)
    rows = [[name, str(int(rng.integers(1000))), f"{rng.random():.4f}"] for name in names]
    return [["name", "count", "share"], *rows]


def _record(rng: Draw) -> dict[str, object]:
    names = _words(rng, 6)
    values = (_words(rng, 3), int(rng.integers(10**6)), {name: float(rng.random()) for name in names}, True, None)
    return dict(zip(names, values, strict=False))


def _delimited(delimiter: str) -> Callable[[Draw], bytes]:
    def make(rng: Draw) -> bytes:
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter).writerows(_table(rng))
        return file.getvalue().encode()

    return make


def _ini(rng: Draw) -> bytes:
    parser = configparser.ConfigParser()
    for section in dict.fromkeys(_words(rng, 6)):
        parser[section] = dict(zip(_words(rng, 4), _words(rng, 4), strict=True))
    file = io.StringIO()
    parser.write(file)
    return file.getvalue().encode()


def _toml(rng: Draw) -> bytes:
    parts = [f"[{section}]\n" + "".join(f'{name} = "{value}"\nsize_{name} = {int(rng.integers(100))}\n'
             for name, value in zip(dict.fromkeys(_words(rng, 4)), _words(rng, 4), strict=False))
             for section in dict.fromkeys(_words(rng, 8))]  # fmt: skip
    return "\n".join(parts).encode()


def _yaml(rng: Draw) -> bytes:
    lines = ["---"]
    for section in dict.fromkeys(_words(rng, 8)):
        lines += [f"{section}:", f"  name: {_words(rng, 1)[0]}", "  items:"]
        lines += [f"    - {word}" for word in _words(rng, 5)]
    return "\n".join(lines).encode()


def _xml(rng: Draw) -> bytes:
    root = ElementTree.Element("catalog")
    for name, count, share in _table(rng)[1:]:
        item = ElementTree.SubElement(root, "item", {"name": name})
        ElementTree.SubElement(item, "count").text = count
        ElementTree.SubElement(item, "share").text = share
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _html(rng: Draw) -> bytes:
    paragraphs = "\n".join(f"<p>{escape(part)}</p>" for part in prose(rng).split("\n\n"))
    title = " ".join(_words(rng, 3))
    head = f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>'
    return f"{head}\n<body>\n<h1>{title}</h1>\n{paragraphs}\n</body>\n</html>\n".encode()


def _markdown(rng: Draw) -> bytes:
    parts = [f"# {' '.join(_words(rng, 3))}\n"]
    for _ in range(4):
        parts.append(f"## {' '.join(_words(rng, 2))}\n\n{' '.join(_words(rng, 40))}.\n")
        parts.append("\n".join(f"- **{word}**: `{word}()`" for word in _words(rng, 4)) + "\n")
        parts.append("```python\nprint(1)\n```\n")
    return "\n".join(parts).encode()


def _svg(rng: Draw) -> bytes:
    shapes = "\n".join(
        f'  <circle cx="{x}" cy="{y}" r="{r}" fill="#{int(rng.integers(2**24)):06x}"/>'
        for x, y, r in rng.integers(1, 200, (40, 3))
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200">\n{shapes}\n</svg>\n'.encode()


def _notebook(rng: Draw) -> bytes:
    cells: list[dict[str, object]] = [{"cell_type": "markdown", "metadata": {}, "source": [prose(rng)[:300]]}]
    empty = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": []}
    cells += [{**empty, "source": [f"{word} = 1\n"]} for word in _words(rng, 8)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def _mail(rng: Draw) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "one@example.org", "two@example.org"
    message["Subject"] = " ".join(_words(rng, 4))
    message["Message-ID"] = f"<{int(rng.integers(2**31))}@example.org>"
    message.set_content(prose(rng))
    return bytes(message)


def _subtitles(rng: Draw) -> bytes:
    lines = [f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{' '.join(_words(rng, 6))}\n" for n in range(40)]
    return "\n".join(lines).encode()


def _checksums(rng: Draw) -> bytes:
    return "".join(f"{hashlib.sha256(word.encode()).hexdigest()}  {word}.txt\n" for word in _words(rng, 30)).encode()


def _zip(rng: Draw) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in dict.fromkeys(_words(rng, 5)):
            archive.writestr(zipfile.ZipInfo(f"{name}.txt"), prose(rng), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _tar(rng: Draw) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in dict.fromkeys(_words(rng, 5)):
            content = prose(rng).encode()
            member = tarfile.TarInfo(f"{name}.txt")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def _sqlite(rng: Draw) -> bytes:
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE items (name TEXT, count INTEGER, share REAL)")
        base.executemany("INSERT INTO items VALUES (?, ?, ?)", _table(rng)[1:])
        base.commit()
        content = base.serialize()
    base.close()
    return content


def _picture(rng: Draw) -> np.ndarray:
    """A smooth colour picture, (64, 64, 3) uint8."""
    y, x = np.mgrid[0:64, 0:64] / 10
    waves = [np.sin(x * a + y * b + c) for a, b, c in rng.random((3, 3)) * 3]
    return ((np.stack(waves, axis=-1) + 1) * 127).astype(np.uint8)


def _png(rng: Draw) -> bytes:
    picture = _picture(rng)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    header = struct.pack(">IIBBBBB", *picture.shape[1::-1], 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _bmp(rng: Draw) -> bytes:
    pixels = _picture(rng).tobytes()
    sizes = struct.pack("<IiiHHIIiiII", 40, 64, 64, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + sizes + pixels


def _sound(rng: Draw) -> bytes:
    file = io.BytesIO()
    tone = np.sin(np.arange(4000) * rng.uniform(0.05, 0.5)) * 8000
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(tone.astype("<i2").tobytes())
    return file.getvalue()


def _array(rng: Draw) -> bytes:
    file = io.BytesIO()
    np.save(file, rng.standard_normal((20, 30)))
    return file.getvalue()


def source(rng: Draw) -> str:
    """A module of the standard library."""
    folder = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in folder.glob("*.py") if path.stat().st_size > 2000)
    return files[int(rng.integers(len(files)))].read_text(encoding="utf-8", errors="replace")


def _bytecode(rng: Draw) -> bytes:
    from importlib.util import MAGIC_NUMBER  # noqa: PLC0415  # of this interpreter

    return MAGIC_NUMBER + bytes(12) + marshal.dumps(compile(source(rng), "module.py", "exec", dont_inherit=True))


# A label of magika, and what makes a file of that type.
KINDS: dict[str, Callable[[Draw], bytes]] = {
    "applebplist": lambda rng: plistlib.dumps({"items": _words(rng, 40)}, fmt=plistlib.FMT_BINARY),
    "appleplist": lambda rng: plistlib.dumps({name: _words(rng, 3) for name in _words(rng, 12)}),
    "bmp": _bmp,
    "bzip": lambda rng: bz2.compress(prose(rng).encode()),
    "csv": _delimited(","),
    "eml": _mail,
    "gzip": lambda rng: gzip.compress(prose(rng).encode(), mtime=0),
    "html": _html,
    "ini": _ini,
    "ipynb": _notebook,
    "json": lambda rng: json.dumps([_record(rng) for _ in range(8)], indent=2).encode(),
    "jsonl": lambda rng: "\n".join(json.dumps(_record(rng)) for _ in range(20)).encode(),
    "markdown": _markdown,
    "npy": _array,
    "pickle": lambda rng: pickle.dumps([_words(rng, 20) for _ in range(8)]),
    "png": _png,
    "python": lambda rng: source(rng).encode(),
    "pythonbytecode": _bytecode,
    "sqlite": _sqlite,
    "srt": _subtitles,
    "sum": _checksums,
    "svg": _svg,
    "tar": _tar,
    "toml": _toml,
    "tsv": _delimited("\t"),
    "txt": lambda rng: prose(rng).encode(),
    "wav": _sound,
    "xml": _xml,
    "xz": lambda rng: lzma.compress(prose(rng).encode()),
    "yaml": _yaml,
    "zip": _zip,
    "zlibstream": lambda rng: zlib.compress(prose(rng).encode()),
}
