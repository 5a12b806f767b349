"""Do timing tables say what they should, and is what is missing or contradictory refused by name?"""

import tomllib

import numpy as np
import pytest

from mapping.errors import InputError
from simulator.memory.commands import layout as at
from simulator.memory.commands.table import FOLDER, load_table, vectors


def written(tmp_path, change, base="aim"):
    """A copy of a table with a change to its text."""
    text = (FOLDER / f"{base}.toml").read_text()
    changed = change(text)
    assert changed != text
    tomllib.loads(changed)
    path = tmp_path / "mine.toml"
    path.write_text(changed)
    return path


@pytest.mark.smoke
@pytest.mark.parametrize("name", ["aim", "pim-gpt"])
def test_tables_load(name):
    table = load_table(name)
    params, state = vectors(table, channels=3, groups=4, group_banks=4, refresh=True)
    assert params[at.KIND] == at.COMMANDS
    assert params[at.REFI] == table.timings["nREFI"]
    assert len(state) == at.STATE_HEAD + 3 * params[at.STRIDE]
    # Everything that an offset names lies inside its vector.
    assert params[at.O_CONSTRAINT] <= len(params)
    assert params[at.O_OPEN] < params[at.STRIDE]
    assert params[at.O_RING] <= params[at.STRIDE]


@pytest.mark.timing
@pytest.mark.parametrize(
    ("before", "after", "cycles"),
    [
        ("ACT16", "MAC16", 56),
        ("MAC16", "MAC16", 2),
        ("MAC16", "PREA", 12),
        ("ACT16", "PREA", 54),
        ("PREA", "ACT16", 32),
        ("REFab", "ACT16", 210),
        ("RDMAC16", "WR", 0 + 2 + 3 - 6 + 1),
        ("RDMAC16", "WRMAC16", 0 + 2 + 3 - 1 + 1),
        ("WRA16", "ACT16", 6 + 2 + 33 + 32),
        ("TMOD", "MAC16", 32),
        ("MAC16", "TMOD", None),
    ],
)
def test_distances_of_aim(before, after, cycles):
    assert load_table("aim").distance(before, after) == cycles


@pytest.mark.smoke
def test_a_table_can_change_another():
    table = load_table("pim-gpt")
    assert "TMOD" not in table.commands
    assert "mode" not in table.roles
    assert table.distance("ACT16", "MAC16") == 12
    params, _ = vectors(table, channels=1, groups=1, group_banks=1, refresh=False)
    assert params[at.N_MODE] == at.NONE
    assert params[at.REFI] == 0


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("nRC = 89", "nRC = 80"), "timings: nRAS + nRP <= nRC does not hold, 86 > 80"),
        (lambda t: t.replace("nRFC = 210", "nRFC = 4000"), "nRFC <= nREFI does not hold, 4000 > 3333"),
        (lambda t: t.replace("nRP = 32", "nRP = -1"), "timing nRP=-1 outside"),
        (lambda t: t.replace("nRP = 32\n", ""), "no timing 'nRP'"),
        (lambda t: t.replace('cycles = "nRCDEWMUL"', 'cycles = "nRCDXX"'), "no timing 'nRCDXX'; legal: nBL"),
        (lambda t: t.replace('cycles = "nRCDEWMUL"', 'cycles = "2 * nRP"'), "is no sum of timings"),
        (lambda t: t.replace('cycles = "nRCDEWMUL"', 'cycles = "nBL - nRP"'), "is negative: -30"),
        (lambda t: t.replace('["EWMUL16"]\ncycles = "nRCDEW', '["AF16"]\ncycles = "nRCDEW'), "from ACT16 to EWMUL16"),
        (lambda t: t.replace('"RDAF16", "REFab",\n', '"RDAF16",\n'), "nothing is declared from TMOD to REFab"),
        (lambda t: t.replace('after = ["AF16"]', 'after = ["AF17"]'), "no command 'AF17'; legal: ACT"),
        (lambda t: t.replace('act = "ACT"\n', ""), "no command for the role 'act'"),
        (lambda t: t.replace('refresh = "REFab"', 'refresh = "REF"'), "role refresh: no command 'REF'"),
        (lambda t: t.replace("depth = 33", "depth = 0"), "depth=0 outside [1, 1024]"),
        (lambda t: t.replace("cycle_ps = 500", "cycle_ps = 500\ncolour = 1"), "unknown key 'colour'"),
    ],
)  # fmt: skip
def test_bad_tables_are_named(tmp_path, change, message):
    with pytest.raises(InputError) as caught:
        load_table(written(tmp_path, change))
    assert message in str(caught.value)


@pytest.mark.smoke
def test_unknown_tables_are_named():
    with pytest.raises(InputError, match="timing table 'nobody' is not one of aim, ddr3-1600, ddr4-2400, pim-gpt"):
        load_table("nobody")
    with pytest.raises(InputError, match="no such file"):
        load_table("nobody.toml")


@pytest.mark.smoke
def test_constraints_are_kept_once_and_the_longest_wins():
    table = load_table("aim")
    params, _ = vectors(table, channels=1, groups=4, group_banks=4, refresh=False)
    first = params[params[at.O_FIRST] :][: 3 * len(table.commands) + 1]
    assert (np.diff(first) >= 0).all()
    number = table.numbers["MAC16"]
    rows = [
        params[params[at.O_CONSTRAINT] + at.CONSTRAINT_WORDS * k :][: at.CONSTRAINT_WORDS]
        for k in range(first[number], first[number + 1])
    ]
    after = [int(row[at.K_AFTER]) for row in rows]
    assert len(set(after)) == len(after)
    assert {int(row[at.K_CYCLES]) for row in rows if row[at.K_AFTER] == table.numbers["PREA"]} == {12}
