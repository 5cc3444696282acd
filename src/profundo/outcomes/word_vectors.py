"""Word vectors' answers: neighbours, analogies, a picture, a bias test; and vectors by counting beside them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..data.neighbours import NOISE, Neighbours
from ..errors import UsageError
from ..metrics import Score
from ..metrics.word_vectors import word_vector_scores
from ..networks.skip_gram import WordVectors
from ..plan import Plan
from ..run import Run
from ..schema import RESERVED, Tokens
from ..tasks.task import Prediction, Predictive
from ..tasks.word_vectors import scores as pair_scores
from ..tasks.word_vectors import told_apart
from .counted import counted_vectors
from .outcome import Learnt, Made, Outcome
from .vectors import Vectors, answered, plane, read_questions, weat

if TYPE_CHECKING:
    import pandas as pd

DRAWN = 120  # words in the picture
LISTED, NEAR = 24, 8  # words whose neighbours the report lists, and how many of each


def vectors_of(network: nn.Module, schema: Any) -> Vectors:
    """Return the unit vectors of all words."""
    kind = next(iter(schema.inputs.values()))
    assert isinstance(kind, Tokens) and isinstance(network, WordVectors)
    matrix = network.inner.weight.detach().cpu().double().numpy()[RESERVED:]
    return Vectors(kind.vocabulary, matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12))


@torch.no_grad()
def ask(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Score each word's neighbours against drawn words; the losses are the shares of pairs that are the wrong way."""
    network.eval()
    place = next(network.parameters()).device
    told, ids, codes = [], [], []
    for batch in data.batches(split, size=1024):
        told.append(told_apart(*pair_scores(network, batch.x.to(place), batch.y.to(place))).cpu())
        ids.append(batch.ids)
        codes.append(batch.x[:, 0].long())
    right = torch.cat(told).double().numpy()
    words = torch.cat(codes).numpy()
    more: dict[str, Any] = {"told": right}
    questions = getattr(task, "analogies", "")
    if questions and split == "test":
        more["analogies"] = answered(vectors_of(network, data.schema), read_questions(Path(questions)))
    return Answers(torch.cat(ids).numpy(), Prediction(words), words, words, 1 - right, more)


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure how well true neighbours are told from drawn words, and the analogies where there are any."""
    return word_vector_scores(answers.more["told"], answers.more.get("analogies"), **how)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe a word whose neighbours were not told from drawn words."""
    kind = next(iter(data.schema.inputs.values()))
    assert isinstance(kind, Tokens) and answers.losses is not None
    word = kind.vocabulary[int(answers.codes[index]) - RESERVED]
    loss = float(answers.losses[index])
    known = {"id": int(answers.ids[index]), "loss": loss, "confidence": None, "true": word}
    return known | {"predicted": f"{1 - loss:.0%} told apart", "picture": None, "values": {}}


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each word of a source that has a vector: how often it occurs, and how well it is told apart."""
    import pandas as pd

    kind = next(iter(data.schema.inputs.values()))
    assert isinstance(kind, Tokens)
    codes, place, count = np.unique(answers.codes, return_inverse=True, return_counts=True)
    told = np.bincount(place, answers.more["told"]) / count
    words = [kind.vocabulary[code - RESERVED] for code in codes]
    return pd.DataFrame({"word": words, "count": count, "told apart": told})


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Store what the report shows: neighbours of frequent words, and the words in the plane."""
    vectors = vectors_of(learnt.network, data.schema)
    rows = []
    skipped = min(len(vectors.words) // 20, 50)  # the most frequent words say least
    for place in range(skipped, min(skipped + LISTED, len(vectors.words))):
        near = vectors.nearest(vectors.matrix[place], NEAR, [place])
        rows.append({"word": vectors.words[place], "near": [[word, round(c, 3)] for word, c in near]})
    shown = Vectors(vectors.words[skipped:], vectors.matrix[skipped:])
    points = plane(shown, DRAWN).round(4).tolist() if len(shown.words) > 2 else []
    card: dict[str, Any] = {"words": len(vectors.words), "near": rows}
    card |= {"picture": {"words": list(shown.words[: len(points)]), "points": points}}
    found = answers.more.get("analogies")
    if found is not None:
        card["analogies"] = {"right": int(found.sum()), "asked": len(found)}
    run.write("word_vectors.json", card)
    return {"near": rows[:5]}


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: how often each word's neighbours were told apart."""
    own = {"ids": answers.ids, "y": np.ones(len(answers.ids)), "prediction": answers.more["told"]}
    return own | {f"baseline:{b.name}": 1 - b.prediction for b in found if b.prediction is not None}


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what counting is worth: how frequent a word is, and vectors from a table of counts."""
    assert isinstance(data, Neighbours)
    questions = read_questions(Path(plan.task_options["analogies"])) if plan.task_options.get("analogies") else []
    began = time.monotonic()
    frequent = (np.ones((len(data.shares), 1)), np.log(np.maximum(data.shares, 1e-12))[:, None])
    for name, make in (("frequencies", lambda: frequent), ("counts and SVD", lambda: counted_vectors(data))):
        inner, outer = make()
        told = {split: told_by(inner, outer, data, split) for split in ("validation", "test")}
        right = None
        if questions and name != "frequencies":
            kind = next(iter(data.schema.inputs.values()))
            assert isinstance(kind, Tokens)
            length = np.maximum(np.linalg.norm(inner, axis=1, keepdims=True), 1e-12)
            right = answered(Vectors(kind.vocabulary, inner / length), questions)
        found = word_vector_scores(told["test"], right, seed=plan.data.seed)
        validation = float(told["validation"].mean())
        yield BaselineResult(
            name, time.monotonic() - began, found, validation=validation, prediction=1 - told["test"], note=""
        )


def told_by(inner: np.ndarray, outer: np.ndarray, data: Neighbours, split: str) -> np.ndarray:
    """Return for each word of a split how often its neighbours score above drawn words, by inner[word] outer[other]."""
    found = []
    pad = np.zeros((RESERVED, inner.shape[1]))
    a, b = (torch.from_numpy(np.concatenate([pad, table])) for table in (inner, outer))
    for batch in data.batches(split, size=1024):
        scores = torch.einsum("bw,bow->bo", a[batch.x[:, 0].long()], b[batch.y])
        there = batch.y[:, :-NOISE] > 0
        found.append(told_apart(scores[:, :-NOISE], scores[:, -NOISE:], there))
    return torch.cat(found).double().numpy()


OPTIONS = {
    "prompt": "a word, or 'king - man + woman'",
    "count": "how many words (10)",
    "x": "of a bias test: words such as engineer,doctor that may lean to a",
    "y": "as many words such as nurse,teacher that may lean to b",
    "a": "words such as he,him",
    "b": "words such as she,her",
    "seed": "of the permutations of a bias test",
}


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Say which words are nearest to a word or to a sum of words, or how biased they are."""
    vectors = vectors_of(learnt.network, learnt.schema)
    groups = [split_words(options.get(name, "")) for name in "xyab"]
    if any(groups):
        if not all(groups):
            raise UsageError("a bias test needs four lists of words: --option x=... --option y=... a=... b=...")
        found = weat(vectors, groups, int(options.get("seed", 0)))
        text = (
            f"effect size {found.effect:+.2f} (-2 to 2; above 0: x leans to a, y to b), "
            f"p = {found.p:.4f} of {found.permutations:,} permutations"
        )
        return Made(text, [{"effect": found.effect, "p": found.p, "permutations": found.permutations}])
    count = int(options.get("count", 10))
    if count < 1:
        raise UsageError("--count is 1 or more.")
    vector, words = vectors.sum_of(str(options.get("prompt", "")))
    near = vectors.nearest(vector, count, words)
    text = "\n".join(f"{cosine:.3f}  {word}" for word, cosine in near)
    return Made(text, [{"word": word, "cosine": round(cosine, 6)} for word, cosine in near])


def split_words(given: Any) -> list[str]:
    """Return words from "he,him" or a list."""
    parts = given if isinstance(given, list | tuple) else str(given).replace(",", " ").split()
    return [str(part) for part in parts]


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask,
    store=store,
    cards=cards,
    rivals=rivals,
    measure="mistakes",
    generate=generate,
    options=OPTIONS,
)
