"""Weights and correlated inputs."""

import numpy as np

from mapping.sparsity import Calibration


def correlated(inputs, samples, rng):
    """(samples, inputs) float64 that mix a few hidden causes, as activations of a network do."""
    causes = rng.standard_normal((samples, max(2, inputs // 4)))
    mix = rng.standard_normal((causes.shape[1], inputs)) * rng.uniform(0.2, 2, inputs)
    return causes @ mix + 0.3 * rng.standard_normal((samples, inputs))


def case(outputs, inputs, seed, samples=None):
    """Weights (outputs, inputs), inputs (samples, inputs) and their calibration."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((outputs, inputs))
    rows = correlated(inputs, samples or 4 * inputs, rng)
    return weights, rows, Calibration(inputs).add(rows)


def output_error(weights, pruned, rows):
    """Relative squared error of the layer's output."""
    return np.linalg.norm(rows @ (weights - pruned).T) ** 2 / np.linalg.norm(rows @ weights.T) ** 2
