"""AccelForge in an environment of its own, on one layer."""

from pathlib import Path

from benchmarks.environment import python_with
from benchmarks.mapping_search import MappingSearch, mapping_search

VERSION = "1.0.467"
PACKAGES = (f"accelforge=={VERSION}",)
PYTHON = (3, 12)  # or later
SCRIPT = Path(__file__).with_name("accel_forge_run.py")


def accelforge(m: int, k: int, n: int) -> MappingSearch:
    """The fastest mapping of an m x k by k x n product on its ``tpu_v4i`` with one array of 32 x 32, dense.

    Raises:
        NoInterpreterError: There is no Python that it runs on.
    """
    python = python_with(f"accelforge-{VERSION}", *PACKAGES, at_least=PYTHON)
    return mapping_search(python, SCRIPT, m, k, n)
