import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from mapping.errors import InputError
from simulator.memory.config import MAX_CLOCK_HZ, MIN_CLOCK_HZ, BankedMemory, IdealMemory, MemoryConfig

GHZ = 10**9
CONFIG = TypeAdapter[IdealMemory | BankedMemory](MemoryConfig)

pytestmark = pytest.mark.smoke


def test_kind_selects_the_model():
    assert CONFIG.validate_python({"kind": "ideal", "bytes_per_cycle": 32}) == IdealMemory(bytes_per_cycle=32)
    assert CONFIG.validate_python({"kind": "banked", "channels": 2}) == BankedMemory(channels=2)


def test_a_config_survives_json():
    for memory in (IdealMemory(latency_cycles=7), BankedMemory(preset="hbm2", channels=32)):
        assert CONFIG.validate_json(CONFIG.dump_json(memory)) == memory


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "banked", "channels": 0}, r"channels=0 outside \[1, 1024\]"),
        ({"kind": "banked", "channels": 1025}, r"channels=1025 outside \[1, 1024\]"),
        ({"kind": "ideal", "bytes_per_cycle": -1}, r"bytes_per_cycle=-1 outside \[0, 4294967296\]"),
        ({"kind": "ideal", "latency_cycles": -3}, r"latency_cycles=-3 outside \[0, 4294967296\]"),
        ({"kind": "ideal", "bytes_per_cycle": "64"}, r"bytes_per_cycle\n.*valid integer"),
        ({"kind": "ideal", "bytes_per_cycle": 64.0}, r"bytes_per_cycle\n.*valid integer"),
        ({"kind": "banked", "channels": True}, r"channels\n.*valid integer"),
        ({"kind": "banked", "preset": 3}, r"preset\n.*valid string"),
        (
            {"kind": "banked", "preset": "ddr9"},
            "preset='ddr9': must be one of ddr4-2400, gddr6-16, hbm2, lpddr4-3200",
        ),
        ({"kind": "banked", "rows": 1}, r"rows\n.*not permitted"),
        ({"kind": "ideal", "preset": "hbm2"}, r"preset\n.*not permitted"),
        ({"kind": "banked", "bytes_per_cycle": 64}, r"bytes_per_cycle\n.*not permitted"),
        ({"kind": "flash"}, "'flash'.*'ideal', 'banked'"),
        ({"channels": 1}, "discriminator 'kind'"),
    ],
)
def test_a_mistake_is_refused_by_name_value_and_range(table, message):
    with pytest.raises(ValidationError, match=message):
        CONFIG.validate_python(table)


def test_a_config_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        BankedMemory().channels = 2


def test_ideal_memory_is_latency_plus_rounded_up_transfer():
    sizes = np.array([[0, 1, 63], [64, 65, 640]], np.int64)
    cycles = IdealMemory(bytes_per_cycle=64, latency_cycles=10).burst_cycles(sizes)
    assert cycles.dtype == np.int64
    assert cycles.tolist() == [[10, 11, 11], [11, 12, 20]]


def test_zero_bytes_per_cycle_means_unlimited():
    memory = IdealMemory(bytes_per_cycle=0, latency_cycles=3)
    assert memory.peak_bytes_per_cycle(GHZ) == float("inf")
    assert memory.burst_cycles(np.array([1, 10**12])).tolist() == [3, 3]


def test_ideal_memory_has_no_state():
    assert IdealMemory().state(GHZ) is None
    assert IdealMemory(bytes_per_cycle=64).peak_bytes_per_cycle(GHZ) == 64.0


def test_channels_multiply_bandwidth():
    assert BankedMemory().peak_bytes_per_cycle(GHZ) == 19.2
    assert BankedMemory(channels=4).peak_bytes_per_cycle(GHZ) == 76.8
    assert BankedMemory(channels=4).peak_bytes_per_cycle(GHZ // 4) == 4 * 76.8


@pytest.mark.parametrize("clock_hz", [0, -GHZ, MIN_CLOCK_HZ - 1, MAX_CLOCK_HZ + 1])
def test_a_clock_outside_the_model_is_refused(clock_hz):
    for call in (BankedMemory().state, BankedMemory().peak_bytes_per_cycle):
        with pytest.raises(InputError, match=rf"clock_hz={clock_hz} outside \[10000000, 100000000000\]"):
            call(clock_hz)


def test_every_state_is_a_fresh_one():
    first, second = BankedMemory().state(GHZ), BankedMemory().state(GHZ)
    first.state[:] = 0
    assert second.state[0] == 7800
