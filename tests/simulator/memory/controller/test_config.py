"""Are devices and controllers read as they are meant, and mistakes refused?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mapping.errors import InputError
from simulator.memory.controller.config import FOLDER, ControllerConfig, load_device

DEVICES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.golden
def test_the_device_of_the_published_measurements():
    device = load_device("ddr3-1600")
    assert (device.capacity_bytes, device.burst_bytes, device.banks) == (2**30, 64, 8)
    timings = device.commands.timings
    published = {"BL": 4, "RL": 10, "WL": 8, "RCD": 10, "RP": 10, "RAS": 28, "RC": 38, "RTP": 6, "WR": 12, "FAW": 24}
    published |= {"CCDS": 4, "RRDS": 5, "WTRS": 6, "RFC": 88, "REFI": 6240}
    assert {f"n{name}": cycles for name, cycles in published.items()}.items() <= timings.items()
    row_bank_column = [0x2000, 0x10000, 0x40, 0x3FFFFFC0]
    bank, row, column = device.decode(np.array(row_bank_column))
    assert bank.tolist() == [1, 0, 0, 7]
    assert row.tolist() == [0, 1, 0, 16383]
    assert column.tolist() == [0, 0, 8, 1016]


@pytest.mark.golden
@pytest.mark.parametrize("name", DEVICES)
@given(data=st.data())
def test_addresses_of_different_bursts_are_different_places(name, data):
    device = load_device(name)
    bursts = data.draw(st.lists(st.integers(0, device.capacity_bytes // 64 - 1), min_size=2, max_size=2, unique=True))
    places = np.stack(device.decode(np.array(bursts) * 64), axis=1)
    assert places[0].tolist() != places[1].tolist()
    assert (places >= 0).all()
    assert (places[:, 0] < device.banks).all()


@pytest.mark.golden
def test_a_stream_on_ddr4_alternates_between_bank_groups():
    bank, _, _ = load_device("ddr4-2400").decode(np.arange(8) * 64)
    assert (bank // 4).tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"bank:3"', '"bank:2"'), "2 bits of bank for 8"),
        (('"bank:3"', '"bnak:3"'), "'bnak:3' is no NAME:BITS with NAME one of column"),
        (('table = "ddr3-1600"', 'table = "aim"'), "table 'aim' has no command 'RDA'"),
        (('table = "ddr3-1600"', 'table = "ddr9"'), "timing table 'ddr9' is not one of aim"),
        (("devices = 8\n", "devices = 7\n"), "a bus of 7 bytes"),
        (('"column:10"', '"column:2"'), "a row of 4 columns holds no burst"),
        (("idd5 = 170.0", "idd5 = -1.0"), "idd5"),
        (("idd5 = 170.0", ""), "missing key"),
    ],
)
def test_a_bad_device_is_refused(tmp_path, change, message):
    path = tmp_path / "device.toml"
    path.write_text((FOLDER / "ddr3-1600.toml").read_text().replace(*change))
    with pytest.raises(InputError, match=message):
        load_device(path)


@pytest.mark.smoke
def test_unknown_devices_are_named():
    with pytest.raises(InputError, match="DRAM 'ddr9' is not one of ddr3-1600, ddr4-2400"):
        load_device("ddr9")


@pytest.mark.smoke
@pytest.mark.parametrize(
    "values",
    [
        {"page_policy": "ajar"},
        {"request_buffer_size": 0},
        {"refresh_max_postponed": 9},
        {"max_active_transactions": 2000},
        {"colour": "red"},
    ],
)
def test_a_bad_controller_is_refused(values):
    with pytest.raises(ValidationError, match=next(iter(values))):
        ControllerConfig(**values)
