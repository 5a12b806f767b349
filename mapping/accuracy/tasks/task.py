"""What an evaluation set is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mapping.accuracy.runtime import Feeds
from mapping.arrays import AnyArray
from mapping.errors import InputError


@dataclass(frozen=True, slots=True)
class Score:
    """One number.

    Attributes:
        name: What it counts.
        value: The higher the better.
        error: Standard error of the mean over the samples; None for a score without.
    """

    name: str
    value: float
    error: float | None = None

    @classmethod
    def mean(cls, name: str, values: AnyArray) -> "Score":
        """The mean of one value per sample."""
        flat = np.asarray(values, np.float64)
        return cls(name, float(flat.mean()), float(flat.std() / np.sqrt(flat.size)))


class Task(ABC):
    """The evaluation and calibration inputs of one network, the same on every machine.

    Attributes:
        name: Of the network it belongs to.
        title: What the samples are.
        samples: Their number.
        calibration_samples: How many others there are for calibration.
        shapes: Shapes of the network's inputs, for shape inference, where a batch of one does not settle them.
    """

    name: str
    title: str
    samples: int
    calibration_samples: int
    shapes: Mapping[str, tuple[int, ...]] = {}  # never changed

    @property
    def labels(self) -> AnyArray | None:
        """(samples,) the class of each evaluation sample; None where samples have none."""
        return None

    def calibration(self, count: int) -> list[Feeds]:
        """The first ``count`` calibration samples, as batches; none of them is an evaluation sample.

        Raises:
            InputError: There are fewer.
        """
        if not 1 <= count <= self.calibration_samples:
            raise InputError(f"calibration={count} outside [1, {self.calibration_samples}], the samples of {self.name}")
        return self._calibration(count)

    @abstractmethod
    def _calibration(self, count: int) -> list[Feeds]:
        """``calibration``, with a count that is in range."""

    @abstractmethod
    def batches(self) -> list[Feeds]:
        """The evaluation samples."""

    def reduce(self, feeds: Feeds, outputs: Sequence[AnyArray]) -> AnyArray:
        """What is kept of the network's outputs for one batch: by default the most likely class of each sample."""
        del feeds
        return outputs[0].argmax(axis=-1)

    @abstractmethod
    def score(self, found: Sequence[AnyArray], dense: Sequence[AnyArray]) -> tuple[Score, ...]:
        """Scores of a network, from what ``reduce`` kept of it and of the dense network."""
