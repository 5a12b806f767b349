"""A network to prune and the evaluation set that belongs to it."""

import os
from collections.abc import Mapping
from pathlib import Path

from mapping.accuracy.sites import Weighted, read
from mapping.accuracy.tasks import TASKS, Task
from mapping.importers.onnx.notes import Notes
from mapping.importers.onnx.reader import read_model
from mapping.models import default_shapes, onnx_file


def evaluation_set(model: str) -> Task | None:
    """The evaluation set of a network, by its name or by what its file says; None where it has none.

    Raises:
        InputError: The file cannot be read.
    """
    name: str | None = model
    if name not in TASKS and os.path.exists(model):
        name = Notes.read(read_model(Path(model))).task
    return TASKS[name]() if name in TASKS else None


def load(model: str, shapes: Mapping[str, tuple[int, ...]] | None = None) -> tuple[Weighted, Task | None]:
    """The network behind a name or path and, if it has one, its evaluation set.

    Args:
        model: What ``load_model`` takes, as far as it is an ONNX network.
        shapes: Of its inputs; by default those of the evaluation set.

    Raises:
        InputError: No such network.
    """
    task = evaluation_set(model)
    chosen = shapes or (dict(task.shapes) if task else default_shapes(model))
    return read(onnx_file(model), shapes=chosen), task
