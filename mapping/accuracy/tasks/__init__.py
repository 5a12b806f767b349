"""Evaluation sets, by the name of the network that they belong to."""

from collections.abc import Callable

from mapping.accuracy.tasks.fashion import Fashion
from mapping.accuracy.tasks.files import FileTypes
from mapping.accuracy.tasks.sentences import Sentences
from mapping.accuracy.tasks.task import Score, Task
from mapping.errors import InputError
from mapping.networks import SHIPPED

TASKS: dict[str, Callable[[], Task]] = {name: (lambda name=name: Fashion(name)) for name in SHIPPED} | {
    FileTypes.name: FileTypes,
    Sentences.name: Sentences,
}

__all__ = ["TASKS", "Score", "Task", "task_of"]


def task_of(name: str | None) -> Task:
    """The evaluation set of a network.

    Raises:
        InputError: It has none.
    """
    if name not in TASKS:
        raise InputError(f"{name or 'this network'} has no evaluation set of its own; {', '.join(TASKS)} have one")
    return TASKS[name]()
