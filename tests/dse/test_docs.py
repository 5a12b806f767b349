"""The example of docs/dse.md runs."""

import re
from pathlib import Path

import pytest

from dse.document import read_yaml
from tests.dse.spaces import tiny

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.smoke
def test_the_loop_of_the_page(monkeypatch):
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "dse.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "docs/dse.md", "exec"), names)
    assert names["best"]
    assert names["study"].asked == 10
    names["study"].store.close()


@pytest.mark.smoke
def test_the_choices_of_the_page(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "dse.md").read_text(), re.DOTALL)
    (tmp_path / "chosen.yaml").write_text(text)
    space = tiny(workload=[{"model": "resnet18"}], baselines={}, **read_yaml(tmp_path / "chosen.yaml"))
    assert "mapping.buffers" in {variable.name for variable in space.variables}
    point = {"late:layer3.0.conv1.pattern": "1:8", "late.pattern": "2:8"}
    patterns = dict(zip(space.groups, (str(choice.pattern) for choice in space.design(point).choices), strict=False))
    assert (patterns["early"], patterns["late:layer3.0.conv1"], patterns["late:layer4.1.conv2"]) == (
        "dense",
        "1:8",
        "2:8",
    )
