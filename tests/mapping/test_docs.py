"""The examples of docs/models.md."""

import re
import tomllib
from pathlib import Path

from mapping.importers.tensors.rules import Rules
from mapping.models import load_model
from mapping.wheels import catalogue, entry
from zeroskip.commands.models import models

TEXT = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)
    return found


def test_the_rules() -> None:
    rules = Rules.model_validate(tomllib.loads(block("toml")))
    assert rules.match("stages.3.qkv").rule.role == "fused"
    assert rules.match("stem.weight").rule.size == 224
    assert rules.ignored("codebook") == "embedding"


def test_the_topology(tmp_path) -> None:
    (tmp_path / "net.csv").write_text(block("csv"))
    model = load_model(tmp_path / "net.csv")
    assert [layer.name for layer in model.layers] == ["Conv1", "Conv2_1a"]
    assert model.patterns == {"Conv1": "dense", "Conv2_1a": "2:4"}


def test_the_trained_networks_and_their_sizes() -> None:
    for name in catalogue():
        (row,) = (line for line in TEXT.splitlines() if line.startswith(f"| `{name}"))
        wheel = entry(name)
        assert ("refused" in row) == (wheel.refusal is not None)
        assert wheel.refusal is not None or f"| {round(wheel.bytes / 1e6)}" in row


def test_every_command_of_the_page_exists() -> None:
    used = set(re.findall(r"^    zeroskip models (\w+)", TEXT, re.M))
    assert used == set(models.commands)
