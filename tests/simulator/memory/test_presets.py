import pytest
from pydantic import ValidationError

from mapping.errors import InputError
from simulator.memory.config import MAX_CLOCK_HZ, MIN_CLOCK_HZ, BankedMemory
from simulator.memory.presets import DramPreset, find_preset, presets
from simulator.memory.service import T_RCD, T_REFI, T_RFC

NAMES = ("ddr4-2400", "hbm2", "lpddr4-3200", "gddr6-16")

pytestmark = pytest.mark.shape


def test_the_shipped_presets():
    assert tuple(presets()) == NAMES


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(InputError, match="preset='ddr5': must be one of ddr4-2400, gddr6-16, hbm2, lpddr4-3200"):
        find_preset("ddr5")


@pytest.mark.parametrize(
    ("name", "gigabytes_per_s", "burst_bytes"),
    [("ddr4-2400", 19.2, 64), ("hbm2", 16, 32), ("lpddr4-3200", 6.4, 32), ("gddr6-16", 32, 32)],
)
def test_peak_bandwidth_is_data_rate_times_width(name, gigabytes_per_s, burst_bytes):
    preset = find_preset(name)
    assert preset.bytes_per_s == gigabytes_per_s * 10**9
    assert preset.burst_bytes == burst_bytes


@pytest.mark.parametrize("name", NAMES)
def test_timings_are_those_of_a_dram(name):
    preset = find_preset(name)
    for value in (preset.t_rcd_ps, preset.t_rp_ps, preset.t_cl_ps):
        assert 10_000 <= value <= 20_000
    assert 28_000 <= preset.t_ras_ps <= 45_000
    assert 100_000 <= preset.t_rfc_ps <= 550_000
    assert 1_900_000 <= preset.t_refi_ps <= 7_800_000
    assert preset.t_rfc_ps < 0.08 * preset.t_refi_ps, "more than 8 % of the time in refresh"


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source_and_guesses_are_marked(name):
    sources = find_preset(name).sources
    assert "JEDEC" in sources.organisation or "Micron" in sources.organisation
    for text in (sources.latency, sources.refresh):
        assert text.startswith("estimate") or "JEDEC" in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("clock_hz", [MIN_CLOCK_HZ, MAX_CLOCK_HZ])
def test_refresh_leaves_time_for_work_at_every_legal_clock(name, clock_hz):
    params = BankedMemory(preset=name).state(clock_hz).params
    assert params[T_REFI] > 2 * (params[T_RFC] + params[T_RCD])


def _table():
    return find_preset("hbm2").model_dump()


@pytest.mark.parametrize("key", [*DramPreset.model_fields, "sources.latency"])
def test_a_missing_key_is_refused(key):
    table = _table()
    outer, _, inner = key.rpartition(".")
    del (table[outer] if outer else table)[inner]
    with pytest.raises(ValidationError, match=rf"{key}\n.*required"):
        DramPreset.model_validate(table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t_faw_ps": 16_000}, r"t_faw_ps\n.*not permitted"),
        ({"banks": 0}, r"banks\n.*greater than or equal to 1"),
        ({"banks": "16"}, r"banks\n.*valid integer"),
        ({"bus_bits": 12}, "bus_bits=12: must be a multiple of 8"),
        ({"page_bytes": 1000}, "page_bytes=1000: must be a multiple of a burst, 32 B"),
        ({"t_ras_ps": 1}, "t_ras_ps=1: must be at least t_rcd_ps=14000"),
        ({"t_refi_ps": 260_000}, "t_refi_ps=260000: must be above t_rfc_ps=260000"),
    ],
)
def test_a_malformed_preset_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        DramPreset.model_validate(_table() | change)
