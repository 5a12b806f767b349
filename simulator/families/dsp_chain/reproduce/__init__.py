"""FlightLLM beside what is published about it: written by ``zeroskip reproduce dsp_chain`` (or ``flightllm``)."""

from collections.abc import Callable

from simulator.families.dsp_chain.reproduce.measure import instruction_storage, measure
from simulator.families.dsp_chain.reproduce.page import write
from simulator.page import Page


def reproduce(say: Callable[[str], None], jobs: int) -> Page:
    """Run every published case and write the page.

    Args:
        say: Told what is done.
        jobs: Not used: the page takes half a minute on one core.
    """
    del jobs
    return write(measure(say), instruction_storage(say), say)
