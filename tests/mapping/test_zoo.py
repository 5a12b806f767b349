from importlib import resources
from pathlib import Path

import onnx
import pytest
from pydantic import ValidationError

from mapping.errors import InputError
from mapping.graph import Layer, ModelGraph
from mapping.importers import load_onnx
from mapping.zoo import load_zoo, zoo_names, zoo_titles
from mapping.zoo.table import Table

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
LIGHT_RESNET50 = LIGHT / "light_resnet50.onnx"


def weights(model: ModelGraph, part: str = "") -> int:
    """Weights of the layers whose name starts with ``part``."""
    static = (layer.shape for layer in model.layers if not layer.dynamic and layer.name.startswith(part))
    return sum(shape.out_channels * shape.positions * shape.group_in_channels for shape in static)


def geometry(layer: Layer) -> tuple:
    """Everything but the row count of a GEMM, which the classifier writes as 1 x 1 or flat."""
    return (
        layer.m,
        layer.k,
        layer.n,
        layer.shape.kernel,
        layer.shape.stride,
        layer.shape.padding,
        layer.shape.in_rows,
    )


def test_names() -> None:
    assert {"bert-base", "llama2-7b", "resnet18", "resnet50"} < set(zoo_names())
    assert zoo_names() == sorted(zoo_names())
    assert list(zoo_titles()) == zoo_names()
    assert all(title.isprintable() for title in zoo_titles().values())


@pytest.mark.parametrize("name", zoo_names())
def test_every_table_loads(name) -> None:
    model = load_zoo(name, seed=7)
    assert model.name == name
    assert model.source.startswith("shape table: ")
    assert model.weights_note == "no weights in the table: values are drawn from N(0,1), seed 7, when asked for"
    assert all(layer.weights is None and layer.seed == 7 for layer in model.layers)
    assert len({layer.name for layer in model.layers}) == len(model.layers)


@pytest.mark.parametrize("name", zoo_names())
def test_a_batch_multiplies_the_work_and_not_the_weights(name) -> None:
    one, three = load_zoo(name), load_zoo(name, batch=3)
    assert three.macs == 3 * one.macs
    assert weights(three) == weights(one)


@pytest.mark.published
def test_resnet50_equals_the_network_in_the_onnx_wheel() -> None:
    # The wheel runs the shortcut of a stage before or after the three convolutions, so compare what there is.
    table, wheel = load_zoo("resnet50"), load_onnx(LIGHT_RESNET50)
    assert sorted(map(geometry, table.layers)) == sorted(map(geometry, wheel.layers))
    assert len(table.layers) == 53 + 1
    assert table.macs == wheel.macs == 4_089_184_256


@pytest.mark.published
def test_resnet50_has_the_published_weights() -> None:
    # 25,557,032 parameters in torchvision: 26,560 channels are normalised with two each, and 1000 biases
    assert weights(load_zoo("resnet50")) == 25_557_032 - 2 * 26_560 - 1000


@pytest.mark.published
def test_resnet18_has_the_published_weights_and_work() -> None:
    model = load_zoo("resnet18")
    # 11,689,512 parameters in torchvision: 4,800 channels are normalised with two each, and 1000 biases
    assert weights(model) == 11_689_512 - 2 * 4_800 - 1000 == 11_678_912
    assert model.macs / 1e9 == pytest.approx(1.81, abs=0.005)
    assert len(model.layers) == 20 + 1
    assert sum(layer.shape.out_channels for layer in model.layers[:-1]) == 4_800


