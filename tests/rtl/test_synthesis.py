"""Does synthesis count right, block by block, and does the Verilog map to what FPGAs have?"""

import json
import re

import pytest

from mapping.errors import InputError
from rtl.bench import synthesis
from rtl.bench.synthesis import synthesise
from rtl.bench.targets import TARGETS, find_liberty, find_target
from simulator.cost.resources import Resources
from simulator.families import family
from simulator.verilog import Unit, Verilog
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl

SAT = family("sat").verilog
FLAT = Verilog(default=SAT.default, units=SAT.units, elements=SAT.elements, folders=SAT.folders)
ROW = {"Rows": 1, "Cols": 4, "MaxN": 2, "MaxM": 4, "PositionWidth": 11, "SlotsWidth": 11}
# A library of gates with two inputs, and its areas; abc wants more than two kinds of them.
GATES = {"NAND": (2, "!(A B)"), "NOR": (2, "!(A+B)"), "AND": (3, "(A B)"), "OR": (3, "(A+B)"), "XOR": (4, "(A^B)")}
AREAS = {"INV": 1, "BUF": 2, "DFF": 6, "DFFR": 8} | {name: area for name, (area, _) in GATES.items()}
PIN = "pin({}) {{ direction : input; }} "
OUT = 'pin(Y) {{ direction : output; function : "{}"; }} '
FLOP = 'ff(IQ, IQN) {{ next_state : "D"; clocked_on : "C"; {} }} pin(C) {{ direction : input; clock : true; }} '


def liberty():
    bodies = {name: PIN.format("A") + PIN.format("B") + OUT.format(what) for name, (_, what) in GATES.items()}
    bodies |= {"INV": PIN.format("A") + OUT.format("!A"), "BUF": PIN.format("A") + OUT.format("A")}
    flop = PIN.format("D") + OUT.format("IQ")
    bodies["DFF"] = FLOP.format("") + flop
    bodies["DFFR"] = FLOP.format('clear : "!R";') + PIN.format("R") + flop
    cells = [f"cell({name}) {{ area : {AREAS[name]}; {body} }}" for name, body in bodies.items()]
    return "library(tiny) {\n" + "\n".join(cells) + "\n}\n"


@pytest.fixture(autouse=True)
def _yosys():
    need_yosys()


def of(module, target="xcup", verilog=SAT, **parameters):
    return synthesise(verilog, Unit(name="it", module=module, parameters=parameters), find_target(target))


def test_an_int8_row_multiplies_in_dsp_blocks_alone():
    row = of("zs_array", **ROW)
    (element,) = (block for block in row.blocks if block.module == "zs_pe_int8")
    assert (element.count, element.one.dsp) == (ROW["Cols"], 1)
    assert row.total.dsp == ROW["Rows"] * ROW["Cols"]
    # Without DSP blocks the multipliers are LUTs: an 8 x 8 product has 64 partial products.
    passes = tuple(f"{command} -nodsp" for command in TARGETS["xcup"].passes)
    target = find_target("xcup")
    soft = synthesise(
        SAT,
        Unit(name="it", module="zs_array", parameters=ROW),
        type(target)(name="soft", passes=passes, shown=target.shown, count=target.count),
    )
    assert soft.total.dsp == 0
    assert soft.total.lut >= row.total.lut + 64 * ROW["Cols"] / 2


def test_blocks_add_up_to_the_flattened_array():
    """Constants cross no border of a block: the elements at the edges of an array come out too large, no other."""
    square = {**ROW, "Rows": 4, "MaxN": 1, "MaxM": 1}
    blocks, flat = of("zs_array", **square).total, of("zs_array", verilog=FLAT, **square).total
    assert blocks.dsp == flat.dsp == 16
    assert flat.ff <= blocks.ff <= 1.05 * flat.ff
    assert flat.lut <= blocks.lut <= 1.15 * flat.lut


