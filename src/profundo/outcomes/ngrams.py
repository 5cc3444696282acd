"""What a language is worth without a network: counts of n tokens in a row, with back-off to fewer."""

import time
from collections.abc import Iterator

import numpy as np
import torch

from ..baselines import BaselineResult
from ..data.passages import Passages
from ..metrics.language import language_scores
from ..plan import Plan
from ..schema import FILLING, RESERVED, Tokens

LONGEST = 8  # tokens in a row that are counted, at most
MOST = 30_000_000  # tokens x lengths beyond which shorter ones are counted


def rivals(plan: Plan, data: Passages) -> Iterator[BaselineResult]:
    """Yield how often each token occurs, and the n-grams whose n is best on the validation part.

    The n-grams are interpolated with the weights of Witten and Bell (1991, method C): a context that was seen with many
    different tokens trusts shorter ones more.
    """
    began = time.monotonic()
    kind = next(iter(data.schema.inputs.values()))
    assert isinstance(kind, Tokens)
    codes = data.x.numpy()
    longest = int(max(2, min(LONGEST, MOST // len(codes))))
    found = list(chances(codes, data.parts["train"], kind.size - RESERVED + 2, longest))
    validation = [float(np.mean(losses_of(p, data, "validation")[0])) for p in found]
    best = int(np.argmin(validation))
    for name, order in (("frequencies", 0), (f"{best + 1}-gram", best)):
        if order == 0 and name != "frequencies":
            return
        losses, sums, counts, hits = losses_of(found[order], data, "test")
        scores = language_scores(sums, hits, counts, seed=plan.data.seed)
        yield BaselineResult(
            name,
            time.monotonic() - began,
            {k: s for k, s in scores.items() if k != "accuracy"},
            validation=-validation[order],
            prediction=losses,
            note="" if order == 0 else f"n of 1 to {longest}, chosen on the validation part",
        )


def chances(codes: np.ndarray, train: tuple[int, int], tokens: int, longest: int) -> Iterator[np.ndarray]:
    """Yield for n = 1, 2, ... the probability (N,) that n-grams of the training part give to each code of a stream.

    `codes` (N,) are of all parts, `train` says where training begins and ends, `tokens` how many can come next.
    """
    inside = slice(*train)
    p = np.full(len(codes), 1.0 / tokens)
    context = np.zeros(len(codes), np.int64)  # the number of the n - 1 tokens before; at first there are none
    for _ in range(longest):
        _, first, grams = np.unique(context * (int(codes.max()) + 1) + codes, return_index=True, return_inverse=True)
        count = np.bincount(grams[inside], minlength=len(first))
        size = int(context.max()) + 1
        total = np.bincount(context[inside], minlength=size)
        kinds = np.bincount(context[first][count > 0], minlength=size)  # different tokens seen after a context
        mixed = (count[grams] + kinds[context] * p) / np.maximum(total + kinds, 1)[context]
        p = np.where(total[context] > 0, mixed, p)
        yield p
        context = np.concatenate([[len(first)], grams[:-1]])


def losses_of(p: np.ndarray, data: Passages, split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return for each passage (n,) the mean of -log p, its sum, the number of tokens, and zeros for the hits."""
    sums, counts = [], []
    for starts in torch.split(data.positions(split), 256):
        steps = data.steps(starts)[:, 1:].numpy()
        scored = data.read(starts, split).y.numpy() != FILLING
        nats = -np.log(p[np.minimum(steps, len(p) - 1)]) * scored
        sums.append(nats.sum(1))
        counts.append(scored.sum(1))
    total, count = np.concatenate(sums), np.concatenate(counts)
    return total / np.maximum(count, 1), total, count, np.zeros(len(total))
