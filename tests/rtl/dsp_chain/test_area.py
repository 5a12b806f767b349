"""Does a chain of L take exactly L DSP48E2, and does a MUX take none?"""

import pytest

from mapping.errors import InputError
from rtl.bench.synthesis import synthesise
from rtl.bench.targets import find_target
from simulator.cost.resources import Resources
from simulator.families import family
from simulator.verilog import Unit
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl

DSP_CHAIN = family("dsp_chain")
VERILOG = DSP_CHAIN.verilog


def of(module, **parameters):
    need_yosys()
    unit = Unit(name="it", module=module, parameters=parameters)
    return synthesise(VERILOG, unit, find_target("xcup"))


@pytest.mark.parametrize(
    ("module", "length"),
    [
        ("zs_vector_unit", 2),
        pytest.param("zs_dsp_chain", 4, marks=pytest.mark.slow),
        pytest.param("zs_dsp_chain", 8, marks=pytest.mark.slow),
        pytest.param("zs_dsp_chain", 16, marks=pytest.mark.slow),
        pytest.param("zs_vector_unit", 16, marks=pytest.mark.slow),
    ],
)
def test_a_chain_takes_a_dsp_for_each_slice(module, length):
    blocks = {block.module: block for block in of(module, Length=length).blocks}
    slices = blocks.pop("zs_dsp_slice")
    assert (slices.count, slices.one.dsp) == (length, 1)
    assert all(block.one.dsp == 0 for block in blocks.values())


def test_a_mux_takes_no_dsp():
    # A LUT6 is a 4:1 MUX of a bit: 4 + 1 of them for 16:1, 8 bits; registers of 4 bytes, 2 index bits and the output.
    assert of("zs_sparse_mux", Stages=2).total == Resources(lut=40, ff=42)


@pytest.mark.smoke
def test_the_units_of_a_machine_are_those_of_its_multiply_accumulates():
    config = DSP_CHAIN.load_config("u280")
    (unit,) = VERILOG.units(config)
    assert unit.parameters["Length"] == config.chain.length
    assert unit.count * 2 * config.chain.length == config.cores * config.mm_macs
    with pytest.raises(InputError, match="mm_macs=4100 is no multiple of the 32 of a chain of 16 slices"):
        VERILOG.units(DSP_CHAIN.load_config("u280", ("mm_macs=4100",)))
