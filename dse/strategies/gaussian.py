"""Exact Gaussian processes on a grid: Matern 5/2, one length scale per axis, by NumPy and SciPy."""

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

Array = npt.NDArray[np.float64]
JITTER = 1e-6
_ROOT5 = np.sqrt(5.0)


def squared_differences(a: Array, b: Array, ordered: npt.NDArray[np.bool_]) -> Array:
    """(d, n, m) squared differences of (n, d) and (m, d) along each axis; 0 or 1 where the axis is not ordered."""
    difference = a.T[:, :, None] - b.T[:, None, :]
    return np.where(ordered[:, None, None], difference**2, (difference != 0).astype(np.float64))


class GaussianProcess:
    """A process with zero mean, fitted by maximum a posteriori; targets are standardised inside.

    Hyperparameters are logarithms of one inverse squared length per axis, the signal variance and the noise variance,
    with normal priors that keep them in a sane range; so few points do not make wild lengths.

    Args:
        ordered: Which of the d axes are ordered; others use the Hamming distance.
    """

    def __init__(self, ordered: npt.NDArray[np.bool_]) -> None:
        axes = len(ordered)
        self._ordered = ordered
        self._mean = np.concatenate([np.full(axes, 0.0), [0.0, np.log(1e-4)]])
        self._width = np.concatenate([np.full(axes, 1.5), [1.0, 2.0]])
        self._theta = self._mean.copy()

    def fit(self, x: Array, y: Array, iterations: int) -> None:
        """Fit (n, d) points in the unit cube and (n,) targets, starting from the last hyperparameters."""
        self._x = x
        self._offset, self._scale = float(y.mean()), float(y.std()) or 1.0
        targets = (y - self._offset) / self._scale
        differences = squared_differences(x, x, self._ordered)
        bounds = [(mean - 4 * width, mean + 4 * width) for mean, width in zip(self._mean, self._width, strict=True)]
        if iterations:
            result = minimize(
                self._loss,
                self._theta,
                args=(differences, targets),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": iterations},
            )
            self._theta = result.x
        kernel, _ = self._kernel(self._theta, differences)
        self._factor = np.linalg.cholesky(kernel + self._noise(self._theta) * np.eye(len(x)))
        self._weights = cho_solve((self._factor, True), targets)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation (m,) at (m, d) points."""
        cross, _ = self._kernel(self._theta, squared_differences(x, self._x, self._ordered))
        projected = solve_triangular(self._factor, cross.T, lower=True)
        variance = np.exp(self._theta[-2]) - (projected**2).sum(axis=0)
        return self._offset + self._scale * (cross @ self._weights), self._scale * np.sqrt(np.maximum(variance, 1e-12))

    def _noise(self, theta: Array) -> float:
        return float(np.exp(theta[-1])) + JITTER

    def _kernel(self, theta: Array, differences: Array) -> tuple[Array, Array]:
        """The Matern 5/2 kernel, and its derivative by the squared scaled distance."""
        squared = np.tensordot(np.exp(theta[:-2]), differences, axes=1)
        distance = np.sqrt(squared)
        decay = np.exp(theta[-2] - _ROOT5 * distance)
        return (1 + _ROOT5 * distance + 5 / 3 * squared) * decay, -5 / 6 * (1 + _ROOT5 * distance) * decay

    def _loss(self, theta: Array, differences: Array, targets: Array) -> tuple[float, Array]:
        """Negative log posterior and its gradient."""
        kernel, slope = self._kernel(theta, differences)
        count = len(targets)
        try:
            factor = cho_factor(kernel + self._noise(theta) * np.eye(count), lower=True)
        except np.linalg.LinAlgError:
            return 1e25, np.zeros_like(theta)
        weights = cho_solve(factor, targets)
        prior = (theta - self._mean) / self._width
        loss = 0.5 * targets @ weights + np.log(np.diag(factor[0])).sum() + 0.5 * prior @ prior
        inner = 0.5 * (cho_solve(factor, np.eye(count)) - np.outer(weights, weights))
        by_length = np.tensordot(differences, inner * slope, axes=2) * np.exp(theta[:-2])
        by_signal = (inner * kernel).sum()
        by_noise = np.trace(inner) * np.exp(theta[-1])
        return float(loss), np.concatenate([by_length, [by_signal, by_noise]]) + prior / self._width
