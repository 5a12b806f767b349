"""Weight files by rules: names to layers, in order, with the values that the file holds."""

import json
import re

import h5py
import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from mapping.errors import InputError
from mapping.importers.tensors import describe_tensors, load_tensors
from mapping.importers.tensors.rules import Rules
from mapping.models import load_model
from mapping.zoo import load_zoo

WIDTH, HEADS, INNER = 24, 4, 40
RNG = np.random.default_rng(7)


def drawn(*shape: int, dtype: object = np.float32) -> np.ndarray:
    return RNG.standard_normal(shape).astype(dtype)


def refused(message: str):
    return pytest.raises(InputError, match=re.escape(message))


def bert(blocks: int = 2, prefix: str = "") -> dict[str, np.ndarray]:
    """A small encoder; its names sort by text, so block 10 would come before block 2."""
    tensors = {f"{prefix}embeddings.word_embeddings.weight": drawn(99, WIDTH)}
    for block in range(blocks):
        name = f"{prefix}encoder.layer.{block}"
        for part in ("query", "key", "value"):
            tensors[f"{name}.attention.self.{part}.weight"] = drawn(WIDTH, WIDTH)
            tensors[f"{name}.attention.self.{part}.bias"] = drawn(WIDTH)
        tensors[f"{name}.attention.output.dense.weight"] = drawn(WIDTH, WIDTH)
        tensors[f"{name}.intermediate.dense.weight"] = drawn(INNER, WIDTH)
        tensors[f"{name}.output.dense.weight"] = drawn(WIDTH, INNER)
    return tensors | {f"{prefix}pooler.dense.weight": drawn(WIDTH, WIDTH)}


def saved(folder, tensors, config=None, name="model.safetensors"):
    path = folder / name
    save_file(tensors, path)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return path


