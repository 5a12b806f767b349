"""The documentation site builds without a warning, holds every page, and links out of docs/ where it can."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://example.org/zeroskip/blob/main"


def build(pages: Path, out: Path, repository: str = "") -> str:
    """Build with warnings as errors; what Sphinx complained of, empty if it was content."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-d", str(out / ".doctrees")]
    environment = {"ZEROSKIP_REPOSITORY": repository, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*command, str(pages), str(out)], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == (not done.stderr), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    assert build(ROOT / "docs", out, REPOSITORY) == ""
    return out


@pytest.mark.smoke
def test_every_page_is_in_the_contents(site):
    contents = (site / "index.html").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f'href="{page.stem}.html"' in contents or page.stem == "index", page.name


@pytest.mark.smoke
def test_links_out_of_the_folder_lead_to_the_repository(site):
    found = set(re.findall(rf'href="{REPOSITORY}/([^"#]+)', (site / "index.html").read_text()))
    assert "README.md" in found
    assert {path for path in found if path.startswith("notebooks/")} == {
        f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")
    }


@pytest.mark.smoke
def test_the_reference_has_everything_that_zeroskip_exports(site):
    import zeroskip  # noqa: PLC0415

    known = set(re.findall(r'<dt class="sig[^>]* id="zeroskip\.(\w+)"', (site / "api.html").read_text()))
    assert known == set(zeroskip.__all__)


@pytest.mark.smoke
def test_a_link_that_leads_nowhere_is_an_error(tmp_path):
    pages = tmp_path / "docs"
    pages.mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", pages)
    (tmp_path / "rtl").mkdir()
    (pages / "index.md").write_text("# Title\n\n[there](../rtl) and [not there](../nowhere.md)\n")
    complaint = build(pages, tmp_path / "out")
    assert "nowhere" in complaint
    assert "rtl" not in complaint
