"""The arrows between the rooms point down only, and files stay short."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each room may import itself and the rooms below it.
ROOMS = ["mapping", "simulator", "dse", "zeroskip"]
MOST_LINES = 400


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported_rooms(path: Path) -> set[str]:
    """Top-level names of all absolute imports, wherever they stand; relative ones stay in their room."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names & set(ROOMS)


@pytest.mark.smoke
@pytest.mark.parametrize("room", [room for room in ROOMS if files(room)])
def test_arrows_point_down(room):
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    upward = {str(path.relative_to(ROOT)): found for path in files(room) if (found := imported_rooms(path) & above)}
    assert not upward


@pytest.mark.smoke
def test_a_family_is_known_to_nobody_but_itself():
    """The engine, the program and the face of the project name no family."""
    inside = ROOT / "simulator" / "families"
    for room in ROOMS:
        for path in files(room):
            if inside in path.parents and path.parent != inside:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("simulator.families."):
                    pytest.fail(f"{path.relative_to(ROOT)} imports {node.module}")


@pytest.mark.smoke
def test_benches_know_the_simulator_and_nothing_above():
    for path in files("rtl"):
        assert not imported_rooms(path) & {"dse", "zeroskip"}, path


@pytest.mark.smoke
def test_mapping_knows_no_clock():
    for path in files("mapping"):
        assert "simpy" not in path.read_text(), path


@pytest.mark.smoke
def test_files_stay_short():
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for room in ROOMS for p in files(room)}
    assert not {name: length for name, length in lengths.items() if length > MOST_LINES}