@pytest.mark.parametrize("prefix", ["", "bert.", "roberta."])
def test_bert_has_the_layers_of_the_shape_table(tmp_path, prefix) -> None:
    tensors = bert(12, prefix)
    model = load_model(saved(tmp_path, tensors, {"num_attention_heads": HEADS}), sequence=10, batch=3)
    table = load_zoo("bert-base", sequence=10, batch=3).layers
    assert len(model.layers) == len(table) + 1  # the pooler
    scale = {768: WIDTH, 3072: INNER, 64: WIDTH // HEADS, 10: 10, 30: 30}
    for layer, row in zip(model.layers, table, strict=False):
        assert (layer.m, layer.k, layer.n) == tuple(scale[size] for size in (row.m, row.k, row.n)), layer.name
        assert (layer.repeats, layer.dynamic) == (row.repeats // 12 * HEADS if row.dynamic else 1, row.dynamic)
    assert [layer.name for layer in model.layers[:8]] == [
        prefix + "encoder.layer.0." + part
        for part in (
            *("attention.self.query", "attention.self.key", "attention.self.value"),
            *("attention.self.scores", "attention.self.context"),
            *("attention.output.dense", "intermediate.dense", "output.dense"),
        )
    ]
    pooler = model.layers[-1]
    assert (pooler.name, pooler.m) == (f"{prefix}pooler.dense", 3)
    for layer in model.layers:
        if not layer.dynamic:
            np.testing.assert_array_equal(layer.weights.reshape(layer.n, layer.k), tensors[f"{layer.name}.weight"])
    assert model.passed_through == {"embedding": 1, "vector": 36}


def test_without_a_configuration_the_products_of_attention_are_left_out_and_the_note_says_so(tmp_path) -> None:
    model = load_model(saved(tmp_path, bert()))
    assert not [layer for layer in model.layers if layer.dynamic]
    assert "the products of attention are left out: no config.json beside the file says the heads" in model.weights_note


def test_gpt2_stores_its_matrices_the_other_way_round(tmp_path) -> None:
    tensors = {"wte.weight": drawn(99, WIDTH), "h.0.attn.bias": drawn(1, 1, 8, 8)}
    sizes = {"attn.c_attn": (WIDTH, 3 * WIDTH), "attn.c_proj": (WIDTH, WIDTH)}
    sizes |= {"mlp.c_fc": (WIDTH, INNER), "mlp.c_proj": (INNER, WIDTH)}
    for block in range(11):
        tensors |= {f"h.{block}.{part}.weight": drawn(*shape) for part, shape in sizes.items()}
    model = load_model(saved(tmp_path, tensors, {"n_head": HEADS}), sequence=6)
    parts = ["attn.c_attn", "attn.scores", "attn.context", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]
    assert [layer.name for layer in model.layers] == [f"h.{block}.{part}" for block in range(11) for part in parts]
    first, scores, context, *_ = model.layers
    assert (first.m, first.k, first.n) == (6, WIDTH, 3 * WIDTH)
    np.testing.assert_array_equal(first.weights.reshape(first.n, first.k), tensors["h.0.attn.c_attn.weight"].T)
    assert (scores.m, scores.k, scores.n, scores.repeats) == (6, WIDTH // HEADS, 6, HEADS)
    assert (context.m, context.k, context.n, context.repeats) == (6, 6, WIDTH // HEADS, HEADS)
    assert model.passed_through == {"causal mask": 1, "embedding": 1}


def llama(dtype: object = np.float32) -> dict[str, np.ndarray]:
    sizes = {"self_attn.q_proj": (WIDTH, WIDTH), "self_attn.o_proj": (WIDTH, WIDTH)}
    sizes |= dict.fromkeys(("self_attn.k_proj", "self_attn.v_proj"), (WIDTH // HEADS * 2, WIDTH))
    sizes |= {"mlp.gate_proj": (INNER, WIDTH), "mlp.up_proj": (INNER, WIDTH), "mlp.down_proj": (WIDTH, INNER)}
    tensors = {f"model.layers.0.{part}.weight": drawn(*shape, dtype=dtype) for part, shape in sizes.items()}
    return tensors | {"lm_head.weight": drawn(99, WIDTH, dtype=dtype), "model.embed_tokens.weight": drawn(99, WIDTH)}


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float64])
def test_llama_with_grouped_queries_in_short_floats(tmp_path, dtype) -> None:
    tensors = llama(dtype)
    model = load_model(saved(tmp_path, tensors, {"num_attention_heads": HEADS}), sequence=5, batch=2)
    names = [
        "q_proj",
        "k_proj",
        "v_proj",
        "scores",
        "context",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
        "lm_head",
    ]
    assert [layer.name.split(".")[-1] for layer in model.layers] == names
    scores = model.layers[3]  # two query heads share each of two key heads
    assert (scores.m, scores.k, scores.n, scores.repeats) == (10, WIDTH // HEADS, 5, 4)
    assert model.layers[-1].m == 2
    weights = model.layers[0].weights
    assert weights.dtype == np.float32
    expected = tensors["model.layers.0.self_attn.q_proj.weight"].astype(np.float32)
    np.testing.assert_array_equal(weights.reshape(WIDTH, WIDTH), expected)


@pytest.mark.parametrize("scale", [np.float32([0.25]), np.linspace(1, 2, WIDTH, dtype=np.float32)[:, None]])
def test_integers_with_a_scale(tmp_path, scale) -> None:
    values = RNG.integers(-128, 128, (WIDTH, WIDTH)).astype(np.int8)
    model = load_model(saved(tmp_path, {"fc.weight": values, "fc.weight_scale": scale}))
    np.testing.assert_allclose(model.layers[0].weights.reshape(WIDTH, WIDTH), values * scale, rtol=1e-6)


def test_integers_of_bitsandbytes(tmp_path) -> None:
    values, scale = RNG.integers(-127, 128, (8, 6)).astype(np.int8), drawn(8) ** 2
    model = load_model(saved(tmp_path, {"fc.weight": values, "fc.SCB": scale}))
    np.testing.assert_allclose(model.layers[0].weights.reshape(8, 6), values * scale[:, None] / 127, rtol=1e-5)


def test_integers_without_a_scale_are_taken_as_they_are(tmp_path) -> None:
    values = RNG.integers(-127, 128, (8, 6)).astype(np.int8)
    model = load_model(saved(tmp_path, {"fc.weight": values}))
    np.testing.assert_array_equal(model.layers[0].weights.reshape(8, 6), values)


@pytest.mark.parametrize("dtype", [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2])
def test_float8_with_a_scale(tmp_path, dtype) -> None:
    values = drawn(8, 6, dtype=dtype)
    model = load_model(saved(tmp_path, {"fc.weight": values, "fc.weight_scale": np.float32([3])}))
    np.testing.assert_array_equal(model.layers[0].weights.reshape(8, 6), values.astype(np.float32) * 3)


def test_tensors_that_no_rule_knows_are_named(tmp_path) -> None:
    tensors = bert(1) | {"vision.tower.matrix": drawn(3, 4), "adapter": drawn(2, 3, 4)}
    path = saved(tmp_path, tensors)
    assert "2 tensors match no rule: adapter, vision.tower.matrix" in load_model(path).weights_note
    becomes = {entry.name: entry.becomes for entry in describe_tensors(path)}
    assert set(becomes) == set(tensors)
    assert becomes["adapter"] == becomes["vision.tower.matrix"] == "unmatched tensor"
    assert becomes["encoder.layer.0.output.dense.weight"] == "layer encoder.layer.0.output.dense"
    assert becomes["encoder.layer.0.attention.self.key.bias"] == "vector"
    assert becomes["embeddings.word_embeddings.weight"] == "embedding"


def test_names_of_no_known_network(tmp_path) -> None:
    tensors = {f"stack.{index}.weight": drawn(index + 2, 5) for index in (0, 2, 10)}
    tensors |= {"embed.weight": drawn(7, 5), "head.weight": drawn(9, 5)}
    model = load_model(saved(tmp_path, tensors), sequence=3)
    assert [(layer.name, layer.m, layer.n) for layer in model.layers] == [
        ("stack.0", 3, 2),
        ("stack.2", 3, 4),
        ("stack.10", 3, 12),
        ("head", 3, 9),
    ]
    assert model.passed_through == {"embedding": 1}


RULES = """
title = "mine"
sequence = { default = 9 }
heads = 2

[[layer]]
tensor = 'body\\.(?P<block>\\d+)\\.qkv'
stored = "in_out"
role = "fused"

[[layer]]
tensor = 'stem'
stored = "oihw"
size = 32
stride = 2
padding = 0

[[layer]]
tensor = 'audio'
stored = "oil"
size = 50
stride = 2

[[layer]]
tensor = 'head'
rows = 4
"""


def test_rules_of_the_user(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text(RULES)
    tensors = {"body.0.qkv": drawn(6, 12), "stem": drawn(8, 3, 4, 4), "head": drawn(10, 6), "other": drawn(3, 3)}
    tensors["audio"] = drawn(8, 4, 5)
    model = load_model(saved(tmp_path, tensors), rules=tmp_path / "mine.toml", batch=2)
    fused, scores, context, stem, audio, head = model.layers
    assert (fused.m, fused.k, fused.n) == (18, 6, 12)
    assert (scores.k, scores.repeats, context.n) == (2, 4, 2)
    assert (stem.shape.images, stem.shape.out_rows, stem.shape.kernel, stem.shape.padding) == (2, 15, (4, 4), (0,) * 4)
    np.testing.assert_array_equal(stem.weights, tensors["stem"].transpose(0, 2, 3, 1))
    assert (audio.shape.out_rows, audio.shape.out_cols, audio.shape.kernel, audio.shape.padding) == (
        25,
        1,
        (5, 1),
        (2, 0, 2, 0),
    )
    np.testing.assert_array_equal(audio.weights[:, :, 0], tensors["audio"].transpose(0, 2, 1))
    assert (head.m, head.n) == (8, 10)
    assert "1 tensor matches no rule: other" in model.weights_note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "rules {path}: "),
        ("title = 'x'", "rules {path}: layer: Field required"),
        ("title = 'x'\n[[layer]]\ntensor = '('", "rules {path}: layer.0.tensor: Value error, '(' is no regular exp"),
        ("title = 'x'\n[[layer]]\ntensor = 'a'\nsize = 3", "size is for stored = oihw, hwio or oil, and these need it"),
        ("title = 'x'\n[[layer]]\ntensor = 'a'\nkernel = 3", "layer.0.kernel: Extra inputs are not permitted"),
    ],
)
def test_rules_that_are_none(tmp_path, text, message) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with refused(message.format(path=path)):
        load_model(saved(tmp_path, bert(1)), rules=path)


def test_rules_that_are_missing(tmp_path) -> None:
    with refused(f"rules {tmp_path / 'no.toml'} cannot be read: "):
        load_model(saved(tmp_path, bert(1)), rules=tmp_path / "no.toml")


def test_keras_weights_in_hdf5(tmp_path) -> None:
    path, kernels = tmp_path / "net.weights.h5", {}
    with h5py.File(path, "w") as file:
        for index, shape in enumerate([(3, 3, 3, 8), (3, 3, 8, 8)]):
            kernels[index] = drawn(*shape)
            name = "block1/layers/conv2d" + f"_{index}" * bool(index)
            file[f"{name}/vars/0"], file[f"{name}/vars/1"] = kernels[index], drawn(8)
        file["dsn5/vars/0"] = drawn(1, 1, 8, 1)
    model = load_model(path)
    assert [layer.name for layer in model.layers] == ["block1/layers/conv2d", "block1/layers/conv2d_1", "dsn5"]
    np.testing.assert_array_equal(model.layers[1].weights, kernels[1].transpose(3, 0, 1, 2))
    assert (model.layers[0].shape.in_rows, model.layers[0].shape.out_rows) == (224, 224)
    assert model.passed_through == {"vector": 2}


def test_a_dense_keras_layer(tmp_path) -> None:
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file["dense/dense/kernel:0"] = drawn(5, 7)
    (layer,) = load_model(tmp_path / "net.h5").layers
    assert (layer.name, layer.k, layer.n) == ("dense/dense", 5, 7)


def test_weights_in_several_files(tmp_path) -> None:
    tensors = bert(2)
    names = sorted(tensors)
    files = {name: f"model-0000{index % 2}.safetensors" for index, name in enumerate(names)}
    for file in set(files.values()):
        saved(tmp_path, {name: tensors[name] for name in names if files[name] == file}, name=file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": files}))
    whole = load_model(saved(tmp_path, tensors, name="whole.safetensors"))
    split = load_model(index)
    assert split.name == "model"
    assert [layer.name for layer in split.layers] == [layer.name for layer in whole.layers]
    for one, other in zip(split.layers, whole.layers, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "is no index of safetensors files"),
        ("[1]", "is no index of safetensors files"),
        ('{"weight_map": {"a": "../secret.safetensors"}}', "'../secret.safetensors' is not the name of a file beside"),
        ('{"weight_map": {"a": 3}}', "3 is not the name of a file beside it"),
        ('{"weight_map": {"a": "gone.safetensors"}}', "gone.safetensors: no such file"),
        ('{"weight_map": {"a": "real.safetensors"}}', "'a' is in none of its files"),
    ],
)
def test_damaged_indices(tmp_path, content, message) -> None:
    saved(tmp_path, {"b": drawn(2, 2)}, name="real.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with refused(message):
        load_model(tmp_path / "model.safetensors.index.json")


@pytest.mark.parametrize(
    ("tensors", "options", "message"),
    [
        (
            {"bias": drawn(4)},
            {},
            "no tensor is a layer by the rules 'linear layers: any matrix called weight or kernel'; tensors: bias",
        ),
        (bert(1), {"sequence": 513}, "sequence=513 outside [1, 512] for "),
        (bert(1), {"sequence": 0}, "sequence=0 outside [1, 512] for "),
        (bert(1), {"shapes": {"x": (1,)}}, "shape of 'x': "),
        ({"a.weight": np.zeros((0, 3), np.float32)}, {}, "'a.weight': shape (0, 3) has no elements"),
        ({"a.weight": np.full((2, 3), np.nan, np.float32)}, {}, "6 weights are NaN or infinite"),
        ({"a.weight": np.full((2, 3), 1e300)}, {}, "6 weights are NaN or infinite"),
        ({"a.weight": np.zeros((2, 3), np.complex64)}, {}, "complex64 values are no real numbers"),
        (
            {"a.weight": np.ones((4, 3), np.int8), "a.weight_scale": drawn(3)},
            {},
            "'a.weight_scale' has shape (3,), which is no scale for (4, 3)",
        ),
    ],
)
def test_files_that_describe_no_network(tmp_path, tensors, options, message) -> None:
    with refused(message):
        load_model(saved(tmp_path, tensors), **options)


@pytest.mark.parametrize("heads", [5, 100, 7])
def test_heads_that_do_not_divide_the_channels(tmp_path, heads) -> None:
    with refused(f"layer encoder.layer.0.attention.self.query: 24 channels do not fit {heads} query heads of one size"):
        load_model(saved(tmp_path, bert(1), {"num_attention_heads": heads}))


@pytest.mark.parametrize("config", ["[]", "{", '{"num_attention_heads": "many"}', '{"num_attention_heads": 0}'])
def test_a_configuration_that_says_no_heads(tmp_path, config) -> None:
    path = saved(tmp_path, bert(1))
    (tmp_path / "config.json").write_text(config)
    assert not [layer for layer in load_model(path).layers if layer.dynamic]


@pytest.mark.parametrize("package", ["safetensors", "h5py"])
def test_missing_packages(tmp_path, monkeypatch, package) -> None:
    path = tmp_path / ("net.h5" if package == "h5py" else "net.safetensors")
    path.touch()
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with refused(f"reading {path} needs the {package} package: pip install 'zeroskip[models]'"):
        load_model(path)


def test_a_missing_file(tmp_path) -> None:
    with refused(f"{tmp_path / 'a.safetensors'}: no such file"):
        load_tensors(tmp_path / "a.safetensors")


def test_an_hdf5_file_opens_no_other(tmp_path) -> None:
    (tmp_path / "secret").write_bytes(bytes(24))
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_dataset("a/kernel", (2, 3), "f4", external=[(tmp_path / "secret", 0, 24)])
        file["b/kernel"] = h5py.ExternalLink(tmp_path / "other.h5", "x")
    with refused("the values of 'a/kernel' are in another file"):
        load_model(tmp_path / "net.h5")


@pytest.mark.parametrize("name", ["a\x1b[31m.weight", "a\nb.weight"])
def test_names_that_are_no_text(tmp_path, name) -> None:
    with refused(f"it holds a name that is no text, {name!r}"):
        load_model(saved(tmp_path, {name: drawn(2, 3)}))


def test_hdf5_names_that_are_not_utf8(tmp_path) -> None:
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file[b"\xff\xfe/kernel"] = drawn(2, 3)
    with refused("net.h5 is damaged: it holds a name that is no text, b'"):
        load_model(tmp_path / "net.h5")


def test_blocks_run_one_after_another() -> None:
    rules = Rules.model_validate(
        {"title": "t", "layer": [{"tensor": r"(?P<block>\d+)\.a"}, {"tensor": r"(?P<block>\d+)\.b"}, {"tensor": "z"}]}
    )
    names = ["z", "10.b", "2.b", "10.a", "2.a"]
    assert sorted(names, key=lambda name: rules.match(name).order) == ["2.a", "2.b", "10.a", "10.b", "z"]
