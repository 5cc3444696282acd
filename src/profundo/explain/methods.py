"""The methods themselves: functions of a score and an example, for any network and any shape of input.

A score is a function from inputs (B, *s) to numbers (B,). To add a method, write such a function and a row of METHODS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UsageError

Score = Callable[[Tensor], Tensor]
MOST = 3_200_000  # numbers that the network is given at once, at most: 12 MB


def integrated_gradients(score: Score, x: Tensor, *, baseline: Tensor | float = 0.0, steps: int = 100) -> Tensor:
    """Return the weight of each input (B, *s): (x - baseline) times the mean gradient on the way from there to x.

    Sundararajan et al. 2017 (1703.01365). The weights of an example sum to score(x) - score(baseline), but for an error
    that falls with `steps`: the mean is that of so many points at even distances, each the middle of its stretch. A
    baseline is of the shape of x, or of one example.
    """
    if not 1 <= steps <= 10_000:
        raise UsageError(f"steps must be from 1 to 10,000, not {steps}.")
    start = torch.as_tensor(baseline, dtype=x.dtype, device=x.device).expand_as(x)
    total = torch.zeros_like(x)
    for some in torch.split((torch.arange(steps).to(x) + 0.5) / steps, max(1, MOST // max(1, x.numel()))):
        points = start + some.view(-1, *[1] * x.dim()) * (x - start)  # (points, B, *s)
        total += gradient(score, points.flatten(0, 1)).view(points.shape).sum(0)
    return (x - start) * total / steps


def input_x_gradient(score: Score, x: Tensor, *, baseline: Tensor | float = 0.0) -> Tensor:
    """Return (x - baseline) times the gradient at x, (B, *s): one step where integrated gradients take many.

    Shrikumar et al. 2016 (1605.01713). Exact where the score is linear between the two; nothing sums to anything else.
    """
    return (x - baseline) * gradient(score, x)


def occlusion(score: Score, x: Tensor, *, windows: Tensor, hidden: Tensor | float = 0.0) -> Tensor:
    """Return what the score of one example x (1, *s) loses where each window (W, *s) bool is hidden, (W,).

    Zeiler and Fergus 2014 (1311.2901) for pictures; Li, Monroe and Jurafsky 2016 (1612.08220) for words. `hidden` is
    what stands there then, a number or an example.
    """
    instead = torch.as_tensor(hidden, dtype=x.dtype, device=x.device)
    with torch.no_grad():
        size = max(1, MOST // max(1, x.numel()))
        after = [score(torch.where(some.to(x.device), instead, x)) for some in torch.split(windows, size)]
        return score(x) - torch.cat(after)


def gradient(score: Score, x: Tensor) -> Tensor:
    """Return the gradient of each example's score at x, (B, *s). Raises UsageError where the score has none."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        value = score(x)
    if not value.requires_grad:
        raise UsageError("the answers of this network have no gradient. Choose the method that needs none: occlusion.")
    (found,) = torch.autograd.grad(value.sum(), x)
    return found


@dataclass(frozen=True, eq=False)
class Question:
    """What a method is asked: why `score` is what it is at one example `x` (1, *s), rather than at `baseline` (1, *s).

    `part_of` (*s) int64 says which part each number of x belongs to: a column, a word, a pixel; `parts` is their count.
    `windows` (W, parts) bool are the parts that are hidden together, and `hidden` (1, *s) is what stands there then.
    """

    score: Score
    x: Tensor
    baseline: Tensor
    hidden: Tensor
    part_of: Tensor
    parts: int
    windows: Tensor
    steps: int = 100

    def summed(self, weights: Tensor) -> Tensor:
        """Add the weights (1, *s) up by part, (parts,) float64."""
        total = torch.zeros(self.parts, dtype=torch.float64)
        return total.index_add_(0, self.part_of.flatten(), weights.detach().double().cpu().flatten())


@dataclass(frozen=True)
class Method:
    """A row of METHODS: `weigh` returns the weight of every part, (parts,).

    `complete` says whether the weights promise to sum to what the score moved from the baseline.
    """

    summary: str
    paper: str
    weigh: Callable[[Question], Tensor]
    complete: bool = False


def by_integrated_gradients(asked: Question) -> Tensor:
    """Weigh the parts by integrated gradients."""
    return asked.summed(integrated_gradients(asked.score, asked.x, baseline=asked.baseline, steps=asked.steps))


def by_gradient(asked: Question) -> Tensor:
    """Weigh the parts by input times gradient."""
    return asked.summed(input_x_gradient(asked.score, asked.x, baseline=asked.baseline))


def by_occlusion(asked: Question) -> Tensor:
    """Weigh the parts by what is lost where they are hidden; a part of several windows has their mean."""
    covered = asked.windows.double()
    windows = asked.windows[:, asked.part_of]  # (W, *s)
    lost = occlusion(asked.score, asked.x, windows=windows, hidden=asked.hidden).double().cpu()
    return (lost @ covered) / covered.sum(0).clamp(min=1)


METHODS: Mapping[str, Method] = {
    "integrated_gradients": Method(
        "the gradient gathered on the way from the baseline to the example; the weights add up to the whole change",
        "Sundararajan et al. 2017 (1703.01365)",
        by_integrated_gradients,
        complete=True,
    ),
    "input_x_gradient": Method(
        "the difference to the baseline times the gradient at the example; quick, and rough where the network bends",
        "Shrikumar et al. 2016 (1605.01713)",
        by_gradient,
    ),
    "occlusion": Method(
        "what the answer loses where each part is hidden; needs no gradient, and sees one part at a time",
        "Zeiler and Fergus 2014 (1311.2901); for words Li, Monroe and Jurafsky 2016 (1612.08220)",
        by_occlusion,
    ),
}
