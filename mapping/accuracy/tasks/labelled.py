"""Labelled samples of a user's own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx

from mapping.accuracy.inputs import read_arrays
from mapping.accuracy.runtime import Feeds
from mapping.accuracy.tasks.task import Score, Task
from mapping.arrays import AnyArray
from mapping.errors import InputError

LABELS = "labels"
_BATCH = 250


class Labelled(Task):
    """Accuracy on the samples of an ``.npz`` file; the first of them are for calibration and not evaluated.

    Args:
        path: With an array for each input of the network and ``labels``, whole numbers, samples along the first axis.
        model: The network, which takes any number of samples at once.
        calibration: How many samples are for calibration.

    Raises:
        InputError: The file is none of that, or has no more samples than are for calibration.
    """

    def __init__(self, path: Path, model: onnx.ModelProto, calibration: int) -> None:
        arrays = read_arrays(path, model, (LABELS,))
        self._labels = arrays.pop(LABELS)
        if self._labels.ndim != 1 or self._labels.dtype.kind not in "iu":
            raise InputError(
                f"{path}: labels of type {self._labels.dtype} and shape {self._labels.shape}; expected (n,)"
            )
        if len(self._labels) <= calibration:
            raise InputError(f"{path}: of {len(self._labels)} samples {calibration} are for calibration: none is left")
        self._arrays = arrays
        self.name, self.title = path.stem, f"the samples of {path}"
        self.samples, self.calibration_samples = len(self._labels) - calibration, calibration

    @property
    def labels(self) -> AnyArray:
        """The classes in the file."""
        return self._labels[self.calibration_samples :]

    def _calibration(self, count: int) -> list[Feeds]:
        return self._feeds(0, count)

    def batches(self) -> list[Feeds]:
        """The samples behind those for calibration."""
        return self._feeds(self.calibration_samples, len(self._labels))

    def score(self, found: Sequence[AnyArray], dense: Sequence[AnyArray]) -> tuple[Score, ...]:
        """Accuracy, and agreement with the dense network."""
        classes = np.concatenate(found)
        return (
            Score.mean("accuracy", classes == self.labels),
            Score.mean("agreement with dense", classes == np.concatenate(dense)),
        )

    def _feeds(self, first: int, last: int) -> list[Feeds]:
        cuts = [slice(at, min(at + _BATCH, last)) for at in range(first, last, _BATCH)]
        return [{name: array[cut] for name, array in self._arrays.items()} for cut in cuts]
