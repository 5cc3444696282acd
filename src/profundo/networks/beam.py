"""Beam search: the likeliest text that a network writes, found a piece at a time."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from ..schema import BEGINNING, END, FILLING, NEVER_SEEN

State = TypeVar("State")
NEVER = (FILLING, NEVER_SEEN, BEGINNING)  # codes that are never written


class Written(NamedTuple):
    """Texts, the best first: `codes` (B, K, length) int64 with 0 after the end, and `scores` (B, K).

    A score is the logarithm of the text's probability divided by (its number of codes) ** penalty. The codes begin with
    that of the beginning; a text that was not finished in time has none of the end.
    """

    codes: Tensor
    scores: Tensor


@torch.no_grad()
def search(
    step: Callable[[Tensor, State], tuple[Tensor, State]],
    state: State,
    choose: Callable[[State, Tensor], State],
    count: int,
    *,
    beams: int = 1,
    length: int = 100,
    penalty: float = 1.0,
) -> Written:
    """Write `count` texts of at most `length` codes, keeping for each the `beams` best beginnings at every step.

    `step(codes (rows,), state)` returns the scores of the next code (rows, vocabulary) and the state after it;
    `choose(state, rows)` the state of other rows. `state` is of count rows; later ones are of count x beams, those of a
    text together. Texts are ranked by their score as in `Written` (Wu et al. 2016, arXiv 1609.08144, in its plainest
    form), finished ones among the others; one beam is the greedy choice. Nothing here is random.
    """
    first = torch.arange(count)
    codes = torch.full((count, 1, 1), BEGINNING)
    total = torch.zeros(count, 1)
    lengths = torch.zeros(count, 1)
    ended = torch.zeros(count, 1, dtype=torch.bool)
    for _ in range(length - 1):
        width = codes.shape[1]
        scores, state = step(codes[:, :, -1].reshape(-1), state)
        scores[:, list(NEVER)] = float("-inf")
        log = torch.log_softmax(scores.float(), 1).view(count, width, -1)
        vocabulary = log.shape[2]
        log = log.masked_fill(ended[:, :, None], float("-inf"))
        log[:, :, FILLING] = torch.where(ended, 0.0, log[:, :, FILLING])  # what has ended goes on as it is
        reached = total[:, :, None] + log
        long = torch.where(ended, lengths, lengths + 1)
        ranks = (reached / long[:, :, None] ** penalty).view(count, -1)
        best = ranks.topk(min(beams, width * (vocabulary - len(NEVER))), 1).indices
        parent, code = best // vocabulary, best % vocabulary
        total = reached.view(count, -1).gather(1, best)
        lengths, ended = long.gather(1, parent), ended.gather(1, parent) | (code == END)
        kept = codes.gather(1, parent[:, :, None].expand(-1, -1, codes.shape[2]))
        codes = torch.cat([kept, code[:, :, None]], 2)
        state = choose(state, (first[:, None] * width + parent).reshape(-1))
        if bool(ended.all()):
            break
    return Written(codes, total / lengths.clamp(min=1) ** penalty)
