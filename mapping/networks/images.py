"""Labelled images, and the files of the MNIST family."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mapping.arrays import ByteArray, Float32Array
from mapping.errors import InputError

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # where Debian's dataset-fashion-mnist puts it
CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_FILES = {"train": "train", "test": "t10k"}


@dataclass(frozen=True, slots=True)
class Images:
    """Labelled grey images.

    Attributes:
        pixels: (images, rows, columns) uint8.
        labels: (images,) uint8.
    """

    pixels: ByteArray
    labels: ByteArray

    def __post_init__(self) -> None:
        """Refuse labels that do not fit the images.

        Raises:
            InputError: Not as many labels as images, or arrays of other dimensions.
        """
        if self.pixels.ndim != 3 or self.labels.shape != self.pixels.shape[:1]:
            raise InputError(f"images of shape {self.pixels.shape} with labels of shape {self.labels.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def inputs(self) -> Float32Array:
        """(images, rows, columns, 1) float32 in [0, 1], what the networks take."""
        return self.pixels[..., None].astype(np.float32) / np.float32(255)

    def first(self, count: int) -> "Images":
        """The first ``count`` images."""
        return Images(self.pixels[:count], self.labels[:count])


def read_images(part: Literal["train", "test"], folder: Path = DEBIAN_FOLDER) -> Images:
    """One part of Fashion-MNIST from its four IDX files, as Debian's package dataset-fashion-mnist holds them.

    Raises:
        InputError: A file is missing or damaged.
    """
    stem = _FILES[part]
    pixels = _read_idx(folder / f"{stem}-images-idx3-ubyte.gz", 3)
    return Images(pixels, _read_idx(folder / f"{stem}-labels-idx1-ubyte.gz", 1))


def _read_idx(path: Path, axes: int) -> ByteArray:
    """An IDX array of bytes: two zero bytes, type 8, the number of axes, big-endian sizes, values."""
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: no such file; Fashion-MNIST comes with `apt install dataset-fashion-mnist`, or give its folder"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    header = 4 + 4 * axes
    sizes = np.frombuffer(content[4:header], ">u4").astype(int)
    if content[:4] != bytes((0, 0, 8, axes)) or len(content) != header + sizes.prod():
        raise InputError(f"{path} is damaged: it is no IDX file of {axes}-dimensional bytes")
    return np.frombuffer(content, np.uint8, offset=header).reshape(sizes)
