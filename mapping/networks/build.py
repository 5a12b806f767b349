"""Make what this folder ships: ``python -m mapping.networks.build [FOLDER]``, about two minutes on one core.

FOLDER holds the four files of Fashion-MNIST; by default that of Debian's package dataset-fashion-mnist.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from mapping.networks import CALIBRATION_IMAGES, FOLDER, SHIPPED, TEST_IMAGES, shipped_file
from mapping.networks.images import DEBIAN_FOLDER, Images, read_images
from mapping.trainer.export import export
from mapping.trainer.loop import Plan, train

EPOCHS = {"fashion-cnn": 10, "fashion-mlp": 20}


def freeze(train_images: Images, test_images: Images, path: Path) -> str:
    """Write the frozen images; the same bytes every time. Returns their SHA-256."""
    parts = {"test": test_images.first(TEST_IMAGES), "calibration": train_images.first(CALIBRATION_IMAGES)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for part, images in parts.items():
            for name, array in (("pixels", images.pixels), ("labels", images.labels)):
                content = io.BytesIO()
                npy.write_array(content, np.ascontiguousarray(array))
                # ZipInfo's default date is constant, that of a new member is not.
                member = zipfile.ZipInfo(f"{part}_{name}.npy")
                archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build(source: Path) -> None:
    """Freeze the images and train both networks, dense, with seed 0."""
    images, test = read_images("train", source), read_images("test", source)
    say = sys.stdout.write
    say(f"IMAGES_SHA256 = {freeze(images, test, FOLDER / 'fashion-images.npz')}\n")
    for name in SHIPPED:
        run = train(Plan(network=name, epochs=EPOCHS[name]), images, test)
        export(run, shipped_file(name))
        say(f"{name}: accuracy {run.accuracy:.4f} on {len(test)} test images\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN_FOLDER)