@pytest.mark.published
@pytest.mark.parametrize(
    ("name", "vectors", "parameters"),
    [
        # torchvision's ResNet-18 with 200 classes; a 3 x 3 stem has 64 * 3 * (49 - 9) weights less
        ("resnet18-tiny", 2 * 4_800 + 200, 11_689_512 - 513 * 1000 + 513 * 200),
        ("resnet18-tiny-3x3", 2 * 4_800 + 200, 11_689_512 - 513 * 1000 + 513 * 200 - 64 * 3 * 40),
        # the convolutions of torchvision's VGG-19 (20,024,384 parameters with 5,504 biases) and one classifier
        ("vgg19-cifar100", 5_504 + 100, 20_024_384 + 513 * 100),
    ],
)
def test_small_image_networks_have_the_published_weights(name, vectors, parameters) -> None:
    assert weights(load_zoo(name)) == parameters - vectors


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet18-tiny"])
def test_each_convolution_fits_the_one_before_it(name) -> None:
    previous = None
    for layer in load_zoo(name).layers:
        if previous is not None and not layer.name.endswith("downsample") and layer.op == "conv":
            pooled = 2 if previous.name == "conv1" else 1
            assert layer.shape.in_channels == previous.shape.out_channels, layer.name
            assert layer.shape.in_rows == previous.shape.out_rows // pooled, layer.name
        previous = layer


@pytest.mark.published
def test_bert_base_has_the_published_weights() -> None:
    # 109,482,240 parameters of bert-base-uncased, minus: word, position and type embeddings; the pooler; a
    # bias per output and two normalisations of two vectors per block; the normalisation of the embeddings.
    embeddings, pooler = (30_522 + 512 + 2) * 768, 768 * 768 + 768
    vectors = 12 * (4 * 768 + 3072 + 768 + 2 * 2 * 768) + 2 * 768
    assert weights(load_zoo("bert-base")) == 109_482_240 - embeddings - pooler - vectors == 84_934_656


@pytest.mark.published
def test_vgg19_equals_the_network_in_the_onnx_wheel() -> None:
    table, wheel = load_zoo("vgg19"), load_onnx(LIGHT / "light_vgg19.onnx")
    assert [geometry(layer) for layer in table.layers] == [geometry(layer) for layer in wheel.layers]
    assert table.macs == wheel.macs == 19_632_062_464


@pytest.mark.published
@pytest.mark.parametrize(
    ("name", "parameters", "vectors", "mmacs"),
    [
        # Parameters and multiply-accumulates as torchvision's documentation lists them: two parameters for each
        # normalised channel, a bias for each class; VGG has no normalisation but a bias for each output.
        ("resnet152", 60_192_808, 2 * 75_712 + 1000, 11_514),
        ("vgg16", 138_357_544, 4_224 + 2 * 4096 + 1000, 15_470),
        ("vgg19", 143_667_240, 5_504 + 2 * 4096 + 1000, 19_632),
        ("mobilenet-v2", 3_504_872, 2 * 17_056 + 1000, 301),
        # Keras: four parameters for each normalised channel; 569 million in the paper's table 8
        ("mobilenet-v1", 4_253_864, 4 * 10_944 + 1000, 569),
        # timm's efficientnet_lite0; 16 blocks, whose 385 M were also measured on its trained weights
        ("efficientnet-lite0", 4_652_008, 2 * 21_008 + 1000, 385),
        # torchvision's vit_b_16: class token, positions, 13 vectors of 768 per block, last normalisation, biases
        ("vit-b16", 86_567_656, 768 + 768 + 197 * 768 + 12 * 13 * 768 + 2 * 768 + 1000, 17_564),
    ],
)
def test_image_networks_have_the_published_weights_and_work(name, parameters, vectors, mmacs) -> None:
    model = load_zoo(name)
    assert weights(model) == parameters - vectors
    assert model.macs / 1e6 == pytest.approx(mmacs, abs=0.5)


@pytest.mark.parametrize("name", ["mobilenet-v1", "mobilenet-v2", "efficientnet-lite0", "vgg16", "vgg19"])
def test_each_convolution_follows_the_one_before_it(name) -> None:
    previous = None
    for layer in load_zoo(name).layers:
        if previous is not None and layer.op == "conv":
            assert layer.shape.in_channels == previous.shape.out_channels, layer.name
            assert previous.shape.out_rows / layer.shape.in_rows in (1, 2), layer.name
        assert layer.shape.groups in (1, layer.shape.in_channels)
        previous = layer


@pytest.mark.published
def test_bert_large_has_the_published_weights() -> None:
    # 335,141,888 parameters of bert-large-uncased, minus what is listed for bert-base above
    embeddings, pooler = (30_522 + 512 + 2) * 1024, 1024 * 1024 + 1024
    assert weights(load_zoo("bert-large")) == 335_141_888 - embeddings - pooler - 24 * 13 * 1024 - 2 * 1024


