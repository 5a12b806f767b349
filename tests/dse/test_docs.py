"""The example of docs/dse.md runs."""

import re
from pathlib import Path

import pytest

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
