"""Which words, or which letters of a gene, spoke for an answer: what the network says when each of them is hidden.

Erasure (Li, Monroe and Jurafsky 2016, 1612.08220): a token is replaced by the code of one that was never seen, and its
weight is how much the answer loses by it, in units of the log-probability of the label, or of the predicted number.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..answers import Answers
from ..batch import asking
from ..data.dataset import Data
from ..data.encode import texts_of
from ..evaluate import Trained
from ..explain.words import token_pieces
from ..schema import NEVER_SEEN, RESERVED, Category, Tokens

SHOWN = 8  # texts that are shown in colours
LONGEST = 150  # tokens of a text that are hidden one by one, at most
LOOKED = 200  # texts over which the words are added up
ASKED = 4_000_000  # tokens that the network is asked to read in all, at most
WORDS = 12  # words that are listed for each label
OFTEN = 3  # times that a listed word is there, at least
SALT = 0x7E


@dataclass(frozen=True, eq=False)
class Hidden:
    """A text of one example: `places` are its columns of x, `weights` (tokens, outputs) what each token adds."""

    name: str
    kind: Tokens
    places: np.ndarray
    codes: np.ndarray
    weights: np.ndarray


def words_card(trained: Trained, data: Data, answers: Answers, seed: int = 0) -> dict[str, Any]:
    """Return what words.json holds: texts in colours, the words of each label, and where in a gene something stands.

    The texts are test examples: the most wrong, then the surest right of each label. `words` are the mean weights for
    each label over a random sample of the test part; `places` the mean size of the weight at each place of a gene.
    """
    columns = sum(kind.length for kind in data.schema.tokens.values())
    length = float((data.x[data.positions("test")][:, -columns:] != 0).sum(1).float().mean())
    budget = max(10, min(LOOKED, int(ASKED / max(1.0, length * min(length, LONGEST)))))
    drawn = np.sort(np.random.default_rng([seed, SALT]).permutation(len(answers.ids))[:budget])
    position = {int(row): place for place, row in enumerate(data.ids.tolist())}
    chosen = chosen_examples(answers)[: max(2, budget // 5)]
    found = {int(i): hide(trained, data, position[int(answers.ids[i])]) for i in {*drawn.tolist(), *chosen}}
    outputs = names_of(trained)
    looked = [text for i in drawn.tolist() for text in found[i]]
    return {
        "outputs": outputs,
        "texts": [coloured(trained, data, answers, i, position[int(answers.ids[i])], found[i]) for i in chosen],
        "words": listed(looked, outputs),
        "places": by_place(looked),
        "n": len(drawn),
    }


def chosen_examples(answers: Answers) -> list[int]:
    """Return test examples: the most wrong ones, then the surest right one of each label."""
    assert answers.losses is not None and answers.y is not None
    order = np.argsort(-answers.losses, kind="stable")
    if answers.prediction.probabilities is None or answers.codes.ndim > 1:
        return [int(i) for i in order[:SHOWN]]
    wrong = [int(i) for i in order if answers.codes[i] != answers.y[i]][: SHOWN // 2]
    right = [int(i) for i in order[::-1] if answers.codes[i] == answers.y[i]]
    labels = list(dict.fromkeys(answers.y[i] for i in right))[: SHOWN - len(wrong)]
    return wrong + [next(i for i in right if answers.y[i] == label) for label in labels]


def names_of(trained: Trained) -> list[str]:
    """Name what the network says: its labels, or the targets."""
    target = next(iter(trained.schema.targets.values()))
    one = len(trained.schema.targets) == 1 and isinstance(target, Category)
    return list(target.labels) if one and isinstance(target, Category) else list(trained.schema.targets)


def hide(trained: Trained, data: Data, position: int) -> list[Hidden]:
    """Hide each token of one example in turn, and return what each adds to every output."""
    x = data.x[position : position + 1]
    found: list[Hidden] = []
    end = x.shape[1]
    before = said(trained, x)[0]
    for name, kind in reversed(data.schema.tokens.items()):
        places = np.arange(end - kind.length, end)
        end -= kind.length
        codes = x[0, places].numpy().astype(np.int64)
        places = places[(codes >= RESERVED) | (codes == NEVER_SEEN)][:LONGEST]
        hidden = x.repeat(len(places), 1)
        hidden[np.arange(len(places)), places] = NEVER_SEEN
        weights = before - said(trained, hidden) if len(places) else np.zeros((0, len(before)))
        found.append(Hidden(name, kind, places - end, x[0, places].numpy().astype(np.int64), weights))
    return found[::-1]


def said(trained: Trained, x: torch.Tensor) -> np.ndarray:
    """Return what the network says, (n, outputs): log-probabilities of labels, or numbers."""
    place = next(trained.network.parameters()).device
    size, parts = asking(trained.schema), []
    trained.network.eval()
    with torch.no_grad():
        for begin in range(0, len(x), size):
            found = trained.task.predict(trained.network, x[begin : begin + size].to(place))
            numbers = found.values if found.probabilities is None else np.log(found.probabilities + 1e-9)
            parts.append(np.asarray(numbers, np.float64).reshape(len(numbers), -1))
    return np.concatenate(parts)


def coloured(
    trained: Trained, data: Data, answers: Answers, index: int, position: int, found: list[Hidden]
) -> dict[str, Any]:
    """Return one example with the weight of every piece of its texts for what was answered."""
    assert answers.y is not None and data.frame is not None
    target = next(iter(data.schema.targets.values()))
    prediction, codes = answers.prediction, answers.codes
    output = int(codes[index]) if isinstance(target, Category) and codes.ndim == 1 else 0
    single = isinstance(target, Category) and codes.ndim == 1
    true = target.labels[int(answers.y[index])] if single and isinstance(target, Category) else answers.y[index]
    sure = None if prediction.probabilities is None or not single else float(prediction.probabilities[index].max())
    return {
        "id": int(answers.ids[index]),
        "true": str(true),
        "predicted": str(prediction.values[index]),
        "probability": sure,
        "for": names_of(trained)[output],
        "columns": [
            {"name": text.name, "pieces": pieces(text, texts_of(data.frame[text.name].iloc[[position]])[0], output)}
            for text in found
        ],
    }


def pieces(text: Hidden, written: str, output: int) -> list[list[Any]]:
    """Cut a text as it was written into [piece, weight]; the weight of what lies between tokens is 0."""
    weights = dict(zip(text.places.tolist(), text.weights[:, output].tolist(), strict=True))
    return [list(piece) for piece in token_pieces(text.kind, written, weights)]


def listed(texts: list[Hidden], outputs: list[str]) -> list[dict[str, Any]]:
    """Return for each output the pieces that speak most for it: {output, words: [[word, mean weight, count], ...]}."""
    totals: dict[str, np.ndarray] = {}
    counts: dict[str, int] = {}
    for text in texts:
        if text.kind.unit == "bases" and text.kind.letters == 1:  # single letters say nothing by themselves
            continue
        centred = text.weights - text.weights.mean(1, keepdims=True) if text.weights.shape[1] > 1 else text.weights
        for code, weight in zip(text.codes.tolist(), centred, strict=True):
            if code >= RESERVED:
                word = text.kind.vocabulary[code - RESERVED]
                totals[word] = totals.get(word, np.zeros(len(outputs))) + weight
                counts[word] = counts.get(word, 0) + 1
    means = {word: total / counts[word] for word, total in totals.items() if counts[word] >= OFTEN}
    found = []
    for number, output in enumerate(outputs):
        best = sorted((w for w in means if means[w][number] > 0), key=lambda w: (-means[w][number], w))[:WORDS]
        found.append({"output": output, "words": [[w, round(float(means[w][number]), 4), counts[w]] for w in best]})
    return found


def by_place(texts: list[Hidden]) -> list[float]:
    """Return the mean size of the weight at each place of a gene, [] where genes on one strand are not what is read."""
    genes = [t for t in texts if t.kind.unit == "bases" and t.kind.strands == 1]
    if not genes or len({t.name for t in genes}) > 1:
        return []
    total, count = np.zeros(genes[0].kind.length), np.zeros(genes[0].kind.length)
    for text in genes:
        np.add.at(total, text.places, np.abs(text.weights).mean(1))
        np.add.at(count, text.places, 1)
    return [round(float(v), 5) for v in (total / np.maximum(count, 1))[count > 0]]