@pytest.mark.published
@pytest.mark.parametrize(
    ("name", "parameters", "others"),
    [
        # Parameters of the released models, minus positions, 13 vectors per block (biases and two normalisations) and
        # the last normalisation. The table of tokens is lm_head, so it stays.
        ("gpt2-small", 124_439_808, (1024 + 12 * 13 + 2) * 768),
        ("gpt2-medium", 354_823_168, (1024 + 24 * 13 + 2) * 1024),
        ("gpt2-large", 774_030_080, (1024 + 36 * 13 + 2) * 1280),
        ("gpt2-xl", 1_557_611_200, (1024 + 48 * 13 + 2) * 1600),
        ("opt-6.7b", 6_658_473_984, (2050 + 32 * 13 + 2) * 4096),
        # LLaMA has no biases, two normalisations per block of one vector, and a table of tokens beside lm_head.
        ("llama2-13b", 13_015_864_320, 32_000 * 5120 + 81 * 5120),
        ("llama2-70b", 68_976_648_192, 32_000 * 8192 + 161 * 8192),
    ],
)
def test_language_models_have_the_published_weights(name, parameters, others) -> None:
    model = load_zoo(name)
    assert weights(model, "prefill") == weights(model, "decode") == parameters - others


@pytest.mark.published
@pytest.mark.parametrize(
    ("name", "parameters", "width", "blocks"),
    [("small", 125e6, 768, 12), ("medium", 350e6, 1024, 24), ("large", 760e6, 1536, 24), ("xl", 1.3e9, 2048, 24)],
)
def test_gpt3_has_the_published_size(name, parameters, width, blocks) -> None:
    # table 2.1 prints two or three digits; 356 M round to its 350 M at worst
    others = (2048 + blocks * 13 + 2) * width
    assert weights(load_zoo(f"gpt3-{name}"), "prefill") + others == pytest.approx(parameters, rel=0.02)


