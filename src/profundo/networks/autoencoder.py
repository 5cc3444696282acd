"""The autoencoder: through a narrow code and back. It learns what is usual; what it cannot give back well is not.

Variational (Kingma and Welling 2014, 1312.6114): the code is a normal distribution, and how far it lies from the usual
codes is told in nats, beside how far the answer lies from x. For any x of a fixed shape: a table, pictures, windows of
series, spectrograms, drawings.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..schema import Schema, Series
from .layers import ACTIVATIONS, Linear
from .mlp import hidden_widths
from .network import Network, choice, whole

RANKS = 1001  # quantiles of the oddness of examples that were not learnt from
CLUSTERS = 64  # at most
NARROWEST, WIDEST = 2, 32  # of the codes that are chosen where none is asked for
SURE = 8.0  # the logarithm of a variance stays within this of 0


class Rebuilt(NamedTuple):
    """What a network makes of x (B, ...): `x` again, (B, ...) or its last steps, and `surprise` (B,) in nats."""

    x: Tensor
    surprise: Tensor


class Fitted(nn.Module):
    """What is fitted when the training is over: buffers, so that they are stored with the weights.

    `ranks` (RANKS,) are the quantiles of the oddness of the validation part; `centres` (CLUSTERS, code) those of
    clusters, infinite where there are fewer.
    """

    def __init__(self, code: int) -> None:
        super().__init__()
        self.ranks: Tensor
        self.centres: Tensor
        self.register_buffer("ranks", torch.zeros(RANKS))
        self.register_buffer("centres", torch.full((CLUSTERS, code), math.inf))


class Autoencoder(nn.Module):
    """Linear layers to a code, and back. `log_variance` is that of the errors: of each column, or one for all of x."""

    def __init__(self, schema: Schema, widths: Sequence[int], code: int, activation: str) -> None:
        super().__init__()
        self.shape = schema.shape
        size = math.prod(schema.shape)
        self.encoder = chain([size, *widths, 2 * code], activation)
        self.decoder = chain([code, *reversed(widths), size], activation)
        self.log_variance = nn.Parameter(torch.zeros(spreads(schema)))
        self.fitted = Fitted(code)

    def forward(self, x: Tensor) -> Tensor:
        """Return x as it comes back, (B, ...): numbers as they are, scores for the labels of a category."""
        return self.decode(self.encode(x))

    def distribution(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the logarithm of the variance of the code, (B, code) each."""
        mean, log_variance = self.encoder(x.flatten(1)).chunk(2, 1)
        return mean, log_variance.clamp(-SURE, SURE)

    def encode(self, x: Tensor) -> Tensor:
        """Return the code (B, code)."""
        return self.distribution(x)[0]

    def decode(self, code: Tensor) -> Tensor:
        """Return what a code stands for, (B, ...)."""
        found: Tensor = self.decoder(code)
        return found.view(-1, *self.shape)

    def rebuild(self, x: Tensor, *, draw: bool) -> Rebuilt:
        """Return x again, from its code or from one drawn around it, and how far the code is from the usual ones."""
        mean, log_variance = self.distribution(x)
        code = mean + torch.randn_like(mean) * (log_variance / 2).exp() if draw else mean
        surprise = (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2  # KL divergence from N(0, 1)
        return Rebuilt(self.decode(code), surprise)


def spreads(schema: Schema) -> int:
    """Return how many variances the errors have: one a column, one a channel of a series, or one."""
    if schema.shaped is None:
        return math.prod(schema.shape)
    return schema.shaped.values if isinstance(schema.shaped, Series) else 1


def chain(widths: Sequence[int], activation: str) -> nn.Sequential:
    """Build linear layers of these widths with an activation between them."""
    layers = nn.Sequential()
    for index, (inputs, outputs) in enumerate(pairwise(widths), 1):
        if index > 1:
            layers.add_module(f"activation{index - 1}", ACTIVATIONS[activation]())
        layers.add_module(f"linear{index}", Linear(inputs, outputs))
    return layers


def autoencoder(
    schema: Schema, *, hidden: Sequence[int] | int | None = None, code: int = 0, activation: str = "gelu"
) -> Autoencoder:
    """Build an autoencoder; the widths of the decoder are those of the encoder in turn.

    Where it is not asked for, there is one hidden layer of 64 for a table, 256 and 128 for more values, and the code
    has a third of the columns of a table, at least 2 and at most 32, and 32 for everything else.
    """
    size = math.prod(schema.shape)
    wide = schema.shaped is not None or size > 64
    widths = hidden_widths(hidden if hidden is not None else (256, 128) if wide else (64,))
    usual = WIDEST if schema.shaped is not None else min(max(NARROWEST, len(schema.inputs) // 3), WIDEST)
    choice("activation", activation, ACTIVATIONS)
    return Autoencoder(schema, widths, min(whole("code", code, 0) or usual, size), activation)


NETWORKS = {
    "autoencoder": Network(
        "autoencoder",
        "through a narrow code and back: learns what is usual",
        "table|image|series|audio|strokes",
        autoencoder,
        {
            "hidden": "the widths of the hidden layers of the encoder, as in [256, 128]",
            "code": "how many numbers the code has; 0 chooses",
            "activation": "one of " + ", ".join(ACTIVATIONS),
        },
        "Hinton and Salakhutdinov 2006; Kingma and Welling 2014 (1312.6114)",
        gives="reconstruction",
    )
}
