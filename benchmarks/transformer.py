"""LLaMA2-7B on chains of DSP slices: programs generated and run, and the same decode step in SimPy."""

import json
import sys
from functools import partial

import numpy as np

from benchmarks.cost import measure, measure_process
from benchmarks.rows import AIM, Row
from simulator.engine.cycle import run_cycle
from simulator.engine.fast import run_fast
from simulator.families import family
from simulator.families.dsp_chain.network import NetworkTime, whole_job
from simulator.families.dsp_chain.network import run as run_network
from simulator.families.dsp_chain.steps import decode
from simulator.families.dsp_chain.transformer import Transformer

TITLE = "LLaMA2-7B on vhk158-artifact, programs generated and run"
CONFIG = "vhk158-artifact"
DECODE_AIM, PREFILL_AIM, LENGTHS_AIM = 1.0, 5.0, 60.0  # CPU seconds
MEMORY_AIM = 4096.0  # MiB
REPEATS = 3


def run(context: int = 512, prompt: int = 512, longest: int = 2048, layers: int = 32) -> list[Row]:
    """Measure.

    Args:
        context: Of the decode step.
        prompt: Tokens of the prompt.
        longest: Contexts up to this one make "all lengths".
        layers: Decoder layers.
    """
    model, config = Transformer(layers=layers), family("dsp_chain").load_config(CONFIG)
    run_fast(whole_job(decode(model, context, config), config), compiled=True)

    def step(length: int) -> NetworkTime:
        return run_network(decode(model, length, config), config)

    one, cost = measure(partial(step, context), REPEATS)
    count = len(one.network)
    rows = [_row(f"decode {context}, {count:,} instructions", cost.cpu, DECODE_AIM)]
    contexts = range(16, longest + 1, 16)
    _, cost = measure(lambda: [step(length).total for length in contexts])
    rows.append(_row(f"decode, all {len(contexts)} contexts", cost.cpu, LENGTHS_AIM))
    command = (sys.executable, "-m", "benchmarks.transformer_run", str(prompt), str(layers))
    record = json.loads(measure_process(*command).output)
    what = f"prefill {prompt}, {record['instructions']:,} instructions"
    rows += [
        _row(what, record["shared"], PREFILL_AIM, "layers that are alike share their program"),
        _row(f"{what}, as one job", record["whole"], PREFILL_AIM, "every instruction of every layer is run"),
        _row(f"{what}, most memory", record["peak_mib"], MEMORY_AIM, unit="MiB"),
    ]
    return rows + _beside_simpy(one)


def _beside_simpy(one: NetworkTime) -> list[Row]:
    job = whole_job(one.network, one.config)
    expected, slow = measure(partial(run_cycle, job))
    times, quick = measure(partial(run_fast, job, compiled=True), REPEATS)
    assert np.array_equal(times, expected), "the executors disagree"
    assert int(times[1].max()) == one.total, "one job and a program for each layer disagree"
    note = "start and end of all instructions are equal"
    what = f"{one.network.name}, fast executor alone, as one job"
    return [
        Row(
            what=what,
            ours=quick.cpu,
            unit="CPU s",
            beside="cycle (SimPy)",
            theirs=slow.cpu,
            better="less",
            note=note,
        )
    ]


def _row(what: str, ours: float, aim: float, note: str = "", unit: str = "CPU s") -> Row:
    return Row(what=what, ours=ours, unit=unit, beside=AIM, theirs=aim, better="less", note=note)
