"""Texts that no network wrote, as baselines: the input itself, and the text of the most similar training example."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse

from ..baselines import BaselineResult
from ..data.dataset import Data
from ..data.pairs import written
from ..metrics.writing import count, score_counts
from ..plan import Plan
from ..tasks import build_task

SIDE = 16  # pixels to which pictures are shrunk before they are compared
PIECE = 256  # examples compared at a time

Find = Callable[[Data, str], list[str]]


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what found texts are worth on the test part; the best is chosen on the validation part."""
    task: Any = build_task(plan.task, data.schema, **plan.task_options)
    measure = task.measure
    for name, (find, note) in finders(data).items():
        began = time.monotonic()
        texts = {split: find(data, split) for split in ("validation", "test")}
        seconds = time.monotonic() - began
        scores = {
            split: score_counts(count(texts_of(data, split), found), seed=plan.data.seed, resamples=size)
            for (split, found), size in zip(texts.items(), (0, 1000), strict=True)
        }
        order = [measure, *scores["test"]]
        own: Any = {"validation_scores": scores["validation"], "validation": scores["validation"][measure].value}
        yield BaselineResult(
            name,
            seconds,
            {k: scores["test"][k] for k in order},
            prediction=np.array(texts["test"], dtype=object),
            note=note,
            **own,
        )


def finders(data: Data) -> dict[str, tuple[Find, str]]:
    """Return the baselines that fit the data, by name, each with what it does."""
    often: dict[str, tuple[Find, str]] = {"most frequent text": (most_frequent, "always the same text")}
    if data.schema.image is not None:
        return often | {"nearest picture": (nearest_picture, "the text of the most similar training picture")}
    if data.frame is None or not data.schema.tokens:
        return often
    copied: dict[str, tuple[Find, str]] = {"copy": (copy, "the input as it is")} if len(data.schema.inputs) == 1 else {}
    return copied | {"nearest text": (nearest_text, "what belongs to the most similar training text (TF-IDF)")}


def texts_of(data: Data, split: str, name: str = "") -> list[str]:
    """Return the texts of a column, the target where none is named."""
    assert data.frame is not None
    name = name or next(iter(data.schema.targets))
    return written(data.frame[name].iloc[data.positions(split).cpu().numpy()])


def copy(data: Data, split: str) -> list[str]:
    """Return what is read."""
    (name,) = data.schema.inputs
    return texts_of(data, split, name)


def most_frequent(data: Data, split: str) -> list[str]:
    """Return the most frequent training text for each example, the first of several."""
    (text, _), *_ = Counter(texts_of(data, "train")).most_common(1)
    return [text] * data.count(split)


def nearest_text(data: Data, split: str) -> list[str]:
    """Return what belongs to the training text whose words are most alike."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    known, asked = ([" ".join(row) for row in zip(*columns(data, part), strict=True)] for part in ("train", split))
    several = any(len(text.split()) > 1 for text in known)
    how: Any = {} if several else {"analyzer": "char", "ngram_range": (1, 3)}
    words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b" if several else None, **how)
    table, wanted = words.fit_transform(known), words.transform(asked)
    texts = texts_of(data, "train")
    return [texts[i] for i in most_alike(table, wanted)]


def columns(data: Data, split: str) -> list[list[str]]:
    """Return the columns of texts that are read."""
    return [texts_of(data, split, name) for name in data.schema.tokens]


def most_alike(table: sparse.csr_matrix, wanted: sparse.csr_matrix) -> np.ndarray:
    """Return for each wanted row (n, words) the row of the table whose product with it is largest."""
    turned = table.T.tocsc()
    pieces = [wanted[i : i + PIECE] @ turned for i in range(0, wanted.shape[0], PIECE)]
    return np.concatenate([np.asarray(piece.todense()).argmax(1).ravel() for piece in pieces])


def nearest_picture(data: Data, split: str) -> list[str]:
    """Return the text of the training picture whose pixels are nearest."""
    known, asked = (shrunk(data, part) for part in ("train", split))
    texts = texts_of(data, "train")
    nearest = torch.cat([torch.cdist(piece, known).argmin(1) for piece in torch.split(asked, PIECE)])
    return [texts[i] for i in nearest.tolist()]


def shrunk(data: Data, split: str) -> torch.Tensor:
    """Return the pictures of a split as rows of a few pixels, float32."""
    pieces = torch.split(data.positions(split), PIECE)
    small = [F.adaptive_avg_pool2d(data.gather(piece).x, SIDE).flatten(1) for piece in pieces]
    return torch.cat(small).cpu()
