"""Trained networks of this project's own and the labelled images that belong to them, for use without a network.

Both were trained by ``python -m mapping.networks.build`` on Fashion-MNIST (Zalando SE, MIT licence, see LICENSE.txt in
this folder). The frozen images are the first ones of its test set and, for calibration, of its training set.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from mapping.errors import InputError
from mapping.networks.images import Images

FOLDER = Path(__file__).parent
SHIPPED = {
    "fashion-cnn": "Fashion-MNIST classifier, trained: 3 convolutions of 32 to 64 channels and 1 full layer",
    "fashion-mlp": "Fashion-MNIST classifier, trained: 784-96-64-10 perceptron",
}
TEST_IMAGES, CALIBRATION_IMAGES = 2000, 512
IMAGES_SHA256 = "0fa201d32bc76d1de6b8378dd074cb563fbc8df7da3221ac7a5f4e4f647a06a3"


def shipped_file(name: str) -> Path:
    """The ONNX file of one of ``SHIPPED``."""
    return FOLDER / f"{name}.onnx"


@cache
def frozen_images(part: Literal["test", "calibration"]) -> Images:
    """The images that ship with the project: 2,000 of the test set, or 512 of the training set.

    Raises:
        InputError: The file is not the one that was published: accuracies would not compare.
    """
    path = FOLDER / "fashion-images.npz"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != IMAGES_SHA256:
        raise InputError(f"{path} has SHA-256 {found}, expected {IMAGES_SHA256}: reinstall zeroskip")
    with np.load(path) as stored:
        return Images(stored[f"{part}_pixels"], stored[f"{part}_labels"])
