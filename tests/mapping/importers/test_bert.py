"""An encoder put together from tensors computes what BERT is defined to compute: against NumPy, in float64."""

import json
import math

import numpy as np
import pytest
from safetensors.numpy import save_file

from mapping.accuracy import Session, read
from mapping.errors import InputError
from mapping.importers.bert import build_encoder
from mapping.importers.onnx.notes import Notes

HIDDEN, HEADS, LAYERS, WIDE, WORDS, LENGTH = 8, 2, 2, 12, 11, 6
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": HIDDEN,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "layer_norm_eps": 1e-6,
}


@pytest.fixture
def folder(tmp_path):
    """A random network, named as in transformers."""
    rng = np.random.default_rng(8)
    sizes = {
        "embeddings.word_embeddings.weight": (WORDS, HIDDEN),
        "embeddings.position_embeddings.weight": (LENGTH, HIDDEN),
    }
    sizes |= {"embeddings.token_type_embeddings.weight": (2, HIDDEN)}
    norms = ["embeddings.LayerNorm"]
    for index in range(LAYERS):
        block = f"encoder.layer.{index}"
        linear = {f"{block}.attention.self.{part}": (HIDDEN, HIDDEN) for part in ("query", "key", "value")}
        linear |= {f"{block}.attention.output.dense": (HIDDEN, HIDDEN), f"{block}.intermediate.dense": (WIDE, HIDDEN)}
        linear |= {f"{block}.output.dense": (HIDDEN, WIDE)}
        sizes |= {f"{name}.weight": shape for name, shape in linear.items()}
        sizes |= {f"{name}.bias": shape[:1] for name, shape in linear.items()}
        norms += [f"{block}.attention.output.LayerNorm", f"{block}.output.LayerNorm"]
    sizes |= {f"{name}.{part}": (HIDDEN,) for name in norms for part in ("weight", "bias")}
    tensors = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in sizes.items()}
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def encode(tensors, tokens, mask):
    """BERT, Devlin et al. 2018, without pooler; the mean of the last hidden states."""
    erf = np.vectorize(math.erf)

    def norm(name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def linear(name, x):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    x = tensors["embeddings.word_embeddings.weight"][tokens]
    x = x + tensors["embeddings.position_embeddings.weight"][: tokens.shape[1]]
    x = norm("embeddings.LayerNorm", x + tensors["embeddings.token_type_embeddings.weight"][0])
    for index in range(LAYERS):
        block = f"encoder.layer.{index}"
        q, k, v = (
            linear(f"{block}.attention.self.{part}", x).reshape(*tokens.shape, HEADS, -1).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(HIDDEN / HEADS) - 10000.0 * (1 - mask[:, None, None])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True) @ v).swapaxes(1, 2).reshape(*tokens.shape, HIDDEN)
        x = norm(f"{block}.attention.output.LayerNorm", x + linear(f"{block}.attention.output.dense", mixed))
        wide = linear(f"{block}.intermediate.dense", x)
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        x = norm(f"{block}.output.LayerNorm", x + linear(f"{block}.output.dense", wide))
    return (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)


@pytest.mark.golden
def test_it_computes_bert(folder):
    from safetensors.numpy import load_file  # noqa: PLC0415

    model = build_encoder(folder / "model.safetensors", "mine")
    tokens = np.random.default_rng(1).integers(0, WORDS, (3, 5))
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    (found,) = Session(model).run({"input_ids": tokens, "attention_mask": mask})
    tensors = {name: values.astype(np.float64) for name, values in load_file(folder / "model.safetensors").items()}
    np.testing.assert_allclose(found, encode(tensors, tokens, mask), rtol=1e-4, atol=1e-5)  # float32 against float64
    assert Notes.read(model).task == "mine"


def test_every_linear_layer_can_be_pruned(folder):
    path = folder / "model.onnx"
    path.write_bytes(build_encoder(folder / "model.safetensors", "mine").SerializeToString())
    network = read(path, shapes={"input_ids": (1, 4)})
    assert len(network.sites) == 6 * LAYERS
    assert sum(layer.dynamic for layer in network.layers) == 2 * LAYERS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_act": "relu"}, "hidden_act=relu: only bert with gelu"),
        ({"model_type": "gpt2"}, "model_type=gpt2"),
        ({"num_hidden_layers": 3}, "has no tensor 'encoder.layer.2.attention.self.query.weight'"),
        ({"num_attention_heads": None}, "config.json is no configuration of BERT"),
        (None, "config.json is no configuration of BERT"),
    ],
)
def test_networks_that_are_none(folder, changes, message):
    (folder / "config.json").write_text("" if changes is None else json.dumps(CONFIG | changes))
    with pytest.raises(InputError, match=message):
        build_encoder(folder / "model.safetensors", "mine")
