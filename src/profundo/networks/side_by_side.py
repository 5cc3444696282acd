"""The examples of a batch in parts, each part in a thread of its own: for work that is a chain of small steps.

Two threads that share each small product of a recurrent cell wait for each other at every step; with half of the batch
each they meet once, at the end. The parts and the order in which their gradients are added are always the same, so the
same number of parts gives the same bytes.
"""

import functools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch
from torch import Tensor

A = TypeVar("A")
B = TypeVar("B")
Run = Callable[[tuple[Tensor, ...], tuple[Tensor, ...]], tuple[Tensor, ...]]  # (examples, weights) to what comes out


def side_by_side(run: Run, parts: int, examples: tuple[Tensor, ...], weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return what `run(examples, weights)` does, having run it on `parts` parts of the examples at once.

    The first axis of each of `examples`, and of each tensor that comes out, counts the examples. `run` must draw no
    random numbers. Gradients flow to the examples and to the weights; gradients of gradients do not.
    """
    if not torch.is_grad_enabled():
        return joined(at_once(lambda part: run(part, weights), pieces(examples, parts), grad=False))
    return SideBySide.apply(run, parts, len(examples), *examples, *weights)  # type: ignore[no-untyped-call]


class SideBySide(torch.autograd.Function):
    """Runs forward in threads, keeps the graph of each part, and goes back through each in a thread."""

    @staticmethod
    def forward(ctx: Any, run: Run, parts: int, count: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return what comes out, joined."""
        needed = ctx.needs_input_grad[3:]
        weights = [leaf(t, wanted) for t, wanted in zip(tensors[count:], needed[count:], strict=True)]

        def forth(part: tuple[Tensor, ...]) -> tuple[list[Tensor], tuple[Tensor, ...]]:
            examples = [leaf(t, wanted) for t, wanted in zip(part, needed[:count], strict=True)]
            own = [leaf(w, w.requires_grad) for w in weights]
            return [*examples, *own], run(tuple(examples), tuple(own))

        ctx.found, ctx.needed, ctx.count = at_once(forth, pieces(tensors[:count], parts), grad=True), needed, count
        return joined([tuple(t.detach() for t in out) for _, out in ctx.found])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients: joined for the examples, added up for the weights."""

        def back(part: tuple[Any, tuple[Tensor, ...]]) -> list[Tensor | None]:
            (leaves, out), mine = part
            asked = [t for t in leaves if t.requires_grad]
            found = iter(torch.autograd.grad(out, asked, mine, retain_graph=True, allow_unused=True))
            return [next(found) if t.requires_grad else None for t in leaves]

        sizes = [len(out[0]) for _, out in ctx.found]
        cut = zip(*(torch.split(g, sizes) for g in grads), strict=True)
        found = zip(*at_once(back, zip(ctx.found, cut, strict=True), grad=False), strict=True)
        whole = [combined(i < ctx.count, list(each)) for i, each in enumerate(found)]
        return (None, None, None, *whole)


def combined(of_examples: bool, each: list[Tensor | None]) -> Tensor | None:
    """Join the gradients of the examples, or add those of a weight, in the order of the parts."""
    there = [g for g in each if g is not None]
    if not there:
        return None
    if of_examples:
        return torch.cat(there)
    return functools.reduce(torch.add, there)


def leaf(tensor: Tensor, wanted: bool) -> Tensor:
    """Return the tensor as the beginning of a graph of its own."""
    return tensor.detach().requires_grad_(wanted)


def pieces(tensors: tuple[Tensor, ...], parts: int) -> list[tuple[Tensor, ...]]:
    """Cut each tensor into the same parts along its first axis."""
    return list(zip(*(torch.chunk(t, parts) for t in tensors), strict=True))


def joined(parts: Iterable[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Undo `pieces`."""
    return tuple(torch.cat(each) for each in zip(*parts, strict=True))


def at_once(do: Callable[[A], B], parts: Iterable[A], *, grad: bool) -> list[B]:
    """Do it to every part, each in a thread; PyTorch's modes belong to a thread, so they are set in each."""

    def in_thread(part: A) -> B:
        with torch.set_grad_enabled(grad):
            return do(part)

    return list(threads(os.getpid()).map(in_thread, parts))


@functools.lru_cache(1)
def threads(process: int) -> ThreadPoolExecutor:
    """Return the threads of this process; each of them computes alone."""
    return ThreadPoolExecutor(os.cpu_count() or 1, "profundo", initializer=functools.partial(torch.set_num_threads, 1))