@pytest.mark.parametrize("target", ["xcup", "ice40"])
def test_scratchpads_are_block_ram(target):
    """A byte-wide bank of 2,048 rows for each lane and port: a RAMB18, or four blocks of 4 Kb."""
    each = {"xcup": 0.5, "ice40": 4}[target]
    common = of("zs_scratchpad", target, Bytes=8192, Lanes=4).total
    assert common.bram == 4 * each
    sat = of("zs_sat_scratchpad", target, Bytes=8192, Lanes=4, ReadPorts=2, LateRead=1).total
    assert sat.bram == 4 * 3 * each  # two ports and the late one
    assert sat.ff < 200


def test_generic_counts_the_bits_of_memories():
    total = of("zs_sat_scratchpad", "generic", Bytes=1024, Lanes=4, ReadPorts=2, LateRead=0).total
    assert total.memory_bits == 2 * 8 * 1024
    assert total.ff == 0


def test_logic_is_mapped_to_the_cells_of_a_liberty_file(tmp_path):
    file = tmp_path / "tiny cells.lib"
    file.write_text(liberty())
    target = find_target("generic", find_liberty(file))
    unit = Unit(name="it", module="zs_pe_int8", parameters={"MaxN": 1, "MaxM": 1})
    found = synthesise(SAT, unit, target)
    (block,) = found.blocks
    assert set(block.cells) <= set(AREAS)
    assert found.total.area_um2 == sum(AREAS[cell] * number for cell, number in block.cells.items())
    assert found.total.ff == block.cells["DFF"] + block.cells["DFFR"] > 40


def test_the_second_time_nothing_is_synthesised(tmp_path, monkeypatch):
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))
    unit = Unit(name="it", module="zs_fifo", parameters={"Width": 3, "Depth": 2})
    said = []
    first = synthesise(SAT, unit, find_target("xcup"), say=said.append)
    second = synthesise(SAT, unit, find_target("xcup"), say=said.append)
    assert first == second
    assert len(said) == 1
    (kept,) = (tmp_path / "area").glob("*.json")
    kept.write_text("{")  # a damaged entry is made again
    assert synthesise(SAT, unit, find_target("xcup"), say=said.append) == first
    assert json.loads(kept.read_text())["cells"]
    wider = Unit(name="it", module="zs_fifo", parameters={"Width": 4, "Depth": 2})
    assert synthesise(SAT, wider, find_target("xcup"), say=said.append).total.ff >= first.total.ff
    assert len(said) == 3


def test_an_interrupt_stops_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ZEROSKIP_CACHE", str(tmp_path))

    def check():
        raise KeyboardInterrupt

    unit = Unit(name="it", module="zs_dma", parameters={"Lanes": 64})
    with pytest.raises(KeyboardInterrupt):
        synthesise(SAT, unit, find_target("xcup"), check=check)
    assert not (tmp_path / "area").exists()


def test_a_cell_that_was_not_mapped_is_no_zero():
    with pytest.raises(AssertionError, match=r"cell \$mul is not mapped"):
        TARGETS["xcup"].resources({"$mul": 1})


def test_cells_count_as_what_they_take():
    cells = {"LUT6": 2, "SRL16E": 1, "RAM64M8": 1, "FDRE_1": 3, "RAMB18E2": 1, "CARRY4": 9}
    assert TARGETS["xcup"].resources(cells) == Resources(lut=11, ff=3, bram=0.5)


@pytest.mark.parametrize(
    ("name", "liberty", "message"),
    [
        ("virtex", None, "target='virtex': must be one of generic, xcup, ice40"),
        ("ice40", "x.lib", "maps target generic"),
    ],
)
def test_unknown_targets_are_refused(name, liberty, message, tmp_path):
    with pytest.raises(InputError, match=re.escape(message)):
        find_target(name, tmp_path / liberty if liberty else None)


def test_liberty_files_are_checked(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        find_liberty(tmp_path / "none.lib")
    (tmp_path / "text.lib").write_text("cells")
    with pytest.raises(InputError, match="no liberty file"):
        find_liberty(tmp_path / "text.lib")


def test_names_of_rtlil_are_those_of_verilog():
    names = [r"\zs_a", r"$paramod$0123456789abcdef\zs_a", r"$paramod\zs_a\Width=s32'00000000000000000000000000000001"]
    assert [synthesis._verilog_name(name) for name in names] == ["zs_a"] * 3
