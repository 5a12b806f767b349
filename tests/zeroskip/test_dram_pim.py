"""Does a family whose memory is modelled command by command run from the command line, and is bad input refused?"""

import json

import pytest

from simulator.page import Page, Picture
from tests.zeroskip.test_training import zs
from zeroskip.report.page_pictures import draw

DECODE = ("simulate", "gpt2-small", "--family", "dram_pim", "--layers", "decode.0.*", "--sequence", "64")


@pytest.mark.smoke
def test_a_decode_step_in_the_banks():
    result = json.loads(zs(*DECODE, "--config", "sparse", "--pattern", "2:8", "--executor", "both", "--json").stdout)
    layers = {layer["name"].split(".")[-1]: layer for layer in result["layers"]}
    assert {"qkv_proj", "scores", "context", "o_proj", "up_proj", "down_proj"} == layers.keys()
    assert layers["scores"]["repeats"] == 12
    assert all(layer["cycles"] > 0 for layer in layers.values())


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "rows=1"), "does not fit: "),
        (("--set", "timing=nobody"), "timing table 'nobody' is not one of aim, ddr3-1600, ddr4-2400, pim-gpt"),
        (("--set", "channels=100"), "channels=100 outside [1, 62]"),
        (("--config", "pim-gpt", "--set", "clock_mhz=2000"), "a cycle of timing table pim-gpt is 1000 ps"),
    ],
)
def test_refusals(options, message):
    result = zs(*DECODE, *options, exit_code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.smoke
def test_pictures_of_a_page(tmp_path):
    picture = Picture(
        name="lines", title="Two lines", across="x", up="y", lines={"a": [(1, 1), (2, 3)]}, logarithmic=True
    )
    page = Page("A page", ["Text.", picture])
    assert page.pictures == [picture]
    assert "![Two lines](lines.svg)" in str(page)
    draw(picture, tmp_path / picture.name)
    assert (tmp_path / "lines.svg").read_text().count("<path") > 2
    assert (tmp_path / "lines.png").stat().st_size > 1000
