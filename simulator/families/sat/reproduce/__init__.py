"""SAT beside what is published about it: written by ``zeroskip reproduce sat``."""

from collections.abc import Callable

from simulator.families.sat.reproduce.measure import run_all
from simulator.families.sat.reproduce.page import write
from simulator.page import Page


def reproduce(say: Callable[[str], None], jobs: int) -> Page:
    """Run the five networks on all machines and write the page.

    Args:
        say: Told what is done.
        jobs: How many networks run at once, each in a process of its own.
    """
    return write(run_all(say, jobs))
