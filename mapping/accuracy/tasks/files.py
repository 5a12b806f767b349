"""Magika: the types of files."""

import json
import platform
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from mapping.accuracy.runtime import Feeds
from mapping.accuracy.tasks.file_kinds import KINDS
from mapping.accuracy.tasks.task import Score, Task
from mapping.arrays import AnyArray
from mapping.wheels import fetched

_PER_KIND = 6
_CALIBRATION_PER_KIND = 2
_BATCH = 16


class FileTypes(Task):
    """Agreement with the dense network, and accuracy where the label is the way a file was made."""

    name = "magika"
    samples = _PER_KIND * len(KINDS)
    calibration_samples = _CALIBRATION_PER_KIND * len(KINDS)

    @property
    def title(self) -> str:  # type: ignore[override]
        """What the files are; their content depends on the Python version."""
        return (
            f"{self.samples} files of {len(KINDS)} types, made from the library of Python {platform.python_version()}"
        )

    @cached_property
    def _layout(self) -> dict[str, int | list[str]]:
        """Sizes and labels, from the configuration beside the network."""
        return json.loads((fetched(self.name).parent / "config.min.json").read_text(encoding="utf-8"))

    def _calibration(self, count: int) -> list[Feeds]:
        # Round by round, so that few files are of many types.
        contents = [make(np.random.default_rng([1, seed, kind]))
                    for seed in range(_CALIBRATION_PER_KIND) for kind, make in enumerate(KINDS.values())]  # fmt: skip
        return self._feeds(contents[:count])

    @property
    def labels(self) -> AnyArray:
        """How the files were made."""
        names = self._layout["target_labels_space"]
        assert isinstance(names, list)
        return np.repeat([names.index(kind) for kind in KINDS], _PER_KIND)

    def batches(self) -> list[Feeds]:
        """The evaluation files, type by type."""
        return self._feeds(
            make(np.random.default_rng([0, seed, kind]))
            for kind, make in enumerate(KINDS.values())
            for seed in range(_PER_KIND)
        )

    def score(self, found: Sequence[AnyArray], dense: Sequence[AnyArray]) -> tuple[Score, ...]:
        """Agreement with the dense network, and accuracy."""
        classes = np.concatenate(found)
        return (
            Score.mean("agreement with dense", classes == np.concatenate(dense)),
            Score.mean("accuracy", classes == self.labels),
        )

    def _feeds(self, contents: Iterable[bytes]) -> list[Feeds]:
        """Batches of the network's input ``bytes``, (N, 2048) int32."""
        sizes = {name: int(self._layout[name]) for name in ("beg_size", "end_size", "block_size", "padding_token")}  # type: ignore[arg-type]
        rows = np.stack([features(content, **sizes) for content in contents])
        return [{"bytes": rows[first : first + _BATCH]} for first in range(0, len(rows), _BATCH)]


def features(content: bytes, *, beg_size: int, end_size: int, block_size: int, padding_token: int) -> AnyArray:
    """What magika's network sees of a file: its first and last bytes without the white space before and behind them.

    As in the ``magika`` package: of at most ``block_size`` bytes at either end.

    Returns:
        (beg_size + end_size,) int32; padding stands behind a short beginning and before a short end.
    """
    head, tail = content[:block_size].lstrip()[:beg_size], content[-block_size:].rstrip()[-end_size:]
    row = np.full(beg_size + end_size, padding_token, np.int32)
    row[: len(head)] = np.frombuffer(head, np.uint8)
    row[len(row) - len(tail) :] = np.frombuffer(tail, np.uint8)
    return row
