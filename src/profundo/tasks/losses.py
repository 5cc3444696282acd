"""Losses by name. Each maps (output, target) to one number for each example, (B,); a task takes the mean.

For scores of labels: output (B, labels), target (B,) int64. For numbers and multilabel: both (B,) or (B, targets), and
the loss of an example is the mean over its targets.

"nll" and "cross_entropy" are one and the same here. What lectures write as NLLLoss, -log(exp(x[y]) / sum exp(x)), is
the cross-entropy of scores; torch.nn.NLLLoss is its second half, and wants log-probabilities, log_softmax(x). Our "nll"
takes either: the log-softmax of log-probabilities is those log-probabilities again.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy(output: Tensor, target: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """-log softmax(output)[target]; with smoothing, that share of the target is spread evenly over all labels."""
    return F.cross_entropy(output, target, reduction="none", label_smoothing=label_smoothing)


def nll(output: Tensor, target: Tensor) -> Tensor:
    """Return minus the log-probability of the target; the output may be scores or log-probabilities."""
    return F.nll_loss(output.log_softmax(1), target, reduction="none")


def focal(output: Tensor, target: Tensor, *, gamma: float = 2.0) -> Tensor:
    """-(1 - p)^gamma log p, p the probability of the target: easy examples count less (Lin et al. 2017, 1708.02002)."""
    log_p = chosen(output.log_softmax(1), target)
    return -((-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny) ** gamma) * log_p


def hinge(output: Tensor, target: Tensor) -> Tensor:
    """max(0, 1 + best other score - score of the target) (Crammer and Singer 2001).

    With the scores [0, s] of two labels it is the hinge of the binary SVM, max(0, 1 - s) and max(0, 1 + s).
    """
    others = output.scatter(1, target[:, None], -torch.inf).amax(1)
    return (1 + others - chosen(output, target)).clamp_min(0)


def perceptron(output: Tensor, target: Tensor) -> Tensor:
    """Best score - score of the target: 0 for a right answer. Its gradient is the perceptron's rule, f(x,y') - f(x,y).

    With equal scores the first label is the answer, as in predicting; so all-zero weights do learn.
    """
    return chosen(output, output.argmax(1)) - chosen(output, target)


def chosen(scores: Tensor, labels: Tensor) -> Tensor:
    """Return scores[i, labels[i]] as (B,)."""
    return scores.gather(1, labels[:, None]).squeeze(1)


def mse(output: Tensor, target: Tensor) -> Tensor:
    """(output - target)^2."""
    return by_example((output - target).square())


def l1(output: Tensor, target: Tensor) -> Tensor:
    """|output - target|, whose best constant is the median."""
    return by_example((output - target).abs())


def huber(output: Tensor, target: Tensor, *, delta: float = 1.0) -> Tensor:
    """Half the square up to an error of `delta`, then a straight line: robust to outliers (Huber 1964)."""
    return by_example(F.huber_loss(output, target, reduction="none", delta=delta))


def gaussian_nll(output: Tensor, target: Tensor) -> Tensor:
    """-log N(target; mean, variance), for a network that gives means and then log-variances (Nix and Weigend 1994).

    Output (B, 2 targets), target (B,) or (B, targets).
    """
    mean, log_variance = (half.reshape(target.shape) for half in output.chunk(2, 1))
    square = (target - mean).square() * (-log_variance).exp()
    return by_example(0.5 * (square + log_variance + torch.log(torch.tensor(2 * torch.pi))))


def binary_cross_entropy(output: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """-log of the probability of each answer, 0 or 1, where the probability of 1 is sigmoid(output)."""
    return by_example(F.binary_cross_entropy_with_logits(output, target, weights, reduction="none"))


def binary_focal(output: Tensor, target: Tensor, weights: Tensor | None = None, *, gamma: float = 2.0) -> Tensor:
    """-(1 - p)^gamma log p of each answer, 0 or 1, p its probability (Lin et al. 2017)."""
    log_p = F.logsigmoid(output * (2 * target - 1))
    values = -((-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny) ** gamma) * log_p
    return by_example(values if weights is None else values * weights)


def by_example(values: Tensor) -> Tensor:
    """Return the mean over all but the first dimension, (B,)."""
    return values if values.dim() == 1 else values.flatten(1).mean(1)


ExampleLoss = Callable[..., Tensor]
LABEL_LOSSES: dict[str, ExampleLoss] = {
    "cross_entropy": cross_entropy,
    "nll": nll,
    "focal": focal,
    "hinge": hinge,
    "perceptron": perceptron,
}
NUMBER_LOSSES: dict[str, ExampleLoss] = {"mse": mse, "l1": l1, "huber": huber, "gaussian_nll": gaussian_nll}
MULTILABEL_LOSSES: dict[str, ExampleLoss] = {"binary_cross_entropy": binary_cross_entropy, "binary_focal": binary_focal}
LOSSES: dict[str, ExampleLoss] = LABEL_LOSSES | NUMBER_LOSSES | MULTILABEL_LOSSES
