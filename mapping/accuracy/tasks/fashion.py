"""Fashion-MNIST: the images that ship with the project."""

from collections.abc import Sequence

import numpy as np

from mapping.accuracy.runtime import Feeds
from mapping.accuracy.tasks.task import Score, Task
from mapping.arrays import AnyArray
from mapping.networks import CALIBRATION_IMAGES, TEST_IMAGES, frozen_images
from mapping.networks.images import Images

_BATCH = 250


class Fashion(Task):
    """Accuracy on the first 2,000 test images; calibration with the first training images."""

    title = f"the first {TEST_IMAGES:,} test images of Fashion-MNIST"
    samples = TEST_IMAGES
    calibration_samples = CALIBRATION_IMAGES

    def __init__(self, name: str) -> None:
        self.name = name

    def _calibration(self, count: int) -> list[Feeds]:
        return _feeds(frozen_images("calibration").first(count))

    @property
    def labels(self) -> AnyArray:
        """What the images show."""
        return frozen_images("test").labels

    def batches(self) -> list[Feeds]:
        """The evaluation images."""
        return _feeds(frozen_images("test"))

    def score(self, found: Sequence[AnyArray], dense: Sequence[AnyArray]) -> tuple[Score, ...]:
        """Accuracy, and agreement with the dense network."""
        classes = np.concatenate(found)
        return (
            Score.mean("accuracy", classes == self.labels),
            Score.mean("agreement with dense", classes == np.concatenate(dense)),
        )


def _feeds(images: Images) -> list[Feeds]:
    """Batches of the networks' input ``image``, (N, 1, 28, 28) float32."""
    pixels = np.moveaxis(images.inputs(), -1, 1)
    return [{"image": pixels[first : first + _BATCH]} for first in range(0, len(pixels), _BATCH)]
