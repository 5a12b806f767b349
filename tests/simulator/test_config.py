"""Configurations: what is refused, and how the message reads."""

import pytest

from mapping.errors import InputError
from simulator.config import override, read_toml
from simulator.families import families, family
from simulator.families.sat import FAMILY


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("rows=0",), r"rows=0 outside \[1, 1024\]"),
        (("rows=1000000000",), r"rows=1000000000 outside \[1, 1024\]"),
        (("rows=1.5",), r"rows=1.5: input should be a valid integer"),
        (("rows=abc",), r"rows='abc': input should be a valid integer"),
        (("rows=true",), r"rows=True: input should be a valid integer"),
        (("colz=3",), r"unknown key 'colz'; legal keys: .*dispatch_latency, .*rows, cols"),
        (('datapath="int4"',), r"datapath='int4': input should be 'int8' or 'fp16'"),
        (("memory.channels=0",), r"memory: channels=0 outside \[1, 1024\]"),
        (("memory.preset=ddr9",), r"ddr9"),
        (("memory.bytes_per_cycle=4",), r"unknown key 'memory.bytes_per_cycle'"),
        (("memory.kind=ideal", "memory.channels=2"), r"unknown key 'memory.channels'"),
        (("memory.kind=magic",), r"memory"),
        (("rows=1", "rows=2"), r"--set rows: given twice"),
        (("rows",), r"--set 'rows': expected KEY=VALUE"),
        (("rows.deep=1",), r"--set rows.deep: 'rows' is a value, not a table"),
        (("datapath=int8",), r"output='element' needs datapath='fp16'"),
        (("fold_overlap=pipelined",), r"fold_overlap='pipelined' needs weight_registers='shadow'"),
        (("interleave=4",), r"interleave=4 has no effect with add_latency=1"),
    ],
)
def test_settings_that_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        FAMILY.load_config("sat-32x32", settings)


def test_every_fault_is_named_at_once():
    with pytest.raises(InputError, match=r"rows=0 outside.*cols=-1 outside.*unknown key 'x'"):
        FAMILY.load_config("sat-32x32", ("rows=0", "cols=-1", "x=1"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rows = 1\nrows = 2\n", "Cannot overwrite a value"),
        ("rows = ", "Invalid value"),
        ("[memory]\nkind = 'ideal'\n[memory]\nkind = 'ideal'\n", "memory"),
        ("rows = 4\nwheels = 4\n", "unknown key 'wheels'"),
    ],
)
def test_files_that_are_refused(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        FAMILY.load_config(str(path))


def test_a_missing_file_and_an_unknown_name():
    with pytest.raises(InputError, match=r"nowhere.toml: no such file"):
        FAMILY.load_config("nowhere.toml")
    with pytest.raises(InputError, match=r"configuration 'sat' is not one of .*sat-32x32"):
        FAMILY.load_config("sat")
    with pytest.raises(InputError, match=r"family 'tpu' is not one of .*sat"):
        family("tpu")


def test_settings_reach_tables_and_change_the_kind_of_memory():
    config = FAMILY.load_config("sat-32x32", ("rows=16", "memory.bytes_per_cycle=8", "memory.kind=ideal"))
    assert config.rows == 16
    assert config.memory.model_dump() == {"kind": "ideal", "bytes_per_cycle": 8, "latency_cycles": 0}


@pytest.mark.smoke
@pytest.mark.parametrize(("name", "config"), [(f.name, c) for f in families().values() for c in f.config_names()])
def test_every_shipped_configuration_loads_and_lists_every_field(name, config):
    chosen = family(name)
    loaded = chosen.load_config(config)
    written = read_toml(chosen.configs / f"{config}.toml")
    assert set(written) == set(type(loaded).model_fields)
    assert override(written, ()) == written
