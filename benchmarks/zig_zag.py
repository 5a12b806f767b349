"""ZigZag in an environment of its own, on one layer."""

from pathlib import Path

from benchmarks.environment import python_with
from benchmarks.mapping_search import MappingSearch, mapping_search

VERSION = "3.9.1"
PACKAGES = (f"zigzag-dse=={VERSION}", "six")  # it imports six, and does not say so
SCRIPT = Path(__file__).with_name("zig_zag_run.py")


def zigzag(m: int, k: int, n: int) -> MappingSearch:
    """The fastest temporal mapping of an m x k by k x n product on its 32 x 32 array ``tpu_like``, dense."""
    return mapping_search(python_with(f"zigzag-{VERSION}", *PACKAGES), SCRIPT, m, k, n)
