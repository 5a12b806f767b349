"""Is bad input named, with what is legal? The command line ends with exit code 2."""

import numpy as np
import pytest
from click.testing import CliRunner

from mapping.errors import InputError
from mapping.graph import ConvShape, Layer, gemm_layer
from mapping.sparsity import DENSE, Pattern
from simulator.families.dsp_chain import FAMILY
from simulator.families.dsp_chain.golden import execute
from simulator.families.dsp_chain.rows import rows
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.transformer import Sparsity, Transformer
from zeroskip.cli import main

pytestmark = pytest.mark.smoke
CONFIG = FAMILY.load_config("vhk158")


def load(*settings: str, name: str = "vhk158"):
    return FAMILY.load_config(name, settings)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("vhk158", "clock_mhz=226", "clock_mhz=226 is not a multiple of core_clock_mhz=225"),
        ("vhk158", "hbm_latency=3", "hbm_latency has no effect with fidelity='profiler'"),
        ("vhk158", "chain.mux_stages=2", "chain has no effect with fidelity='profiler'"),
        ("u280", "correction_factor=3.2", "correction_factor=3.2 has no effect with fidelity='microarch'"),
        ("u280", "cores=4", "cores=4: each takes 8 channels"),
        ("vhk158-artifact", "cores=2", "generator='artifact' knows one core"),
        ("vhk158", "weight_bits=5", "weight_bits=5"),
        ("vhk158", "chain.length=6", "length=6 is none of 2, 4, 8, 16"),
        ("vhk158", "rows=4", "unknown key 'rows'"),
    ],
)
def test_configurations(name, setting, message):
    with pytest.raises(InputError, match=message):
        load(setting, name=name)


@pytest.mark.parametrize("pattern", ["1:16", "3:16", "2:8", "2:4", "8:32"])
def test_density_codes(pattern):
    with pytest.raises(InputError, match="is not a density code; legal: dense, 2:16, 4:16, 8:16"):
        FAMILY.candidates(gemm_layer("gemm", 4, 32, 32), Pattern.parse(pattern), CONFIG)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"heads": 3}, "heads=3 do not split width=4096"),
        ({"width": 4000, "heads": 32}, "width / heads=125 is not a multiple of the block of 16"),
        ({"hidden": 1000}, "hidden=1000 is not a multiple"),
        ({"vocabulary": 10}, "vocabulary=10 is not a multiple"),
    ],
)
def test_sizes_that_do_not_split(sizes, message):
    with pytest.raises(ValueError, match=message):
        Transformer(**sizes)


def test_sparsity_that_is_none():
    with pytest.raises(ValueError, match="kept=3 is not a density code; legal: 0, 2, 4, 8, 16"):
        Sparsity(kept=3)
    with pytest.raises(ValueError, match=r"density=0\.5 stands for kept and blocks"):
        Sparsity(density=0.5, kept=8)


@pytest.mark.parametrize("context", [0, 8, 100, 2064])
def test_contexts_outside_the_buckets(context):
    with pytest.raises(InputError, match=rf"context={context}: not a multiple of 16 in \[16, 2048\]"):
        decode(Transformer(), context, CONFIG)


def test_a_context_that_does_not_fit():
    with pytest.raises(InputError, match=r"context=2048: 536,870,912 bytes of keys and values .* hbm_gib=3.3"):
        decode(Transformer(), 2048, load("hbm_gib=3.3"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("a_rows=16", "layer q: a_rows=16 cannot hold two splits of one block of K"),
        ("a_rows=128", "layer scores: a_rows=128 cannot hold two loads of 128 rows each"),
        ("global_rows=16", "global_rows"),
    ],
)
def test_buffers_that_cannot_hold_two_splits_of_a_vector_layer(setting, message):
    with pytest.raises(InputError, match=message):
        decode(Transformer(), 512, load(setting))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("b_rows=8", "layer q: b_rows=8 cannot hold two splits"),
        ("b_rows=64", "layer scores: b_rows=64 cannot hold two loads of 64 rows each"),
        ("global_rows=32", "layer norm: global_rows=32 cannot hold two rows"),
    ],
)
def test_buffers_that_cannot_hold_two_splits_of_a_prompt(setting, message):
    with pytest.raises(InputError, match=message):
        prefill(Transformer(), 128, load(setting))


def test_masks():
    model = Transformer(layers=1, width=256, heads=2, hidden=256, vocabulary=256)
    with pytest.raises(InputError, match=r"masks of shape \(1, 2, 3, 3\), expected \(1, 2, 2, 2\)"):
        prefill(model, 128, CONFIG, np.ones((1, 2, 3, 3), bool))
    with pytest.raises(InputError, match="a block of rows is masked altogether"):
        prefill(model, 128, CONFIG, np.zeros((1, 2, 2, 2), bool))


def test_layers_that_are_no_gemm_or_too_large():
    shape = ConvShape(in_rows=8, in_cols=8, in_channels=16, out_channels=16, kernel=(3, 3))
    with pytest.raises(InputError, match="layer conv: dsp_chain runs GEMMs only"):
        FAMILY.candidates(Layer(name="conv", op="conv", shape=shape), DENSE, CONFIG)
    with pytest.raises(InputError, match=r"layer gemm: .* bytes do not fit hbm_gib=0\.001"):
        FAMILY.candidates(gemm_layer("gemm", 1, 2048, 2048), DENSE, load("hbm_gib=0.001"))


def test_values_of_the_artifacts_programs():
    with pytest.raises(InputError, match="its programs overwrite buffers in use"):
        execute(rows("SYS").program({}), np.zeros(16, np.uint8), load(name="vhk158-artifact"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "--model", "heads=30"], "heads=30 do not split width=4096"),
        (["generate", "--model", "sparsity.q.kept=3"], "kept=3 is not a density code"),
        (["generate", "--set", "hbm_gib=3.0"], "do not fit hbm_gib=3.0"),
        (["generate", "--set", "a_rows=16"], "cannot hold two splits"),
        (["generate", "--prompt", "0"], "prompt=0: must be at least 1"),
        (["generate", "--prompt", "2000", "--tokens", "100"], "context=2112: not a multiple of 16 in [16, 2048]"),
        (["generate", "--family", "sat"], "family 'sat' does not run whole transformers"),
        (["simulate", "bert-base", "--sequence", "16", "--family", "dsp_chain", "--pattern", "3:16"], "density code"),
    ],
)
def test_the_command_line_ends_with_exit_code_2(arguments, message):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert message in done.stderr
