"""Does a generation add up its steps, and does the command say so?"""

import json

import pytest
from click.testing import CliRunner

from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.generation import generate
from simulator.families.dsp_chain.network import run
from simulator.families.dsp_chain.steps import decode
from simulator.families.dsp_chain.transformer import Transformer
from zeroskip.cli import main

pytestmark = pytest.mark.smoke
SIZES = ("layers=2", "width=256", "heads=4", "hidden=512", "vocabulary=512", "sparsity={}")
CONFIG = FAMILY.load_config("u280")


def test_steps_are_those_of_the_buckets():
    result = generate(SIZES, 40, 30, CONFIG)
    assert result.prompt.name == "prefill 48"
    assert [(step.name, count) for step, count in result.decodes] == [
        ("decode 48", 8),
        ("decode 64", 16),
        ("decode 80", 6),
    ]
    model = Transformer(layers=2, width=256, heads=4, hidden=512, vocabulary=512, sparsity={})
    step = run(decode(model, 64, CONFIG), CONFIG)
    assert result.decodes[1][0].time == step.total
    assert result.decode_time == sum(step.time * count for step, count in result.decodes)
    assert result.tokens == 30


def test_the_command_prints_a_table_or_json():
    arguments = ["generate", "--config", "u280", "--prompt", "40", "--tokens", "30"]
    arguments += [part for size in SIZES for part in ("--model", size)]
    text = CliRunner().invoke(main, arguments, catch_exceptions=False).stdout
    record = json.loads(CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False).stdout)
    result = generate(SIZES, 40, 30, CONFIG)
    assert record["decode_ms"] == result.decode_time / (225 * 1000)
    assert record["tokens_per_s"] == pytest.approx(30_000 / record["decode_ms"])
    assert [step["runs"] for step in record["steps"]] == [1, 8, 16, 6]
    assert f"30 tokens in {record['decode_ms']:,.1f} ms = {record['tokens_per_s']:.1f} tokens/s" in text
