"""S4 beside what is published about it: written by ``zeroskip reproduce s4``."""

from collections.abc import Callable

from simulator.families.s4.reproduce.measure import run_all
from simulator.families.s4.reproduce.page import write
from simulator.page import Page


def reproduce(say: Callable[[str], None], jobs: int) -> Page:
    """Run the networks at all sparsities and write the page.

    Args:
        say: Told what is done.
        jobs: How many networks run at once, each in a process of its own.
    """
    return write(run_all(say, jobs))
