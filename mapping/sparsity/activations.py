"""Activation sparsity: what a rule leaves of real inputs, and how dense that is."""

import re
from dataclasses import dataclass

import numpy as np

from mapping.arrays import AnyArray, BoolArray
from mapping.errors import InputError
from mapping.sparsity.patterns.base import check_size, check_sparsity
from mapping.sparsity.patterns.selection import grouped, keep_in_groups

_TEXT = re.compile(r"(top-k|threshold):(\d+(?:\.\d+)?(?:e-?\d+)?)")


@dataclass(frozen=True, slots=True)
class TopK:
    """Every row (token, pixel) keeps its ``k`` largest magnitudes; among equal ones the lowest index wins."""

    k: int

    def __post_init__(self) -> None:
        """Refuse a k below 1."""
        check_size("top-k", self.k, 1 << 24)

    def __str__(self) -> str:
        return f"top-k:{self.k}"

    def mask(self, activations: AnyArray) -> BoolArray:
        """What stays of (..., channels); exact zeros never do."""
        return keep_in_groups(np.abs(activations), self.k, activations.shape[-1]) & (activations != 0)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value stays if its magnitude exceeds ``value``; 0 is what a ReLU leaves."""

    value: float

    def __post_init__(self) -> None:
        """Refuse a negative or infinite threshold.

        Raises:
            InputError: It is.
        """
        if not 0 <= self.value < np.inf:
            raise InputError(f"threshold={self.value:g} outside [0, inf)")

    def __str__(self) -> str:
        return f"threshold:{self.value!r}"

    def mask(self, activations: AnyArray) -> BoolArray:
        """What stays of (..., channels)."""
        return np.abs(activations) > self.value

    @classmethod
    def calibrated(cls, samples: AnyArray, sparsity: float) -> "Threshold":
        """The threshold that zeroes a share ``sparsity`` of the samples.

        Source: TEAL, Liu et al. (ICLR 2025): a threshold for each tensor from the distribution of its
        magnitudes. Other inputs than the samples come out near the share, not at it.
        """
        check_sparsity("threshold", sparsity)
        return cls(float(np.quantile(np.abs(samples), sparsity, method="lower")) if sparsity else 0.0)


def parse_rule(text: str) -> TopK | Threshold:
    """Read ``top-k:K`` or ``threshold:T``.

    Raises:
        InputError: Other text, or a number out of range.
    """
    match = _TEXT.fullmatch(text)
    if not match or (match[1] == "top-k" and not match[2].isdigit()):
        raise InputError(f"activation rule {text!r}: expected top-k:K or threshold:T, for example top-k:64")
    return TopK(int(match[2])) if match[1] == "top-k" else Threshold(float(match[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """How much of an activation mask is set.

    Attributes:
        mean: Share of values that stay.
        rows: Smallest and largest share over the rows.
        channels: Smallest and largest share over the channels; far apart, the zeros are clustered by channel.
        groups: Share of groups of ``group`` consecutive channels with at least one value: what a machine that skips
            whole groups has to do. Independent zeros would give 1 - (1 - mean)^group.
        group: Channels of a group.
    """

    mean: float
    rows: tuple[float, float]
    channels: tuple[float, float]
    groups: float
    group: int


def measure(mask: BoolArray, group: int = 8) -> Density:
    """Densities of an activation mask.

    Args:
        mask: (..., channels), not empty.
        group: Channels of a group; a short last group counts as one.

    Raises:
        InputError: An empty mask or a group below 1.
    """
    check_size("group", group, 1 << 24)
    if not mask.size:
        raise InputError(f"mask of shape {mask.shape} holds no values to measure")
    flat = mask.reshape(-1, mask.shape[-1])
    by_row, by_channel = flat.mean(1), flat.mean(0)
    return Density(
        mean=float(flat.mean()),
        rows=(float(by_row.min()), float(by_row.max())),
        channels=(float(by_channel.min()), float(by_channel.max())),
        groups=float(grouped(flat, group, False).any(-1).mean()),
        group=group,
    )
