"""Elman's cell and the GRU over a whole sequence on a processor, with their gradients written out.

PyTorch has a fused LSTM for processors, but takes these two step by step. Here the products with the inputs, and the
gradients of the weights, are one product each for the whole sequence, and every product may be in bfloat16 while the
state, to which each step adds a little, stays in float32.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Gradients = tuple[Any, ...]


class Product:
    """x M for x (n, rows of M), in bfloat16 where `narrow`; what goes in and comes out is float32."""

    def __init__(self, matrix: Tensor, narrow: bool) -> None:
        self.matrix, self.narrow = matrix.bfloat16() if narrow else matrix, narrow

    def __call__(self, x: Tensor) -> Tensor:
        """Return x M."""
        return torch.mm(x.bfloat16(), self.matrix).float() if self.narrow else torch.mm(x, self.matrix)


class ElmanChain(torch.autograd.Function):
    """h' = tanh(W x + U h + b + c) at every step: (narrow, x (B, T, F), h (B, H), W, U, b, c) to ((B, T, H), h)."""

    @staticmethod
    def forward(ctx: Any, narrow: bool, sequence: Tensor, h: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor]:
        """Take every step."""
        w, u, b, c = weights
        x, of_state = by_steps(sequence), Product(u.t().contiguous(), narrow)
        sums = of_inputs(x, w, narrow).add_(b + c)  # (T, B, H)
        states = torch.cat([h.unsqueeze(0), torch.empty_like(sums)])  # (T + 1, B, H)
        for before, after, own in zip(*unbound(states[:-1], states[1:], sums), strict=True):
            squash_(torch.add(own, of_state(before), out=after))
        ctx.save_for_backward(x, w, u, states)
        ctx.narrow = narrow
        return states[1:].transpose(0, 1), states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, said: Tensor, last: Tensor) -> Gradients:
        """Go back through every step."""
        x, w, u, states = ctx.saved_tensors
        slopes = states[1:].square().neg_().add_(1)
        to_sums, back, to_state = torch.empty_like(slopes), last, Product(u, ctx.narrow)
        for own, slope, out in reversed(list(zip(*unbound(said.transpose(0, 1), slopes, to_sums), strict=True))):
            torch.mul(own + back, slope, out=out)
            back = to_state(out)
        bias = to_sums.sum((0, 1))
        return None, *to_rest(ctx, to_sums, to_sums, (x, w, states), back), bias, bias


class GRUChain(torch.autograd.Function):
    """The equations of `GRUCell` at every step: (narrow, x (B, T, F), h (B, H), W, U, b, c) to ((B, T, H), h)."""

    @staticmethod
    def forward(ctx: Any, narrow: bool, sequence: Tensor, h: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor]:
        """Take every step; the sums of the gates become the gates in place."""
        w, u, b, c = weights
        width, x, of_state = h.shape[1], by_steps(sequence), Product(u.t().contiguous(), narrow)
        gates = of_inputs(x, w, narrow).add_(b)  # (T, B, 3 H)
        states = torch.cat([h.unsqueeze(0), gates.new_empty(*gates.shape[:2], width)])
        reset = gates.new_empty(*gates.shape[:2], width)  # U h + c of n, before the reset gate
        for before, after, own, kept in zip(*unbound(states[:-1], states[1:], gates, reset), strict=True):
            sums = of_state(before).add_(c)
            both, n = own[:, : 2 * width], own[:, 2 * width :]
            both.add_(sums[:, : 2 * width]).sigmoid_()
            kept.copy_(sums[:, 2 * width :])
            squash_(n.addcmul_(own[:, :width], kept))
            torch.lerp(n, before, own[:, width : 2 * width], out=after)
        ctx.save_for_backward(x, w, u, states, gates, reset)
        ctx.narrow = narrow
        return states[1:].transpose(0, 1), states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, said: Tensor, last: Tensor) -> Gradients:
        """Go back through every step: from h' to the sums of n, z and r, and to h."""
        x, w, u, states, gates, reset = ctx.saved_tensors
        width, to_state = states.shape[2], Product(u, ctx.narrow)
        kind = torch.bfloat16 if ctx.narrow else gates.dtype
        to_x, to_h = (torch.empty_like(gates, dtype=kind) for _ in range(2))
        sums = torch.empty_like(gates[0])  # of one step, small enough for the processor's cache
        to_r, to_z, to_n = sums.chunk(3, 1)
        back, biases = last, (torch.zeros_like(sums), torch.zeros_like(to_n))
        every = unbound(said.transpose(0, 1), states[:-1], gates, reset, to_x, to_h)
        for own, before, gate, opened, out, out_h in reversed(list(zip(*every, strict=True))):
            r, z, n = gate.chunk(3, 1)
            dh = own + back
            torch.mul(dh, 1 - z, out=to_n).mul_(1 - n * n)
            torch.sub(before, n, out=to_z).mul_(dh).mul_(z).mul_(1 - z)
            torch.mul(to_n, opened, out=to_r).mul_(r).mul_(1 - r)
            out.copy_(sums)
            biases[0].add_(sums)
            biases[1].add_(to_n.mul_(r))
            out_h.copy_(sums)
            back = to_state(out_h).add_(dh.mul_(z))
        of_x = biases[0].sum(0)
        of_h = torch.cat([of_x[: 2 * width], biases[1].sum(0)])
        return None, *to_rest(ctx, to_x, to_h, (x, w, states), back), of_x, of_h


def squash_(x: Tensor) -> Tensor:
    """Make x its tanh, as 2 sigmoid(2 x) - 1: PyTorch's sigmoid is several times quicker on processors."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


def by_steps(sequence: Tensor) -> Tensor:
    """Turn (B, T, F) into (T, B, F), in memory too."""
    return sequence.transpose(0, 1).contiguous()


def unbound(*tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Return the steps of each tensor (T, ...)."""
    return [t.unbind() for t in tensors]


def of_inputs(x: Tensor, weight: Tensor, narrow: bool) -> Tensor:
    """Return W x of every step, (T, B, gates * H)."""
    return Product(weight.t(), narrow)(x.flatten(0, 1)).view(*x.shape[:2], -1)


def to_rest(ctx: Any, to_x: Tensor, to_h: Tensor, saved: tuple[Tensor, Tensor, Tensor], back: Tensor) -> Gradients:
    """Return the gradients of the sequence, of the first state (`back`), of W and of U, from those of their sums."""
    x, w, states = saved
    sums, other = to_x.flatten(0, 1), to_h.flatten(0, 1)
    to_sequence = None
    if ctx.needs_input_grad[1]:
        to_sequence = Product(w, ctx.narrow)(sums).view(*to_x.shape[:2], -1).transpose(0, 1)
    to_w = Product(x.flatten(0, 1), ctx.narrow)(sums.t())
    to_u = Product(states[:-1].flatten(0, 1), ctx.narrow)(other.t())
    return to_sequence, back, to_w, to_u


elman_chain: Callable[..., tuple[Tensor, Tensor]] = ElmanChain.apply
gru_chain: Callable[..., tuple[Tensor, Tensor]] = GRUChain.apply
