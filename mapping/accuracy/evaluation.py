"""Networks on their evaluation set, beside each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import onnx

from mapping.accuracy.runtime import Session
from mapping.accuracy.tasks.task import Score, Task
from mapping.arrays import AnyArray

Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What networks reach.

    Attributes:
        task: The evaluation set.
        samples: How many there are in it.
        scores: Scores of each network, by the name it was given.
    """

    task: Task
    samples: int
    scores: Mapping[str, tuple[Score, ...]]


def evaluate(
    task: Task,
    networks: Mapping[str, onnx.ModelProto],
    step: Step = lambda name, done, total: None,
) -> Evaluation:
    """Run networks on the evaluation set of a task.

    Args:
        task: Says what goes in and what comes out.
        networks: By name; the first one is the dense network that the others are compared with.
        step: Called before every batch with the network's name, the batches done and their number.

    Raises:
        InputError: A network that does not take the task's inputs.
    """
    batches = task.batches()
    outputs: dict[str, list[AnyArray]] = {}
    for name, model in networks.items():
        session, found = Session(model), []
        for index, feeds in enumerate(batches):
            step(name, index, len(batches))
            found.append(task.reduce(feeds, session.run(feeds)))
        outputs[name] = found
    dense = next(iter(outputs.values()))
    scores = {name: task.score(found, dense) for name, found in outputs.items()}
    return Evaluation(task=task, samples=task.samples, scores=scores)
