"""WUVE and SORE: are the new weights and their sparse copies right, are the cycles, and are faults caught?"""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.formats import nm
from mapping.graph import ConvShape, Layer
from mapping.sparsity import Pattern, prune_layer
from mapping.training import METHODS, TrainedLayer, training_step
from simulator.execute import run
from simulator.families.sat import FAMILY
from simulator.families.sat.config import SatConfig
from simulator.families.sat.timing import sore_cycles, wuve_cycles
from simulator.families.sat.update.lower import MOMENTUM, RATE
from simulator.program import Program, ProgramError
from tests.simulator.families.sat.cases import convolutions, machines

PATTERNS = ["2:4", "2:8", "1:8", "4:8", "3:7"]
trainers = machines("fp16", output="element", output_scratchpad_kib=16)


def trained(layer: Layer, pattern: str = "2:8", method: str = "bdwp") -> TrainedLayer:
    return training_step([layer, layer], {layer.name: Pattern.parse(pattern)}, method)[1]


def programs(step: TrainedLayer, config: SatConfig) -> dict[str, Program]:
    result = FAMILY.training(step, config)
    for program in result.values():
        FAMILY.check(program, config)
    return result


def dram(program: Program, config: SatConfig) -> np.ndarray:
    """A DRAM large enough for the program, with reproducible fp32 numbers in it."""
    operands = {name: program.operand("STORE", name) for name in ("dram_address", "images", "image_stride")}
    end = operands["dram_address"] + operands["images"] * np.maximum(operands["image_stride"], 0)
    size = int((end + program.operand("STORE", "run_bytes") * program.operand("STORE", "rows")).max()) + 4096
    values = np.random.default_rng(7).standard_normal(ceil(size / 4) + 1, np.float32)
    return values.view(np.uint8).copy()


@pytest.mark.golden
@settings(max_examples=60, deadline=None)
@given(convolutions(20), st.sampled_from(PATTERNS), st.sampled_from(METHODS), trainers)
def test_the_optimiser_updates_every_weight_once(layer, pattern, method, config):
    step = trained(layer, pattern, method)
    program = programs(step, config)["optimiser"]
    memory = dram(program, config)
    loads = program.operand("LOAD", "dram_address")
    starts = [int(loads[0]), int(loads[1]), int(loads[2])]
    count = step.weights
    weights, velocity = (memory[first : first + 4 * count].view(np.float32).copy() for first in starts[:2])
    memory[starts[2] : starts[2] + 2 * count] = weights[::-1].astype(np.float16).view(np.uint8)
    gradient = weights[::-1].astype(np.float16).astype(np.float32)

    after = FAMILY.golden.execute(program, memory, config, None)
    new_velocity = np.float32(MOMENTUM) * velocity + gradient
    new_weights = weights - np.float32(RATE) * new_velocity
    np.testing.assert_array_equal(after[starts[0] : starts[0] + 4 * count].view(np.float32), new_weights)
    np.testing.assert_array_equal(after[starts[1] : starts[1] + 4 * count].view(np.float32), new_velocity)

    timeline = run(FAMILY.job(program, config), "both")
    order = np.lexsort((np.arange(len(program)), timeline.end, timeline.start))  # what takes no time keeps its order
    np.testing.assert_array_equal(FAMILY.golden.execute(program, memory, config, order), after)


@pytest.mark.golden
@settings(max_examples=60, deadline=None)
@given(convolutions(20), st.sampled_from(PATTERNS), trainers)
def test_sore_writes_what_the_products_of_the_next_step_read(layer, pattern, config):
    """One block: the copies are the weights of the forward and backward products, pruned along their reductions."""
    shape = replace(layer.shape, in_channels=layer.shape.group_in_channels, groups=1)
    shape = replace(shape, out_channels=layer.shape.group_out_channels, stride=(1, 1))
    layer = Layer(name="conv", op="conv", shape=shape)
    step = trained(layer, pattern)
    config = config.model_copy(update={"output_scratchpad_kib": 1024, "sparse_weights": "on_demand"})
    master = np.random.default_rng(3).standard_normal(shape.weight_shape, np.float32).astype(np.float16)
    for stage, along_outputs in (("forward", False), ("backward", True)):
        if f"pruning {stage}" not in programs(step, config):
            assert step.pattern(stage).is_dense
            continue
        program = programs(step, config)[f"pruning {stage}"]
        memory = dram(program, config)
        raw = np.ascontiguousarray(master.transpose(1, 2, 3, 0)).reshape(-1).view(np.uint8)
        memory[: len(raw)] = raw
        after = FAMILY.golden.execute(program, memory, config, None)

        wide = master.astype(np.float32) if not along_outputs else master.astype(np.float32).transpose(3, 1, 2, 0)
        view = Layer(name="view", op="conv", shape=_shape_of(wide), weights=np.ascontiguousarray(wide))
        kept = prune_layer(view, step.pattern(stage)).weights
        outputs, length = kept.shape[0], kept.shape[3]
        rows = np.pad(kept.reshape(outputs, -1, length), ((0, 0), (0, 0), (0, -length % step.pattern(stage).m)))
        decoded_at = int(program.operand("STORE", "dram_address")[0])
        data = after[decoded_at : decoded_at + int(program.operand("STORE", "run_bytes")[0])]
        matrix = rows.reshape(outputs, -1).T.astype(np.float16)
        result = nm.decode(data, matrix.shape[0], outputs, step.pattern(stage), np.float16)
        np.testing.assert_array_equal(result, matrix)


