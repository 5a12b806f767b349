"""The training loop: momentum SGD with a cosine rate, a checkpoint after every epoch."""

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.networks.images import Images
from mapping.sparsity import Pattern
from mapping.trainer.methods import TRAINERS, Trainer
from mapping.trainer.network import NETWORKS, Network, cross_entropy

Step = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides what comes out of a training, the images excepted.

    Attributes:
        network: A key of ``NETWORKS``.
        method: ``dense``, ``srste`` or ``bdwp``.
        pattern: N:M of the pruned layers, as text; the first and the last layer stay dense.
        epochs: Passes over the training images.
        batch: Images of a step.
        rate: Learning rate at the start; it falls to zero along half a cosine.
        momentum: Of SGD.
        weight_decay: Times the weights, added to their gradient.
        seed: Of the first weights and of the order of the images.
    """

    network: str
    method: Trainer = "dense"
    pattern: str = "dense"
    epochs: int = 10
    batch: int = 128
    rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            InputError: An unknown network, or numbers out of range.
        """
        if self.network not in NETWORKS:
            raise InputError(f"network {self.network!r}: the trainer knows {', '.join(NETWORKS)}")
        if self.method not in TRAINERS:
            raise InputError(f"method {self.method!r}: the trainer knows {', '.join(TRAINERS)}")
        if Pattern.parse(self.pattern).is_dense != (self.method == "dense"):
            raise InputError(
                f"method {self.method} with pattern {self.pattern}: dense, and only dense, goes with dense"
            )
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name}={getattr(self, name)}: must be at least 1")

    def start(self) -> Network:
        """The network before the first step."""
        return Network(NETWORKS[self.network], method=self.method, pattern=Pattern.parse(self.pattern), seed=self.seed)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch came to.

    Attributes:
        loss: Mean over its steps.
        accuracy: On the test images, with the weights that the forward product uses.
    """

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Run:
    """A training.

    Attributes:
        plan: What was asked for.
        network: The trained network.
        epochs: What each epoch came to.
    """

    plan: Plan
    network: Network
    epochs: tuple[Epoch, ...]

    @property
    def density(self) -> float:
        """Share of the weights of the pruned layers that the forward product uses; 1 where none is pruned."""
        masks = [mask for mask in self.network.kept if mask is not None]
        return float(np.mean(np.concatenate([mask.ravel() for mask in masks]))) if masks else 1.0

    @property
    def accuracy(self) -> float:
        """On the test images, after the last epoch."""
        return self.epochs[-1].accuracy


def train(
    plan: Plan,
    images: Images,
    test: Images,
    *,
    checkpoint: Path | None = None,
    step: Step = lambda epoch, done, loss: None,
) -> Run:
    """Train a network.

    Args:
        plan: What to do.
        images: Training images; a last batch that is not full is left out.
        test: Images of which the accuracy is taken.
        checkpoint: File that is written after every epoch; a training found there goes on where it stopped.
        step: Called after every step with the epoch, the steps done in it and the loss; what it raises ends the
            training, which can then go on from the last epoch.

    Raises:
        InputError: Fewer images than a batch, or a checkpoint of another plan.
    """
    if len(images) < plan.batch:
        raise InputError(f"{len(images)} training images are less than one batch of {plan.batch}")
    network = plan.start()
    momenta = [(np.zeros_like(layer.weights), np.zeros_like(layer.bias)) for layer in network.layers]
    done: list[Epoch] = []
    if checkpoint is not None and checkpoint.exists():
        done = _load(checkpoint, plan, network, momenta)
    inputs, tested = images.inputs(), test.inputs()
    for epoch in range(len(done), plan.epochs):
        loss = _epoch(plan, epoch, network, momenta, (inputs, images.labels), step)
        done.append(Epoch(loss, float((network.classify(tested) == test.labels).mean())))
        if checkpoint is not None:
            _save(checkpoint, plan, network, momenta, done)
    return Run(plan, network, tuple(done))


def _epoch(
    plan: Plan,
    epoch: int,
    network: Network,
    momenta: list[tuple[AnyArray, AnyArray]],
    images: tuple[AnyArray, AnyArray],
    step: Step,
) -> float:
    """One pass over the images in an order of its own; returns the mean loss."""
    inputs, labels = images
    order = np.random.default_rng([plan.seed, epoch]).permutation(len(labels))
    steps = len(labels) // plan.batch
    losses = np.empty(steps)
    for index in range(steps):
        chosen = order[index * plan.batch : (index + 1) * plan.batch]
        losses[index], gradient = cross_entropy(network.forward(inputs[chosen]), labels[chosen])
        gradients = network.backward(gradient)
        passed = (epoch * steps + index) / (plan.epochs * steps)
        rate = plan.rate * (1 + np.cos(np.pi * passed)) / 2
        for layer, moments, found in zip(network.layers, momenta, gradients, strict=True):
            for value, moment, slope, decay in zip(
                (layer.weights, layer.bias), moments, found, (plan.weight_decay, 0.0), strict=True
            ):
                moment *= value.dtype.type(plan.momentum)  # noqa: PLW2901  # in place
                moment += slope + value.dtype.type(decay) * value  # noqa: PLW2901
                value -= value.dtype.type(rate) * moment  # noqa: PLW2901
        step(epoch, index + 1, float(losses[index]))
    return float(losses.mean())


def _arrays(network: Network, momenta: list[tuple[AnyArray, AnyArray]]) -> dict[str, AnyArray]:
    """Everything that a step changes, by name."""
    arrays: dict[str, AnyArray] = {}
    for index, (layer, moments) in enumerate(zip(network.layers, momenta, strict=True)):
        values = (layer.weights, layer.bias, *moments)
        names = ("weights", "bias", "weight_moment", "bias_moment")
        arrays |= {f"{name}{index}": value for name, value in zip(names, values, strict=True)}
    return arrays


def _save(
    path: Path, plan: Plan, network: Network, momenta: list[tuple[AnyArray, AnyArray]], done: list[Epoch]
) -> None:
    """Write a checkpoint; the one before it stays whole until this one is."""
    text = json.dumps({"plan": asdict(plan), "epochs": [asdict(epoch) for epoch in done]})
    part = path.with_suffix(".part")
    stored: dict[str, Any] = _arrays(network, momenta) | {"text": np.array(text)}
    with part.open("wb") as file:
        np.savez(file, **stored)
    os.replace(part, path)


def _load(path: Path, plan: Plan, network: Network, momenta: list[tuple[AnyArray, AnyArray]]) -> list[Epoch]:
    """Fill the arrays from a checkpoint; returns the epochs that are over."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            text = json.loads(str(stored["text"]))
            if text["plan"] != asdict(plan):
                differing = [key for key, value in asdict(plan).items() if text["plan"].get(key) != value]
                raise InputError(f"{path} holds a training with another {', '.join(differing)}: give another folder")
            for name, array in _arrays(network, momenta).items():
                array[...] = stored[name]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no checkpoint of a training, or it is damaged: {error}") from error
    return [Epoch(**epoch) for epoch in text["epochs"]]
