"""Pages that compare models of memory with what is published, by their names in ``zeroskip reproduce``."""

from collections.abc import Callable

from simulator.page import Page


def dram_controller(say: Callable[[str], None], jobs: int) -> Page:
    """The DRAM controller beside DRAMSys's measurements."""
    from simulator.memory.controller.reproduce.page import page  # noqa: PLC0415  # listing the pages needs none of it

    return page(say, jobs)


PAGES = {"dram-controller": dram_controller}
