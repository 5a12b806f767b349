"""Pruned networks measured: real ONNX files pruned, written, checked and evaluated with ONNX Runtime.

network = read(path)
pruned = prune(network, Pruning(pattern=parse_pattern("2:8"), criterion="sparsegpt"), task.calibration(128))
scores = evaluate(task, {"dense": network.model, "pruned": pruned.model})
"""

from mapping.accuracy.check import check_written
from mapping.accuracy.evaluation import Evaluation, evaluate
from mapping.accuracy.load import evaluation_set, load
from mapping.accuracy.pruning import PrunedLayer, PrunedNetwork, Pruning, Treatment, prune, prune_each
from mapping.accuracy.runtime import Feeds, Session
from mapping.accuracy.sites import Site, Weighted, read
from mapping.accuracy.tasks import TASKS, Score, Task, task_of

__all__ = [
    "TASKS",
    "Evaluation",
    "Feeds",
    "PrunedLayer",
    "PrunedNetwork",
    "Pruning",
    "Score",
    "Session",
    "Site",
    "Task",
    "Treatment",
    "Weighted",
    "check_written",
    "evaluate",
    "evaluation_set",
    "load",
    "prune",
    "prune_each",
    "read",
    "task_of",
]
