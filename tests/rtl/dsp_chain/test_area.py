"""Does a chain of L take exactly L DSP48E2, and does a MUX take none?"""

import pytest

from rtl.bench.dsp_chain.area import Area, counted, synthesise
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl


@pytest.mark.parametrize(
    ("module", "length"),
    [
        ("zs_dsp_chain", 2),
        ("zs_vector_unit", 2),
        pytest.param("zs_dsp_chain", 4, marks=pytest.mark.slow),
        pytest.param("zs_dsp_chain", 8, marks=pytest.mark.slow),
        pytest.param("zs_dsp_chain", 16, marks=pytest.mark.slow),
        pytest.param("zs_vector_unit", 16, marks=pytest.mark.slow),
    ],
)
def test_a_chain_takes_a_dsp_for_each_slice(module, length):
    need_yosys()
    assert synthesise(module, {"Length": length}).dsp == length


def test_a_slice_takes_one_dsp_and_a_mux_none():
    need_yosys()
    assert synthesise("zs_dsp_slice", {}).dsp == 1
    mux = synthesise("zs_sparse_mux", {"Stages": 2})
    # A LUT6 is a 4:1 MUX of a bit: 4 + 1 of them for 16:1, 8 bits; registers of 4 bytes, 2 index bits and the output.
    assert mux == Area(dsp=0, lut=40, shift=0, ff=42, carry=0)


def test_a_cell_that_is_not_known_is_an_error():
    with pytest.raises(AssertionError, match="cell RAMB36E2 is not mapped"):
        counted({"LUT6": 3, "RAMB36E2": 1})