def _shape_of(weights: np.ndarray) -> ConvShape:
    outputs, rows, cols, inputs = weights.shape
    return ConvShape(in_rows=rows, in_cols=cols, in_channels=inputs, out_channels=outputs, kernel=(rows, cols))


@pytest.mark.timing
def test_sore_and_wuve_formulas():
    """M cycles a group on 32 lanes: W / 32 for one direction; WUVE takes W / lanes."""
    assert sore_cycles(9 * 64 * 8, 8, 32) == 9 * 64 * 64 // 32
    assert sore_cycles(33, 8, 32) == 2 * 8
    assert sore_cycles(2, 8, 32) == 8
    assert wuve_cycles(1000, 32) == 32
    assert wuve_cycles(1000, 1) == 1000


SHAPE = ConvShape(in_rows=8, in_cols=8, in_channels=512, out_channels=512, kernel=(3, 3), padding=(1, 1, 1, 1))
CONV = Layer(name="conv", op="conv", shape=SHAPE)
WEIGHTS = 9 * 512 * 512


@pytest.mark.timing
def test_the_pass_of_sore_without_memory():
    """Both directions of a layer take 2 W / 32 cycles behind WUVE, and W / 32 each on demand."""
    config = FAMILY.load_config("sat-ideal", ("datapath=fp16", "output_scratchpad_kib=1024"))
    (ahead,) = programs(trained(CONV), config).values()
    timeline = run(FAMILY.job(ahead, config), "both")
    assert timeline.queues[2].busy == 2 * WEIGHTS // 32
    assert timeline.queues[1].busy == WEIGHTS // 32
    first_block = int(ahead.operand("WUVE", "count")[0]) // 32
    assert timeline.total == 2 * WEIGHTS // 32 + first_block
    config = config.model_copy(update={"sparse_weights": "on_demand"})
    on_demand = programs(trained(CONV), config)
    assert list(on_demand) == ["optimiser", "pruning forward", "pruning backward"]
    for name in ("pruning forward", "pruning backward"):
        assert run(FAMILY.job(on_demand[name], config), "both").total == WEIGHTS // 32


@pytest.mark.timing
@pytest.mark.parametrize(
    ("method", "setting", "copies"),
    [
        ("dense", "ahead", 2),  # one dense fp16 copy
        ("srste", "ahead", 2 + 0.59375),  # forward sparse: 16 + 3 bits for 2 of 8; backward dense
        ("bdwp", "ahead", 2 * 0.59375),
        ("bdwp", "on_demand", 2),
    ],
)
def test_traffic_of_the_optimiser(method, setting, copies):
    """Reads and writes of fp32 weights and velocities, fp16 gradients in, copies out: bytes a weight."""
    config = FAMILY.load_config("sat-32x32", (f'sparse_weights="{setting}"',))
    moved = FAMILY.dram_bytes(programs(trained(CONV, "2:8", method), config)["optimiser"]).sum()
    assert moved == WEIGHTS * (4 * 4 + 2 + copies)


@pytest.mark.shape
def test_a_block_that_does_not_fit_is_refused():
    config = FAMILY.load_config("sat-32x32", ("output_scratchpad_kib=4",))
    with pytest.raises(InputError, match=r"layer conv: output_scratchpad_kib must be at least 13 \(is 4\) to update"):
        FAMILY.training(trained(CONV), config)


def test_int8_does_not_train():
    config = FAMILY.load_config("sat-32x32", ('datapath="int8"', 'output="accumulator"'))
    with pytest.raises(InputError, match="datapath='int8': training needs 'fp16'"):
        FAMILY.training(trained(CONV), config)


@pytest.mark.golden
@pytest.mark.parametrize("method", ["dense", "bdwp"])
@pytest.mark.parametrize("name", ["optimiser", "pruning backward"])
def test_planted_faults_are_caught(name, method):
    """Every wait that is dropped together with what it waits for lets a unit read or overwrite too early."""
    config = FAMILY.load_config("sat-32x32", (f'sparse_weights="{"on_demand" if "pruning" in name else "ahead"}"',))
    program = programs(trained(CONV, "2:8", method), config).get(name)
    if program is None:
        return
    found = 0
    for i in np.flatnonzero(program.wait):
        for source in range(4):
            if not (program.wait[i] >> source) & 1:
                continue
            wait, release = program.wait.copy(), program.release.copy()
            senders = (program.queue == source) & ((release >> int(program.queue[i])) & 1 == 1)
            takers = (program.queue == program.queue[i]) & ((wait >> source) & 1 == 1)
            release[np.flatnonzero(senders)[np.flatnonzero(takers).tolist().index(i)]] &= ~np.uint16(
                1 << int(program.queue[i])
            )
            wait[i] &= ~np.uint16(1 << source)
            broken = replace(program, wait=wait, release=release)
            with pytest.raises(ProgramError, match=r"may (read|overwrite)"):
                FAMILY.check(broken, config)
            found += 1
            if found == 12:
                return
