"""The optimisers of Ruder's overview (2016, arXiv 1609.04747), AdamW and Muon, as update rules on flat tensors.

A rule takes the parameters p (n,), the gradient g (n,), its own memory (a dict of tensors (n,)), the learning rate and
the number t of this step, 1 at first, and changes p and the memory in place. What a rule remembers is in the dict and
nowhere else, so a checkpoint is the dict. Each equals the published rule in tests/test_optimizers.py. Muon alone looks
at the shape of a weight: its rule for weights takes one at a time, of (outputs, inputs, ...).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from .errors import UsageError, unknown
from .flat import Flat

Memory = dict[str, Tensor]


def gradient_descent(p: Tensor, g: Tensor, m: Memory, lr: float, t: int) -> None:
    """Step against the gradient: p <- p - lr g."""
    p.add_(g, alpha=-lr)


def momentum(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, momentum: float) -> None:
    """Polyak 1964 (heavy ball): v <- momentum v + lr g; p <- p - v."""
    m["velocity"].mul_(momentum).add_(g, alpha=lr)
    p.sub_(m["velocity"])


def nesterov(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, momentum: float) -> None:
    """Nesterov 1983, with the gradient taken at the point looked ahead to (Sutskever et al. 2013, as Bengio's form).

    p holds the point looked ahead to: v <- momentum v + lr g; p <- p - momentum v - lr g.
    """
    v = m["velocity"].mul_(momentum).add_(g, alpha=lr)
    p.add_(v, alpha=-momentum).add_(g, alpha=-lr)


def adagrad(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, eps: float) -> None:
    """Duchi et al. 2011: the step shrinks with the root of the sum of squared gradients."""
    m["square_sum"].addcmul_(g, g)
    p.addcdiv_(g, m["square_sum"].sqrt().add_(eps), value=-lr)


def adadelta(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, rho: float, eps: float) -> None:
    """Zeiler 2012 (arXiv 1212.5701): the ratio of the running sizes of past steps and gradients sets the step."""
    m["square"].mul_(rho).addcmul_(g, g, value=1 - rho)
    delta = (m["delta_square"] + eps).sqrt_().div_((m["square"] + eps).sqrt_()).mul_(g)
    m["delta_square"].mul_(rho).addcmul_(delta, delta, value=1 - rho)
    p.add_(delta, alpha=-lr)


def rmsprop(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, rho: float, eps: float) -> None:
    """Tieleman and Hinton 2012: divide the gradient by a running root mean square of it."""
    m["square"].mul_(rho).addcmul_(g, g, value=1 - rho)
    p.addcdiv_(g, m["square"].sqrt().add_(eps), value=-lr)


def adam(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, beta1: float, beta2: float, eps: float) -> None:
    """Kingma and Ba 2015 (arXiv 1412.6980): momentum over a running root mean square, both corrected for their start.

    PyTorch's fused kernel, called on the flat tensors: one pass over memory.
    """
    fused_adam(p, g, m, lr, t, (beta1, beta2), eps, amsgrad=False)


def amsgrad(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, beta1: float, beta2: float, eps: float) -> None:
    """Reddi et al. 2018 (arXiv 1904.09237): Adam with the largest second moment seen so far."""
    fused_adam(p, g, m, lr, t, (beta1, beta2), eps, amsgrad=True)


def fused_adam(
    p: Tensor, g: Tensor, m: Memory, lr: float, t: int, betas: tuple[float, float], eps: float, *, amsgrad: bool
) -> None:
    """Call PyTorch's fused Adam kernel on one tensor of each kind."""
    steps = torch.full((), float(t), device=p.device)
    largest = [m["largest"]] if amsgrad else []
    torch._fused_adam_(
        [p], [g], [m["mean"]], [m["square"]], largest, [steps], lr=lr, beta1=betas[0], beta2=betas[1],
        weight_decay=0.0, eps=eps, amsgrad=amsgrad, maximize=False,
    )  # fmt: skip


def adamax(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, beta1: float, beta2: float, eps: float) -> None:
    """Kingma and Ba 2015, section 7.1: Adam with the infinity norm for the root mean square (eps guards against 0)."""
    m["mean"].lerp_(g, 1 - beta1)
    torch.maximum(m["norm"].mul_(beta2), g.abs().add_(eps), out=m["norm"])
    p.addcdiv_(m["mean"], m["norm"], value=-lr / (1 - beta1**t))


def nadam(p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, beta1: float, beta2: float, eps: float) -> None:
    """Dozat 2016 with a constant beta1: Adam whose momentum looks ahead."""
    m["mean"].lerp_(g, 1 - beta1)
    m["square"].mul_(beta2).addcmul_(g, g, value=1 - beta2)
    ahead = m["mean"].mul(beta1 / (1 - beta1 ** (t + 1))).add_(g, alpha=(1 - beta1) / (1 - beta1**t))
    p.addcdiv_(ahead, m["square"].div(1 - beta2**t).sqrt_().add_(eps), value=-lr)


def muon(
    p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, momentum: float, beta2: float, eps: float, bfloat16: float
) -> None:
    """Adam for what is no matrix (biases, scales), with the momentum of the matrices."""
    fused_adam(p, g, m, lr, t, (momentum, beta2), eps, amsgrad=False)


def muon_of_weights(
    p: Tensor, g: Tensor, m: Memory, lr: float, t: int, *, momentum: float, beta2: float, eps: float, bfloat16: float
) -> None:
    """Jordan et al. 2024 (Muon): Nesterov's momentum of a weight, made orthogonal: every direction learns alike.

    The step has the size of a usual one of AdamW, 0.2 a number (Liu et al. 2025, arXiv 2502.16982), so that rates and
    weight decays are AdamW's. With `bfloat16` 1 the products are of that format, as Jordan's are: several times as
    quick for large weights where the processor has it.
    """
    mean = m["mean"].mul_(momentum).add_(g)
    step = g.add(mean, alpha=momentum).flatten(1)
    step = orthogonal(step.bfloat16()).float() if bfloat16 else orthogonal(step)
    p.sub_(step.view_as(g), alpha=0.2 * lr * math.sqrt(max(step.shape)))


def orthogonal(matrix: Tensor) -> Tensor:
    """Bring the singular values of a matrix (rows, columns) to between 0.7 and 1.2, whatever they are.

    Five steps of the Newton-Schulz iteration with Jordan's coefficients; a matrix of zeros stays one.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / (wide.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return x if wide is matrix else x.T


@dataclass(frozen=True)
class Rule:
    """An update rule by name: its memory, its options with their defaults, and the learning rate to start from.

    `batch_size` is set where the name implies one: 0 means the whole training part. `of_weights` is a rule of its own
    for the weights, called with one at a time in its shape; `update` then sees biases and scales alone.
    """

    update: Callable[..., None]
    memory: tuple[str, ...] = ()
    options: Mapping[str, float] = field(default_factory=dict)
    lr: float = 1e-3
    batch_size: int | None = None
    decoupled: bool = False  # weight decay acts on the weights, not through the gradient
    of_weights: Callable[..., None] | None = None


ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
OPTIMIZERS: dict[str, Rule] = {
    "batch-gradient-descent": Rule(gradient_descent, lr=0.1, batch_size=0),
    "stochastic-gradient-descent": Rule(gradient_descent, lr=0.01, batch_size=1),
    "sgd": Rule(gradient_descent, lr=0.1),
    "momentum": Rule(momentum, ("velocity",), {"momentum": 0.9}, lr=0.05),
    "nesterov": Rule(nesterov, ("velocity",), {"momentum": 0.9}, lr=0.05),
    "adagrad": Rule(adagrad, ("square_sum",), {"eps": 1e-8}, lr=0.01),
    "adadelta": Rule(adadelta, ("square", "delta_square"), {"rho": 0.95, "eps": 1e-6}, lr=1.0),
    "rmsprop": Rule(rmsprop, ("square",), {"rho": 0.9, "eps": 1e-8}),
    "adam": Rule(adam, ("mean", "square"), ADAM),
    "adamax": Rule(adamax, ("mean", "norm"), ADAM, lr=2e-3),
    "nadam": Rule(nadam, ("mean", "square"), ADAM),
    "amsgrad": Rule(amsgrad, ("mean", "square", "largest"), ADAM),
    "adamw": Rule(adam, ("mean", "square"), ADAM, decoupled=True),
    "muon": Rule(
        muon,
        ("mean", "square"),
        {"momentum": 0.9, "beta2": 0.99, "eps": 1e-8, "bfloat16": 0.0},
        lr=5e-3,
        decoupled=True,
        of_weights=muon_of_weights,
    ),
}


class Optimizer:
    """A rule at work on a part: one step changes `flat.values` by `flat.grads`."""

    def __init__(
        self, flat: Flat, name: str, options: Mapping[str, float], *, l1: float = 0, l2: float = 0, decay: float = 0
    ) -> None:
        self.flat, self.rule = flat, find(name)
        for option in options:
            if option not in self.rule.options:
                raise UsageError(f"for the optimiser {name!r} " + unknown("option", option, self.rule.options))
        self.options = {**self.rule.options, **options}
        self.l1, self.l2, self.decay = l1, l2, decay
        self.memory: Memory = {slot: torch.zeros_like(flat.values) for slot in self.rule.memory}
        self.steps = 0

    def step(self, lr: float) -> None:
        """Add the penalties' gradients (l2 w, l1 sign w), decay the weights, apply the rule.

        The flat tensors are not part of any graph: no_grad is not needed.
        """
        values, grads, weights = self.flat.values, self.flat.grads, slice(0, self.flat.decayed)
        self.steps += 1
        if self.l2:
            grads[weights].add_(values[weights], alpha=self.l2)
        if self.l1:
            grads[weights].add_(values[weights].sign(), alpha=self.l1)
        if self.decay:
            values[weights].mul_(1 - lr * self.decay)
        if self.rule.of_weights is None:
            self.rule.update(values, grads, self.memory, lr, self.steps, **self.options)
            return
        for p, g, memory in self.of_each_weight():
            self.rule.of_weights(p, g, memory, lr, self.steps, **self.options)
        if self.flat.decayed < len(values):
            rest = slice(self.flat.decayed, None)
            memory = {slot: tensor[rest] for slot, tensor in self.memory.items()}
            self.rule.update(values[rest], grads[rest], memory, lr, self.steps, **self.options)

    def of_each_weight(self) -> Iterator[tuple[Tensor, Tensor, Memory]]:
        """Yield each weight, its gradient and its memory, in its shape: views of the flat tensors."""
        begin = 0
        for parameter, grad in zip(self.flat.parameters, self.flat.views, strict=True):
            if begin >= self.flat.decayed:
                return
            shape, stride = grad.shape, grad.stride()
            yield (
                self.flat.values.as_strided(shape, stride, begin),
                grad,
                {slot: tensor.as_strided(shape, stride, begin) for slot, tensor in self.memory.items()},
            )
            begin += parameter.numel()


def find(name: str) -> Rule:
    """Return the rule of that name. Raises UsageError with the nearest names."""
    if name not in OPTIMIZERS:
        raise UsageError(unknown("optimiser", name, OPTIMIZERS))
    return OPTIMIZERS[name]
