"""Is the energy of every family known, and does it add up wherever it is written?"""

import csv
import json

import pytest

from mapping.graph import gemm_layer
from mapping.sparsity import DENSE
from simulator.cost.energy import energy_pj, technology
from simulator.families import families
from simulator.scheduling import best_mapping
from tests.zeroskip.test_training import zs

MACHINES = [
    (name, config) for name, each in families().items() if each.actions is not None for config in each.config_names()
]


@pytest.mark.golden
@pytest.mark.parametrize(("name", "config_name"), MACHINES)
def test_the_energy_of_every_shipped_machine_is_known(name, config_name):
    family = families()[name]
    config = family.load_config(config_name)
    layer = gemm_layer("layer", 2, 32, 32)
    layer = layer if family.part is None else family.part(layer, config)
    program = family.lower(layer, DENSE, best_mapping(family, layer, DENSE, config).mapping, config)
    one = energy_pj(family.actions(program, config), technology())
    chips = 1 if family.chips is None else family.chips(config)
    assert family.energy_pj(program, config, technology()) == {part: chips * pj for part, pj in one.items()}
    assert min(one.values()) > 0
    if name != "dram_pim":  # whose commands have a price in CMOS only
        cold = energy_pj(family.actions(program, config), technology("superconducting"))
        assert sum(cold.values()) < sum(one.values())
    assert sum("DRAM" in part or part in ("HBM", "data pins", "multiply-accumulate") for part in one) > 0


SMALL = {
    "dram_pim": ("gpt2-small", "--layers", "decode.0.[os]*", "--sequence", "64", "--pattern", "dense"),
    "dsp_chain": ("gpt2-small", "--layers", "decode.0.o*", "--sequence", "64", "--pattern", "8:16"),
    "s4": ("resnet18", "--layers", "layer4.1.*", "--config", "s30", "--batch", "6", "--pattern", "bank:32/8"),
    "sat": ("resnet18", "--layers", "layer4.1.*", "--pattern", "2:8"),
}


@pytest.mark.golden
@pytest.mark.parametrize("name", SMALL)
def test_sums_are_the_total_on_screen_in_json_csv_and_html(name, tmp_path):
    text = zs("simulate", *SMALL[name], "--family", name, "--out", str(tmp_path)).stdout
    record = json.loads((tmp_path / "result.json").read_text())
    totals, layers = record["totals"], record["layers"]
    assert sum(totals["energy_pj"].values()) == pytest.approx(totals["energy_uj"] * 1e6)
    for component, pj in totals["energy_pj"].items():
        assert sum(layer["repeats"] * layer["energy_pj"].get(component, 0) for layer in layers) == pytest.approx(pj)
    with (tmp_path / "layers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row, layer in zip(rows, layers, strict=True):
        parts = {key: float(value) for key, value in row.items() if key.startswith("energy_") and key != "energy_pj"}
        assert sum(parts.values()) == pytest.approx(float(row["energy_pj"]))
        for component, pj in layer["energy_pj"].items():
            assert parts[f"energy_{component.replace(' ', '_')}_pj"] == pytest.approx(pj)
    chips = record["chips"]
    assert chips == (3 if name == "s4" else 1)
    where = " on all 3 chips" if chips == 3 else ""
    flat = " ".join(text.split())
    assert f"energy of counted actions{where}: {totals['energy_uj']:,.1f} uJ, {totals['power_w']:.3g} W" in flat
    page = tmp_path / "page.html"
    zs("report", str(tmp_path), "-o", str(page))
    html = page.read_text()
    assert f"{totals['energy_uj']:,.4g} uJ, {totals['power_w']:.3g} W{where}" in html
    assert all(component in html for component in totals["energy_pj"])
