"""The page docs/extend.md is true: the family on it installs, is listed and simulates."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "extend.md"

CHECK = """
import numpy as np
import zeroskip
from mapping.graph import chain, gemm_layer
from simulator.families import families
from simulator.families.sat import FAMILY as SAT

dot = families()["dot"]
assert families()["sat"] is SAT
model = chain("m", [gemm_layer("g", 3, 16, 5)], source="test", weights_note="drawn")
lowered = zeroskip.lower(zeroskip.prune(model, "1:4", keep=()), "dot")
result = zeroskip.simulate(lowered, "both")
assert result.total_cycles == 5 * 3 * 4 * 2 + 4, result.total_cycles  # columns x rows x kept x cycles, dispatch
layer = lowered.layers[0]
image = dot.golden.image(layer.layer, layer.pattern, layer.choice.mapping, lowered.config)
after = dot.golden.execute(layer.program, image, lowered.config, None)
out = dot.golden.output(layer.layer, layer.choice.mapping, lowered.config, after)
values = image.view(float)
np.testing.assert_allclose(out.reshape(3, 5), values[:48].reshape(3, 16) @ values[48:128].reshape(16, 5))
"""


def code(language: str, which: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)[which]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder as pip would leave it: the package, and the entry point in its metadata."""
    folder = tmp_path_factory.mktemp("site")
    package, metadata = folder / "dot_family", folder / "dot_family-1.0.dist-info"
    (package / "configs").mkdir(parents=True)
    metadata.mkdir()
    (package / "__init__.py").write_text(code("python"))
    (package / "configs" / "dot.toml").write_text(code("toml", 0))
    group, line = re.search(r'entry-points\."(.*)"\]\n(.*)\n', code("toml", 1)).groups()
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{line}\n".replace('"', ""))
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: dot-family\nVersion: 1.0\n")
    return folder


def run(installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.smoke
def test_the_family_of_the_page_is_found_and_simulates(installed):
    result = run(installed, "-c", CHECK)
    assert result.returncode == 0, result.stderr


@pytest.mark.smoke
def test_the_command_line_lists_it_and_passes_its_refusals_on(installed):
    listed = run(installed, "-m", "zeroskip", "families")
    assert "one multiply-accumulate unit" in listed.stdout, listed.stderr
    refused = run(installed, "-m", "zeroskip", "simulate", "resnet18", "--family", "dot")
    assert refused.returncode == 2
    assert "the dot family runs GEMMs only" in refused.stderr


def test_a_family_that_cannot_be_loaded_is_named(tmp_path):
    metadata = tmp_path / "gone-1.0.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text("[zeroskip.families]\ngone = gone_family:FAMILY\n")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: gone\nVersion: 1.0\n")
    done = run(tmp_path, "-m", "zeroskip", "families")
    assert done.returncode == 2
    assert "family 'gone' of gone cannot be loaded from gone_family:FAMILY: No module named" in done.stderr
    assert "Traceback" not in done.stderr
