"""Sequences of similar length in one batch: less of a batch is filling, and short ones are not kept waiting."""

import torch
from torch import Tensor

from ..schema import Schema, Series, Strokes

POOL = 16  # batches whose examples are sorted together: more would save little and make the batches alike


def lengths_of(schema: Schema, x: Tensor) -> Tensor | None:
    """Return the steps of each example's sequence, (N,) int64; None where all are as long."""
    match schema.shaped:
        case Series(ragged=True):
            lengths = x[..., -1].sum(1).long()
        case Strokes():
            lengths = (x[..., 4] < 0.5).sum(1)
        case None if schema.tokens and x.dim() == 2:
            texts = sum(kind.length for kind in schema.tokens.values())
            lengths = (x[:, -texts:] != 0).sum(1)
        case _:
            return None
    return lengths if len(lengths) and lengths.min() < lengths.max() else None


def by_length(order: Tensor, lengths: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Return an order (n,) of the same examples in which each batch of `size` has examples of similar length.

    `lengths` (n,) are those of the examples in `order`. Of every `POOL` batches the examples are sorted by length; then
    the batches are shuffled, the last one only where it is whole.
    """
    whole = len(order) // size * size
    if not whole:
        return order
    pools = torch.arange(whole, device=order.device) // (POOL * size)
    longest = int(lengths.max()) + 1
    batches = order[:whole][torch.argsort(pools * longest + lengths[:whole], stable=True)].view(-1, size)
    shuffled = batches[torch.randperm(len(batches), generator=generator).to(order.device)]
    return torch.cat([shuffled.flatten(), order[whole:]])
