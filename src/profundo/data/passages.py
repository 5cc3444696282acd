"""One long text as a data set: an example is a passage that is cut out when it is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..batch import WHOLE, Batch, Shard, cuts
from ..schema import BEGINNING, FILLING
from ..seeds import mix
from .dataset import share
from .windows import Windows

ASKED = 16_777_216  # scores that a network gives at once where it is only asked: 64 MB


@dataclass(eq=False)
class Passages(Windows):
    """Passages of a text whose next token is learnt at every step.

    `x` is (tokens,) int64 codes, `ids` the line or row of each token in the source, and `parts` say where each split
    begins and ends. A batch's x is (B, context) float32 codes, its y (B, context) int64: the token after each step, or
    0 where none is learnt or scored.

    In training, passages follow each other without a gap; where the first begins is another place each epoch, so that
    no token always stands at the start of a passage. Elsewhere each passage begins with `warm` steps that are read and
    not scored, and the next one's warm steps are the last scored ones of this: every token is scored once, and read
    with at least `warm` tokens before it, or with all that there are.
    """

    warm: int = 0
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def order(self, split: str, epoch: int) -> Tensor:
        """Return where the passages of an epoch begin; those of training in an order and from a place of its own."""
        starts = self.positions(split)
        if split != "train":
            return starts
        generator = torch.Generator().manual_seed(mix(self.seed, epoch))
        shift = torch.randint(self.context, (1,), generator=generator)
        return (starts + shift)[torch.randperm(len(starts), generator=generator)]

    def batches(
        self, split: str, *, size: int, epoch: int = 0, shard: Shard = WHOLE, learner: object = None
    ) -> Iterator[Batch]:
        """Yield an epoch's batches; where a network is only asked, smaller ones than `size` if they are large."""
        order = self.order(split, epoch)
        if split != "train":
            size = min(size, max(1, ASKED // (self.context * self.schema.outputs)))
        for begin, end in cuts(len(order), size):
            first, last = share(begin, end, shard)
            yield self.read(order[first:last], split)

    def gather(self, rows: Tensor) -> Batch:
        """Return the passages that begin at these steps, learnt at every step."""
        return self.read(rows, "train")

    def read(self, starts: Tensor, split: str) -> Batch:
        """Return the passages of a split that begin at these steps, or at the first one where there are none before."""
        steps = self.steps(starts)
        codes = self.x[steps.clamp(max=len(self.x) - 1)] * (steps < len(self.x))
        x, y, after = codes[:, :-1], codes[:, 1:], steps[:, 1:]
        first = starts[:, None] + 1 + (0 if split == "train" else self.warm)  # that is learnt or scored
        last = (starts[:, None] + self.context).clamp(max=self.parts[split][1] - 1)
        y = y.masked_fill((y == BEGINNING) | (after < first) | (after > last), FILLING)
        return Batch(x.float(), y, self.ids[first.flatten().clamp(0, len(self.ids) - 1)])

    def steps(self, starts: Tensor) -> Tensor:
        """Return the places in the stream of each passage's tokens and of the one after them, (B, context + 1)."""
        return starts.clamp(min=0)[:, None] + torch.arange(self.context + 1, device=starts.device)


def begins(part: tuple[int, int], split: str, context: int, warm: int) -> Tensor:
    """Return where the passages of a part begin, before any shift: (n,) int64."""
    begin, end = part
    if split == "train":  # the last step of the last passage, shifted, still has a next token
        count = max(1, (end - begin - 1) // context - 1) if end - begin > context else 0
        return begin + context * torch.arange(count)
    return torch.arange(begin - 1 - warm, end - 1 - warm, context - warm)
