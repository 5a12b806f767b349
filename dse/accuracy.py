"""Measured accuracy: the network of a workload pruned as a design says, and run on its evaluation set."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import numpy as np

from dse.choices import ACCURACY, Choice
from dse.schema import Accuracy, SpaceFile
from dse.workload import FIXED, Workload
from mapping.accuracy import Feeds, Session, Task, Treatment, Weighted, load, prune_each
from mapping.accuracy.pruning import CALIBRATED
from mapping.accuracy.tasks.labelled import Labelled
from mapping.arrays import AnyArray
from mapping.errors import InputError

CACHED = 100_000


@dataclass(frozen=True, slots=True)
class _Samples:
    """What is evaluated: batches and the class of every sample in them."""

    batches: Sequence[Feeds]
    labels: AnyArray


class Network:
    """The network of a workload, whose accuracy depends on patterns and criteria and on no machine.

    Layers outside all groups, and those with a pattern of their own, stay as they are in the file.

    Args:
        file: The space.
        workload: Its layers.

    Raises:
        InputError: The workload has several networks, or one without labelled samples, or layers of a group cannot be
            pruned in its file.
    """

    def __init__(self, file: SpaceFile, workload: Workload) -> None:
        self._settings, self._groups = file.accuracy or Accuracy(), [group.name for group in workload.groups]
        name, *others = dict.fromkeys(workload.models)
        if others:
            raise InputError(f"accuracy is that of one network; the workload has {', '.join((name, *others))}")
        self._network, self._task = self._load(name, file)
        self._samples = _cut(self._task, self._settings.samples, name)
        self._members = self._layers(workload)
        self._accuracy = lru_cache(maxsize=CACHED)(self._measure)

    @property
    def content(self) -> list[str]:
        """What the accuracy depends on beside the choices: the file, the samples, the settings."""
        digest = sha256(self._network.path.read_bytes())
        for feeds in self._samples.batches:
            for key in sorted(feeds):
                digest.update(feeds[key].tobytes())
        digest.update(self._samples.labels.tobytes())
        return [digest.hexdigest(), self._settings.model_dump_json(exclude={"data"})]

    def accuracy(self, choices: Sequence[Choice]) -> float:
        """Share of samples that the pruned network classifies right.

        Args:
            choices: Of each group of layers; what comes behind is not looked at.

        Raises:
            InputError: A layer cannot be pruned like this.
        """
        return self._accuracy(tuple(_treatment(choice, self._settings.seed) for choice in choices[: len(self._groups)]))

    def _measure(self, treatments: tuple[Treatment | None, ...]) -> float:
        wanted = dict(zip(self._groups, treatments, strict=True))
        chosen = {layer: how for layer, group in self._members.items() if (how := wanted[group]) is not None}
        calibrated = any(how.criterion in CALIBRATED for how in chosen.values())
        pruned = prune_each(self._network, chosen, self._calibration() if calibrated else ())
        session = Session(pruned.model)
        found = [self._task.reduce(feeds, session.run(feeds)) for feeds in self._samples.batches]
        return float(np.mean(np.concatenate(found) == self._samples.labels))

    def _calibration(self) -> list[Feeds]:
        return self._task.calibration(min(self._settings.calibration, self._task.calibration_samples))

    def _load(self, name: str, file: SpaceFile) -> tuple[Weighted, Task]:
        network, task = load(name)
        if self._settings.data is not None:
            criteria = {each for group in file.layers.values() for each in group.criterion or ()}
            count = self._settings.calibration if criteria & set(CALIBRATED) else 0
            return network, Labelled(Path(self._settings.data), network.model, count)
        if task is None or task.labels is None:
            raise InputError(f"{ACCURACY} cannot be measured: {name} has no labelled samples; give accuracy.data")
        return network, task

    def _layers(self, workload: Workload) -> dict[str, str]:
        """The group of every layer that can be pruned.

        Raises:
            InputError: A layer of a group cannot.
        """
        sites = {site.layer.name for site in self._network.sites}
        tasks = [task for entry in workload.entries for task in entry if task.group != FIXED and not task.layer.dynamic]
        for task in tasks:
            if task.layer.name not in sites:
                raise InputError(
                    f"{ACCURACY} cannot be measured: no weights of {task.layer.name} to prune; keep it dense"
                )
        return {task.layer.name: task.group for task in tasks}


def _treatment(choice: Choice, seed: int) -> Treatment | None:
    """What is done to the layers of a group; None where they stay dense."""
    if choice.pattern.is_dense:
        return None
    return Treatment(pattern=choice.pattern, criterion=choice.criterion, seed=seed)


def _cut(task: Task, count: int | None, name: str) -> _Samples:
    """The first samples of a task.

    Raises:
        InputError: It has fewer.
    """
    assert task.labels is not None
    if count is not None and count > task.samples:
        raise InputError(f"accuracy.samples={count} outside [1, {task.samples}], the samples of {name}")
    wanted = task.samples if count is None else count
    batches = task.batches()
    sizes = [len(next(iter(feeds.values()))) for feeds in batches]
    ends = accumulate(sizes)
    kept = [
        {key: array[: max(0, size - (end - wanted))] for key, array in feeds.items()} if end > wanted else feeds
        for feeds, size, end in zip(batches, sizes, ends, strict=True)
        if end - size < wanted
    ]
    return _Samples(kept, task.labels[:wanted])