@pytest.mark.parametrize(("name", "heads", "key_heads"), [("llama2-70b", 64, 8), ("llama2-13b", 40, 40)])
def test_query_heads_of_a_group_share_their_keys(name, heads, key_heads) -> None:
    layers = {layer.name: layer for layer in load_zoo(name, batch=2, sequence=100).layers}
    scores, context = layers["decode.0.scores"], layers["decode.79.context" if heads == 64 else "decode.0.context"]
    assert (scores.m, scores.k, scores.n, scores.repeats) == (heads // key_heads, 128, 101, 2 * key_heads)
    assert (context.m, context.k, context.n) == (heads // key_heads, 101, 128)
    prefill = layers["prefill.0.scores"]
    assert prefill.macs * prefill.repeats == 2 * heads * 100 * 100 * 128


@pytest.mark.parametrize("sequence", [1, 128, 4095])
def test_llama2_70b_reads_its_cache_once_per_group(sequence) -> None:
    # keys and values of one step: 80 blocks x 2 x 8 heads x 128 channels, an eighth of full attention
    decode = [layer for layer in load_zoo("llama2-70b", sequence=sequence).layers if layer.name.startswith("decode")]
    cached = sum(layer.k * layer.n * layer.repeats for layer in decode if layer.dynamic)
    assert cached == 80 * 2 * 8 * 128 * (sequence + 1)


@pytest.mark.parametrize("sequence", [1, 128, 512])
def test_bert_base_work_follows_the_sequence(sequence) -> None:
    model = load_zoo("bert-base", sequence=sequence, batch=2)
    attention = 12 * 12 * 2 * sequence**2 * 64
    assert model.macs == 2 * (sequence * 84_934_656 + attention)
    dynamic = [layer for layer in model.layers if layer.dynamic]
    assert len(dynamic) == 24
    assert {layer.repeats for layer in dynamic} == {2 * 12}


@pytest.mark.published
def test_llama2_7b_has_the_published_weights() -> None:
    # 6,738,415,616 parameters of Llama-2-7b-hf, minus the input embedding and 65 normalisations
    expected = 6_738_415_616 - 32_000 * 4096 - 65 * 4096
    assert expected == 32 * (4 * 4096**2 + 3 * 4096 * 11_008) + 4096 * 32_000 == 6_607_077_376
    model = load_zoo("llama2-7b")
    assert weights(model, "prefill") == weights(model, "decode") == expected


@pytest.mark.parametrize("sequence", [1, 128, 4095])
def test_llama2_7b_work_follows_the_sequence(sequence) -> None:
    model = load_zoo("llama2-7b", sequence=sequence)
    per_token, head = 32 * (4 * 4096**2 + 3 * 4096 * 11_008), 4096 * 32_000
    work = {"prefill": 0, "decode": 0}
    for layer in model.layers:
        work[layer.name.split(".")[0]] += layer.macs * layer.repeats
    assert work["prefill"] == sequence * per_token + head + 32 * 32 * 2 * sequence**2 * 128
    assert work["decode"] == per_token + head + 32 * 32 * 2 * (sequence + 1) * 128


def test_llama2_7b_names() -> None:
    names = [layer.name for layer in load_zoo("llama2-7b").layers]
    assert len(names) == 2 * (32 * 9 + 1)
    assert names[:2] == ["prefill.0.q_proj", "prefill.0.k_proj"]
    assert names[32 * 9] == "prefill.lm_head"
    assert names[-1] == "decode.lm_head"


def test_drawn_weights_depend_on_the_seed() -> None:
    def first(seed: int) -> list[float]:
        return load_zoo("resnet18", seed=seed).layers[0].values().ravel()[:4].tolist()

    assert first(1) == first(1) != first(2)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vgg", {}, "unknown shape table 'vgg'; known: bert-base, bert-large, "),
        ("resnet18", {"batch": 0}, "batch=0: must be at least 1"),
        ("resnet18", {"sequence": 8}, "sequence=8: resnet18 does not run on sequences"),
        ("bert-base", {"sequence": 0}, r"sequence=0 outside \[1, 512\] for bert-base"),
        ("bert-base", {"sequence": 513}, r"sequence=513 outside \[1, 512\] for bert-base"),
        ("llama2-7b", {"sequence": 4096}, r"sequence=4096 outside \[1, 4095\] for llama2-7b"),
    ],
)
def test_errors(name, options, message) -> None:
    with pytest.raises(InputError, match=message):
        load_zoo(name, **options)


@pytest.mark.parametrize(
    "row",
    [
        {"name": "a", "gemm": [1, 2, 3], "heads": 4},
        {"name": "a", "gemm": [1, 2]},
        {"name": "a", "gemm": ["tokens", 2, 3]},
        {"name": "a", "conv": [3, 0], "size": 8, "kernel": 3},
        {"name": "a"},
    ],
)
def test_the_schema_refuses_what_nothing_reads(row) -> None:
    with pytest.raises(ValidationError):
        Table.model_validate({"title": "t", "source": "s", "block": [{"layers": [row]}]})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "either blocks or a decoder"),
        ({"decoder": {"heads": 3}}, "heads=3 is not a multiple of key_heads=2"),
        ({"decoder": {}, "block": [{"layers": [{"name": "a", "gemm": [1, 2, 3]}]}]}, "either blocks or a decoder"),
        ({"decoder": {}, "sequence": None}, "needs the range of its sequences"),
    ],
)
def test_the_schema_of_decoders(fields, message) -> None:
    sizes = {"blocks": 1, "width": 8, "heads": 4, "key_heads": 2, "head": 2, "inner": 8, "vocabulary": 9}
    sizes |= {"attention": "fused", "feed_forward": "plain"}
    table = {"title": "t", "source": "s", "sequence": {"default": 1, "limit": 2}} | fields
    if "decoder" in fields:
        table["decoder"] = sizes | fields["decoder"]
    with pytest.raises(ValidationError, match=message):
        Table.model_validate(table)


def test_no_file_of_the_folder_is_left_out() -> None:
    files = {file.name for file in resources.files("mapping.zoo").iterdir() if file.name.endswith(".toml")}
    assert files == {f"{name}.toml" for name in zoo_names()}
