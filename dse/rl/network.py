"""A network of two layers with its gradient, and Adam."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Network:
    """``outputs = tanh(inputs @ W1 + b1) @ W2 + b2``.

    Args:
        inputs: Width of the input.
        hidden: Width of the hidden layer.
        outputs: Width of the output.
        rng: Draws the first weights: normal with variance 1 / inputs.
        last: Factor of the last layer's first weights; small makes a policy begin near uniform.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, rng: np.random.Generator, last: float = 1.0) -> None:
        self.weights: list[Array] = [
            rng.standard_normal((inputs, hidden)) / np.sqrt(inputs),
            np.zeros(hidden),
            last * rng.standard_normal((hidden, outputs)) / np.sqrt(hidden),
            np.zeros(outputs),
        ]

    def __call__(self, inputs: Array) -> Array:
        """Outputs (n, outputs) of inputs (n, inputs)."""
        first, first_bias, second, second_bias = self.weights
        return np.tanh(inputs @ first + first_bias) @ second + second_bias

    def gradient(self, inputs: Array, outer: Array) -> list[Array]:
        """Gradient of a loss by every weight, from its gradient by the outputs ``outer`` (n, outputs)."""
        first, first_bias, second, _ = self.weights
        hidden = np.tanh(inputs @ first + first_bias)
        inner = outer @ second.T * (1 - hidden**2)
        return [inputs.T @ inner, inner.sum(axis=0), hidden.T @ outer, outer.sum(axis=0)]


class Adam:
    """Adaptive moments (Kingma and Ba, 2015), on the weights of a network in place."""

    def __init__(self, network: Network, rate: float, decay: tuple[float, float] = (0.9, 0.999)) -> None:
        self._network, self._rate, self._decay = network, rate, decay
        self._mean = [np.zeros_like(weights) for weights in network.weights]
        self._square = [np.zeros_like(weights) for weights in network.weights]
        self._steps = 0

    def descend(self, gradient: list[Array]) -> None:
        """One step against a gradient."""
        self._steps += 1
        for place, slope in enumerate(gradient):
            steps = []
            for moments, value, decay in (
                (self._mean, slope, self._decay[0]),
                (self._square, slope**2, self._decay[1]),
            ):
                moments[place] = decay * moments[place] + (1 - decay) * value
                steps.append(moments[place] / (1 - decay**self._steps))  # without the bias towards the first zeros
            self._network.weights[place] -= self._rate * steps[0] / (np.sqrt(steps[1]) + 1e-8)
