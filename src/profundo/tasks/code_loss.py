"""The cross-entropy of codes of a large vocabulary, in few passes over its scores."""

from typing import Any

import torch
from torch import Tensor

from ..schema import FILLING


class CodeLoss(torch.autograd.Function):
    """What `code_loss` does. The gradient, probability minus target, is made in place of the probabilities."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, codes: Tensor, smoothing: float) -> Tensor:
        """Return the mean loss of the codes that exist."""
        there = codes != FILLING
        count = there.sum().clamp(min=1)
        shares = torch.softmax(scores, 1)
        own = scores.gather(1, codes[:, None]).squeeze(1).float()
        likely = shares.gather(1, codes[:, None]).squeeze(1).float().clamp(min=torch.finfo(torch.float32).tiny).log()
        total = own - likely  # the logarithm of the sum of exponentials
        loss = total - (1 - smoothing) * own
        if smoothing:
            loss = loss - smoothing * scores.mean(1).float()
        ctx.save_for_backward(shares, codes, there / count)
        ctx.smoothing = smoothing
        return (loss * there).sum() / count

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient of the scores."""
        shares, codes, weights = ctx.saved_tensors
        weights = (weights * grads[0]).to(shares.dtype)
        if ctx.smoothing:
            shares = shares.sub_(ctx.smoothing / shares.shape[1])
        shares.mul_(weights[:, None])
        shares.scatter_add_(1, codes[:, None], -(1 - ctx.smoothing) * weights[:, None])
        return shares, None, None


def code_loss(scores: Tensor, codes: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the mean cross-entropy of codes (...) under scores (..., vocabulary), those that are 0 left out.

    With `smoothing`, that share of the target is spread over all codes. It is `cross_entropy` with label_smoothing and
    ignore_index 0, at about half the time and memory; the gradient can be asked for once.
    """
    found: Tensor = CodeLoss.apply(scores.flatten(0, -2), codes.flatten(), smoothing)  # type: ignore[no-untyped-call]
    return found
