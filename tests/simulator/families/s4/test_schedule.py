"""What is refused, and what is said about it."""

from dataclasses import replace

import pytest

import zeroskip
from mapping.errors import InputError
from mapping.graph import chain, gemm_layer
from mapping.sparsity import DENSE, Pattern
from mapping.zoo import load_zoo
from simulator.families.s4 import FAMILY
from simulator.families.s4.mapping import balanced
from simulator.families.s4.vector import Work, vector_work

pytestmark = pytest.mark.smoke
CHIP = FAMILY.load_config("s4")


@pytest.mark.parametrize("name", ["s4", "s10", "s30", "s40"])
def test_cards_differ_in_chips_alone(name):
    card = FAMILY.load_config(name)
    assert card.chips == {"s4": 1, "s10": 2, "s30": 3, "s40": 4}[name]
    assert card.model_dump(exclude={"chips"}) == CHIP.model_dump(exclude={"chips"})


def test_patterns_over_smaller_groups_are_balanced_over_banks():
    layer = gemm_layer("g", 8, 64, 64)
    assert balanced(layer, Pattern(2, 8), CHIP) == Pattern(8, 32)
    assert balanced(layer, Pattern(1, 32), CHIP) == Pattern(1, 32)
    assert balanced(layer, DENSE, CHIP) == DENSE


@pytest.mark.parametrize("pattern", [Pattern(3, 8), Pattern(1, 64), Pattern(1, 5), Pattern(2, 7)])
def test_patterns_that_banks_cannot_balance_are_named(pattern):
    with pytest.raises(InputError, match=f"layer g: pattern {pattern} cannot be balanced over banks of 32 channels"):
        FAMILY.candidates(gemm_layer("g", 8, 64, 64), pattern, CHIP)


def test_a_rate_beyond_the_machine_is_named():
    slow = FAMILY.load_config("s4", ("max_rate=8",))
    with pytest.raises(InputError, match="with RATE one of 2, 4, 8"):
        balanced(gemm_layer("g", 8, 64, 64), Pattern(2, 32), slow)


@pytest.mark.parametrize(("k", "n"), [(3, 64), (64, 10)])
def test_layers_of_odd_channels_run_dense(k, n):
    layer = gemm_layer("g", 8, k, n)
    assert all(option.mapping.pattern.is_dense for option in FAMILY.candidates(layer, Pattern(2, 32), CHIP))


def test_a_model_that_memory_cannot_hold_is_refused_by_how_much():
    model = load_zoo("llama2-7b")
    small = FAMILY.load_config("s4", ("memory_gb=4",))
    sparse = zeroskip.prune(model, "dense")
    with pytest.raises(InputError, match=r"the model needs 6\.\d+ GB for weights .* 2\.\d+ GB more than memory_gb=4"):
        zeroskip.lower(sparse, "s4", small)
    FAMILY.admit([(layer, DENSE) for layer in model.layers], CHIP)
    FAMILY.admit([(layer, DENSE if layer.dynamic else Pattern(2, 32)) for layer in model.layers], small)


def test_a_layer_that_l1_cannot_hold_is_named():
    tiny = FAMILY.load_config("s4", ("l1_weight_kib=1", "mac_rows=1"))
    with pytest.raises(InputError, match=r"layer wide: .* does not fit into l1_activation_kib=24, l1_weight_kib=1"):
        FAMILY.candidates(
            replace(load_zoo("vgg19-cifar100").layers[-5], name="wide"), Pattern(16, 32), replace_bank(tiny)
        )


def replace_bank(config):
    """Banks of 64 that keep every second weight: no sub-filter of 9 positions fits into a quarter of a KiB."""
    return config.model_copy(update={"bank": 64})


def test_a_configuration_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="max_rate=32: a bank of 16 keeps at least one weight"):
        FAMILY.load_config("s4", ("bank=16",))


def test_vector_work_is_added_up():
    assert vector_work((), bf16=False) == Work(3, 0, 0)
    assert vector_work(("add", "relu"), bf16=False) == Work(6, 0, 0)
    assert vector_work(("softmax",), bf16=False) == Work(3, 4, 1)
    assert vector_work(("add", "layernorm"), bf16=True) == Work(0, 12, 0)
    with pytest.raises(InputError, match="operator 'pool' is not one of relu"):
        vector_work(("pool",), bf16=False)


def test_banks_are_a_pattern_of_the_command_line():
    model = chain("m", [gemm_layer("g", 64, 64, 64)], source="test", weights_note="drawn")
    banks, groups = (zeroskip.prune(model, text, keep=()) for text in ("bank:32/16", "2:32"))
    assert banks.patterns == groups.patterns
    result = zeroskip.simulate(zeroskip.lower(banks, "s4"), "both")
    assert result.speedup > 1


def test_layers_of_one_shape_differ_in_what_follows_them():
    plain = gemm_layer("plain", 2048, 64, 64)
    heavy = replace(plain, name="heavy", then=("gelu", "add", "layernorm"))
    model = chain("m", [plain, heavy], source="test", weights_note="drawn")
    first, second = zeroskip.simulate(zeroskip.lower(zeroskip.prune(model, "bank:32/16", keep=()), "s4")).layers
    assert second.cycles > first.cycles
    assert second.macs == first.macs
