"""A space of seconds."""

from dse.schema import SpaceFile
from dse.space import Space

TINY = {
    "name": "tiny",
    "workload": [{"model": "resnet18", "layers": "layer4.1.conv*"}],
    "keep": [],
    "parameters": {"rows": [16, 32], "cols": [16, 32], "memory.channels": [1, 4]},
    "layers": {
        "first": {"match": ["layer4.1.conv1"], "pattern": ["dense", "2:8"]},
        "second": {"match": ["layer4.1.conv2"], "pattern": ["dense", "2:8"]},
    },
    "objectives": {"latency_ms": "minimise", "peak_macs": "minimise", "kept_weights": "maximise"},
    "baselines": {"published": {"rows": 32, "cols": 32}},
}


def tiny(**changes):
    return Space(SpaceFile.model_validate(TINY | changes))
