"""What the criteria know about a layer's inputs."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mapping.arrays import AnyArray
from mapping.errors import InputError


@dataclass(slots=True)
class Calibration:
    """Sums over sampled inputs of a layer: all that Wanda and SparseGPT need, whatever the number of samples.

    Attributes:
        inputs: Length of an input row, kernel positions × input channels of the weights.
        gram: (inputs, inputs) float64, X^T X over all rows X seen.
        samples: Rows seen.
    """

    inputs: int
    gram: npt.NDArray[np.float64] = field(init=False, repr=False)
    samples: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Start with no samples."""
        self.gram = np.zeros((self.inputs, self.inputs))

    def add(self, rows: AnyArray) -> "Calibration":
        """Take in more inputs.

        Args:
            rows: (..., inputs) finite, in the order of the flattened weights (kernel row, kernel column, channel).

        Raises:
            InputError: Rows of another length, or with NaN or infinite values.
        """
        if rows.shape[-1:] != (self.inputs,):
            raise InputError(f"calibration inputs have shape {rows.shape}, expected (..., {self.inputs})")
        flat = rows.reshape(-1, self.inputs).astype(np.float32, copy=False)
        if not np.isfinite(flat).all():
            raise InputError("calibration inputs hold NaN or infinite values")
        self.gram += flat.T @ flat
        self.samples += len(flat)
        return self

    @property
    def norms(self) -> npt.NDArray[np.float64]:
        """(inputs,) float64, the L2 norm of every input over the samples."""
        return np.sqrt(self.gram.diagonal())
