"""Tests of the RTL skip, and say why, where the extra `rtl` or a simulator is not installed."""

from importlib.util import find_spec

import pytest

from mapping.errors import InputError
from rtl.bench.toolchain import EXTRA, find_toolchain


def need(simulator):
    try:
        find_toolchain(simulator)
    except InputError as error:
        pytest.skip(f"the RTL is NOT tested here: {error}")


def need_yosys():
    if find_spec("pyosys") is None:
        pytest.skip(f"the RTL is NOT proven here: Yosys (pyosys) is not installed: {EXTRA}")
