"""Dropout for sequences: what is silenced at one step of an example is silenced at all of them."""

from torch import Tensor, nn


class LockedDropout(nn.Module):
    """Silences a share of the features of each example while training (Gal and Ghahramani 2016, arXiv 1512.05287).

    The same ones at every step, so a recurrent network cannot look them up a step later; and there is one random number
    for all steps, which takes a fraction of the time.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, features) of the same shape."""
        if not self.training or not self.dropout:
            return x
        kept = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(1 - self.dropout)
        return x * kept.div_(1 - self.dropout)

    def extra_repr(self) -> str:
        """Name the share."""
        return f"{self.dropout}"
